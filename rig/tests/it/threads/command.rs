//! `attach-rig run --engine threads`: its files, its output and its exit codes.
use crate::support::{rig, text};
use std::fs;
use std::path::Path;

pub(super) fn json(file: &Path) -> serde_json::Value {
    serde_json::from_str(&fs::read_to_string(file).expect("it is there")).expect("JSON")
}

const SHORT: [&str; 10] = [
    "run",
    "steady",
    "--engine",
    "threads",
    "--duration",
    "20ms",
    "--protocol",
    "transactional",
    "--out",
    "a",
];

#[test]
fn a_run_is_labelled_and_says_what_it_did_not_check() {
    let scratch = tempfile::tempdir().expect("a folder");
    let out = rig(&SHORT, scratch.path());
    // 20 ms are too short for a verdict.
    assert_eq!(out.status.code(), Some(5), "{}", text(&out.stderr));
    let table = text(&out.stdout);
    assert!(table.contains("on threads") && table.contains("wall"), "{table}");
    let run = json(&scratch.path().join("a/run.json"));
    assert_eq!(run["engine"], "threads");
    assert!(
        run["command"].as_str().expect("a command").contains("--engine threads --protocol"),
        "{}",
        run["command"]
    );
    assert!(run["cells"][0]["sim"].is_null());
    let skipped = run["verdicts"].as_array().expect("verdicts").iter().filter(|v| v["outcome"] == "skipped");
    let skipped: Vec<_> = skipped.map(|v| v["invariant"].as_str().expect("a name")).collect();
    assert_eq!(skipped, ["stale-decision", "spurious-refusal", "wrong-group"]);
    let notes = run["notes"].to_string();
    assert!(notes.contains("Not checked on threads") && notes.contains("stale-decision"), "{notes}");
    let facts = json(&scratch.path().join("a/env.json"))["facts"].clone();
    assert_eq!(facts["threads.real_pages"], "no");
    let number = |name: &str| facts[name].as_str().and_then(|n| n.parse::<u64>().ok()).expect(name);
    assert!(number("threads.started") > 0 && number("threads.operations") > 0);
}

#[test]
fn the_cells_of_a_killed_run_are_known_for_what_they_are() {
    let scratch = tempfile::tempdir().expect("a folder");
    rig(&SHORT, scratch.path());
    let folder = scratch.path().join("a");
    let run = json(&folder.join("run.json"));
    // The folder is left as a kill would leave it.
    let asked: reports::schema::Run = serde_json::from_value(run.clone()).expect("a run");
    let store = reports::cells::CellStore::begin(&folder, &asked).expect("run has removed it");
    store.save(0, &asked.cells[0], &[]).expect("written");
    fs::remove_file(folder.join("run.json")).expect("it is there");
    rig(&["report", "a"], scratch.path());
    assert_eq!(json(&folder.join("run.json"))["engine"], "threads");
}

#[test]
fn flags_that_do_not_go_together_are_refused_with_the_remedy() {
    let scratch = tempfile::tempdir().expect("a folder");
    for (flags, remedy) in [
        (&["run", "steady", "--real-pages"][..], "add --engine threads"),
        (&["run", "steady", "--engine", "threads", "--fail-nth", "all"][..], "leave out --engine"),
        (&["run", "steady", "--engine", "linux"][..], "possible values: sim, threads"),
    ] {
        let out = rig(flags, scratch.path());
        assert_eq!(out.status.code(), Some(2), "{flags:?}");
        assert!(text(&out.stderr).contains(remedy), "{flags:?}: {}", text(&out.stderr));
    }
}

#[test]
fn a_deadlock_is_in_the_record_and_the_command_ends() {
    let scratch = tempfile::tempdir().expect("a folder");
    let flags = [
        "run",
        "mutant-busy",
        "--engine",
        "threads",
        "--mutant",
        "plain-read",
        "--duration",
        "1s",
        "--out",
        "a",
    ];
    let out = rig(&flags, scratch.path());
    assert_eq!(out.status.code(), Some(1), "{}", text(&out.stderr));
    let run = json(&scratch.path().join("a/run.json"));
    assert_eq!(run["cells"][0]["ended"], "deadlock");
    let invariants = run["cells"][0]["invariants"].as_array().expect("invariants");
    let deadlock = invariants.iter().find(|invariant| invariant["name"] == "deadlock").expect("it is judged");
    let first = deadlock["first"].as_str().expect("it says who waits for whom");
    assert!(first.contains("waits for mmap_sem") && first.contains("held by mover"), "{first}");
}

/// On the simulator no mover loses its CPU, and the scenario expects no underflow under three-phase. On threads it
/// may occur.
#[test]
fn what_protocols_without_locks_violate_is_no_surprise() {
    let scratch = tempfile::tempdir().expect("a folder");
    let flags = [
        "run",
        "parallel-build",
        "--engine",
        "threads",
        "--protocol",
        "three-phase",
        "--delay",
        "300us",
        "--duration",
        "1s",
        "--out",
        "a",
    ];
    let out = rig(&flags, scratch.path());
    let run = json(&scratch.path().join("a/run.json"));
    let notes = run["notes"].to_string();
    let verdicts = run["verdicts"].as_array().expect("verdicts");
    let noted = |verdict: &&serde_json::Value| {
        notes.contains(&format!(
            "{} was violated under three-phase",
            verdict["invariant"].as_str().expect("a name")
        ))
    };
    let unexpected: Vec<_> = verdicts.iter().filter(noted).collect();
    assert!(!unexpected.is_empty(), "{}\n{notes}", text(&out.stdout));
    for verdict in unexpected {
        assert_ne!(verdict["cells_violated"], 0, "{verdict}");
        assert_eq!((&verdict["expected"], &verdict["outcome"]), (&"sometimes".into(), &"pass".into()));
    }
}

#[test]
fn cells_are_made_forth_and_back_and_say_when() {
    let scratch = tempfile::tempdir().expect("a folder");
    let more = ["--protocol", "three-phase", "--seeds", "4"];
    rig(&[&SHORT[..], &more].concat(), scratch.path());
    let run = json(&scratch.path().join("a/run.json"));
    let mut cells: Vec<(u64, String)> =
        run["cells"].as_array().expect("cells").iter().map(start_and_protocol).collect();
    cells.sort();
    let order: String =
        cells.iter().map(|(_, protocol)| if protocol == "transactional" { 'A' } else { 'B' }).collect();
    assert_eq!(order, "ABBAABBA");
    let gate = "[[gate]]\nname = \"g\"\nclass = \"performance\"\nselect = { protocol = \"three-phase\" }\nmetric = \"bystander.latency\"\nstatistic = \"max\"\nagainst = { protocol = \"transactional\" }\nmax-ratio = 9.0\n";
    fs::write(scratch.path().join("g.toml"), gate).expect("a file");
    let out = rig(&["gate", "g.toml", "a"], scratch.path());
    assert_eq!(out.status.code(), Some(5));
    assert!(text(&out.stdout).contains("4 pairs, 10 are needed to say anything"), "{}", text(&out.stdout));
}

/// Returns the start of a cell, and its protocol.
fn start_and_protocol(cell: &serde_json::Value) -> (u64, String) {
    (cell["began_ns"].as_u64().expect("when it began"), cell["protocol"].as_str().expect("a name").to_owned())
}
