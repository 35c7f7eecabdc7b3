//! Bad scenarios: each error has the place, the wrong value, and the valid ones. Each scenario is a built-in one with
//! one change.
use scenario::{Scenario, built_in};
use std::path::Path;

/// Returns the error of the built-in scenario `name` with `right` written as `wrong`, without the file's name.
#[track_caller]
fn mistake(name: &str, right: &str, wrong: &str) -> String {
    let text = built_in::find(name).expect("built in");
    assert!(text.contains(right), "{name} has no {right}");
    let text = text.replacen(right, wrong, 1);
    let files = workloads::Folder::new(Path::new("."));
    match Scenario::parse("s.toml", &text, &files) {
        Ok(_) => panic!("{name} with {wrong} was read"),
        Err(error) => error.to_string(),
    }
}

/// Asserts that a mistake is blamed on its line, and that the message contains these words.
#[track_caller]
fn blames(name: &str, right: &str, wrong: &str, words: &[&str]) {
    let text = built_in::find(name).expect("built in").replacen(right, wrong, 1);
    let message = mistake(name, right, wrong);
    for word in words {
        assert!(message.contains(word), "`{word}` is not in: {message}");
    }
    let line: usize = message.split(':').nth(1).and_then(|line| line.parse().ok()).expect("a place");
    assert!((1..=text.lines().count()).contains(&line), "{message}");
}

#[test]
fn hierarchies_and_their_cgroups() {
    blames("bkl", "controllers = [\"freezer\"]", "controllers = [\"frezer\"]", &["did you mean `freezer`"]);
    blames("bkl", "controllers = [\"freezer\"]", "controllers = [\"memory\"]", &["`memory`", "twice"]);
    blames("bkl", "controllers = [\"freezer\"]", "controllers = []", &["at least one controller"]);
    blames("bkl", "name = \"ice\"", "name = \"cpu\"", &["hierarchy `cpu`", "twice"]);
    blames("bkl", "hierarchy = \"ice\"\n\n[[", "hierarchy = \"iced\"\n\n[[", &["did you mean `ice`"]);
    blames(
        "bkl",
        "[cgroups.unused]\nhierarchy = \"cpu\"",
        "[cgroups.unused]",
        &["does not name its hierarchy"],
    );
    blames("bkl", "[cgroups.unused]", "[cgroups.\"c9/x\"]", &["no parent", "[cgroups.\"c9\"]"]);
    blames("all-tasks", "late = [\"memrlimit\"", "late = [\"freezer\"", &["freezer"]);
    blames(
        "default",
        "cpuset.cpus = [0",
        "freezer.frozen = true\ncpuset.cpus = [0",
        &["`freezer`", "add it there"],
    );
}

#[test]
fn movers_and_admins() {
    blames("bkl", "between = [\"m1\", \"m2\"]", "between = [\"m1\", \"c2\"]", &["c2"]);
    blames("bkl", "between = [\"m1\", \"m2\"]", "between = [\"m1\", \"mm\"]", &["there is no cgroup `mm`"]);
    blames("all-tasks", "mode = \"all\"", "mode = \"every\"", &["`mode` cannot be `every`"]);
    blames("all-tasks", "controller = \"memory\"\n", "", &["controller"]);
    blames("bkl", "what = \"freeze\"", "what = \"frieze\"", &["did you mean `freeze`"]);
    blames("bkl", "cgroup = \"f\"\npause", "cgroup = \"m1\"\npause", &["freezer"]);
    blames("bkl", "values = [400, \"unlimited\"]", "values = [-1]", &["0 or more"]);
    blames("bkl", "values = [400, \"unlimited\"]", "values = [\"endless\"]", &["or \"unlimited\""]);
    blames("hotplug", "[[admins]]", "[[admins]]\nmany = 3", &["many"]);
}

#[test]
fn options_and_expectations() {
    blames(
        "cpuset-race",
        "invalidate = \"callback\"",
        "invalidate = \"none\"",
        &["`invalidate` cannot be `none`"],
    );
    blames("cpuset-race", "invalidate = \"callback\"", "unsupported = [\"cpuset\"]", &["cpuset"]);
    blames("cpuset-race", "invalidate = \"callback\"", "unsupported = [\"cpuset:some\"]", &["some"]);
    blames("five", "drift = \"always\"", "drifting = \"always\"", &["did you mean `drift`"]);
    blames("five", "drift = \"always\"", "drift = \"often\"", &["often"]);
}
