//! No test passes without evidence. An invariant that is not listed is expected to hold; final states can be demanded
//! and forbidden; a fault that never fired fails its test; and a bound leaves everything open that no schedule has
//! shown.
use super::support::{limits, protocol, run};
use crate::support::BINARY;
use explore::judge::judge;
use explore::{Found, Judgement, Litmus, TestVerdict, built_in};
use std::process::Command;
use std::sync::Arc;

/// Returns a test in which a process forks while it is moved. `head` comes before the tables, `expect` is the table
/// `[expect]`.
fn fork_during_a_move(head: &str, expect: &str) -> String {
    format!(
        r#"name = "fork-during-a-move"
{head}
[hierarchy]
controllers = ["numtasks"]
[cgroups.a]
[cgroups.b]
[processes.p]
cgroup = "a"
[[actors]]
as = "p.0"
ops = ["fork process"]
[[actors]]
name = "mover"
ops = ["attach process p -> b"]
[expect]
{expect}
"#
    )
}

fn judged(text: &str, under: &str, schedules: u64) -> (Judgement, Found) {
    let test = Arc::new(Litmus::parse("t.toml", text).unwrap_or_else(|error| panic!("{error}\n{text}")));
    let found = run(&test, protocol(under), "exhaustive", &limits(schedules));
    (judge(&test, protocol(under), &found), found)
}

/// Returns the verdict of all schedules.
fn verdict(text: &str, under: &str) -> TestVerdict {
    let (judged, found) = judged(text, under, 1_000_000);
    assert!(found.complete);
    judged.verdict
}

/// Returns a built-in test with other expectations.
fn expecting(name: &str, expect: &str) -> String {
    let text = built_in::find(name).expect("built in");
    let (before, _) = text.split_once("[expect]").expect("expectations");
    format!("{before}[expect]\n{expect}\n")
}

#[test]
fn a_violated_invariant_that_is_not_listed_fails() {
    let drift = "charge-between-switch-and-attach";
    let lock = "r10-out-of-memory-under-mmap-sem";
    let wakeup = "r13b-cancel-wakes-no-waiter";
    let rollback = "r16e-task-reservation-is-lost";
    let (inversion, lost) =
        ("transactional:mutant=lock-inversion", "transactional:mutant=cancel-wakes-no-waiter");
    let reservation = "transactional:mutant=task-reservation-lost";
    for (name, expect, under) in [
        (drift, "\"three-phase\" = { underflow = \"sometimes\" }".to_owned(), "three-phase"),
        (drift, "\"three-phase\" = {}".to_owned(), "three-phase"),
        (drift, "\"transactional\" = { drift = \"never\" }".to_owned(), "three-phase"),
        (drift, String::new(), "three-phase"),
        (lock, format!("\"{inversion}\" = {{ drift = \"never\", lock-order = \"always\" }}"), inversion),
        (lock, format!("\"{inversion}\" = {{ deadlock = \"sometimes\" }}"), inversion),
        (wakeup, format!("\"{lost}\" = {{ deadlock = \"never\" }}"), lost),
        (rollback, format!("\"{reservation}\" = {{ drift = \"always\" }}"), reservation),
    ] {
        assert_eq!(verdict(&expecting(name, &expect), under), TestVerdict::Unexpected, "{name}: {expect}");
    }
    let listed = "\"three-phase\" = { drift = \"sometimes\", underflow = \"sometimes\" }";
    assert_eq!(verdict(&expecting(drift, listed), "three-phase"), TestVerdict::AsExpected);
    assert_eq!(
        verdict(&expecting(drift, listed), "transactional"),
        TestVerdict::AsExpected,
        "nothing is violated"
    );
}

#[test]
fn what_is_listed_and_does_not_happen_fails() {
    let name = "charge-between-switch-and-attach";
    for expect in
        ["drift = \"always\", underflow = \"sometimes\"", "drift = \"sometimes\", underflow = \"always\""]
    {
        let text = expecting(name, &format!("\"three-phase\" = {{ {expect} }}"));
        assert_eq!(verdict(&text, "three-phase"), TestVerdict::Unexpected, "{expect}");
    }
    for often in ["sometimes", "always"] {
        let text = expecting(name, &format!("\"transactional\" = {{ drift = \"{often}\" }}"));
        assert_eq!(verdict(&text, "transactional"), TestVerdict::Unexpected, "{often}");
        // One schedule without a violation disproves always, and leaves sometimes open.
        let of_one = if often == "always" { TestVerdict::Unexpected } else { TestVerdict::Inconclusive };
        assert_eq!(judged(&text, "transactional", 1).0.verdict, of_one, "{often}, one schedule");
    }
}

