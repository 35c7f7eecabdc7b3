//! Events over time: a cell cut into slices of equal length.
//!
//! Histograms hold no times of events. The length of a cell is not known while it runs: slices begin short, and their
//! length doubles when there are too few, so nothing is allocated on the way and the same events give the same slices.
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Slices of a cell, at most.
const SLICES: usize = 60;
/// Length of a slice in ns before any has doubled.
const FIRST_NS: u64 = 1 << 14;

/// Attaches and faults of a cell over time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Slices {
    /// Length of each slice in ns; the first begins with the measured part.
    pub slice_ns: u64,
    /// Attaches that moved and ended in the slice.
    pub moved: Vec<u64>,
    /// The longest of them in ns, 0 where there is none.
    pub longest_ns: Vec<u64>,
    /// Attaches that were refused and ended in the slice.
    pub refused: Vec<u64>,
    /// Faults fired in the slice.
    pub faults: Vec<u64>,
}

/// A list, and how two of its slices become one.
type List<'a> = (&'a mut Vec<u64>, fn(u64, u64) -> u64);

impl Default for Slices {
    fn default() -> Self {
        let none = || vec![0; SLICES];
        Self { slice_ns: FIRST_NS, moved: none(), longest_ns: none(), refused: none(), faults: none() }
    }
}

impl Slices {
    /// An attach that moved ended at `at_ns` since the start of the measured part, after `latency_ns`.
    pub fn moved(&mut self, at_ns: u64, latency_ns: u64) {
        let at = self.place(at_ns);
        self.moved[at] += 1;
        self.longest_ns[at] = self.longest_ns[at].max(latency_ns);
    }

    /// One that was refused ended.
    pub fn refused(&mut self, at_ns: u64) {
        let at = self.place(at_ns);
        self.refused[at] += 1;
    }

    /// A fault fired.
    pub fn fault(&mut self, at_ns: u64) {
        let at = self.place(at_ns);
        self.faults[at] += 1;
    }

    /// The slice of `at_ns`; all double until there is one.
    fn place(&mut self, at_ns: u64) -> usize {
        while at_ns / self.slice_ns >= SLICES as u64 {
            self.double();
        }
        (at_ns / self.slice_ns) as usize
    }

    fn double(&mut self) {
        self.slice_ns = self.slice_ns.saturating_mul(2);
        for (list, join) in self.lists() {
            for at in 0..list.len() {
                let get = |at: usize| list.get(at).copied().unwrap_or(0);
                list[at] = join(get(2 * at), get(2 * at + 1));
            }
        }
    }

    /// Every list, with how two of its slices become one.
    fn lists(&mut self) -> [List<'_>; 4] {
        [
            (&mut self.moved, u64::saturating_add),
            (&mut self.longest_ns, u64::max),
            (&mut self.refused, u64::saturating_add),
            (&mut self.faults, u64::saturating_add),
        ]
    }

    /// Adds what `other` has counted, slice by slice from the start; both may have any length.
    pub fn merge(&mut self, other: &Self) {
        let mut other = other.clone();
        // A damaged file may say 0.
        for side in [&mut *self, &mut other] {
            side.slice_ns = side.slice_ns.max(1);
        }
        while self.slice_ns < other.slice_ns {
            self.double();
        }
        while other.slice_ns < self.slice_ns {
            other.double();
        }
        for ((own, join), (theirs, _)) in self.lists().into_iter().zip(other.lists()) {
            own.resize(own.len().max(theirs.len()), 0);
            for (own, theirs) in own.iter_mut().zip(theirs) {
                *own = join(*own, *theirs);
            }
        }
    }

    /// Without the slices at the end in which nothing happened; `None` when nothing did in any.
    #[must_use]
    pub fn used(&self) -> Option<Self> {
        let mut used = self.clone();
        let last = |list: &Vec<u64>| list.iter().rposition(|n| *n > 0).map_or(0, |at| at + 1);
        let most = used.lists().iter().map(|(list, _)| last(list)).max().unwrap_or(0);
        used.lists().into_iter().for_each(|(list, _)| list.truncate(most));
        (most > 0).then_some(used)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slices_double_and_lose_nothing() {
        let mut slices = Slices::default();
        for n in 0..1_000_u64 {
            slices.moved(n * 100_000, n);
            slices.fault(n * 100_000);
        }
        assert_eq!((slices.moved.iter().sum::<u64>(), slices.faults.iter().sum::<u64>()), (1_000, 1_000));
        assert_eq!(slices.longest_ns.iter().max(), Some(&999));
        assert!(slices.slice_ns * SLICES as u64 > 99_900_000 && slices.slice_ns < 4_000_000);
        assert!(slices.longest_ns.windows(2).filter(|pair| pair[1] > 0).all(|pair| pair[0] < pair[1]));
    }

    #[test]
    fn merging_is_recording_in_one() {
        let (mut a, mut b, mut both) = (Slices::default(), Slices::default(), Slices::default());
        for n in 0..200_u64 {
            let (side, at_ns) = if n % 3 == 0 { (&mut a, n * 90_000) } else { (&mut b, n * 9_000) };
            side.moved(at_ns, n);
            side.refused(at_ns);
            both.moved(at_ns, n);
            both.refused(at_ns);
        }
        let mut merged = b.clone();
        merged.merge(&a);
        a.merge(&b);
        assert_eq!((&a, &merged), (&both, &both));
        let used = both.used().unwrap();
        assert!(used.moved.len() < SLICES && used.moved.len() == used.faults.len());
        assert_eq!(Slices::default().used(), None);
    }
}
