//! Tests of recordings of running services (`strace -p`): which threads belong to which process, and the assumptions.

use workloads::{ActorKey, Op, Spec, TraceReport, WorkloadPlan};

use crate::garbage::check_sum;
use crate::support::{Bytes, forked};

fn load(text: &str) -> WorkloadPlan {
    let spec = Spec { trace_repeat: Some(false), ..Spec::new("trace:log", 1, 1) };
    WorkloadPlan::new(&spec, &Bytes(text.as_bytes().to_vec())).unwrap_or_else(|error| panic!("{error}"))
}

/// Counts the threads and processes that the streams start, including the first.
fn started(plan: &WorkloadPlan) -> (u64, u64) {
    let (mut threads, mut processes) = (0, 1);
    let mut waiting = vec![ActorKey::root(0, 0)];
    while let Some(key) = waiting.pop() {
        threads += 1;
        for op in plan.stream(0, &key) {
            processes += u64::from(matches!(op, Op::ForkProcess { .. }));
            waiting.extend(forked(op).map(|child| key.child(child)));
        }
    }
    (threads, processes)
}

#[track_caller]
fn check(text: &str, threads: u64, processes: u64, adopted: u64) -> TraceReport {
    let plan = load(text);
    let report = plan.trace_report().unwrap().clone();
    check_sum(&report);
    assert_eq!((report.threads, report.processes, report.adopted), (threads, processes, adopted), "{report}");
    assert_eq!(started(&plan), (threads, processes));
    report
}

const MAP: &str = "PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0)";

#[test]
fn threads_that_were_there_are_of_one_process() {
    let text = format!(
        "\
103 1795475817.900000 mmap(NULL, 4096, {MAP} = 0x7f0009000000
103 1795475818.000000 futex(0x7f00, FUTEX_WAIT_PRIVATE, 2, NULL <unfinished ...>
101 1795475818.000100 epoll_wait(5,  <unfinished ...>
100 1795475818.001000 mmap(NULL, 4194304, {MAP} = 0x7f0000000000
100 1795475818.002000 clone3({{flags=CLONE_VM|CLONE_THREAD, stack=0x7f0001000000}} => {{parent_tid=[104]}}, 88) = 104
104 1795475818.003000 mmap(NULL, 1048576, {MAP} = 0x7f0003000000
103 1795475818.004000 <... futex resumed>) = 0
103 1795475818.004100 madvise(0x7f0009000000, 4096, MADV_DONTNEED) = 0
102 1795475818.005000 mmap(NULL, 8192, {MAP} = 0x7f0005000000
104 1795475818.006000 munmap(0x7f0003000000, 1048576) = 0
"
    );
    let report = check(&text, 5, 1, 3);
    assert!(report.assumptions[0].contains("of one process (100)"), "{report}");
    let pages = report.pages;
    assert_eq!((pages.mapped, pages.touched, pages.touched_at_ends), (1283, 771, 514), "{report}");
}

#[test]
fn a_first_thread_that_is_idle_is_no_obstacle() {
    let text = format!(
        "100 1.5 epoll_wait(5,  <unfinished ...>\n101 1.6 mmap(NULL, 4096, {MAP} = 0x7f0000000000\n\
         101 1.7 munmap(0x7f0000000000, 4096) = 0\n100 1.8 <... epoll_wait resumed> <detached ...>\n"
    );
    check(&text, 2, 1, 1);
}

#[test]
fn workers_whose_addresses_contradict_each_other_are_processes() {
    let mut text = String::new();
    for pid in [10, 11, 12] {
        text += &format!("{pid} 1795475818.5 mmap(NULL, 8192, {MAP} = 0x7f0000000000\n");
    }
    let report = check(&text, 3, 3, 2);
    assert!(report.assumptions[0].contains("3 processes (first threads 10, 11, 12)"), "{report}");
    let heaps = "10 1.5 brk(NULL) = 0x1000\n11 1.6 brk(NULL) = 0x9000\n11 1.7 brk(0xa000) = 0xa000\n";
    check(heaps, 2, 2, 1);
    // Workers of one parent have the same heap, and grow it in the same way.
    let alike = "10 1.5 brk(0x9000) = 0x9000\n11 1.6 brk(0x9000) = 0x9000\n12 1.7 brk(0x9000) = 0x9000\n";
    check(alike, 3, 3, 2);
    let of_one = "10 1.5 brk(0x9000) = 0x9000\n11 1.6 brk(0xa000) = 0xa000\n10 1.7 brk(0xb000) = 0xb000\n";
    check(of_one, 2, 1, 1);
    // The result line of an unmapping may come after another thread got the range.
    let late = format!(
        "10 1.4 mmap(NULL, 8192, {MAP} = 0x7f0000000000\n10 1.5 munmap(0x7f0000000000, 8192 <unfinished ...>\n\
         11 1.6 mmap(NULL, 8192, {MAP} = 0x7f0000000000\n10 1.7 <... munmap resumed>) = 0\n"
    );
    let report = check(&late, 2, 1, 1);
    assert_eq!((report.pages.mapped, report.pages.touched_at_ends), (4, 2));
    // A range that another thread has unmapped may be mapped again.
    let passed_on = format!(
        "10 1.5 mmap(NULL, 8192, {MAP} = 0x7f0000000000\n11 1.6 munmap(0x7f0000000000, 8192) = 0\n\
         11 1.7 mmap(NULL, 8192, {MAP} = 0x7f0000000000\n"
    );
    check(&passed_on, 2, 1, 1);
}

#[test]
fn strace_and_getpid_say_whose_threads_are_whose() {
    let text = format!(
        "\
strace: Process 20 attached with 2 threads
strace: Process 30 attached with 1 threads
[pid 20] mmap(NULL, 8192, {MAP} = 0x7f0000000000
[pid 21] getpid() = 20
[pid 30] mmap(NULL, 8192, {MAP} = 0x7f0005000000
[pid 21] mmap(NULL, 8192, {MAP} = 0x7f0007000000
"
    );
    check(&text, 3, 2, 2);
}

#[test]
fn samples_of_proc_say_whose_threads_are_whose_and_what_is_touched() {
    let text = format!(
        "\
20 1795475818.100000 mmap(NULL, 4096000, {MAP} = 0x7f0000000000
30 1795475818.200000 mmap(NULL, 8192, {MAP} = 0x7f0005000000
20 1795475818.300000 munmap(0x7f0000000000, 4096000) = 0
#attach-rig process 20 at 1795475818.150000000 anon_pages 700 threads 20,21,22
#attach-rig process 30 at 1795475818.150000000 anon_pages 50 threads 30
#attach-rig process 20 at 1795475818.350000000 anon_pages 123
"
    );
    let report = check(&text, 4, 2, 3);
    assert_eq!(report.samples, 3);
    assert!(report.touch_rule.starts_with("sampled: 3 times"), "{report}");
    let pages = report.pages;
    assert_eq!((pages.touched_first, pages.touched_at_ends, pages.touched_peak), (123, 173, 750), "{report}");
}