const SPLIT: &str = "p.0@b /\\\\ p+1.0@a";
const TOGETHER: &str = "p.0@b /\\\\ p+1.0@b";

#[test]
fn final_states_can_be_demanded_and_forbidden() {
    let all = format!("\"{SPLIT}\", \"{TOGETHER}\"");
    let cases: [(String, TestVerdict); 14] = [
        (format!("exists = [{all}]"), TestVerdict::AsExpected),
        ("exists = [\"p.0@a\"]".to_owned(), TestVerdict::Unexpected),
        (format!("forbidden = [\"{SPLIT}\"]"), TestVerdict::Unexpected),
        ("forbidden = [\"p+1.0@a\"]".to_owned(), TestVerdict::Unexpected),
        ("forbidden = [\"a.numtasks>0\"]".to_owned(), TestVerdict::Unexpected),
        ("forbidden = [\"p.0@a\", \"deadlock\", \"no-end\"]".to_owned(), TestVerdict::AsExpected),
        (format!("states = [{all}]"), TestVerdict::AsExpected),
        ("states = [\"p.0@b\"]".to_owned(), TestVerdict::AsExpected),
        (format!("states = [\"{TOGETHER}\"]"), TestVerdict::Unexpected),
        (format!("states = [{all}, \"p.0@a\"]"), TestVerdict::Unexpected),
        (
            "states = [\"a.numtasks=0 b.numtasks=2 p.0@b p+1.0@b\", \"not p+1.0@b\"]".to_owned(),
            TestVerdict::AsExpected,
        ),
        ("exists = [\"~(p+1.0@a \\\\/ b.numtasks != 2)\"]".to_owned(), TestVerdict::AsExpected),
        (
            "exists = [\"p+1.0@a and a.numtasks <= 1 && b.numtasks >= 1 and b.numtasks < 2\"]".to_owned(),
            TestVerdict::AsExpected,
        ),
        ("exists = [\"p+1.0@b or p.0@a\"]".to_owned(), TestVerdict::AsExpected),
    ];
    for (condition, wanted) in cases {
        let of_protocol = fork_during_a_move("", &format!("\"three-phase\" = {{ {condition} }}"));
        let of_all = fork_during_a_move("", &condition);
        let on_top = fork_during_a_move(&condition, "");
        for text in [of_protocol, of_all, on_top] {
            assert_eq!(verdict(&text, "three-phase"), wanted, "{text}");
        }
    }
    let set = format!("states = [\"{TOGETHER}\"]\n\"three-phase\" = {{ states = [\"p.0@b\"] }}");
    assert_eq!(
        verdict(&fork_during_a_move("", &set), "three-phase"),
        TestVerdict::AsExpected,
        "its own set counts"
    );
}

#[test]
fn a_bound_proves_only_what_was_seen() {
    let bounded = |expect: &str| {
        let text = fork_during_a_move("", &format!("\"three-phase\" = {{ {expect} }}"));
        let (judged, found) = judged(&text, "three-phase", 1);
        assert!(!found.complete && found.states.len() == 1);
        judged.states.first().map(|seen| seen.verdict)
    };
    let (seen, other) = match bounded(&format!("exists = [\"{SPLIT}\"]")) {
        Some(TestVerdict::AsExpected) => (SPLIT, TOGETHER),
        _ => (TOGETHER, SPLIT),
    };
    let of = |key: &str, condition: &str| bounded(&format!("{key} = [\"{condition}\"]"));
    assert_eq!(of("exists", seen), Some(TestVerdict::AsExpected));
    assert_eq!(of("exists", other), Some(TestVerdict::Inconclusive));
    assert_eq!(of("forbidden", seen), Some(TestVerdict::Unexpected));
    assert_eq!(of("forbidden", other), Some(TestVerdict::Inconclusive));
    let nothing = fork_during_a_move("", "\"three-phase\" = {}");
    assert_eq!(
        judged(&nothing, "three-phase", 1).0.verdict,
        TestVerdict::Inconclusive,
        "nothing listed, nothing passed"
    );
    let all = format!("exists = [\"{seen}\"]");
    let text = fork_during_a_move("", &format!("\"three-phase\" = {{ {all} }}"));
    assert_eq!(
        judged(&text, "three-phase", 1).0.verdict,
        TestVerdict::Inconclusive,
        "invariants are still open"
    );
}

