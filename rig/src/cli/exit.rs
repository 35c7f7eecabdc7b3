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
/// Something of ours could not be removed.
pub(super) const LEFT: u8 = 7;
/// An output could not be written.
pub(super) const UNWRITTEN: u8 = 8;
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

    /// An output could not be written; what was measured is kept wherever there was room.
    pub(super) fn unwritten(message: impl Display) -> Self {
        Self { code: UNWRITTEN, message: message.to_string() }
    }

    /// A bug of ours.
    pub(super) fn internal(message: impl Display) -> Self {
        Self { code: INTERNAL, message: message.to_string() }
    }
}

/// Returns the code that counts when several apply: 2, 101, 6, 1, 3, 7, 8, signals, 5, 4, 0.
pub(super) fn worst(codes: &[u8]) -> u8 {
    let rank = |code: &u8| match *code {
        USAGE => 0,
        INTERNAL => 1,
        NOT_REPEATED => 2,
        BROKEN => 3,
        3 => 4,
        LEFT => 5,
        UNWRITTEN => 6,
        code if code > SIGNAL => 7,
        INCONCLUSIVE => 8,
        CANNOT => 9,
        _ => 10,
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
        let ranked =
            [USAGE, INTERNAL, NOT_REPEATED, BROKEN, 3, LEFT, UNWRITTEN, 130, INCONCLUSIVE, CANNOT, OK];
        for pair in ranked.windows(2) {
            assert_eq!(worst(pair), pair[0]);
            assert_eq!(worst(&[pair[1], pair[0]]), pair[0]);
        }
    }
}
