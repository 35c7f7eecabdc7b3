//! Warnings about noise: load, stolen time and late starts, where they are large enough to be part of the figures.
//!
//! Separate from [`crate::schema`], which has the facts. Runs with the machine's clock only: nothing disturbs virtual
//! time.
use crate::axis::Axis;
use crate::outcome::AttachOutcome;
use crate::percentile::Samples;
use crate::schema::{Cell, LatencyKind, Noise, Note, NoteKind};
use crate::units::{count, grouped, ns, percent};
use crate::verdict::in_order;

/// Share of stolen CPU time above which a run is warned about, in percent. With more, one moment in a hundred or more
/// is the host's, and a p99 can consist of such moments alone.
pub const STEAL_PERCENT_MAX: u64 = 1;

/// Share of late starts above which a cell is warned about, in percent. With more, the wait for a start decides the
/// p95 from the intended start and everything above it.
pub const LATE_PERCENT_MAX: u64 = 5;

/// Returns warnings about one machine.
#[must_use]
pub fn of_machine(noise: &Noise) -> Vec<Note> {
    let warning = |text| Note { kind: NoteKind::Warning, text, protocol: noise.guest.clone() };
    let whose = if noise.guest.is_some() { "the guest" } else { "the machine" };
    [load(noise, whose), steal(noise, whose)].into_iter().flatten().map(warning).collect()
}

/// A load above the number of CPUs means that tasks waited for a CPU before the run had added any.
fn load(noise: &Noise, whose: &str) -> Option<String> {
    let cpus = u64::from(noise.cpus?);
    let load = noise.load_begin_percent.filter(|load| *load > cpus.saturating_mul(100))?;
    Some(format!(
        "The load of {whose} was {} at the begin, on {}: other programs had more work than CPUs, and latencies include waits for a CPU. End them, and measure again.",
        load_words(load),
        count(cpus, "CPU")
    ))
}

fn steal(noise: &Noise, whose: &str) -> Option<String> {
    let (steal_ms, cpu_ms) = (noise.steal_ms?, noise.cpu_ms?);
    let is_much = u128::from(steal_ms) * 100 > u128::from(cpu_ms) * u128::from(STEAL_PERCENT_MAX);
    is_much.then(|| {
        format!(
            "{} of the CPU time of {whose} was stolen: its host ran something else, and latencies include that. Measure on a host with less work, or on CPUs of its own.",
            percent(steal_ms, cpu_ms)
        )
    })
}

/// Returns a load average as the kernel writes it: `2.95`.
pub(crate) fn load_words(percent: u64) -> String {
    format!("{}.{:02}", percent / 100, percent % 100)
}

/// Late starts of a cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Late {
    /// Intended starts whose move was begun.
    starts: u64,
    /// The number of them that began later than the cell's median move takes.
    late: u64,
    /// The median of moves that moved, from the real start, in ns.
    p50_ns: u64,
    /// Lateness at p99, or at worst where the starts are too few for that, in ns.
    by_ns: u64,
    at: &'static str,
}

impl Late {
    /// Returns the late starts; `None` for a closed loop, for too few moves, and for a traced cell, where each move is
    /// longer than it would be.
    fn of(cell: &Cell) -> Option<Self> {
        let lateness = Samples::of(cell.attach.lateness.as_ref()?).ok()?;
        let is_moved = AttachOutcome::Moved.name();
        let mut series = cell.attach.latency.iter();
        let moved = series.find(|series| series.outcome == is_moved && series.kind == LatencyKind::Raw)?;
        let p50_ns = Samples::of(&moved.hist).ok()?.p50()?;
        let (by_ns, at) = match lateness.p99() {
            Some(p99_ns) => (p99_ns, "at p99"),
            None => (lateness.max()?, "at worst"),
        };
        let late = Self { starts: lateness.n(), late: lateness.above(p50_ns), p50_ns, by_ns, at };
        (!cell.subject.parts().traced).then_some(late)
    }

    fn is_much(&self) -> bool {
        u128::from(self.late) * 100 > u128::from(self.starts) * u128::from(LATE_PERCENT_MAX)
    }
}

/// Returns a warning for each subject and rate with cells in which too many starts were late.
#[must_use]
pub fn of_starts(cells: &[Cell]) -> Vec<Note> {
    let key = |cell: &Cell| (cell.subject.to_string(), cell.point.get(Axis::Rate));
    let keys: Vec<_> = cells.iter().map(key).collect();
    let note = |wanted: &(String, Option<u64>)| {
        let mine = cells.iter().zip(&keys).filter(|(_, key)| *key == wanted);
        let all: Vec<Late> = mine.filter_map(|(cell, _)| Late::of(cell)).collect();
        let (subject, rate) = wanted;
        let text = words(*rate, &all)?;
        Some(Note { kind: NoteKind::Warning, text, protocol: Some(subject.clone()) })
    };
    in_order(keys.iter()).into_iter().filter_map(note).collect()
}

