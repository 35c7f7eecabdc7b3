//! Tests of pages of modern runtimes: what reserves, commits and touches pages, and limits of touched pages.

use workloads::{PageCounts, TraceReport};

use crate::support::trace_plan;

const RW: &str = "PROT_READ|PROT_WRITE";

/// Returns the report of a program with these calls.
fn report(calls: &[&str]) -> TraceReport {
    let lines: Vec<String> =
        calls.iter().map(|call| format!("7 1795475818.5 {}\n", call.replace("RW", RW))).collect();
    let report = trace_plan(&lines.concat()).trace_report().unwrap().clone();
    assert_eq!(report.dropped(), 0, "{report}");
    report
}

#[track_caller]
fn check(calls: &[&str], mapped: u64, reserved: u64, committed: u64, touched: u64) -> PageCounts {
    let report = report(calls);
    let pages = report.pages;
    assert_eq!(
        (pages.mapped, pages.reserved, pages.committed, pages.touched),
        (mapped, reserved, committed, touched),
        "{report}"
    );
    assert!(pages.touched_peak <= pages.committed.max(pages.mapped));
    pages
}

#[test]
fn a_fixed_mapping_over_a_reservation_commits_it() {
    let go = [
        "mmap(0xc000000000, 67108864, PROT_NONE, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0) = 0xc000000000",
        "mmap(0xc000000000, 67108864, RW, MAP_PRIVATE|MAP_FIXED|MAP_ANONYMOUS, -1, 0) = 0xc000000000",
        "mmap(NULL, 33554432, PROT_NONE, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0) = 0x7f0000000000",
        "mmap(0x7f0000000000, 33554432, RW, MAP_PRIVATE|MAP_FIXED|MAP_ANONYMOUS, -1, 0) = 0x7f0000000000",
    ];
    check(&go, 24_576, 24_576, 24_576, 12_288);
    let jvm = [
        "mmap(0x700000000, 4294967296, PROT_NONE, MAP_PRIVATE|MAP_ANONYMOUS|MAP_NORESERVE, -1, 0) = 0x700000000",
        "mmap(0x700000000, 134217728, RW, MAP_PRIVATE|MAP_FIXED|MAP_ANONYMOUS, -1, 0) = 0x700000000",
    ];
    check(&jvm, 1_048_576, 1_048_576, 32_768, 16_384);
    // Mapping committed pages once more commits nothing.
    check(&[jvm[0], jvm[1], jvm[1]], 1_048_576, 1_048_576, 32_768, 16_384);
}

#[test]
fn reservations_are_not_touched_however_large() {
    let shadow = [
        "mmap(0x7fff7000, 268435456, RW, MAP_PRIVATE|MAP_FIXED|MAP_ANONYMOUS|MAP_NORESERVE, -1, 0) = 0x7fff7000",
        "mmap(0x10007fff8000, 15392894357504, RW, MAP_PRIVATE|MAP_FIXED|MAP_ANONYMOUS|MAP_NORESERVE, -1, 0) = 0x10007fff8000",
        "mmap(NULL, 8192, RW, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0) = 0x7f0000000000",
    ];
    check(&shadow, 3_758_096_387, 3_758_096_385, 2, 2);
}

#[test]
fn mprotect_commits_and_madvise_gives_back() {
    let arena =
        "mmap(NULL, 67108864, PROT_NONE, MAP_PRIVATE|MAP_ANONYMOUS|MAP_NORESERVE, -1, 0) = 0x7f0000000000";
    let open = "mprotect(0x7f0000000000, 135168, RW) = 0";
    let more = "mprotect(0x7f0000021000, 4096, RW) = 0";
    check(&[arena, open, more, open], 16_384, 16_384, 34, 34);
    for advice in ["MADV_DONTNEED", "MADV_FREE", "MADV_REMOVE", "0x4"] {
        let back = format!("madvise(0x7f0000000000, 16384, {advice}) = 0");
        let pages = check(&[arena, open, &back], 16_384, 16_384, 33, 33);
        assert_eq!(pages.touched_at_ends, 29);
    }
    let pages =
        check(&[arena, open, "madvise(0x7f0000000000, 16384, MADV_HUGEPAGE) = 0"], 16_384, 16_384, 33, 33);
    assert_eq!(pages.touched_at_ends, 33);
}

