//! Records of one cell: histograms and counts, all allocated before the timed loop begins.
use super::kept::KeptMoves;
use hdrhistogram::Histogram;
use reports::hist::Hist;
use reports::outcome::AttachOutcome;
use rustix::io::Errno;
use std::collections::BTreeMap;

/// Longest latency that the histograms hold: 60 s. Longer ones are counted as 60 s; their exact maximum is kept
/// separately.
const NS_MAX: u64 = 60_000_000_000;
const DIGITS: u8 = 3;
/// Linux has error numbers up to 133; slot 0 takes what should not exist.
const ERRNOS: usize = 160;

/// Samples of one outcome.
#[derive(Debug)]
pub(crate) struct Series {
    histogram: Histogram<u64>,
    exact: (u64, u64, u64),
}

impl Series {
    /// Returns a record without samples.
    pub(crate) fn new() -> Self {
        // The bounds are constants, and right: 1 * 2 <= NS_MAX, DIGITS <= 5.
        let histogram = Histogram::new_with_bounds(1, NS_MAX, DIGITS).expect("valid bounds");
        Self { histogram, exact: (u64::MAX, 0, 0) }
    }

    /// Counts one sample.
    pub(crate) fn record(&mut self, ns: u64) {
        self.histogram.saturating_record(ns.max(1));
        let (min, max, total) = self.exact;
        self.exact = (min.min(ns), max.max(ns), total.saturating_add(ns));
    }

    fn add(&mut self, other: &Self) {
        // Both have the same bounds.
        self.histogram.add(&other.histogram).expect("bounds that are the same");
        let ((min, max, total), (a, b, c)) = (self.exact, other.exact);
        self.exact = (min.min(a), max.max(b), total.saturating_add(c));
    }

    /// Number of samples.
    pub(crate) fn count(&self) -> u64 {
        self.histogram.len()
    }

    /// The form for `run.json`.
    pub(crate) fn hist(&self) -> Hist {
        Hist::encode(&self.histogram, self.exact)
    }
}

/// Raw and corrected latency of one outcome.
#[derive(Debug)]
pub(crate) struct Pair {
    /// Latencies from the real start.
    pub(crate) raw: Series,
    /// Latencies from the intended start; without samples in a closed loop.
    pub(crate) corrected: Series,
}

impl Pair {
    fn new() -> Self {
        Self { raw: Series::new(), corrected: Series::new() }
    }

    /// Number of samples.
    pub(crate) fn count(&self) -> u64 {
        self.raw.count()
    }
}

/// Times at which a move should have begun, began and ended, in ns of the one clock.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Times {
    /// Intended start; absent in a closed loop.
    pub(crate) intended: Option<u64>,
    /// Time just before the write.
    pub(crate) begin: u64,
    /// Time just after the write.
    pub(crate) end: u64,
}

/// Everything recorded in a cell.
#[derive(Debug)]
pub(crate) struct MoveSamples {
    /// Writes that moved the worker.
    pub(crate) moved: Pair,
    /// Writes that the kernel refused.
    pub(crate) refused: Pair,
    /// Writes for which the worker was already gone.
    pub(crate) gone: u64,
    /// Time from the intended start to the real one, of moves and refusals.
    pub(crate) lateness: Series,
    /// Single moves and refusals.
    pub(crate) kept: KeptMoves,
    errnos: [u64; ERRNOS],
}

impl MoveSamples {
    /// Allocates all histograms and counts.
    pub(crate) fn new() -> Self {
        Self {
            moved: Pair::new(),
            refused: Pair::new(),
            gone: 0,
            lateness: Series::new(),
            kept: KeptMoves::new(),
            errnos: [0; ERRNOS],
        }
    }

    /// Adds what another mover has recorded.
    pub(crate) fn add(&mut self, other: &Self) {
        for (own, other) in [(&mut self.moved, &other.moved), (&mut self.refused, &other.refused)] {
            own.raw.add(&other.raw);
            own.corrected.add(&other.corrected);
        }
        self.gone += other.gone;
        self.lateness.add(&other.lateness);
        self.kept.add(&other.kept);
        self.errnos.iter_mut().zip(other.errnos).for_each(|(own, other)| *own += other);
    }

