//! Durations and rates as text, in whole numbers only, so that results do not depend on the rounding of a machine.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::num::NonZeroU64;
use std::ops::RangeInclusive;
use std::time::Duration;

const NS_PER_S: u64 = 1_000_000_000;

/// Units of time that are read, with their nanoseconds.
const UNITS: [(&str, u64); 7] = [
    ("ns", 1),
    ("us", 1_000),
    ("ms", 1_000_000),
    ("s", NS_PER_S),
    ("m", 60 * NS_PER_S),
    ("min", 60 * NS_PER_S),
    ("h", 3_600 * NS_PER_S),
];

/// Number of units that are written, taken from the start of [`UNITS`]: stored texts use no unit above a second.
const WRITTEN: usize = 4;

/// The mistake in the text of a duration.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DurationProblem {
    /// The text does not begin with a whole number.
    #[error("does not begin with a whole number")]
    NotWhole,
    /// The text is only a number.
    #[error("has no unit")]
    NoUnit,
    /// The unit is not one of time.
    #[error("has the unknown unit `{0}`")]
    UnknownUnit(String),
    /// More than 2^64 − 1 ns.
    #[error("is longer than 2^64 ns (584 years)")]
    TooLong,
    /// Outside the bounds of this value.
    #[error("is out of range")]
    OutOfRange,
}

/// A text that is not a duration, or not one within bounds.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` {problem}; {help}", help = self.help())]
pub struct DurationError {
    /// The whole text.
    pub text: String,
    /// The mistake in it.
    pub problem: DurationProblem,
    /// Smallest and largest allowed value in ns, if there are bounds.
    pub range_ns: Option<RangeInclusive<u64>>,
}

impl DurationError {
    /// Describes valid values in one sentence.
    #[must_use]
    pub fn help(&self) -> String {
        let bounds = self.range_ns.as_ref().map(|range| format!(", from {}", ShowRange(range)));
        format!(
            "write a whole number of ns, us, ms, s, m or h{}, for example 5ms",
            bounds.unwrap_or_default()
        )
    }
}

/// Shows the bounds of a duration: `1us to 3600s`.
pub struct ShowRange<'a>(
    /// The bounds in nanoseconds.
    pub &'a RangeInclusive<u64>,
);

impl fmt::Display for ShowRange<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} to {}", ShowNs(*self.0.start()), ShowNs(*self.0.end()))
    }
}

/// Reads `"5us"` as 5,000 ns. Units are `ns`, `us`, `ms`, `s`, `m` or `min`, and `h`; blanks around the number and the
/// unit are allowed.
///
/// # Errors
/// A missing whole number, a missing or unknown unit, or a time of more than 64 bits of nanoseconds.
pub fn parse_ns(text: &str) -> Result<u64, DurationError> {
    read_ns(text).map_err(|problem| DurationError { text: text.to_owned(), problem, range_ns: None })
}

/// Reads a duration within `range_ns`.
///
/// # Errors
/// Those of [`parse_ns`], and a value out of range; all of them state the bounds.
pub fn parse_within(text: &str, range_ns: &RangeInclusive<u64>) -> Result<u64, DurationError> {
    let within = |ns: &u64| range_ns.contains(ns);
    let read = read_ns(text).map_err(|problem| match problem {
        DurationProblem::TooLong => DurationProblem::OutOfRange,
        problem => problem,
    });
    read.and_then(|ns| Some(ns).filter(within).ok_or(DurationProblem::OutOfRange))
        .map_err(|problem| DurationError { text: text.to_owned(), problem, range_ns: Some(range_ns.clone()) })
}

fn read_ns(text: &str) -> Result<u64, DurationProblem> {
    let trimmed = text.trim();
    let (number, unit) = trimmed.split_at(trimmed.find(char::is_alphabetic).unwrap_or(trimmed.len()));
    let digits = number.trim_end();
    if !is_whole(digits) {
        return Err(DurationProblem::NotWhole);
    }
    if unit.is_empty() {
        return Err(DurationProblem::NoUnit);
    }
    let known = UNITS.iter().find(|(name, _)| *name == unit);
    let (_, unit_ns) = known.ok_or_else(|| DurationProblem::UnknownUnit(unit.to_owned()))?;
    digits.parse::<u64>().ok().and_then(|n| n.checked_mul(*unit_ns)).ok_or(DurationProblem::TooLong)
}

fn is_whole(digits: &str) -> bool {
    !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
}

/// Shows nanoseconds in the largest unit up to seconds that needs no fraction: `12us`, `12345ns`, `120s`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ShowNs(
    /// Nanoseconds.
    pub u64,
);

impl fmt::Display for ShowNs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let fits = |unit_ns: u64| self.0 != 0 && self.0.is_multiple_of(unit_ns);
        let unit = UNITS[..WRITTEN].iter().rev().find(|(_, unit_ns)| fits(*unit_ns));
        let (name, unit_ns) = unit.unwrap_or(&UNITS[0]);
        write!(f, "{}{name}", self.0 / unit_ns)
    }
}

/// A mistake in the text of a rate.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` {problem}; write a whole number per second, 1/s to {max_per_s}/s, for example 20/s")]
pub struct RateError {
    /// The whole text.
    pub text: String,
    /// The mistake in it.
    pub problem: &'static str,
    /// Highest allowed rate.
    pub max_per_s: u64,
}

