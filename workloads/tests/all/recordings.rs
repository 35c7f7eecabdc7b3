//! The two logs that are part of the crate: they load without an unknown line, and contain what was recorded.

use workloads::{ActorKey, BuiltIn, Files, Op, Spec, SpecError, TraceError, WorkloadPlan};

use crate::support::{Bytes, forked};

#[derive(Debug, Default, PartialEq)]
struct Totals {
    tasks: u32,
    threads_forked: u32,
    processes_forked: u32,
    execs: u32,
    pages_mapped: u64,
    pages_touched: u64,
    ops: u32,
}

/// Runs the whole tree of tasks of a recording and counts; the counts of every task must balance.
fn totals(name: &str) -> Totals {
    let spec = Spec { trace_repeat: Some(false), ..Spec::new(format!("trace:{name}"), 1, 1) };
    let plan = WorkloadPlan::new(&spec, &BuiltIn).unwrap();
    let report = plan.trace_report().unwrap();
    assert!(report.dropped() == 0 && report.adopted == 0, "{report:?}");
    let mut totals = Totals::default();
    let mut waiting = vec![ActorKey::root(0, 0)];
    while let Some(key) = waiting.pop() {
        totals.tasks += 1;
        let ops: Vec<Op> = plan.stream(0, &key).collect();
        assert_eq!(ops.last(), Some(&Op::Exit), "{key}");
        for op in ops.into_iter().filter(|op| !matches!(op, Op::Think { .. })) {
            totals.count(op);
            waiting.extend(forked(op).map(|child| key.child(child)));
        }
    }
    totals
}

impl Totals {
    fn count(&mut self, op: Op) {
        self.ops += 1;
        match op {
            Op::ForkThread { .. } => self.threads_forked += 1,
            Op::ForkProcess { .. } => self.processes_forked += 1,
            Op::Exec => self.execs += 1,
            Op::Mmap { pages } => self.pages_mapped += u64::from(pages),
            Op::Touch { pages } => self.pages_touched += u64::from(pages),
            _ => {}
        }
    }
}

#[test]
fn the_parallel_build_is_processes_that_exec() {
    let expected = Totals {
        tasks: 31,
        threads_forked: 0,
        // Ten gcc; cc1 and as for each of nine files; collect2 and ld for the program.
        processes_forked: 30,
        execs: 30,
        pages_mapped: 55_569,
        pages_touched: 15_995,
        ops: 1_535,
    };
    assert_eq!(totals("parallel-build"), expected);
}

#[test]
fn the_python_program_is_eight_threads() {
    let expected = Totals {
        tasks: 9,
        threads_forked: 8,
        processes_forked: 0,
        execs: 0,
        // Mostly five heaps of 128 MiB reserved by malloc, and eight stacks of 8 MiB.
        pages_mapped: 235_910,
        pages_touched: 12_526,
        ops: 305,
    };
    assert_eq!(totals("python-threads"), expected);
}

#[test]
fn the_recordings_are_small_and_name_no_path() {
    for name in ["parallel-build", "python-threads"] {
        let bytes = BuiltIn.read(name).unwrap();
        assert!(bytes.len() < 100 * 1024, "{name}: {}", bytes.len());
        let mut text = String::new();
        std::io::Read::read_to_string(&mut flate2::read::GzDecoder::new(&*bytes), &mut text).unwrap();
        assert!(text.replace("\"...\"", "").find(['"', '~']).is_none() && !text.contains("/home"), "{name}");
    }
}

#[test]
fn a_cut_recording_is_an_error() {
    let bytes = BuiltIn.read("parallel-build").unwrap();
    for end in [2, 10, bytes.len() / 2, bytes.len() - 1] {
        let error =
            WorkloadPlan::new(&Spec::new("trace:cut", 1, 1), &Bytes(bytes[..end].to_vec())).unwrap_err();
        assert!(
            matches!(error, SpecError::TraceUnusable { source: TraceError::Damaged { .. }, .. }),
            "{error}"
        );
    }
}

#[test]
fn a_recording_starts_again_for_ever() {
    for name in ["parallel-build", "python-threads"] {
        let plan = WorkloadPlan::new(&Spec::new(format!("trace:{name}"), 1, 1), &BuiltIn).unwrap();
        let ops: Vec<Op> = plan.stream(0, &ActorKey::root(0, 0)).take(1_000).collect();
        assert!(ops.len() == 1_000 && !ops.contains(&Op::Exit), "{name}");
        let rounds: Vec<&[Op]> = ops.split(|op| *op == Op::Exec).collect();
        let calm = |op: &&Op| forked(**op).is_none();
        assert!(
            rounds.len() > 3 && rounds[0].iter().filter(calm).eq(rounds[1].iter().filter(calm)),
            "{name}"
        );
        let children = |round: usize| rounds[round].iter().filter_map(|&op| forked(op)).collect::<Vec<u32>>();
        assert!(children(0).iter().zip(children(1)).all(|(first, second)| *first < second), "{name}");
        assert_eq!(children(1).first(), Some(&(children(0).len() as u32)), "{name}");
    }
}
