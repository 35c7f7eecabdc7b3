//! Standard output and error that are closed, full or without a reader. They never cause a panic, and no result is
//! lost.
use super::sh;
use crate::support::said;

const RUN: &str = "\"$RIG\" run idle --duration 1ms --seeds 1 --out o";

#[test]
fn stdout_that_cannot_be_written_is_an_exit_code_and_the_result_is_kept() {
    let scratch = tempfile::tempdir().unwrap();
    let folder = scratch.path();
    assert_eq!(sh(folder, RUN).status.code(), Some(5), "the run itself is too short to tell");
    for redirection in [">/dev/full", ">&-", "1</dev/null"] {
        for command in
            ["list", "--help", "report o --format csv", "run --help", "selftest --print", "--version"]
        {
            let made = sh(folder, &format!("\"$RIG\" {command} {redirection}"));
            let (status, text) = said(&made);
            assert_eq!(status, Some(8), "{command} {redirection}: {text}");
            assert!(
                text.contains("cannot write the result to standard output"),
                "{command} {redirection}: {text}"
            );
        }
        let made = sh(folder, &format!("rm -rf o; {RUN} {redirection}"));
        assert_eq!(made.status.code(), Some(8), "{redirection}");
        assert!(folder.join("o/run.json").exists() && folder.join("o/report.html").exists(), "{redirection}");
    }
}

#[test]
fn a_reader_that_has_seen_enough_and_dev_null_are_no_errors() {
    let scratch = tempfile::tempdir().unwrap();
    for script in [
        "(\"$RIG\" list; echo $? >code) | true; sleep 0.1; exit $(cat code)",
        "\"$RIG\" list >/dev/null",
        "\"$RIG\" list 1<>/dev/null",
    ] {
        assert_eq!(sh(scratch.path(), script).status.code(), Some(0), "{script}");
    }
}

#[test]
fn stderr_that_cannot_be_written_changes_nothing() {
    let scratch = tempfile::tempdir().unwrap();
    let folder = scratch.path();
    for redirection in ["2>/dev/full", "2>&-", "2</dev/null", "<&- 2>&-"] {
        let made = sh(folder, &format!("rm -rf o; {RUN} {redirection}"));
        assert_eq!(made.status.code(), Some(5), "{redirection}");
        assert!(folder.join("o/run.json").exists(), "{redirection}");
        assert_eq!(sh(folder, &format!("\"$RIG\" run none {redirection}")).status.code(), Some(2));
    }
    let piped = sh(
        folder,
        &format!("rm -rf o; {{ {RUN} >/dev/null; echo $? >code; }} 2>&1 | true; sleep 0.1; exit $(cat code)"),
    );
    assert_eq!(piped.status.code(), Some(5));
}
