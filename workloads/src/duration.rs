//! Durations as text with a unit (`"5us"`), in whole numbers only, so that no rounding can differ between
//! machines. Apart because scenarios write them and operations show them.

use std::fmt;

/// Units from the largest to the smallest, with their nanoseconds.
const UNITS: [(&str, u64); 4] = [("s", 1_000_000_000), ("ms", 1_000_000), ("us", 1_000), ("ns", 1)];

/// Why a text is not a duration.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DurationError {
    /// There are no digits before the unit.
    #[error("`{0}` does not begin with a whole number; write for example \"5us\"")]
    NoNumber(String),
    /// The unit is none of ours, or missing.
    #[error("`{text}` has the unknown unit `{unit}`; use ns, us, ms or s, for example \"5us\"")]
    UnknownUnit {
        /// The whole text.
        text: String,
        /// What follows the digits.
        unit: String,
    },
    /// More than 2^64 − 1 ns.
    #[error("`{0}` is longer than 2^64 ns (584 years); write a shorter time")]
    TooLong(String),
}

/// Reads `"5us"` as 5,000 ns. Units are `ns`, `us`, `ms` and `s`; blanks round the number and the unit are
/// allowed.
///
/// # Errors
///
/// When there is no whole number, no known unit, or the time does not fit 64 bits of nanoseconds.
pub fn parse_ns(text: &str) -> Result<u64, DurationError> {
    let trimmed = text.trim();
    let digits_end = trimmed.find(|c: char| !c.is_ascii_digit()).unwrap_or(trimmed.len());
    let (digits, unit) = (&trimmed[..digits_end], trimmed[digits_end..].trim());
    if digits.is_empty() {
        return Err(DurationError::NoNumber(text.to_owned()));
    }
    let Some(&(_, unit_ns)) = UNITS.iter().find(|(name, _)| *name == unit) else {
        return Err(DurationError::UnknownUnit { text: text.to_owned(), unit: unit.to_owned() });
    };
    let number = digits.parse::<u64>().ok();
    number.and_then(|n| n.checked_mul(unit_ns)).ok_or_else(|| DurationError::TooLong(text.to_owned()))
}

/// Shows nanoseconds in the largest unit that needs no fraction: `12us`, `12345ns`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ShowNs(
    /// Nanoseconds.
    pub u64,
);

impl fmt::Display for ShowNs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let fits = |unit_ns: u64| self.0 != 0 && self.0.is_multiple_of(unit_ns);
        let (name, unit_ns) = UNITS.into_iter().find(|&(_, unit_ns)| fits(unit_ns)).unwrap_or(("ns", 1));
        write!(f, "{}{name}", self.0 / unit_ns)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_and_back() {
        for (text, ns) in
            [("0ns", 0), ("5us", 5_000), ("20 ms", 20_000_000), ("3s", 3_000_000_000), ("12345ns", 12_345)]
        {
            assert_eq!(parse_ns(text), Ok(ns), "{text}");
            assert_eq!(ShowNs(ns).to_string(), text.replace(' ', ""));
        }
    }

    #[test]
    fn wrong_texts_say_what_is_wrong() {
        assert!(matches!(parse_ns("us"), Err(DurationError::NoNumber(_))));
        assert!(matches!(parse_ns("-5us"), Err(DurationError::NoNumber(_))));
        assert!(matches!(parse_ns("5"), Err(DurationError::UnknownUnit { .. })));
        assert!(matches!(parse_ns("1.5us"), Err(DurationError::UnknownUnit { .. })));
        assert!(matches!(parse_ns("5 minutes"), Err(DurationError::UnknownUnit { .. })));
        assert!(matches!(parse_ns("99999999999999999s"), Err(DurationError::TooLong(_))));
    }
}