#[test]
fn mappings_that_are_populated_are_touched_whole() {
    let large = "mmap(NULL, 4194304, RW, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0) = 0x7f0000000000";
    check(&[large], 1024, 0, 1024, 512);
    check(&[&large.replace("MAP_ANONYMOUS", "MAP_ANONYMOUS|MAP_POPULATE")], 1024, 0, 1024, 1024);
    check(&[large, "madvise(0x7f0000000000, 4194304, MADV_POPULATE_WRITE) = 0"], 1024, 0, 1024, 1024);
    check(&[large, "madvise(0x7f0000000000, 4194304, MADV_POPULATE_READ) = 0"], 1024, 0, 1024, 512);
}

#[test]
fn moved_mappings_take_their_pages_along() {
    let map = "mmap(NULL, 40960, RW, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0) = 0x7f0000000000";
    let grow = "mremap(0x7f0000000000, 40960, 81920, MREMAP_MAYMOVE) = 0x7f0000100000";
    assert_eq!(check(&[map, grow], 20, 0, 20, 20).touched_at_ends, 20);
    let shrink = "mremap(0x7f0000000000, 40960, 4096, 0) = 0x7f0000000000";
    assert_eq!(check(&[map, shrink], 10, 0, 10, 10).touched_at_ends, 1);
    let keep = "mremap(0x7f0000000000, 40960, 40960, MREMAP_MAYMOVE|MREMAP_DONTUNMAP) = 0x7f0000100000";
    assert_eq!(check(&[map, keep], 20, 0, 10, 10).touched_at_ends, 10);
    let fixed =
        "mremap(0x7f0000000000, 40960, 8192, MREMAP_MAYMOVE|MREMAP_FIXED, 0x7f0000005000) = 0x7f0000005000";
    assert_eq!(check(&[map, fixed], 10, 0, 10, 10).touched_at_ends, 2);
    assert_eq!(check(&[map, "munmap(0x7f0000002000, 8192) = 0"], 10, 0, 10, 10).touched_at_ends, 8);
}

#[test]
fn heaps_files_and_stacks_have_rules_of_their_own() {
    let heap = ["brk(NULL) = 0x1000000", "brk(0x2000000) = 0x2000000", "brk(0x1800000) = 0x1800000"];
    assert_eq!(check(&heap, 4096, 0, 4096, 4096).touched_at_ends, 2048);
    let library = [
        "mmap(NULL, 2000000, PROT_READ, MAP_PRIVATE|MAP_DENYWRITE, 3, 0) = 0x7f0000000000",
        "mmap(0x7f0000020000, 1000000, PROT_READ|PROT_EXEC, MAP_PRIVATE|MAP_FIXED, 3, 0x20000) = 0x7f0000020000",
        "mmap(0x7f00001c0000, 24576, RW, MAP_PRIVATE|MAP_FIXED, 3, 0x1c0000) = 0x7f00001c0000",
        "mprotect(0x7f00001c0000, 16384, PROT_READ) = 0",
    ];
    check(&library, 489, 0, 6, 6);
    check(&["mmap(NULL, 40960, RW, MAP_SHARED|MAP_ANONYMOUS, -1, 0) = 0x7f0000000000"], 10, 0, 0, 0);
    let stack = [
        "mmap(NULL, 8392704, PROT_NONE, MAP_PRIVATE|MAP_ANONYMOUS|MAP_STACK, -1, 0) = 0x7f0000000000",
        "mprotect(0x7f0000001000, 8388608, RW) = 0",
    ];
    check(&stack, 2049, 0, 0, 0);
}

#[test]
fn no_process_touches_more_than_64_gib() {
    let huge = "mmap(NULL, 1099511627776, RW, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0) = 0x100000000000";
    let report = report(&[huge]);
    assert_eq!((report.pages.touched, report.pages.refused), (1 << 24, (1 << 27) - (1 << 24)));
    assert!(report.assumptions.iter().any(|text| text.contains("left untouched")), "{report}");
}
