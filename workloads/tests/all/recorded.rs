//! Recordings that `attach-rig record` made of real programs (with every quoted string replaced by `"..."`): their
//! reports match what /proc showed at the time. `docs/recordings.md` has the whole table.

use workloads::{Part, Trace, TraceOptions, TraceReport};

fn report(bytes: &'static [u8]) -> TraceReport {
    let trace = Trace::load(&[Part::whole(bytes.into())], TraceOptions::default()).unwrap();
    assert_eq!(trace.report().dropped(), 0);
    trace.report().clone()
}

/// Reports whether two numbers differ by at most 1 %.
fn near(found: u64, real: u64) -> bool {
    found.abs_diff(real) * 100 <= real
}

#[test]
fn a_jvm_go_and_nginx_are_understood_as_proc_said() {
    let all: [(&str, &[u8], u64, u64, u64); 3] = [
        ("java", include_bytes!("recorded/java.strace.gz"), 1, 20, 20_978),
        ("go", include_bytes!("recorded/go.strace.gz"), 1, 4, 16_113),
        ("nginx", include_bytes!("recorded/nginx.strace.gz"), 3, 3, 847),
    ];
    for (name, bytes, processes, threads, pages) in all {
        let report = report(bytes);
        assert_eq!((report.processes, report.threads), (processes, threads), "{name}: {report}");
        assert!(near(report.pages.touched_at_ends, pages), "{name}: {report}");
        assert!(report.pages.resident_max < 2 * pages, "{name}: {}", report.pages.resident_max);
    }
}
