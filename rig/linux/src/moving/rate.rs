//! Rates and durations: from text and back, and the intended start of every move.
use super::super::option_error::OptionError;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;
use std::time::Duration;

/// Highest rate: above it the spacing would be below what a clock can tell apart.
const RATE_MAX_PER_S: u64 = 1_000_000;
const NS_PER_S: u128 = 1_000_000_000;

/// Intended moves per second, written `20/s`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rate {
    per_s: u64,
}

impl Rate {
    /// Moves per second, at least 1.
    #[must_use]
    pub fn per_s(self) -> u64 {
        self.per_s
    }

    /// Intended start of move number `index` in ns after the first.
    pub(crate) fn offset_ns(self, index: u64) -> u64 {
        (u128::from(index) * NS_PER_S / u128::from(self.per_s)) as u64
    }

    /// Moves whose intended start falls within `duration`; 0 when it is shorter than one interval.
    pub(crate) fn moves_in(self, duration: Duration) -> u64 {
        (duration.as_nanos() * u128::from(self.per_s) / NS_PER_S) as u64
    }
}

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/s", self.per_s)
    }
}

impl FromStr for Rate {
    type Err = OptionError;

    fn from_str(given: &str) -> Result<Self, OptionError> {
        let wrong = |problem| OptionError {
            option: "--rate",
            given: given.into(),
            problem,
            expected: format!("use whole moves per second, 1/s to {RATE_MAX_PER_S}/s, for example 20/s"),
        };
        let (number, unit) = given.split_once('/').ok_or_else(|| wrong("has no unit"))?;
        if unit != "s" {
            return Err(wrong("has an unknown unit"));
        }
        match number.parse::<u64>() {
            Ok(0) => Err(wrong("would never move")),
            Ok(per_s) if per_s <= RATE_MAX_PER_S => Ok(Self { per_s }),
            Ok(_) => Err(wrong("is too high")),
            Err(_) => Err(wrong("is not a whole number")),
        }
    }
}

/// Parses `10s`, `500ms`, `250us` or `5m`: a whole number above 0 and its unit.
///
/// # Errors
/// [`OptionError`] with what would be right.
pub fn parse_duration(given: &str) -> Result<Duration, OptionError> {
    let wrong = |problem| OptionError {
        option: "--duration",
        given: given.into(),
        problem,
        expected: "give a whole number from 1 on with us, ms, s or m, for example 10s or 500ms".into(),
    };
    let digits = given.find(|c: char| !c.is_ascii_digit()).unwrap_or(given.len());
    let (number, unit) = given.split_at(digits);
    let us_per_unit: u64 = match unit {
        "us" => 1,
        "ms" => 1_000,
        "s" => 1_000_000,
        "m" => 60_000_000,
        "" => return Err(wrong("has no unit")),
        _ => return Err(wrong("has an unknown unit")),
    };
    let number: u64 = number.parse().map_err(|_| wrong("is not a whole number"))?;
    match number.checked_mul(us_per_unit) {
        Some(0) => Err(wrong("measures nothing")),
        Some(us) => Ok(Duration::from_micros(us)),
        None => Err(wrong("is too long")),
    }
}

/// The shortest form that [`parse_duration`] reads back, for the command line of a run.
pub(crate) fn text(duration: Duration) -> String {
    match duration.as_micros() {
        us if us % 1_000_000 == 0 => format!("{}s", us / 1_000_000),
        us if us % 1_000 == 0 => format!("{}ms", us / 1_000),
        us => format!("{us}us"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_are_whole_moves_per_second() {
        assert_eq!("20/s".parse::<Rate>().unwrap().per_s(), 20);
        assert_eq!("20/s".parse::<Rate>().unwrap().to_string(), "20/s");
        for (given, problem) in [
            ("20", "has no unit"),
            ("20/h", "has an unknown unit"),
            ("0/s", "would never move"),
            ("-1/s", "is not a whole number"),
            ("1.5/s", "is not a whole number"),
            ("9999999/s", "is too high"),
        ] {
            let error = given.parse::<Rate>().unwrap_err();
            assert_eq!(error.problem, problem, "{given}");
            assert!(error.to_string().contains("for example 20/s"), "{error}");
        }
    }

    #[test]
    fn intended_starts_do_not_accumulate_rounding() {
        let thirds: Rate = "3/s".parse().unwrap();
        assert_eq!(thirds.offset_ns(1), 333_333_333);
        assert_eq!(thirds.offset_ns(3_000_000), 1_000_000_000_000_000);
        assert_eq!(thirds.moves_in(Duration::from_millis(300)), 0);
    }

    #[test]
    fn durations_need_a_unit_and_survive_the_round_trip() {
        for given in ["250us", "500ms", "10s"] {
            assert_eq!(text(parse_duration(given).unwrap()), given);
        }
        assert_eq!(parse_duration("5m").unwrap(), Duration::from_secs(300));
        for given in ["", "10", "s", "1h", "0s", "1.5s", "99999999999999999999s", "999999999999999999m"] {
            assert!(parse_duration(given).is_err(), "{given}");
        }
    }
}
