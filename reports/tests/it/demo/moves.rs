//! Single moves of the made-up run on Linux. They have dice of their own, so that nothing else changes.
use super::Dice;
use reports::schema::{Move, Moves};

/// Returns 300 of `of` moves over 20 s around `mid` ns: six of the ten longest in one burst, and refusals next to it.
pub(super) fn moves(of: u64, mid: u64) -> Moves {
    let mut dice = Dice::new(mid);
    let every_ns = 20_000_000_000 / 300;
    let is_long = |n: u64| [17, 60, 120, 171, 172, 173, 174, 175, 176, 260].contains(&n);
    let one = |n: u64| Move {
        start_ns: n * every_ns,
        duration_ns: if is_long(n) { mid * 20 + n } else { mid / 2 + dice.below(mid) },
        moved: ![170, 177].contains(&n),
    };
    Moves::from((of, (0..300).map(one).collect()))
}
