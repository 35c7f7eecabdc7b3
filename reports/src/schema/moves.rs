//! Single moves of a cell over time: when each began, how long it took, and whether it was refused.
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Moves of a cell, at most [`Moves::MOST`]: the longest that moved, an even sample of all that moved, and an even
/// sample of those that were refused. Two lists of the same length, in the order of the starts.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Moves {
    /// Moves of the cell, refused ones included, of which these were chosen.
    pub of: u64,
    /// Start of each in ns since the first of them began, ascending.
    pub start_ns: Vec<u64>,
    /// Length of each in ns, from its real start.
    pub duration_ns: Vec<u64>,
    /// Places in these lists, ascending, of the moves that were refused; all others moved.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub refused: Vec<u32>,
}

/// One of these moves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Move {
    /// Start in ns since the first of them began.
    pub start_ns: u64,
    /// Length in ns.
    pub duration_ns: u64,
    /// `false` when it was refused.
    pub moved: bool,
}

impl Moves {
    /// Most moves that are kept of a cell.
    pub const MOST: usize = 2_000;

    /// Returns the moves one by one, at most [`Moves::MOST`], however many a damaged file has.
    pub fn iter(&self) -> impl Iterator<Item = Move> {
        let pairs = self.start_ns.iter().zip(&self.duration_ns).take(Self::MOST).enumerate();
        pairs.map(|(place, (start_ns, duration_ns))| Move {
            start_ns: *start_ns,
            duration_ns: *duration_ns,
            moved: u32::try_from(place).is_ok_and(|place| self.refused.binary_search(&place).is_err()),
        })
    }
}

/// Makes the form of a file of `(of, moves)`; the moves may be in any order.
impl From<(u64, Vec<Move>)> for Moves {
    fn from((of, mut moves): (u64, Vec<Move>)) -> Self {
        moves.sort_unstable_by_key(|one| (one.start_ns, one.duration_ns, one.moved));
        let first_ns = moves.first().map_or(0, |first| first.start_ns);
        let refused = moves.iter().zip(0_u32..).filter(|(one, _)| !one.moved).map(|(_, place)| place);
        Self {
            of,
            start_ns: moves.iter().map(|one| one.start_ns - first_ns).collect(),
            duration_ns: moves.iter().map(|one| one.duration_ns).collect(),
            refused: refused.collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(start_ns: u64, duration_ns: u64, moved: bool) -> Move {
        Move { start_ns, duration_ns, moved }
    }

    #[test]
    fn moves_are_stored_from_the_first_on_and_read_back() {
        let moves = Moves::from((9, vec![one(500, 7, false), one(100, 5, true), one(300, 6, true)]));
        assert_eq!((moves.of, &moves.start_ns, &moves.refused), (9, &vec![0, 200, 400], &vec![2]));
        let read: Vec<Move> = moves.iter().collect();
        assert_eq!(read, [one(0, 5, true), one(200, 6, true), one(400, 7, false)]);
    }

    #[test]
    fn lists_of_a_damaged_file_are_bounded() {
        let damaged = Moves {
            of: 0,
            start_ns: vec![1; 3 * Moves::MOST],
            duration_ns: vec![2; 2 * Moves::MOST],
            refused: vec![u32::MAX],
        };
        assert_eq!(damaged.iter().count(), Moves::MOST);
        assert!(damaged.iter().all(|one| one.moved));
        assert_eq!(Moves { start_ns: vec![1, 2], ..Moves::default() }.iter().count(), 0);
    }
}
