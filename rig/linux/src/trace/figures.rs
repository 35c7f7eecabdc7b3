//! Sums of the traces of a cell: series of phases, rows of locks, counts.
use super::super::moving::samples::Series;
use super::calls::{Hold, Inside, calls, inside};
use super::event::{TraceEvent, What};
use super::flags;
use super::graph::{Part, base, part};
use super::moving::Move;
use super::symbols::Symbols;
use super::waits::waits;
use reports::schema::{LockRow, PhaseHold, PhaseSeries};
use std::collections::BTreeMap;

/// Figures of the traces of a cell.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Traced {
    /// Phases in the order in which they run.
    pub(crate) phases: Vec<PhaseSeries>,
    /// Locks; those with known holds come first.
    pub(crate) locks: Vec<LockRow>,
    /// Attaches that the kernel reported during measured moves: one for each write that moves, whole process or thread.
    pub(crate) attaches: u64,
    /// Moves of tasks whose cgroup is being removed, in that time. The number should be 0.
    pub(super) transfers: u64,
    /// Moves of which the calls are known, of those that moved.
    pub(super) looked_into: u64,
    /// Records that were thrown away.
    pub(super) lost: u64,
}

#[derive(Default)]
struct Sums<'a> {
    phases: BTreeMap<&'a str, Phase>,
    locks: BTreeMap<(String, &'static str), Lock>,
    looked_into: u64,
}

struct Phase {
    series: Series,
    /// Sum of the offsets at which it began, in ns after the entry of the write.
    offsets: u128,
}

struct Lock {
    wait: Series,
    hold: Series,
    by_phase: BTreeMap<String, (u64, u64)>,
}

impl Lock {
    fn new() -> Self {
        Self { wait: Series::new(), hold: Series::new(), by_phase: BTreeMap::new() }
    }
}

/// Sums up the events of a cell, as far as they belong to its measured moves; `mover` is the thread that made them.
pub(super) fn figures(events: &[TraceEvent], moves: &[Move], mover: u32, symbols: &Symbols) -> Traced {
    let mut sums = Sums::default();
    let mut traced = Traced::default();
    for one in moves {
        let from = events.partition_point(|event| event.at < one.begin);
        let during = events[from..].iter().take_while(|event| event.at <= one.end);
        let during: Vec<&TraceEvent> = during.filter(|event| event.tid == mover).collect();
        let count = |what| during.iter().filter(|event| event.what == what).count() as u64;
        traced.attaches += count(What::Attach);
        traced.transfers += count(What::Transfer);
        if one.moved {
            sums.look_into(&during, symbols);
        }
    }
    sums.wait(events, moves, symbols);
    traced.looked_into = sums.looked_into;
    traced.phases = sums.phases();
    traced.locks = sums.locks(&traced.phases);
    traced
}

impl<'a> Sums<'a> {
    fn look_into(&mut self, during: &[&TraceEvent], symbols: &'a Symbols) {
        let calls = calls(during, |address| symbols.function(address));
        let Some(inside) = inside(&calls) else { return };
        self.looked_into += 1;
        // A function may run several times in a move, such as once for each thread; a sample is their sum.
        let mut times = BTreeMap::<&'a str, (u64, u64)>::new();
        for slice in &inside.slices {
            let begin = slice.from - inside.whole.0;
            times.entry(slice.name).or_insert((begin, 0)).1 += slice.to - slice.from;
        }
        for (name, (begin, ns)) in times {
            let phase =
                self.phases.entry(name).or_insert_with(|| Phase { series: Series::new(), offsets: 0 });
            phase.series.record(ns);
            phase.offsets += u128::from(begin);
        }
        for hold in &inside.holds {
            self.hold(hold, &inside);
        }
    }

    fn hold(&mut self, hold: &Hold, inside: &Inside<'a>) {
        let lock = self.locks.entry((hold.class.to_owned(), hold.mode)).or_insert_with(Lock::new);
        lock.hold.record(hold.to - hold.from);
        let mut touched = BTreeMap::<&str, u64>::new();
        for slice in &inside.slices {
            let overlap = slice.to.min(hold.to).saturating_sub(slice.from.max(hold.from));
            if overlap > 0 {
                *touched.entry(slice.name).or_default() += overlap;
            }
        }
        for (name, ns) in touched {
            let (holds, total_ns) = lock.by_phase.entry(words(name)).or_default();
            *holds += 1;
            *total_ns += ns;
        }
    }

    /// Waits of mover and worker from the first measured move to the last one.
    fn wait(&mut self, events: &[TraceEvent], moves: &[Move], symbols: &Symbols) {
        let (Some(first), Some(last)) = (moves.first(), moves.last()) else { return };
        let measured = |at: u64, ns: u64| first.begin <= at && at.saturating_add(ns) <= last.end;
        for wait in waits(events).into_iter().filter(|wait| measured(wait.at, wait.ns)) {
            let class = symbols.lock(wait.lock).unwrap_or_else(|| flags::unnamed(wait.flags));
            let key = (class.to_owned(), flags::mode(wait.flags));
            self.locks.entry(key).or_insert_with(Lock::new).wait.record(wait.ns);
        }
    }

    fn phases(&self) -> Vec<PhaseSeries> {
        let mean = |phase: &Phase| phase.offsets / u128::from(phase.series.count().max(1));
        let mut phases: Vec<_> = self.phases.iter().collect();
        phases.sort_by_key(|(_, phase)| mean(phase));
        let series =
            |(name, phase): (&&str, &Phase)| PhaseSeries { phase: words(name), hist: phase.series.hist() };
        phases.into_iter().map(series).collect()
    }

    fn locks(self, phases: &[PhaseSeries]) -> Vec<LockRow> {
        let place = |phase: &str| phases.iter().position(|series| series.phase == phase);
        let row = |((class, mode), lock): ((String, &str), Lock)| {
            let hold = |(phase, (holds, total_ns))| PhaseHold { phase, holds, total_ns };
            let mut hold_by_phase: Vec<_> = lock.by_phase.into_iter().map(hold).collect();
            hold_by_phase.sort_by_key(|hold| place(&hold.phase));
            LockRow {
                class,
                mode: mode.into(),
                contentions: lock.wait.count(),
                wait: lock.wait.hist(),
                acquisitions: lock.hold.count(),
                hold: lock.hold.hist(),
                hold_by_phase,
            }
        };
        let mut rows: Vec<LockRow> = self.locks.into_iter().map(row).collect();
        rows.sort_by_key(|row| row.acquisitions == 0);
        rows
    }
}

/// A phase's name: of a function that calls others of the list only the rest is meant.
fn words(function: &str) -> String {
    let name = base(function);
    if part(name) == Some(Part::Step) { name.to_owned() } else { format!("rest of {name}") }
}

#[cfg(test)]
#[path = "figures_tests.rs"]
mod tests;
