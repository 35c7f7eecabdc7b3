//! Runs with plausible figures, made up by a small generator. The same arguments give the same run.
mod cell;
mod charges;
mod moves;
mod timeline;

pub(crate) use crate::dice::Dice;
use cell::{bystander, cell};
pub(crate) use charges::demo_charges;
use hdrhistogram::Histogram;
use reports::axis::{Axis, Point};
use reports::hist::Hist;
use reports::schema::*;
use reports::verdict::{Expectations, judge};
use std::collections::BTreeMap;

/// Protocols of the demo, with the p50 of an attach in ns, the slowdown of bystanders in percent, and whether the
/// protocol drifts.
const PROTOCOLS: [(&str, u64, u64, bool); 4] = [
    ("three-phase", 21_000, 140, true),
    ("transactional", 64_000, 420, false),
    ("prepare-undo", 33_000, 150, true),
    ("prepare-undo:hold=locks", 71_000, 450, false),
];

pub(crate) const INVARIANTS: [&str; 12] = [
    "drift",
    "left-behind",
    "over-limit",
    "underflow",
    "stale-decision",
    "partial-move",
    "rollback",
    "leaked-reservation",
    "contract",
    "lock-shared",
    "lock-order",
    "deadlock",
];

impl Dice {
    /// Returns `n` times around `mid` ns, with a tail: each halving of probability adds two thirds of `mid`.
    pub(crate) fn hist(&mut self, n: u64, mid: u64) -> Hist {
        let mut histogram = Histogram::new(3).unwrap();
        let (mut min, mut max, mut total) = (u64::MAX, 0, 0);
        for _ in 0..n {
            let tail = u64::from(self.next().trailing_zeros());
            let value = (mid / 2 + self.below(mid) + tail * mid * 2 / 3).max(1);
            histogram.record(value).unwrap();
            (min, max, total) = (min.min(value), max.max(value), total + value);
        }
        if n == 0 { Hist::default() } else { Hist::encode(&histogram, (min, max, total)) }
    }
}

/// Returns the default scenario on the simulator: four protocols, three fault rates, `seeds` seeds.
pub(crate) fn demo_run_of(seeds: u64, attaches: u64) -> Run {
    let mut cells = Vec::new();
    for (index, protocol) in PROTOCOLS.iter().enumerate() {
        for faults in [0, 1, 10] {
            for seed in 1..=seeds {
                let mut dice = Dice::new(seed * 1_000 + u64::from(faults) * 10 + index as u64);
                cells.push(cell(&mut dice, *protocol, faults, seed, attaches));
            }
        }
    }
    let notes = vec![
        note(NoteKind::Info, "memory.move=yes, the default; `no` was not run."),
        note(NoteKind::Warning, "Rule `core.exit: nth=900` never fired: its site was reached 212 times."),
    ];
    finished(Engine::Sim, scenario("default", 8), "attach-rig run default --seed 1", cells, notes)
}

pub(crate) fn demo_run() -> Run {
    demo_run_of(3, 900)
}

/// Returns real moves on Linux: a closed loop and two rates, two hierarchies.
pub(crate) fn demo_linux() -> Run {
    let mut cells = Vec::new();
    for (protocol, slow) in [("v1:pids", 7_800_000), ("v2", 8_900_000), ("v2", 9_000)] {
        for (rate, n, mid) in [(None, 40_000, 5_000), (Some(1_000), 4_000, 16_000), (Some(20), 400, slow)] {
            let mut dice = Dice::new(mid + n + slow);
            let mut cell = empty_cell(protocol, 1);
            cell.subject = cell.subject.with(|parts| parts.favordynmods = slow < 10_000);
            cell.point = cell.point.with(Axis::Rate, rate);
            cell.duration_ns = 20_000_000_000;
            cell.attach.moves = (protocol == "v1:pids").then(|| moves::moves(n, mid));
            cell.attach.outcomes = counts(&[("moved", n), ("gone", dice.below(3))]);
            cell.attach.latency.push(series("moved", LatencyKind::Raw, dice.hist(n, mid)));
            if rate.is_some() {
                cell.attach.latency.push(series(
                    "moved",
                    LatencyKind::Corrected,
                    dice.hist(n, mid + mid / 4),
                ));
            }
            for (op, mid) in [("mmap", 2_100), ("touch", 700), ("fork-thread", 38_000)] {
                cell.bystanders.push(bystander(&mut dice, op, Condition::Idle, 9_000, mid));
                cell.bystanders.push(bystander(&mut dice, op, Condition::Attaching, 2_000, mid * 2));
            }
            cells.push(cell);
        }
    }
    let notes = vec![note(
        NoteKind::Warning,
        "available_filter_functions cannot be read here: no time per callback.",
    )];
    let scenario = Scenario { duration_ns: 20_000_000_000, ..scenario("lone-move", 2) };
    finished(Engine::Linux, scenario, "attach-rig linux lone-move", cells, notes)
}

