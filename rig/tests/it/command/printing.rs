//! `--quiet`, `--verbose` and `--color`, and `--json -`, which leaves standard output to JSON.
use crate::support::{rig, rig_in, said, text};
use serde_json::Value;
use std::fs;
use std::path::Path;

const RUN: &str = "run idle --duration 1ms --seeds 1 --out o";
const EXPLORE: &str = "explore two-execs --protocol transactional";

fn split(command: &str) -> Vec<&str> {
    command.split(' ').collect()
}

#[test]
fn quiet_prints_the_verdict_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    for (command, begin) in [
        (RUN, "verdict: inconclusive ("),
        ("report o", "verdict: inconclusive ("),
        (EXPLORE, "litmus: 1 as expected, 0 not, 0 inconclusive"),
        ("selftest --random 2", "random: 0 of 2 violated an invariant"),
        ("run idle --duration 1ms --seeds 1 --fail-nth all", "fail-nth: "),
    ] {
        let ran = rig(&split(&format!("{command} --quiet")), folder.path());
        let (printed, complaints) = (text(&ran.stdout), text(&ran.stderr));
        assert!(printed.starts_with(begin) && printed.lines().count() == 1, "{command}: {printed}");
        assert_eq!(complaints, "", "{command}");
    }
    let (code, complaint) = said(&rig(&["-q", "run", "none"], folder.path()));
    assert_eq!(code, Some(2));
    assert!(complaint.contains("`none` is neither"), "{complaint}");
    for both in ["-q -v list", "list -q -v"] {
        assert_eq!(rig(&split(both), folder.path()).status.code(), Some(2), "{both}");
    }
}

#[test]
fn colours_are_used_where_they_are_wanted() {
    let folder = tempfile::tempdir().unwrap();
    let colored = |command: &str, set: &[(&str, &str)]| {
        let mut rig = rig_in(folder.path());
        for name in ["NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE"] {
            rig.env_remove(name);
        }
        let ran = rig.args(split(command)).envs(set.iter().copied()).output().unwrap();
        text(&ran.stdout).contains('\u{1b}')
    };
    for command in [RUN, "selftest --random 2"] {
        let with = |when: &str| format!("{command} --color {when}");
        assert!(!colored(command, &[]), "{command}: a pipe");
        assert!(colored(command, &[("CLICOLOR_FORCE", "1")]), "{command}");
        assert!(!colored(command, &[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")]), "{command}");
        assert!(colored(&with("always"), &[("NO_COLOR", "1")]), "{command}: a flag outweighs a variable");
        assert!(!colored(&with("never"), &[("CLICOLOR_FORCE", "1")]), "{command}");
    }
}

/// Runs a command with `--json -`, and returns its JSON and its text.
fn json(command: &str, folder: &Path) -> (Value, String) {
    let ran = rig(&split(&format!("{command} --json -")), folder);
    let json = serde_json::from_slice(&ran.stdout);
    (json.unwrap_or_else(|error| panic!("{command}: {error}: {ran:?}")), text(&ran.stderr))
}

#[test]
fn json_on_standard_output_is_alone_there() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let (run, words) = json(RUN, folder);
    assert!(words.contains("\nverdict: inconclusive ("), "{words}");
    let stored: Value = serde_json::from_slice(&fs::read(folder.join("o/run.json")).unwrap()).unwrap();
    assert!(run == stored, "the run is that of run.json");

    let (lists, words) = json("list", folder);
    assert!(words.contains("protocols\n"), "{words}");
    assert_eq!(lists["scenarios"][0]["name"], "default");
    assert!(lists["litmus"].as_array().unwrap().len() > 50 && lists["mutants"].is_null(), "{lists}");
    assert!(json("list mutants", folder).0["mutants"][0]["about"].is_string());

    let (tested, words) = json("selftest --seeds 1", folder);
    assert!(words.contains("\nmutants: "), "{words}");
    let caught = |one: &&Value| one["caught"] == 1;
    let mutants = tested.as_array().unwrap();
    assert!(words.contains(&format!(
        "mutants: {} of {} caught",
        mutants.iter().filter(caught).count(),
        mutants.len()
    )));

    for (command, key, says) in [
        (EXPLORE, "/tests/0/verdict", "Test two-execs under transactional"),
        ("recording python-threads", "/0/form", "python-threads"),
        ("doctor", "/rows/0/verdict", "doctor: "),
    ] {
        let (value, words) = json(command, folder);
        assert!(value.pointer(key).is_some(), "{command}: {value}");
        assert!(words.contains(says), "{command}: {words}");
    }
    let ran = rig(&["list", "--json", "lists.json"], folder);
    assert!(text(&ran.stdout).starts_with("protocols\n"));
    assert_eq!(
        serde_json::from_slice::<Value>(&fs::read(folder.join("lists.json")).unwrap()).unwrap(),
        lists
    );
}
