//! Logs that nobody would write: the parser neither panics nor loses a line, and what it makes of them can be
//! replayed.

use proptest::prelude::*;
use workloads::{ActorKey, Op, Plan, Spec, Trace, TraceOptions};

use crate::support::{Bytes, forked};

/// Loads a log and, if it is one, checks the report's sum and walks every stream.
fn load(log: &[u8]) {
    let spec = Spec { trace_repeat: Some(false), ..Spec::new("trace:garbage", 1, 1) };
    let Ok(plan) = Plan::new(&spec, &Bytes(log.to_vec())) else { return };
    let report = plan.trace_report().unwrap();
    let sums = [&report.failed, &report.ignored, &report.unknown].map(|counts| counts.values().sum::<u64>());
    assert_eq!(report.lines, report.used + report.joined + sums.iter().sum::<u64>(), "{report:?}");
    let mut waiting = vec![ActorKey::root(0, 0)];
    while let Some(key) = waiting.pop() {
        let ops: Vec<Op> = plan.stream(0, &key).collect();
        assert_eq!(ops.iter().position(|&op| op == Op::Exit), Some(ops.len() - 1));
        waiting.extend(ops.into_iter().filter_map(forked).map(|child| key.child(child)));
    }
}

/// Lines that are nearly right, with few pids and addresses, so that they meet.
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
    fn damaged_gzip_does_no_harm(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let bytes: Vec<u8> = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3].into_iter().chain(bytes).collect();
        let _ = Trace::load(&bytes, TraceOptions::default());
    }
}