#[test]
fn a_place_may_name_one_hierarchy_of_several() {
    let text = r#"name = "two"
states = ["p.0@b", "p.0@b,c"]
forbidden = ["p.0@d", "p.0@a \\/ p.0@b,d"]
[[hierarchies]]
name = "v"
controllers = ["memrlimit"]
[[hierarchies]]
name = "m"
controllers = ["numtasks"]
[cgroups.a]
hierarchy = "v"
[cgroups.b]
hierarchy = "v"
[cgroups.c]
hierarchy = "m"
[cgroups.d]
hierarchy = "m"
[processes.p]
cgroup = "a"
elsewhere = ["c"]
[[actors]]
name = "mover"
ops = ["attach process p -> b"]
"#;
    assert_eq!(verdict(text, "transactional"), TestVerdict::AsExpected);
}

#[test]
fn a_fault_that_never_fired_fails_its_test() {
    let with = |rules: &str| fork_during_a_move(&format!("faults = [{rules}]"), "\"transactional\" = {}");
    let refuses = "\"numtasks.prepare_nosleep: nth=1 errno=ENOMEM\"";
    assert_eq!(verdict(&with(refuses), "transactional"), TestVerdict::AsExpected);
    for silent in ["numtasks.prepare_nosleep: nth=9", "core.mmap: nth=1", "core.css_set_alloc: nth=4"] {
        let both = with(&format!("{refuses}, \"{silent}\""));
        let (judged, _) = judged(&both, "transactional", 1_000_000);
        assert_eq!((judged.verdict, judged.silent), (TestVerdict::Unexpected, vec![1]), "{silent}");
        let (judged, _) = self::judged(&both, "transactional", 1);
        assert_eq!(judged.verdict, TestVerdict::Inconclusive, "{silent}, one schedule");
    }
    // A rule whose site belongs to another protocol is not counted here.
    let other = with(&format!("{refuses}, \"numtasks.can_attach: nth=1\""));
    assert_eq!(verdict(&other, "transactional"), TestVerdict::AsExpected);
}

#[test]
fn the_command_fails_and_gives_a_schedule_that_replays() {
    let folder = tempfile::tempdir().expect("a folder");
    let explore = |text: &str| {
        std::fs::write(folder.path().join("t.toml"), text).expect("written");
        let mut command = Command::new(BINARY);
        let ran = command.args(["explore", "t.toml", "--out", "kept"]).current_dir(folder.path()).output();
        let ran = ran.expect("it runs");
        (ran.status.code(), String::from_utf8_lossy(&ran.stdout).into_owned())
    };
    let split = format!("\"three-phase\" = {{ forbidden = [\"{SPLIT}\"] }}");
    let (code, said) = explore(&fork_during_a_move("", &split));
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("Unexpected forbidden: \"p.0@b /\\ p+1.0@a\" is reached"), "{said}");
    let witness = said.lines().find_map(|line| line.strip_prefix("Witness forbidden ")).expect("a witness");
    let token = witness.rsplit(' ').next().expect("a token");
    let again =
        Command::new(BINARY).args(["replay", token]).current_dir(folder.path()).output().expect("it runs");
    let replayed = String::from_utf8_lossy(&again.stdout).into_owned();
    assert_eq!(again.status.code(), Some(0), "{replayed}");
    assert!(replayed.contains("ends in a.numtasks=1 b.numtasks=1 p.0@b p+1.0@a"), "{replayed}");
    // No protocol of the test has such a site.
    let nowhere = fork_during_a_move("faults = [\"memory.prepare: nth=1\"]", "\"transactional\" = {}");
    let (code, said) = explore(&nowhere);
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("fired under none of its protocols"), "{said}");
}
