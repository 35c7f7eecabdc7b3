//! Exit codes, and failures that carry one.
use std::fmt::Display;

/// All as expected.
pub(super) const OK: u8 = 0;
/// A promise was broken, or an expectation did not hold.
pub(super) const BROKEN: u8 = 1;
/// Bad usage, scenario or fault rule.
pub(super) const USAGE: u8 = 2;
/// Nothing could run here.
pub(super) const CANNOT: u8 = 4;
/// Inconclusive.
pub(super) const INCONCLUSIVE: u8 = 5;
/// What was run twice did not come out the same.
pub(super) const NOT_REPEATED: u8 = 6;
/// Internal error.
pub(super) const INTERNAL: u8 = 101;
/// A signal, plus its number.
pub(super) const SIGNAL: u8 = 128;

/// Why a command ends without a result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// The exit code.
    pub code: u8,
    /// What is wrong and what would be right, for stderr.
    pub message: String,
}

impl Failure {
    /// Bad usage.
    pub(super) fn usage(message: impl Display) -> Self {
        Self { code: USAGE, message: message.to_string() }
    }

    /// Nothing could run here.
    pub(super) fn cannot(message: impl Display) -> Self {
        Self { code: CANNOT, message: message.to_string() }
    }

    /// A bug of ours.
    pub(super) fn internal(message: impl Display) -> Self {
        Self { code: INTERNAL, message: message.to_string() }
    }
}

/// The code that counts when several apply: 2, 101, signals, 6, 1, 3, 7, 5, 4, 0.
pub(super) fn worst(codes: &[u8]) -> u8 {
    let rank = |code: &u8| match *code {
        USAGE => 0,
        INTERNAL => 1,
        code if code > SIGNAL => 2,
        NOT_REPEATED => 3,
        BROKEN => 4,
        3 => 5,
        7 => 6,
        INCONCLUSIVE => 7,
        CANNOT => 8,
        _ => 9,
    };
    codes.iter().copied().min_by_key(rank).unwrap_or(OK)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worst_code_wins() {
        assert_eq!(worst(&[]), OK);
        assert_eq!(worst(&[OK, INCONCLUSIVE, CANNOT]), INCONCLUSIVE);
        assert_eq!(worst(&[INCONCLUSIVE, BROKEN, 130]), 130);
        assert_eq!(worst(&[INTERNAL, USAGE, 130]), USAGE);
    }
}