fn words(rate: Option<u64>, all: &[Late]) -> Option<String> {
    let much = all.iter().filter(|late| late.is_much()).count();
    let worst = all.iter().filter(|late| late.is_much()).reduce(|worst, next| {
        let share = |late: &Late, other: &Late| u128::from(late.late) * u128::from(other.starts);
        if share(next, worst) > share(worst, next) { next } else { worst }
    })?;
    let rate = rate.map_or_else(String::new, |rate| format!("At {} /s ", grouped(rate)));
    let cells = if all.len() > 1 {
        format!("{much} of {} have late starts; in the worst ", count(all.len() as u64, "cell"))
    } else {
        String::new()
    };
    Some(format!(
        "{rate}{cells}{} of {} came later than the median move takes ({}), {} late {}: latencies from the intended start include that. Moves that take longer than the interval delay the next ones; everything else is the machine: end other programs, or lower the rate.",
        percent(worst.late, worst.starts),
        count(worst.starts, "start"),
        ns(worst.p50_ns),
        ns(worst.by_ns),
        worst.at,
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hist::Hist;
    use crate::schema::{Attach, Faults, LatencySeries, Subject};
    use hdrhistogram::Histogram;

    fn quiet() -> Noise {
        Noise {
            guest: None,
            cpus: Some(2),
            load_begin_percent: Some(200),
            load_end_percent: Some(900),
            cpu_ms: Some(10_000),
            steal_ms: Some(100),
        }
    }

    fn said(noise: &Noise) -> Vec<String> {
        of_machine(noise).into_iter().map(|note| note.text).collect()
    }

    #[test]
    fn a_load_is_reported_above_the_number_of_cpus() {
        assert_eq!(said(&quiet()), [""; 0], "as many tasks as CPUs; the end does not count");
        let text = said(&Noise { load_begin_percent: Some(201), ..quiet() });
        assert!(text.len() == 1 && text[0].contains("was 2.01 at the begin, on 2 CPUs"), "{text:?}");
        let guest = Noise { guest: Some("vm:v1".into()), load_begin_percent: Some(300), ..quiet() };
        let note = &of_machine(&guest)[0];
        assert_eq!((note.kind, note.protocol.as_deref()), (NoteKind::Warning, Some("vm:v1")));
        assert!(note.text.contains("of the guest was 3.00"), "{}", note.text);
        for unknown in [
            Noise { load_begin_percent: None, ..quiet() },
            Noise { cpus: None, load_begin_percent: Some(900), ..quiet() },
        ] {
            assert_eq!(said(&unknown), [""; 0]);
        }
    }

    #[test]
    fn stolen_time_is_reported_above_one_percent() {
        let text = said(&Noise { steal_ms: Some(101), ..quiet() });
        assert!(text.len() == 1 && text[0].starts_with("1.0 % of the CPU time of the machine"), "{text:?}");
        assert_eq!(said(&Noise { steal_ms: None, ..quiet() }), [""; 0]);
        assert_eq!(said(&Noise { cpu_ms: Some(0), steal_ms: Some(0), ..quiet() }), [""; 0]);
    }

    fn hist(values: &[(u64, u64)]) -> Hist {
        let mut histogram = Histogram::<u64>::new(3).unwrap();
        values.iter().for_each(|(ns, times)| histogram.record_n(*ns, *times).unwrap());
        let total = values.iter().map(|(ns, times)| ns * times).sum();
        let ends = values.iter().map(|(ns, _)| *ns);
        Hist::encode(&histogram, (ends.clone().min().unwrap(), ends.max().unwrap(), total))
    }

    /// A cell whose median move takes 5 µs, with `late` of 1,000 starts 20 µs late and the others 1 µs.
    fn cell(late: u64, subject: Subject) -> Cell {
        let latency = vec![LatencySeries {
            outcome: "moved".into(),
            kind: LatencyKind::Raw,
            hist: hist(&[(5_000, 1_000)]),
        }];
        let lateness = Some(hist(&[(1_000, 1_000 - late), (20_000, late)]));
        Cell {
            subject,
            point: crate::axis::Point::default().with(Axis::Rate, 1_000),
            seed: 1,
            began_ns: None,
            duration_ns: 1,
            attach: Attach { latency, lateness, ..Attach::default() },
            bystanders: Vec::new(),
            locks: Vec::new(),
            longest_holds: Vec::new(),
            drift: Vec::new(),
            invariants: Vec::new(),
            faults: Faults::default(),
            sim: None,
            timelines: Vec::new(),
            ended: None,
        }
    }

    #[test]
    fn late_starts_are_reported_above_five_percent() {
        let v2 = || Subject::of("v2");
        assert_eq!(of_starts(&[cell(50, v2())]), []);
        let notes = of_starts(&[cell(51, v2())]);
        let [note] = notes.as_slice() else { panic!("{notes:?}") };
        assert_eq!((note.kind, note.protocol.as_deref()), (NoteKind::Warning, Some("v2")));
        let begin = "At 1,000 /s 5.1 % of 1,000 starts came later than the median move takes (5.00 µs), 20.0 µs late at p99";
        assert!(note.text.starts_with(begin), "{}", note.text);
        let several =
            of_starts(&[cell(0, v2()), cell(60, v2()), cell(90, v2()), cell(50, Subject::of("v1"))]);
        let [note] = several.as_slice() else { panic!("{several:?}") };
        assert!(note.text.contains("2 of 3 cells have late starts; in the worst 9.0 %"), "{}", note.text);
    }

    #[test]
    fn nothing_is_said_of_traced_cells_and_of_closed_loops() {
        assert_eq!(of_starts(&[cell(900, Subject::of("v2").with(|parts| parts.traced = true))]), []);
        let mut closed = cell(900, Subject::of("v2"));
        closed.attach.lateness = None;
        assert_eq!(of_starts(&[closed]), []);
    }
}
