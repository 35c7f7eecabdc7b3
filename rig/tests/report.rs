//! `attach-rig report` with one folder and with several: where the page goes, what stdout says, and the exit code.
use std::fs;
use std::path::Path;
use std::process::{Command, Output};

fn rig(arguments: &[&str], folder: &Path) -> Output {
    Command::new(env!("CARGO_BIN_EXE_attach-rig")).args(arguments).current_dir(folder).output().unwrap()
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

/// A folder with a short run in `name`; too short to tell, so `run` ends with 5.
fn run(folder: &Path, name: &str, protocol: &str) {
    let made = rig(&["run", "steady", "--duration", "2ms", "--protocol", protocol, "--out", name], folder);
    assert_eq!(made.status.code(), Some(5), "{}", String::from_utf8_lossy(&made.stderr));
}

#[test]
fn one_folder_keeps_its_page_and_several_share_one() {
    let scratch = tempfile::tempdir().unwrap();
    let folder = scratch.path();
    run(folder, "a", "transactional");
    run(folder, "b", "three-phase");

    fs::remove_file(folder.join("a/report.html")).unwrap();
    let one = rig(&["report", "a"], folder);
    assert_eq!(one.status.code(), Some(5));
    let alone = fs::read_to_string(folder.join("a/report.html")).unwrap();
    assert!(!folder.join("report.html").exists());
    rig(&["report", "a", "--out", "else.html"], folder);
    assert_eq!(fs::read_to_string(folder.join("else.html")).unwrap(), alone);

    let both = rig(&["report", "a", "b"], folder);
    assert_eq!(both.status.code(), Some(5));
    let page = fs::read_to_string(folder.join("report.html")).unwrap();
    assert!(page.contains("id=\"r1-latency\"") && page.contains("id=\"r2-latency\""));
    let text = stdout(&both);
    assert_eq!(text.matches("\nverdict: ").count(), 2, "{text}");
    assert!(text.starts_with(&stdout(&one)), "the first table is that of the first folder alone");
}

#[test]
fn every_form_is_on_stdout_alone_and_the_page_is_written_as_well() {
    let scratch = tempfile::tempdir().unwrap();
    let folder = scratch.path();
    run(folder, "a", "transactional");
    let form = |format: &str| {
        let made = rig(&["report", "a", "--format", format], folder);
        assert_eq!(made.status.code(), Some(5), "{format}");
        stdout(&made)
    };
    assert_eq!(form("json").trim_end(), fs::read_to_string(folder.join("a/run.json")).unwrap().trim_end());
    assert!(form("csv").starts_with("engine,clock,protocol,"), "{}", form("csv"));
    assert!(form("csv").lines().count() > 100);
    assert!(form("hgrm").contains("Value") && form("hgrm").contains("transactional"));
    assert_eq!(form("text"), stdout(&rig(&["report", "a"], folder)));
    let two = rig(&["report", "a", "a", "--format", "csv"], folder);
    assert_eq!(two.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&two.stderr).contains("once for each"), "{two:?}");
}

#[test]
fn what_cannot_be_read_or_written_is_said_with_a_remedy() {
    let scratch = tempfile::tempdir().unwrap();
    let folder = scratch.path();
    run(folder, "a", "transactional");
    fs::create_dir(folder.join("empty")).unwrap();
    for (arguments, says) in [
        (&["report", "a", "empty"][..], "name a folder that `run` has written"),
        (&["report", "a", "--out", "no/such/place.html"][..], "--out FILE"),
        (&["report"][..], "<DIR>..."),
    ] {
        let wrong = rig(arguments, folder);
        let said = String::from_utf8_lossy(&wrong.stderr);
        assert_eq!(wrong.status.code(), Some(2), "{said}");
        assert!(said.contains(says), "{said}");
        assert!(wrong.stdout.is_empty());
    }
}
