//! A skipped test is named once at the end, and fails where every test is required.

use crate::skip::{skip_in, summary_of};

#[test]
fn a_skipped_test_is_named_once_and_one_that_runs_is_not() {
    let folder = tempfile::tempdir().unwrap();
    assert!(skip_in(folder.path(), "boots", (Some("needs QEMU"), false)));
    assert!(skip_in(folder.path(), "moves", (Some("needs root"), false)));
    assert!(!skip_in(folder.path(), "moves", (None, false)), "now it runs");
    let text = summary_of(folder.path());
    assert!(text.starts_with("skipped tests: 1 ") && text.ends_with("\n  boots: needs QEMU\n"), "{text}");
    assert_eq!(summary_of(folder.path()), "skipped tests: none\n");
}

#[test]
fn where_everything_is_required_nothing_is_skipped() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().to_owned();
    let failed = std::panic::catch_unwind(|| skip_in(&path, "boots", (Some("needs QEMU"), true)));
    let words = failed.unwrap_err().downcast::<String>().unwrap();
    assert!(words.contains("boots needs QEMU"), "{words}");
    assert!(!skip_in(folder.path(), "boots", (None, true)));
}
