//! Operations of the workload in flight, and whether an attach overlapped them.
use model::kernel::MmId;
use model::locks::stats::LockRecorder as Series;
use model::seam::event::OpKind;
use model::seam::{ActorId, Stamp};

/// Latencies of one kind of operation, idle and attaching.
#[derive(Clone, Debug)]
pub(super) struct OpSeries {
    /// By condition: idle, attaching.
    pub(super) by_condition: [Series; 2],
    /// Failed operations, likewise.
    pub(super) failed: [u64; 2],
}

impl Default for OpSeries {
    fn default() -> Self {
        Self { by_condition: [Series::new(2), Series::new(2)], failed: [0; 2] }
    }
}

#[derive(Clone, Copy, Debug)]
struct Flight {
    kind: OpKind,
    /// The address space to which it charges.
    mm: Option<MmId>,
    began_ns: u64,
    /// True if an attach was under way at the start.
    attaching: bool,
    /// Attaches begun before the operation.
    attaches: u64,
}

/// The operations of all actors.
#[derive(Debug, Default)]
pub(super) struct Ops {
    flights: Vec<Option<Flight>>,
    /// Charging operations in flight, by mm.
    charging: Vec<u32>,
    pub(super) series: Vec<OpSeries>,
    pub(super) finished: u64,
}

impl Ops {
    pub(super) fn new() -> Self {
        Self { series: OpKind::ALL.map(|_| OpSeries::default()).to_vec(), ..Self::default() }
    }

    fn charging(&mut self, mm: MmId) -> &mut u32 {
        if mm.index() >= self.charging.len() {
            self.charging.resize(mm.index() + 1, 0);
        }
        &mut self.charging[mm.index()]
    }

    /// Reports whether an operation that charges is in flight on `mm`.
    pub(super) fn is_charging(&self, mm: MmId) -> bool {
        self.charging.get(mm.index()).is_some_and(|n| *n > 0)
    }

    /// Begins an operation; `open` attaches are under way, `attaches` have begun so far.
    pub(super) fn begin(
        &mut self,
        stamp: Stamp,
        kind: OpKind,
        mm: Option<MmId>,
        (open, attaches): (usize, u64),
    ) {
        let ActorId(actor) = stamp.actor;
        if actor as usize >= self.flights.len() {
            self.flights.resize(actor as usize + 1, None);
        }
        let mm = mm.filter(|_| kind.charges());
        if let Some(mm) = mm {
            *self.charging(mm) += 1;
        }
        let flight = Flight { kind, mm, began_ns: stamp.at_ns, attaching: open > 0, attaches };
        self.flights[actor as usize] = Some(flight);
    }

    /// Adds the records of `other`.
    pub(super) fn merge(&mut self, other: &Self) {
        for (mine, theirs) in self.series.iter_mut().zip(&other.series) {
            for at in [0, 1] {
                mine.by_condition[at].merge(&theirs.by_condition[at]);
                mine.failed[at] += theirs.failed[at];
            }
        }
        self.finished += other.finished;
    }

    /// Ends an operation; it is recorded if it began at `from_ns` or later.
    pub(super) fn end(&mut self, stamp: Stamp, failed: bool, attaches: u64, from_ns: u64) {
        let Some(flight) = self.flights[stamp.actor.index()].take() else { return };
        if let Some(mm) = flight.mm {
            *self.charging(mm) -= 1;
        }
        if flight.began_ns < from_ns {
            return;
        }
        self.finished += 1;
        let condition = usize::from(flight.attaching || attaches != flight.attaches);
        let series = &mut self.series[flight.kind as usize];
        if failed {
            series.failed[condition] += 1;
        } else {
            series.by_condition[condition].record(stamp.at_ns - flight.began_ns);
        }
    }
}
