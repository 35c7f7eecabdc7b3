//! The command as a user runs it.
use crate::support::{rig, text};

/// Returns the first test of the design with a wrong expectation.
fn wrong() -> String {
    let good = explore::built_in::find("charge-between-switch-and-attach").expect("built in");
    let wrong = good.replace(
        "drift = \"sometimes\", underflow = \"sometimes\"",
        "drift = \"never\", underflow = \"sometimes\"",
    );
    assert_ne!(good, wrong);
    wrong
}

#[test]
fn a_built_in_test_ends_as_expected_and_is_written_as_json() {
    let folder = tempfile::tempdir().expect("a folder");
    let ran = rig(
        &["explore", "charge-between-switch-and-attach", "--protocol", "three-phase", "--json", "out.json"],
        folder.path(),
    );
    assert_eq!(ran.status.code(), Some(0), "{}", text(&ran.stderr));
    insta::assert_snapshot!("block", text(&ran.stdout));
    let json = std::fs::read_to_string(folder.path().join("out.json")).expect("written");
    insta::assert_snapshot!("json", json);
}

#[test]
fn a_violated_invariant_outweighs_what_cannot_be_written() {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("wrong.toml"), wrong()).expect("written");
    let ran = rig(
        &["explore", "wrong.toml", "--protocol", "three-phase", "--no-shrink", "--json", "no/such/j"],
        folder.path(),
    );
    assert_eq!(ran.status.code(), Some(1), "{}", text(&ran.stderr));
    assert!(text(&ran.stderr).contains("no/such/j"), "{}", text(&ran.stderr));
}

#[test]
fn a_wrong_expectation_exits_1_and_leaves_schedules_that_replay() {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("wrong.toml"), wrong()).expect("written");
    let ran = rig(
        &["explore", "wrong.toml", "--protocol", "three-phase", "--out", "kept", "--json", "j"],
        folder.path(),
    );
    assert_eq!(ran.status.code(), Some(1), "{}", text(&ran.stdout));
    let said = text(&ran.stdout);
    assert!(said.contains("Unexpected drift: expected Never"), "{said}");
    let token = said.lines().find_map(|line| line.strip_prefix("Witness drift ")).expect("a token");
    for which in ["first", "found", "short"] {
        let file = format!("kept/charge-between-switch-and-attach.three-phase.drift.{which}.toml");
        let again = rig(&["replay", &file], folder.path());
        assert_eq!(again.status.code(), Some(0), "{file}: {}", text(&again.stderr));
    }
    let again = rig(&["replay", token, "--trace", "trace.json"], folder.path());
    assert_eq!(again.status.code(), Some(0), "{}", text(&again.stderr));
    assert!(text(&again.stdout).contains("ends in a.memrlimit=0 b.memrlimit=20 p.0@b"));
    assert!(folder.path().join("trace.json").is_file());
}

#[test]
fn too_few_schedules_are_inconclusive_and_a_folder_ends_with_a_table() {
    let folder = tempfile::tempdir().expect("a folder");
    let tests = folder.path().join("tests");
    std::fs::create_dir(&tests).expect("made");
    for name in ["answer-goes-stale", "two-movers-opposite-ways"] {
        let text = explore::built_in::find(name).expect("built in");
        std::fs::write(tests.join(format!("{name}.toml")), text).expect("written");
    }
    let ran = rig(&["explore", "tests", "--schedules", "1", "--jobs", "1"], folder.path());
    assert_eq!(ran.status.code(), Some(5), "{}", text(&ran.stdout));
    let said = text(&ran.stdout);
    assert!(said.contains("Inconclusive drift: expected Never, and not all schedules were run"), "{said}");
    let last = said.lines().last().unwrap_or_default();
    assert!(last.starts_with("litmus: 0 as expected, 0 not, 8 inconclusive"), "{last}");
    let all = rig(&["explore", "tests", "--check-determinism"], folder.path());
    assert_eq!(all.status.code(), Some(0), "{}", text(&all.stdout));
}

#[test]
fn all_tests_are_shown_in_short_and_in_full_if_wanted() {
    let folder = tempfile::tempdir().expect("a folder");
    let short = rig(&["explore"], folder.path());
    assert_eq!(short.status.code(), Some(0), "{}", text(&short.stderr));
    let short = text(&short.stdout);
    let tests = explore::built_in::ALL;
    for (name, _) in tests {
        let rows = short.lines().filter(|line| line.starts_with(&format!("| {name} "))).count();
        assert_eq!(rows, 1, "{name}: {short}");
    }
    assert!(short.lines().count() < tests.len() + 50 && !short.contains("Test "), "{short}");
    assert!(
        short.contains("| transactional ") && short.contains("as expected, 0 not, 0 inconclusive\n"),
        "{short}"
    );
    let full = text(&rig(&["explore", "--verbose"], folder.path()).stdout);
    assert!(full.lines().count() > 1_000 && full.contains("Test two-execs under transactional"), "{full}");
    assert_eq!(full.lines().last(), short.lines().last());
}

#[test]
fn an_unexpected_result_is_shown_in_full() {
    let folder = tempfile::tempdir().expect("a folder");
    let under = "three-phase:check=none";
    let ran = rig(&["explore", "--protocol", under, "--no-shrink", "--out", "kept"], folder.path());
    assert_eq!(ran.status.code(), Some(1), "{}", text(&ran.stderr));
    let said = text(&ran.stdout);
    let blocks = said.lines().filter(|line| line.starts_with("Test ")).count();
    let (tests, verdict) = (explore::built_in::ALL.len(), said.lines().last().unwrap_or_default());
    assert!(
        verdict.contains(&format!(" {blocks} not, ")) && (1..tests).contains(&blocks),
        "{blocks}: {verdict}"
    );
    assert!(said.contains("Unexpected ") && said.contains("attach-rig replay kept/"), "{said}");
    assert!(said.contains(&format!("{blocks} not as expected |")), "{said}");
}

#[test]
fn bad_usage_exits_2_with_the_remedy() {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("bad.toml"), wrong().replace("-> b", "-> z")).expect("written");
    let cases: [(&[&str], &str); 9] = [
        (&["explore", "bad.toml"], "bad.toml:19:8: there is no cgroup `z`; there are `a`, `b`"),
        (&["explore", "no-such-test"], "neither a built-in litmus test"),
        (&["explore", "two-exec"], "did you mean `two-execs`?"),
        (&["explore", "--policy", "exhuastive"], "did you mean `exhaustive`?"),
        (&["explore", "--protocol", "prepare-undo:hodl=locks"], "did you mean `hold`?"),
        (&["explore", "--policy", "pct:0"], "unknown policy `pct:0`"),
        (&["explore", "--protocol", "four-phase"], "unknown protocol `four-phase`"),
        (&["explore", "."], "bad.toml:19:8"),
        (&["replay", "m9-5f3a9c01-a@three-phase@answer-goes-stale"], "version 9 of the model"),
    ];
    for (args, wanted) in cases {
        let ran = rig(args, folder.path());
        assert_eq!(ran.status.code(), Some(2), "{args:?}");
        let said = text(&ran.stderr);
        assert!(said.contains(wanted), "{args:?}: {said}");
    }
}
