//! Logs that strace would never write: the parser neither panics nor loses a line, and the result can be replayed.

use proptest::prelude::*;
use workloads::{ActorKey, Op, Part, Spec, Trace, TraceOptions, TraceReport, WorkloadPlan};

use crate::support::{Bytes, forked};

/// Loads a log and, if it can be read, checks the sum of the report and walks every stream.
fn load(log: &[u8]) {
    let lenient = Some(true);
    let spec = Spec { trace_repeat: Some(false), trace_lenient: lenient, ..Spec::new("trace:garbage", 1, 1) };
    let Ok(plan) = WorkloadPlan::new(&spec, &Bytes(log.to_vec())) else { return };
    let report = plan.trace_report().unwrap();
    check_sum(report);
    assert!(report.pages.touched_peak <= report.pages.mapped, "{report:?}");
    let mut waiting = vec![ActorKey::root(0, 0)];
    while let Some(key) = waiting.pop() {
        let ops: Vec<Op> = plan.stream(0, &key).collect();
        assert_eq!(ops.iter().position(|&op| op == Op::Exit), Some(ops.len() - 1));
        waiting.extend(ops.into_iter().filter_map(forked).map(|child| key.child(child)));
    }
}

/// Checks that every line is counted once.
pub(crate) fn check_sum(report: &TraceReport) {
    let counts = [&report.used, &report.failed, &report.ignored, &report.notes];
    let sum: u64 = counts.iter().flat_map(|counts| counts.values()).sum();
    assert_eq!(report.lines, sum + report.joined + report.samples + report.dropped(), "{report:?}");
}

/// Makes lines that are nearly right, with few pids and addresses, so that they interact.
fn near_line() -> impl Strategy<Value = String> {
    let addr = "0x[0-4]000|0xfffffffffffff000|NULL|18446744073709551615|x";
    let bytes = "[0-9]{1,5}|18446744073709551615|-1";
    let body = prop_oneof![
        (bytes, addr)
            .prop_map(|(n, a)| format!("mmap({a}, {n}, PROT_READ, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0) = {a}")),
        (bytes, addr).prop_map(|(n, a)| format!("mmap({a}, {n}, PROT_NONE, MAP_PRIVATE, -1, 0) = {a}")),
        (bytes, addr).prop_map(|(n, a)| format!("mprotect({a}, {n}, PROT_READ) = 0")),
        (bytes, addr).prop_map(|(n, a)| format!("munmap({a}, {n}) = 0")),
        (bytes, addr, addr).prop_map(|(n, a, b)| format!("mremap({a}, {n}, 8192, 0) = {b}")),
        (bytes, addr).prop_map(|(n, a)| format!("madvise({a}, {n}, MADV_DONTNEED) = 0")),
        addr.prop_map(|a| format!("brk({a}) = {a}")),
        (0u8..6).prop_map(|pid| format!("clone({{flags=CLONE_THREAD}}) = {pid}")),
        (0u8..6).prop_map(|pid| format!("fork() = {pid}")),
        (0u8..6).prop_map(|pid| format!("<... vfork resumed>) = {pid}")),
        (0u8..6).prop_map(|pid| format!("+++ superseded by execve in pid {pid} +++")),
        Just("vfork( <unfinished ...>".to_owned()),
        Just("execve(\"...\" <unfinished ...>".to_owned()),
        Just("<... execve resumed>) = 0".to_owned()),
        Just("execve(\"...\") = 0".to_owned()),
        Just("exit_group(0) = ?".to_owned()),
        Just("+++ exited with 0 +++".to_owned()),
        "[a-z]{1,5}[(] = .{0,9}",
    ];
    (0u8..6, "[0-9]{1,3}|99999999999999999999", 0u32..1_000_000, body)
        .prop_map(|(pid, seconds, micros, body)| format!("{pid} {seconds}.{micros:06} {body}"))
}

#[test]
fn sums_of_very_many_large_figures_do_no_harm() {
    let mut log = String::new();
    for _ in 0..5_000 {
        log += "5 23:59:59 mmap(NULL, 18446744073709547520, PROT_NONE, MAP_PRIVATE, -1, 0) = 0x1000\n";
        log += "5 00:00:01 munmap(0, 18446744073709547520) = 0\n";
    }
    load(log.as_bytes());
    load("5 23:59:59 brk(0) = 0x1000\n5 00:00:00 brk(0) = 0x1000\n".repeat(220_000).as_bytes());
}

proptest! {
    #[test]
    fn arbitrary_bytes_do_no_harm(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        load(&bytes);
    }

    #[test]
    fn arbitrary_lines_do_no_harm(lines in prop::collection::vec("[0-9] [0-9][.][0-9]{1,3} .{0,40}", 0..20)) {
        load(lines.join("\n").as_bytes());
    }

    #[test]
    fn nearly_right_lines_do_no_harm(lines in prop::collection::vec(near_line(), 0..60)) {
        load(lines.join("\n").as_bytes());
    }

    #[test]
    fn damaged_packed_files_do_no_harm(format in 0usize..4, bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let heads: [&[u8]; 4] =
            [b"\x1f\x8b\x08\0\0\0\0\0\0\x03", b"\xfd7zXZ\0\0\x04\xe6\xd6\xb4\x46", b"\x28\xb5\x2f\xfd", b"BZh9"];
        let bytes: Vec<u8> = heads[format].iter().copied().chain(bytes).collect();
        let _ = Trace::load(&[Part::whole(bytes.into())], TraceOptions::default());
    }

    #[test]
    fn two_bytes_a_character_and_escapes_do_no_harm(units in prop::collection::vec(any::<u16>(), 0..200)) {
        load(&units.iter().flat_map(|unit| unit.to_le_bytes()).collect::<Vec<u8>>());
        load(format!("\u{1b}[{}", String::from_utf16_lossy(&units)).as_bytes());
    }

    #[test]
    fn lines_cut_anywhere_do_no_harm(
        lines in prop::collection::vec((near_line(), 0usize..80), 0..40),
        leader in prop::sample::select(vec!["", "[pid 3] ", "strace: Process 3 attached\n", "#attach-rig process 3 "]),
    ) {
        let cut = lines.iter().map(|(line, at)| format!("{leader}{}", line.get(*at..).unwrap_or(line)));
        load(cut.collect::<Vec<_>>().join("\n").as_bytes());
    }
}
