//! Single moves of a cell, kept for a plot over time: the longest, and an even sample of all. Everything is allocated
//! before the timed loop begins.
use reports::schema::{Move, Moves};
use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// Bounds of the three parts.
const LONGEST: usize = 500;
const EVEN: usize = 1_250;
const REFUSED: usize = 250;
const _: () = assert!(LONGEST + EVEN + REFUSED == Moves::MOST);

/// Kept moves of one cell. Starts are times of the machine's clock.
#[derive(Debug)]
pub(crate) struct KeptMoves {
    /// The longest that moved, as (length, start); the shortest of them on top.
    longest: BinaryHeap<Reverse<(u64, u64)>>,
    moved: EvenSample,
    refused: EvenSample,
}

impl KeptMoves {
    /// Allocates the room for all.
    pub(crate) fn new() -> Self {
        Self {
            longest: BinaryHeap::with_capacity(LONGEST),
            moved: EvenSample::new(EVEN),
            refused: EvenSample::new(REFUSED),
        }
    }

    /// Takes one that moved. Does not allocate.
    pub(crate) fn moved(&mut self, start_ns: u64, duration_ns: u64) {
        self.moved.record((start_ns, duration_ns));
        self.is_long((duration_ns, start_ns));
    }

    /// Takes one that was refused. Does not allocate.
    pub(crate) fn refused(&mut self, start_ns: u64, duration_ns: u64) {
        self.refused.record((start_ns, duration_ns));
    }

    fn is_long(&mut self, one: (u64, u64)) {
        if self.longest.len() < LONGEST {
            self.longest.push(Reverse(one));
        } else if let Some(mut shortest) = self.longest.peek_mut()
            && one > shortest.0
        {
            *shortest = Reverse(one);
        }
    }

    /// Adds what another mover has kept.
    pub(crate) fn add(&mut self, other: &Self) {
        other.longest.iter().for_each(|Reverse(one)| self.is_long(*one));
        self.moved.add(&other.moved);
        self.refused.add(&other.refused);
    }

    /// The form for `run.json`; `None` without moves.
    pub(crate) fn moves(&self) -> Option<Moves> {
        let mut long: Vec<(u64, u64)> =
            self.longest.iter().map(|Reverse((duration_ns, start_ns))| (*start_ns, *duration_ns)).collect();
        long.extend(&self.moved.kept);
        // Long ones of the even sample are there twice. Two movers may have begun at once, so equal ones are rare, not
        // impossible; one dot is drawn for both anyway.
        long.sort_unstable();
        long.dedup();
        let one = |moved| move |(start_ns, duration_ns)| Move { start_ns, duration_ns, moved };
        let refused = self.refused.kept.iter().copied().map(one(false));
        let all: Vec<Move> = long.into_iter().map(one(true)).chain(refused).collect();
        (!all.is_empty()).then(|| Moves::from((self.moved.seen + self.refused.seen, all)))
    }
}

/// Every `stride`-th of the pairs that came; the stride doubles whenever the room is used up.
#[derive(Debug)]
struct EvenSample {
    kept: Vec<(u64, u64)>,
    most: usize,
    stride: u64,
    seen: u64,
}

impl EvenSample {
    fn new(most: usize) -> Self {
        Self { kept: Vec::with_capacity(most), most, stride: 1, seen: 0 }
    }

    fn record(&mut self, pair: (u64, u64)) {
        if self.seen.is_multiple_of(self.stride) && self.kept.len() == self.most {
            self.thin();
        }
        if self.seen.is_multiple_of(self.stride) {
            self.kept.push(pair);
        }
        self.seen += 1;
    }

    /// Drops every second one; the first stays.
    fn thin(&mut self) {
        let mut place = 0_usize..;
        self.kept.retain(|_| place.next().is_some_and(|place| place.is_multiple_of(2)));
        self.stride *= 2;
    }

    fn add(&mut self, other: &Self) {
        while self.stride < other.stride {
            self.thin();
        }
        let step = usize::try_from(self.stride / other.stride).unwrap_or(usize::MAX);
        self.kept.extend(other.kept.iter().step_by(step));
        self.kept.sort_unstable();
        self.seen += other.seen;
        while self.kept.len() > self.most {
            self.thin();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Moves of 5 µs each ms, of which every 1,000th takes as many µs as its number.
    fn kept(from: u64, times: u64) -> KeptMoves {
        let mut kept = KeptMoves::new();
        for n in from..from + times {
            kept.moved(n * 1_000_000, if n.is_multiple_of(1_000) { 5_000 + n } else { 5_000 });
        }
        kept
    }

    #[test]
    fn few_moves_are_all_kept() {
        let mut few = kept(1, 1_200);
        few.refused(7, 3);
        let moves = few.moves().unwrap();
        assert_eq!((moves.of, moves.iter().count()), (1_201, 1_201));
        assert_eq!((moves.refused.as_slice(), moves.duration_ns[0]), ([0].as_slice(), 3));
        assert_eq!(KeptMoves::new().moves(), None);
    }

    #[test]
    fn of_many_the_longest_and_an_even_sample_are_kept() {
        let mut many = kept(1, 300_000);
        (0..10_000).for_each(|n| many.refused(n, 1));
        let moves = many.moves().unwrap();
        assert_eq!(moves.of, 310_000);
        assert!(moves.iter().count() <= Moves::MOST, "{}", moves.iter().count());
        let long: Vec<u64> =
            moves.iter().filter(|one| one.duration_ns > 5_000).map(|one| one.duration_ns).collect();
        assert_eq!(long, (1..=300).map(|n| 5_000 + n * 1_000).collect::<Vec<_>>(), "each of the long ones");
        assert!(moves.refused.len() > REFUSED / 2);
        let tenth = |n: u64| {
            let of = n * 30_000_000_000..(n + 1) * 30_000_000_000;
            moves.iter().filter(|one| one.moved && of.contains(&one.start_ns)).count()
        };
        let (least, most) = (0..10).map(tenth).fold((usize::MAX, 0), |(a, b), n| (a.min(n), b.max(n)));
        assert!(least > 80 && most < 2 * least + 200, "{least} to {most}");
    }

    #[test]
    fn movers_are_added_up_within_the_bound() {
        let (mut all, few) = (kept(1, 200_000), kept(500_000, 100));
        all.add(&few);
        let moves = all.moves().unwrap();
        assert!(moves.of == 200_100 && moves.iter().count() <= Moves::MOST);
        let last = moves.start_ns.last().copied().unwrap();
        assert!(last >= 499_999_000_000, "those of the second mover are there: {last}");
        let mut other = kept(500_000, 100);
        other.add(&kept(1, 200_000));
        assert_eq!(other.moves().unwrap().of, moves.of);
        assert!(other.moves().unwrap().iter().count() <= Moves::MOST);
    }
}
