//! The values of attributes: whole numbers in a range, and times with a unit.

use input::units::{DurationProblem, parse_within};

use crate::{
    Rule,
    error::{NumberRange, Problem},
};

/// Allowed values of attributes with plain numbers.
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

/// Reads a delay, in ns. An error has the offset of the wrong part, which extends to the end.
pub(crate) fn delay(text: &str) -> Result<u64, (usize, Problem)> {
    parse_within(text, &(1..=Rule::DELAY_MAX_NS)).map_err(|error| match &error.problem {
        DurationProblem::UnknownUnit(unit) => (text.len() - unit.len(), Problem::Delay(error)),
        _ => (0, Problem::Delay(error)),
    })
}
