//! The version: number, commit and build profile, printed and stored with each result.
use crate::support::{rig, text};
use std::path::Path;
use std::process::Command;

#[allow(dead_code, reason = "the main function of the build script is of no use here")]
#[path = "../../../build.rs"]
mod build;

fn git(folder: &Path, arguments: &str) {
    let mut command = Command::new("git");
    command.arg("-C").arg(folder).args(["-c", "user.name=n", "-c", "user.email=e"]);
    let output = command.args(arguments.split(' ')).output().unwrap();
    assert!(output.status.success(), "{arguments}: {output:?}");
}

#[test]
fn the_version_has_the_commit_and_the_profile_and_so_has_a_result() {
    let folder = tempfile::tempdir().unwrap();
    let long = text(&rig(&["--version"], folder.path()).stdout);
    let number = concat!("attach-rig ", env!("CARGO_PKG_VERSION"), "\n");
    assert_eq!(text(&rig(&["-V"], folder.path()).stdout), number);
    let built = long.strip_prefix(number).unwrap_or_else(|| panic!("{long}"));
    let commit = built.strip_prefix("commit ").and_then(|rest| rest.split_once(", "));
    let (commit, profile) = commit.unwrap_or_else(|| panic!("{built}"));
    let hexadecimal = commit.trim_end_matches(" with changes").chars().all(|c| c.is_ascii_hexdigit());
    if cfg!(debug_assertions) {
        assert_eq!((commit, profile), ("not recorded", "debug build\n"));
    } else {
        assert!(commit == "unknown" || hexadecimal, "{commit}");
        assert_eq!(profile, "release build\n");
    }

    rig(&["run", "idle", "--duration", "1ms", "--seeds", "1", "--out", "o"], folder.path());
    let env = reports::json::read_env(&folder.path().join("o/env.json")).unwrap();
    assert_eq!(env.commit.as_deref(), Some(commit));
    let page = std::fs::read_to_string(folder.path().join("o/report.html")).unwrap();
    assert!(page.contains(&format!("<dt>commit</dt><dd>{commit}</dd>")), "the page names the commit");
    let run = std::fs::read_to_string(folder.path().join("o/run.json")).unwrap();
    assert!(!run.contains("\"commit\":"), "a simulated run has the same bytes at every commit");
}

#[test]
fn the_commit_is_that_of_the_sources_themselves() {
    let scratch = tempfile::tempdir().unwrap();
    let top = scratch.path();
    assert_eq!(build::commit(top), None, "no repository");
    std::fs::create_dir(top.join("rig")).unwrap();
    std::fs::write(top.join("rig/a.rs"), "one").unwrap();
    for command in ["init --quiet", "add .", "commit --quiet --message one"] {
        git(top, command);
    }
    let clean = build::commit(top).unwrap();
    assert!(clean.len() == 12 && clean.chars().all(|c| c.is_ascii_hexdigit()), "{clean}");
    std::fs::write(top.join("README.md"), "not a source").unwrap();
    assert_eq!(build::commit(top).as_deref(), Some(&*clean));
    std::fs::write(top.join("rig/a.rs"), "two").unwrap();
    assert_eq!(build::commit(top), Some(format!("{clean} with changes")));
    assert_eq!(build::commit(&top.join("rig")), None, "sources within the repository of something else");
}
