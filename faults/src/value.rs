//! The values that attributes take: whole numbers in a range, and times with a unit.

use crate::{
    Rule,
    error::{NumberRange, Problem},
};

/// Units of `delay=`, with their length in ns, the longest first.
pub(crate) const UNITS: [(&str, u64); 4] =
    [("s", 1_000_000_000), ("ms", 1_000_000), ("us", 1_000), ("ns", 1)];

const DELAY: NumberRange =
    NumberRange { attribute: "delay", takes: "a whole number of ns, us, ms or s, from 1ns to 3600s" };

/// What the attributes with plain numbers take.
pub(crate) const INTERVAL: NumberRange = NumberRange { attribute: "interval", takes: "1 to 4294967295 hits" };
pub(crate) const PROBABILITY: NumberRange =
    NumberRange { attribute: "probability", takes: "0 to 100 percent, whole" };
pub(crate) const SPACE: NumberRange = NumberRange { attribute: "space", takes: "0 to 4294967295" };
pub(crate) const TIMES: NumberRange =
    NumberRange { attribute: "times", takes: "0 to 4294967295, or -1 for unlimited" };
pub(crate) const NTH: NumberRange =
    NumberRange { attribute: "nth", takes: "1 to 4294967295, counted from 1" };

/// Reads a number from `min` to `max`.
pub(crate) fn number(text: &str, min: u32, max: u32, range: NumberRange) -> Result<u32, Problem> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(Problem::NotANumber { found: text.to_owned(), range });
    }
    match text.parse::<u32>() {
        Ok(number) if (min..=max).contains(&number) => Ok(number),
        _ => Err(Problem::OutOfRange { found: text.to_owned(), range }),
    }
}

/// Reads `times`, where -1 is unlimited.
pub(crate) fn times(text: &str) -> Result<Option<u32>, Problem> {
    if text == "-1" { Ok(None) } else { number(text, 0, u32::MAX, TIMES).map(Some) }
}

/// Reads a delay, in ns. The error comes with the offset and length of the wrong part.
pub(crate) fn delay(text: &str) -> Result<u64, (usize, usize, Problem)> {
    let whole = |problem| (0, text.len(), problem);
    let unit_at = text.find(char::is_alphabetic).unwrap_or(text.len());
    let (digits, unit) = text.split_at(unit_at);
    let unsigned = digits.strip_prefix('-').unwrap_or(digits);
    if unsigned.is_empty() || !unsigned.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(whole(Problem::NotANumber { found: text.to_owned(), range: DELAY }));
    }
    if unit.is_empty() {
        return Err(whole(Problem::NoUnit(text.to_owned())));
    }
    let Some(&(_, unit_ns)) = UNITS.iter().find(|(name, _)| *name == unit) else {
        return Err((unit_at, unit.len(), Problem::UnknownUnit(unit.to_owned())));
    };
    let delay_ns = digits.parse::<u64>().ok().and_then(|count| count.checked_mul(unit_ns));
    delay_ns
        .filter(|ns| (1..=Rule::DELAY_MAX_NS).contains(ns))
        .ok_or_else(|| whole(Problem::OutOfRange { found: text.to_owned(), range: DELAY }))
}

/// The shortest text of a delay: in the longest unit that leaves no fraction.
pub(crate) fn delay_text(delay_ns: u64) -> String {
    let unit = UNITS.iter().find(|(_, unit_ns)| delay_ns >= *unit_ns && delay_ns.is_multiple_of(*unit_ns));
    let (name, unit_ns) = unit.copied().unwrap_or(("ns", 1));
    format!("{}{name}", delay_ns / unit_ns)
}