/// A rate of at least one per second, written `20/s`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rate {
    per_s: NonZeroU64,
}

impl Rate {
    /// Reads `20/s`, up to `max_per_s`.
    ///
    /// # Errors
    /// A missing whole number, a missing `/s` after it, or a rate out of range.
    pub fn parse(text: &str, max_per_s: u64) -> Result<Self, RateError> {
        let wrong = |problem| RateError { text: text.to_owned(), problem, max_per_s };
        let (number, unit) = text.split_once('/').ok_or_else(|| wrong("has no unit"))?;
        if unit != "s" {
            return Err(wrong("has an unknown unit"));
        }
        if !is_whole(number) {
            return Err(wrong("is not a whole number"));
        }
        let bounded = number.parse::<u64>().ok().filter(|per_s| *per_s <= max_per_s);
        let per_s = bounded.ok_or_else(|| wrong("is too high"))?;
        NonZeroU64::new(per_s).map(|per_s| Self { per_s }).ok_or_else(|| wrong("means never"))
    }

    /// Returns the number per second.
    #[must_use]
    pub fn per_s(self) -> u64 {
        self.per_s.get()
    }

    /// Returns the intended start of number `index`, in ns after the first; rounding does not accumulate.
    #[must_use]
    pub fn offset_ns(self, index: u64) -> u64 {
        (u128::from(index) * u128::from(NS_PER_S) / u128::from(self.per_s())) as u64
    }

    /// Returns the number of whole intervals within `duration`; 0 if it is shorter than one.
    #[must_use]
    pub fn intervals_in(self, duration: Duration) -> u64 {
        (duration.as_nanos() * u128::from(self.per_s()) / u128::from(NS_PER_S)) as u64
    }
}

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/s", self.per_s)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn durations_from_text_and_back() {
        for (text, ns) in
            [("0ns", 0), ("5us", 5_000), ("20 ms", 20_000_000), ("3s", 3_000_000_000), ("12345ns", 12_345)]
        {
            assert_eq!(parse_ns(text), Ok(ns), "{text}");
            assert_eq!(ShowNs(ns).to_string(), text.replace(' ', ""));
        }
        for (text, shown) in [("2m", "120s"), ("2 min", "120s"), (" 1h ", "3600s"), ("7000us", "7ms")] {
            assert_eq!(ShowNs(parse_ns(text).unwrap()).to_string(), shown, "{text}");
        }
    }

    #[test]
    fn wrong_durations_say_what_is_wrong() {
        let problem = |text: &str| parse_ns(text).unwrap_err().problem;
        let unknown = |unit: &str| DurationProblem::UnknownUnit(unit.to_owned());
        for text in ["", "us", "-5us", "+5us", "1.5us", "5%", "µs"] {
            assert_eq!(problem(text), DurationProblem::NotWhole, "{text}");
        }
        assert_eq!(problem("5"), DurationProblem::NoUnit);
        assert_eq!(problem("5 minutes"), unknown("minutes"));
        assert_eq!(problem("3µs"), unknown("µs"));
        assert_eq!(problem("5us 3"), unknown("us 3"));
        assert_eq!(problem("99999999999999999s"), DurationProblem::TooLong);
        assert_eq!(problem("99999999999999999999ns"), DurationProblem::TooLong);
    }

    #[test]
    fn bounds_are_part_of_every_error() {
        let range = 1_000..=3_600_000_000_000;
        assert_eq!(parse_within("1h", &range), Ok(3_600_000_000_000));
        for text in ["0", "0s", "999ns", "2h", "99999999999999999s", "soon"] {
            let error = parse_within(text, &range).unwrap_err().to_string();
            assert!(error.contains("from 1us to 3600s, for example 5ms"), "{error}");
        }
    }

    #[test]
    fn rates_are_whole_numbers_a_second() {
        let rate = Rate::parse("20/s", 20).unwrap();
        assert_eq!((rate.per_s(), rate.to_string()), (20, "20/s".to_owned()));
        for (given, problem) in [
            ("20", "has no unit"),
            ("20/h", "has an unknown unit"),
            ("0/s", "means never"),
            ("-1/s", "is not a whole number"),
            ("+1/s", "is not a whole number"),
            ("1.5/s", "is not a whole number"),
            ("21/s", "is too high"),
            ("99999999999999999999/s", "is too high"),
        ] {
            let error = Rate::parse(given, 20).unwrap_err();
            assert_eq!(error.problem, problem, "{given}");
            assert!(error.to_string().contains("1/s to 20/s, for example 20/s"), "{error}");
        }
    }

    #[test]
    fn intended_starts_do_not_accumulate_rounding() {
        let thirds = Rate::parse("3/s", 3).unwrap();
        assert_eq!(thirds.offset_ns(1), 333_333_333);
        assert_eq!(thirds.offset_ns(3_000_000), 1_000_000_000_000_000);
        assert_eq!(thirds.intervals_in(Duration::from_millis(300)), 0);
        assert_eq!(thirds.intervals_in(Duration::from_secs(1)), 3);
    }

    proptest! {
        #[test]
        fn every_duration_reads_back(ns: u64) {
            prop_assert_eq!(parse_ns(&ShowNs(ns).to_string()), Ok(ns));
        }

        #[test]
        fn no_text_is_too_odd(text: String) {
            let _ = parse_ns(&text);
            let _ = Rate::parse(&text, 1_000);
        }
    }
}
