//! An inconclusive run says once what it lacks, and the flag that it names is enough.
use crate::support::{rig, text};
use std::path::Path;

/// Runs a scenario with these flags, and returns the exit code and stdout.
fn run(flags: &str, folder: &Path) -> (Option<i32>, String) {
    let all = ["run", "default", "--protocol", "transactional", "--seeds", "1", "--out", "o"];
    let ran = rig(&[&all[..], &flags.split(' ').collect::<Vec<_>>()].concat(), folder);
    (ran.status.code(), text(&ran.stdout))
}

#[test]
fn the_flag_that_is_named_makes_the_run_conclusive() {
    let folder = tempfile::tempdir().unwrap();
    let (code, short) = run("--duration 20ms --fault-rate 0", folder.path());
    assert_eq!(code, Some(5), "{short}");
    let missing: Vec<&str> = short.lines().filter(|line| line.starts_with("missing: needs ")).collect();
    assert_eq!(missing.len(), 1, "{short}");
    assert!(missing[0].starts_with("missing: needs 1,000 attaches other than noop a cell, has "), "{short}");
    assert!(missing[0].ends_with("; too few in 1 of 1 cells"), "{short}");
    let again = text(&rig(&["report", "o"], folder.path()).stdout);
    assert!(again.contains(missing[0]), "{again}");
    let flag = short.lines().find_map(|line| line.strip_prefix("fix: ")).unwrap_or_else(|| panic!("{short}"));
    let (code, long) = run(&format!("{flag} --fault-rate 0"), folder.path());
    assert_eq!(code, Some(0), "{flag}: {long}");
    assert!(!long.contains("missing: ") && !long.contains("fix: "), "{long}");
}

#[test]
fn an_abort_that_never_ran_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let (code, short) = run("--duration 2ms --fault-rate 1", folder.path());
    assert_eq!(code, Some(5), "{short}");
    let abort = "missing: needs 10 runs of memory.abort_attach_sleep a cell, and it never ran (transactional, faults 1 %, seed 1)";
    assert!(short.lines().any(|line| line.starts_with(abort)), "{short}");
    assert!(
        short.contains("missing: rule `memory.prepare_sleep: probability=1 errno=ENOMEM` never fired ("),
        "{short}"
    );
    assert!(
        short.lines().any(|line| line.starts_with("fix: --duration ") && line.ends_with(" or longer")),
        "{short}"
    );
}
