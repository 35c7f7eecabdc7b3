//! Tests of hand-written logs: the effect of each kind of line.

use workloads::{ActorKey, Op, Spec, WorkloadPlan};

use crate::support::{Bytes, shown, trace_plan};

/// Returns the operations of the first task without thinks.
#[track_caller]
fn check(log: &str, expected: &[&str]) {
    let calm: Vec<String> = shown(&trace_plan(log), &ActorKey::root(0, 0), 1_000);
    let calm: Vec<&str> = calm.iter().map(String::as_str).filter(|op| !op.starts_with("think")).collect();
    assert_eq!(calm, expected);
}

#[test]
fn calls_become_amounts_of_pages() {
    let log = "\
5 10.000000 execve(\"...\", [\"...\"], 0x7ffc /* 35 vars */) = 0
5 10.000100 brk(NULL)       = 0x100000
5 10.000200 brk(0x103000)       = 0x103000
5 10.000300 mmap(NULL, 8193, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0) = 0x200000
5 10.000400 mmap(0x201000, 4096, PROT_READ, MAP_PRIVATE|MAP_FIXED, 3, 0) = 0x201000
5 10.000500 mremap(0x200000, 12288, 20480, MREMAP_MAYMOVE) = 0x300000
5 10.000600 madvise(0x300000, 8192, MADV_DONTNEED) = 0
5 10.000700 munmap(0x900000, 4096) = 0
5 10.000800 munmap(0x300000, 20480) = 0
5 10.000900 brk(0x101000)       = 0x101000
5 10.001000 execve(\"...\", [\"...\"], 0x7ffc /* 35 vars */) = 0
5 10.001100 exit_group(0)   = ?
5 10.001200 +++ exited with 0 +++
";
    let expected = [
        "mmap 3",
        "touch 3",
        "mmap 3",
        "touch 3",
        "release 1",
        "mmap 2",
        "touch 2",
        "release 2",
        "munmap 5",
        "munmap 2",
        "exec",
        "exit",
    ];
    check(log, &expected);
    let report = trace_plan(log).trace_report().unwrap().clone();
    assert_eq!((report.lines, report.used_calls()), (13, 13));
}

#[test]
fn gaps_become_thinks_and_can_be_scaled_and_capped() {
    let log = "\
5 10.000000 mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0) = 0x200000
5 10.000100 mprotect(0x200000, 4096, PROT_NONE) = 0
5 10.000300 munmap(0x200000, 4096) = 0
5 11.000300 exit_group(0)   = ?
";
    let spec = |scale, max: Option<&str>| Spec {
        trace_scale_percent: scale,
        trace_think_max: max.map(str::to_owned),
        trace_repeat: Some(false),
        ..Spec::new("trace:log", 1, 1)
    };
    let thinks = |spec: Spec| {
        let plan = WorkloadPlan::new(&spec, &Bytes(log.as_bytes().to_vec())).unwrap();
        shown(&plan, &ActorKey::root(0, 0), 100)
    };
    assert_eq!(thinks(spec(None, None)), ["mmap 1", "think 300us", "munmap 1", "think 1s", "exit"]);
    assert_eq!(
        thinks(spec(Some(50), Some("2ms"))),
        ["mmap 1", "think 150us", "munmap 1", "think 2ms", "exit"]
    );
    assert_eq!(thinks(spec(Some(0), None)), ["mmap 1", "munmap 1", "exit"]);
}

#[test]
fn reservations_are_touched_as_they_are_opened_and_stacks_are_not() {
    let log = "\
5 10.000000 mmap(NULL, 134217728, PROT_NONE, MAP_PRIVATE|MAP_ANONYMOUS|MAP_NORESERVE, -1, 0) = 0x10000000
5 10.000010 munmap(0x14000000, 67108864) = 0
5 10.000020 mprotect(0x10000000, 135168, PROT_READ|PROT_WRITE) = 0
5 10.000030 mprotect(0x10000000, 135168, PROT_READ) = 0
5 10.000040 mmap(NULL, 8392704, PROT_NONE, MAP_PRIVATE|MAP_ANONYMOUS|MAP_STACK, -1, 0) = 0x20000000
5 10.000050 mprotect(0x20001000, 8388608, PROT_READ|PROT_WRITE) = 0
5 10.000060 exit_group(0)   = ?
";
    check(log, &["mmap 32768", "munmap 16384", "touch 33", "mmap 2049", "exit"]);
    let pages = trace_plan(log).trace_report().unwrap().pages;
    assert_eq!((pages.mapped, pages.reserved, pages.committed, pages.touched), (34_817, 32_768, 33, 33));
}

const FAMILY: &str = "\
5 10.000000 mmap(NULL, 8192, PROT_NONE, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0) = 0x200000
5 10.000010 clone3({flags=CLONE_VM|CLONE_THREAD, stack=0x1, stack_size=0x7fff80} <unfinished ...>
6 10.000020 munmap(0x200000, 4096 <unfinished ...>
5 10.000030 <... clone3 resumed> => {parent_tid=[6]}, 88) = 6
6 10.000040 <... munmap resumed>)             = 0
5 10.000050 vfork( <unfinished ...>
7 10.000060 munmap(0x200000, 8192) = 0
7 10.000070 execve(\"...\", [\"...\"], 0x7ffc) = -1 ENOENT (No such file or directory)
7 10.000080 execve(\"...\", [\"...\"], 0x7ffc /* 3 vars */ <unfinished ...>
5 10.000090 <... vfork resumed>)             = 7
7 10.000100 <... execve resumed>)             = 0
7 10.000110 +++ killed by SIGKILL +++
5 10.000120 --- SIGCHLD {si_signo=SIGCHLD, si_pid=7} ---
5 10.000130 wait4(-1, [{WIFEXITED(s)}], 0, NULL) = 7
6 10.000140 exit(0)         = ?
6 10.000150 +++ exited with 0 +++
5 10.000160 fork()          = 6
6 10.000170 brk(NULL)       = 0x100000
6 10.000180 exit_group(0)   = ?
6 10.000190 +++ exited with 0 +++
5 10.000200 munmap(0x200000, 8192) = 0
";

#[test]
fn threads_share_an_address_space_processes_copy_it_and_pids_come_back() {
    let plan = trace_plan(FAMILY);
    let of = |key: &ActorKey| {
        let all = shown(&plan, key, 100).into_iter();
        all.filter(|op| !op.starts_with("think")).collect::<Vec<_>>()
    };
    let root = ActorKey::root(0, 0);
    assert_eq!(of(&root), ["mmap 2", "fork thread", "fork process", "fork process", "munmap 1", "exit"]);
    assert_eq!(of(&root.child(0)), ["munmap 1", "exit"]);
    assert_eq!(of(&root.child(1)), ["munmap 1", "exec", "exit"]);
    assert_eq!(of(&root.child(2)), ["exit"], "the second life of pid 6");
    assert_eq!(of(&ActorKey::root(3, 0).child(1)), of(&root.child(1)), "copies replay the same");
    let report = plan.trace_report().unwrap();
    assert_eq!((report.lines, report.joined, report.used_calls()), (21, 4, 14));
    assert_eq!(report.failed["execve"], 1);
    assert_eq!((report.notes["(signal)"], report.ignored["wait4"]), (1, 1));
    assert!(report.dropped() == 0 && report.adopted == 0);
    assert_eq!((report.threads, report.processes, report.threads_peak), (4, 3, 3));
}

#[test]
fn a_repeated_recording_execs_and_its_children_go_on_counting() {
    let spec = Spec::new("trace:log", 1, 1);
    let plan = WorkloadPlan::new(&spec, &Bytes(FAMILY.as_bytes().to_vec())).unwrap();
    let root = ActorKey::root(0, 0);
    let ops: Vec<Op> = plan.stream(0, &root).filter(|op| !matches!(op, Op::Think { .. })).take(12).collect();
    assert_eq!(ops[5], Op::Exec);
    assert_eq!(ops[7], Op::ForkThread { child: 3 });
    let child = |number| plan.stream(0, &root.child(number)).collect::<Vec<_>>();
    assert_eq!(child(4), child(1));
}

#[test]
fn a_thread_that_execs_takes_the_pid_of_its_leader() {
    let log = "\
5 10.000000 clone3({flags=CLONE_VM|CLONE_THREAD, stack=0x1} => {parent_tid=[6]}, 88) = 6
6 10.000010 execve(\"...\", [\"...\"], 0x7ffc /* 3 vars */ <unfinished ...>
5 10.000020 +++ superseded by execve in pid 6 +++
5 10.000030 <... execve resumed>)             = 0
5 10.000040 mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0) = 0x200000
5 10.000050 exit_group(0)   = ?
5 10.000060 +++ exited with 0 +++
";
    let plan = trace_plan(log);
    let root = ActorKey::root(0, 0);
    assert_eq!(shown(&plan, &root, 9), ["fork thread", "think 20us", "exit"]);
    assert_eq!(
        shown(&plan, &root.child(0), 9),
        ["think 10us", "exec", "think 30us", "mmap 1", "think 10us", "exit"]
    );
}

#[test]
fn what_is_not_known_is_counted_by_name() {
    let log = "\
5 10.000000 mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0) = 0x200000
5 10.000010 openat(AT_FDCWD, \"...\", O_RDONLY) = 3
5 10.000020 openat(AT_FDCWD, \"...\", O_RDONLY) = 4
5 10.000030 mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0) = -1 ENOMEM (Cannot allocate memory)
5 10.000040 munmap(what, ever) = 0
strace: Process 5 attached

hello \u{1b}[2J
9 10.000050 munmap(0x200000, 4096) = 0
5 10.000060 <... munmap resumed>) = 0
5 10.000070 munmap(0x200000, 4096 <unfinished ...>
";
    let spec = |lenient| Spec { trace_lenient: Some(lenient), ..Spec::new("trace:log", 1, 1) };
    let load = |lenient| WorkloadPlan::new(&spec(lenient), &Bytes(log.as_bytes().to_vec()));
    let report = load(true).unwrap().trace_report().unwrap().clone();
    let counts = |map: &std::collections::BTreeMap<String, u64>| {
        map.iter().map(|(name, count)| format!("{name} {count}")).collect::<Vec<_>>().join(", ")
    };
    assert_eq!((report.lines, report.used_calls(), report.adopted), (11, 2, 1));
    assert_eq!(counts(&report.ignored), "openat 2");
    assert_eq!(counts(&report.failed), "mmap 1");
    assert_eq!(counts(&report.notes), "(attached) 1, (blank) 1, (munmap resumed) 1, (munmap unfinished) 1");
    let dropped = |kind: &str| (report.drops[kind].count, report.drops[kind].first_line);
    assert_eq!(dropped("munmap with arguments or a result that cannot be read"), (1, 5));
    assert_eq!(dropped("not a line of strace"), (1, 8));
    assert_eq!(report.drops["not a line of strace"].excerpt, "hello");
    let refused = load(false);
    assert!(refused.is_ok(), "2 of 10 lines are 20 %, and more are too many: {refused:?}");
    let error =
        WorkloadPlan::new(&spec(false), &Bytes(format!("{log}more\n").into_bytes())).unwrap_err().to_string();
    assert!(error.contains("3 of 11 lines cannot be read") && error.contains("--lenient"), "{error}");
}