pub(crate) fn demo_env() -> Env {
    Env {
        started: "2026-11-23T23:10:00Z".into(),
        wall_ns: 8_412_000_000,
        kernel: "Linux 6.18.0 x86_64".into(),
        cpu: "AMD EPYC 7B13".into(),
        cpus: 2,
        profile: "release".into(),
        commit: None,
        dispatches_per_s: Some(12_400_000),
        accesses_per_s: Some(31_800_000),
        noise: Vec::new(),
        facts: BTreeMap::from([("clocksource".into(), "tsc".into())]),
    }
}

pub(crate) fn expectations() -> Expectations {
    use Expectation::Sometimes;
    let violated = |names: &[&str]| names.iter().map(|name| ((*name).to_owned(), Sometimes)).collect();
    BTreeMap::from([
        ("three-phase".to_owned(), violated(&["drift", "underflow", "stale-decision", "partial-move"])),
        ("prepare-undo".to_owned(), violated(&["drift", "underflow"])),
        ("prepare-undo:hold=locks".to_owned(), BTreeMap::new()),
    ])
}

pub(crate) fn note(kind: NoteKind, text: &str) -> Note {
    Note { kind, text: text.to_owned(), protocol: None }
}

pub(crate) fn finished(
    engine: Engine,
    scenario: Scenario,
    command: &str,
    cells: Vec<Cell>,
    notes: Vec<Note>,
) -> Run {
    let replay = |cell: &Cell, invariant: &Invariant| {
        let protocol = &cell.subject.parts().protocol;
        Some(format!(
            "attach-rig replay default --protocol {protocol} --seed {} --stop-at {}",
            cell.seed, invariant.name
        ))
    };
    let verdicts = judge(&cells, &expectations(), &notes, replay);
    Run {
        schema: SCHEMA.to_owned(),
        version: "0.1.0".to_owned(),
        engine,
        scenario,
        command: command.to_owned(),
        interrupted: false,
        plan: None,
        cells,
        verdicts,
        notes,
        fits: Vec::new(),
        recordings: Vec::new(),
    }
}

pub(crate) fn scenario(name: &str, cpus: u32) -> Scenario {
    Scenario {
        name: name.to_owned(),
        about: "How much does a move cost the other tasks, and is the accounting still correct?".to_owned(),
        controllers: ["memrlimit", "memory", "cpuset"].map(str::to_owned).to_vec(),
        seed: 1,
        cpus,
        duration_ns: 50_000_000,
        toml: "name = \"default\"\ncpus = 8\n\n[workload]\nprocesses = 6\nthreads = 4\n".to_owned(),
        scheduling: Some(Scheduling { threads: 25, time_slice_ns: 3_000_000, own_costs: false }),
    }
}

pub(crate) fn empty_cell(protocol: &str, seed: u64) -> Cell {
    Cell {
        subject: Subject::of(protocol),
        point: Point::default(),
        began_ns: None,
        seed,
        duration_ns: 50_000_000,
        attach: Attach::default(),
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

pub(crate) fn counts(pairs: &[(&str, u64)]) -> BTreeMap<String, u64> {
    pairs.iter().filter(|(_, n)| *n > 0).map(|(name, n)| ((*name).to_owned(), *n)).collect()
}

pub(crate) fn series(outcome: &str, kind: LatencyKind, hist: Hist) -> LatencySeries {
    LatencySeries { outcome: outcome.to_owned(), kind, hist }
}

pub(crate) fn invariant(name: &str, violated: u64) -> Invariant {
    let first = (violated > 0).then(|| {
        format!("{name}: at 1204331 ns memrlimit of cgroup b reads 4711 pages, its mms hold 4670 (attach 17 of p3)")
    });
    Invariant { name: name.to_owned(), violated, examined: 812, first }
}