    /// Counts one write. Does not allocate.
    pub(crate) fn record(&mut self, outcome: Result<(), Errno>, times: Times) {
        let pair = match outcome {
            Ok(()) => &mut self.moved,
            Err(Errno::SRCH) => {
                self.gone += 1;
                return;
            }
            Err(errno) => {
                let slot =
                    usize::try_from(errno.raw_os_error()).ok().filter(|slot| *slot < ERRNOS).unwrap_or(0);
                self.errnos[slot] += 1;
                &mut self.refused
            }
        };
        let raw_ns = times.end.saturating_sub(times.begin);
        pair.raw.record(raw_ns);
        if let Some(intended) = times.intended {
            pair.corrected.record(times.end.saturating_sub(intended));
            self.lateness.record(times.begin.saturating_sub(intended));
        }
        if outcome.is_ok() {
            self.kept.moved(times.begin, raw_ns);
        } else {
            self.kept.refused(times.begin, raw_ns);
        }
    }

    /// Number of writes per outcome.
    pub(crate) fn outcomes(&self) -> BTreeMap<String, u64> {
        let counts = [
            (AttachOutcome::Moved, self.moved.count()),
            (AttachOutcome::Refused, self.refused.count()),
            (AttachOutcome::Gone, self.gone),
        ];
        counts
            .into_iter()
            .filter(|(_, count)| *count > 0)
            .map(|(outcome, count)| (outcome.name().to_owned(), count))
            .collect()
    }

    /// Number of refusals per `site errno`.
    pub(crate) fn refusals(&self) -> BTreeMap<String, u64> {
        let counts = self.errnos.iter().enumerate().filter(|(_, count)| **count > 0);
        counts.map(|(errno, count)| (format!("cgroup.procs {}", errno_name(errno as i32)), *count)).collect()
    }
}

/// Name of an error that a write to `cgroup.procs` can give; the number for any other.
pub(crate) fn errno_name(raw: i32) -> String {
    const NAMES: [(Errno, &str); 15] = [
        (Errno::PERM, "EPERM"),
        (Errno::NOENT, "ENOENT"),
        (Errno::INTR, "EINTR"),
        (Errno::IO, "EIO"),
        (Errno::SRCH, "ESRCH"),
        (Errno::AGAIN, "EAGAIN"),
        (Errno::NOMEM, "ENOMEM"),
        (Errno::ACCESS, "EACCES"),
        (Errno::BUSY, "EBUSY"),
        (Errno::NODEV, "ENODEV"),
        (Errno::INVAL, "EINVAL"),
        (Errno::NOSPC, "ENOSPC"),
        (Errno::RANGE, "ERANGE"),
        (Errno::OVERFLOW, "EOVERFLOW"),
        (Errno::OPNOTSUPP, "EOPNOTSUPP"),
    ];
    let known = NAMES.iter().find(|(errno, _)| errno.raw_os_error() == raw);
    known.map_or_else(|| format!("errno {raw}"), |(_, name)| (*name).to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outcomes_never_share_a_series() {
        let mut samples = MoveSamples::new();
        let times = |intended, begin, end| Times { intended, begin, end };
        samples.record(Ok(()), times(Some(100), 150, 170));
        samples.record(Ok(()), times(None, 200, 200));
        samples.record(Err(Errno::NOSPC), times(Some(300), 300, 309));
        samples.record(Err(Errno::NOSPC), times(Some(400), 400, 407));
        samples.record(Err(Errno::SRCH), times(None, 0, 1));
        assert_eq!(
            samples.outcomes(),
            [("moved", 2), ("refused", 2), ("gone", 1)].map(|(k, n)| (k.into(), n)).into()
        );
        assert_eq!(samples.refusals(), [("cgroup.procs ENOSPC".to_string(), 2)].into());
        let moved = samples.moved.raw.hist();
        assert_eq!((moved.count, moved.min_ns, moved.max_ns, moved.total_ns), (2, 0, 20, 20));
        let corrected = samples.moved.corrected.hist();
        assert_eq!((corrected.count, corrected.max_ns), (1, 70));
        assert_eq!(samples.refused.raw.hist().total_ns, 16);
        let late = samples.lateness.hist();
        assert_eq!((late.count, late.max_ns), (3, 50), "of those with an intended start");
        let moves = samples.kept.moves().unwrap();
        assert_eq!((moves.of, moves.refused), (4, vec![2, 3]));
    }

    #[test]
    fn what_exceeds_the_histogram_is_still_counted() {
        let mut samples = MoveSamples::new();
        samples.record(Ok(()), Times { intended: None, begin: 0, end: 2 * NS_MAX });
        samples.record(Err(Errno::from_raw_os_error(4000)), Times { intended: None, begin: 0, end: 1 });
        assert_eq!(samples.moved.raw.hist().max_ns, 2 * NS_MAX);
        assert_eq!(samples.refusals(), [("cgroup.procs errno 0".to_string(), 1)].into());
    }
}
