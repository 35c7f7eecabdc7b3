//! `attach-rig gate`: every exit code, every error with its place, and the gates held against themselves.
use std::fs;
use std::path::Path;
use std::process::{Command, Output};

const DEFAULT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../reports/gates/default.toml");

fn rig(arguments: &[&str], folder: &Path) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_attach-rig"));
    command.env_remove("GITHUB_ACTIONS").env_remove("GITHUB_STEP_SUMMARY");
    command.args(arguments).current_dir(folder).output().unwrap()
}

/// A folder with a short run of `steady` in `a`.
fn with_run() -> tempfile::TempDir {
    let scratch = tempfile::tempdir().unwrap();
    let flags = ["run", "steady", "--duration", "5ms", "--protocol", "transactional", "--out", "a"];
    rig(&flags, scratch.path());
    assert!(scratch.path().join("a/run.json").exists());
    scratch
}

/// Exit code, stdout and stderr of one gate with the lines `body`.
fn gate(folder: &Path, body: &str, more: &[&str]) -> (i32, String, String) {
    let text = format!("[[gate]]\nname = \"g\"\nclass = \"performance\"\n{body}\n");
    fs::write(folder.join("g.toml"), text).unwrap();
    let out = rig(&[&["gate", "g.toml", "a"], more].concat(), folder);
    let words = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (out.status.code().unwrap(), words(out.stdout), words(out.stderr))
}

#[test]
fn each_verdict_has_its_code() {
    let scratch = with_run();
    let folder = scratch.path();
    for (body, code, last) in [
        ("metric = \"attach.count\"\nmin = 1", 0, "gates: 1 passed, 0 failed, 0 skipped"),
        ("metric = \"attach.count\"\nmax = 0", 3, "gates: 0 passed, 1 failed, 0 skipped"),
        (
            "metric = \"attach.latency\"\nstatistic = \"p99.99\"\nmax = 1",
            5,
            "gates: 0 passed, 0 failed, 1 inconclusive, 0 skipped",
        ),
        (
            "metric = \"attach.count\"\nmax = 0\nwaive = { until = \"2999-01-01\", reason = \"known\" }",
            0,
            "gates: 0 passed, 0 failed, 1 skipped",
        ),
    ] {
        let (found, out, err) = gate(folder, body, &[]);
        assert_eq!((found, out.lines().last()), (code, Some(last)), "{body}\n{out}{err}");
    }
    let wrong = "[[gate]]\nname = \"g\"\nclass = \"correctness\"\nmetric = \"attach.count\"\nmax = 0\n";
    fs::write(folder.join("c.toml"), wrong).unwrap();
    assert_eq!(rig(&["gate", "c.toml", "a"], folder).status.code(), Some(1));
}

#[test]
fn every_error_names_its_place_and_what_would_be_right() {
    let scratch = with_run();
    for (body, says) in [
        (
            "metric = \"attach.latncy\"\nmax = 1",
            "g.toml:4:10: unknown metric `attach.latncy`; did you mean `attach.latency`?",
        ),
        ("metric = \"attach.latency\"\nmax = 1", "g.toml:4:10: missing `statistic`"),
        (
            "metric = \"lock.hold\"\nstatistic = \"p99\"\nmax = 1",
            "g.toml:5:13: lock.hold has no statistic `p99`",
        ),
        ("metric = \"attach.count\"\nmaks = 1", "g.toml:5:1: unknown field `maks`; did you mean `max`?"),
        ("metric = \"attach.count\"", "demands nothing that could fail"),
        ("metric = \"attach.count\"\nmax-increase = 5", "name an earlier one with --baseline"),
        (
            "metric = \"attach.count\"\nmax = 1\nselect = { protocol = \"transactionl\" }",
            "did you mean `transactional",
        ),
        (
            "metric = \"attach.latency\"\nstatistic = \"p50\"\nmax = 1\nselect = { lock = \"mmap_sem\" }",
            "g.toml:7:10: `lock` says nothing about attach.latency; it has `outcome`",
        ),
        ("metric = \"attach.count\"\nmax-ratio = -1.0", "g.toml:5:13: `max-ratio` is a number from 0.001 on"),
        ("metric = \"attach.count\"\nmax = 1\nfloor = 3", "g.toml:6:9: `floor` is about differences"),
        (
            "metric = \"attach.count\"\nmax = 1\nagainst = { rate = 1 }",
            "`against` is what a figure is compared with",
        ),
        (
            "metric = \"attach.count\"\nmax-ratio = 1.5\nagainst = { protocol = \"thre-phase\" }",
            "`against` means thre-phase, 2,000 /s, which this run has not; protocols:",
        ),
        (
            "metric = \"attach.count\"\nmax = 1\nwaive = { until = \"2999-13-01\", reason = \"x\" }",
            "`2999-13-01` is no date",
        ),
        (
            "metric = \"attach.count\"\nmax = 1\nwaive = { until = \"2020-01-01\", reason = \"x\" }",
            "over since 2020-01-01",
        ),
    ] {
        let (code, out, err) = gate(scratch.path(), body, &[]);
        assert_eq!((code, out.as_str()), (2, ""), "{err}");
        assert!(err.contains("g.toml:") && err.contains(says), "{err}");
    }
}

#[test]
fn a_run_is_within_any_increase_of_itself_and_the_wall_clock_is_refused() {
    let scratch = with_run();
    let folder = scratch.path();
    let body = "metric = \"attach.latency\"\nstatistic = \"max\"\nchange = 0";
    assert_eq!(gate(folder, body, &["--baseline", "a"]).0, 0);
    let text = fs::read_to_string(folder.join("a/run.json")).unwrap();
    let wall = text.replacen("\"sim\"", "\"threads\"", 1);
    assert_ne!(text, wall);
    fs::create_dir(folder.join("w")).unwrap();
    fs::write(folder.join("w/run.json"), wall).unwrap();
    let out = rig(&["gate", "g.toml", "w", "--baseline", "w"], folder);
    let text = String::from_utf8(out.stdout).unwrap();
    assert_eq!(out.status.code(), Some(5), "a stored time of a machine tells nothing: {text}");
    assert!(text.contains("run both in turn"), "{text}");
    let alone = "[[gate]]\nname = \"g\"\nclass = \"performance\"\nmetric = \"attach.latency\"\nstatistic = \"max\"\nmax = 1\n";
    fs::write(folder.join("alone.toml"), alone).unwrap();
    let out = rig(&["gate", "alone.toml", "w"], folder);
    let err = String::from_utf8(out.stderr).unwrap();
    assert_eq!(out.status.code(), Some(2));
    assert!(err.contains("judged only beside others that were measured in turn"), "{err}");
    rig(&["run", "steady", "--duration", "6ms", "--protocol", "transactional", "--out", "b"], folder);
    for (baseline, says) in [("w", "not comparable"), ("b", "is not the same in both")] {
        let (code, _, err) = gate(folder, body, &["--baseline", baseline]);
        assert_eq!(code, 2);
        assert!(err.contains(says), "{err}");
    }
}

#[test]
fn a_gate_that_cannot_fail_is_found() {
    let scratch = with_run();
    let folder = scratch.path();
    let (code, out, _) = gate(folder, "metric = \"attach.count\"\nmax = 1000000000", &["--self-test"]);
    assert_eq!((code, out.contains("CANNOT FAIL")), (2, true), "{out}");
    rig(&["run", "default", "--duration", "20ms", "--protocol", "transactional", "--out", "d"], folder);
    let sound = rig(&["gate", DEFAULT, "d", "--self-test"], folder);
    assert_eq!(sound.status.code(), Some(0), "{}", String::from_utf8_lossy(&sound.stdout));
    assert_eq!(rig(&["gate", DEFAULT, "d"], folder).status.code(), Some(0));
}

/// This project's own gates and baseline, at a smaller size: a protocol made slower by 2 µs has to be caught.
#[test]
fn a_planted_slower_protocol_is_caught() {
    let scratch = tempfile::tempdir().unwrap();
    let folder = scratch.path();
    let run = |out: &str, more: &[&str]| {
        let flags = ["run", "steady", "--seeds", "64", "--duration", "3ms", "--protocol", "transactional"];
        rig(&[&flags[..], &["--protocol", "three-phase", "--out", out], more].concat(), folder);
        fs::read_to_string(folder.join(out).join("run.json")).unwrap()
    };
    let before: serde_json::Value = serde_json::from_str(&run("before", &[])).unwrap();
    let mut after: serde_json::Value = serde_json::from_str(&run("after", &["--delay", "2us"])).unwrap();
    // What waits between switch and attach, under the name and the scenario of what does not.
    after["scenario"] = before["scenario"].clone();
    for cell in after["cells"].as_array_mut().unwrap() {
        cell["delay_ns"] = serde_json::Value::Null;
    }
    fs::write(folder.join("after/run.json"), after.to_string()).unwrap();

    let gates = concat!(env!("CARGO_MANIFEST_DIR"), "/../reports/gates/steady.toml");
    assert_eq!(rig(&["baseline", "update", "own", "before"], folder).status.code(), Some(0));
    assert_eq!(rig(&["gate", gates, "before", "--baseline", "own"], folder).status.code(), Some(0));
    let sound = rig(&["gate", gates, "before", "--baseline", "own", "--self-test"], folder);
    assert_eq!(sound.status.code(), Some(0), "{}", String::from_utf8_lossy(&sound.stdout));
    let caught = rig(&["gate", gates, "after", "--baseline", "own"], folder);
    let text = String::from_utf8(caught.stdout).unwrap();
    assert_ne!(caught.status.code(), Some(0), "{text}");
    assert!(
        text.contains("FAILED       attaches are as fast as before: attach.latency[moved] p50"),
        "{text}"
    );
}

#[test]
fn the_outcome_is_junit_and_a_page_as_well() {
    let scratch = with_run();
    let folder = scratch.path();
    let body = "metric = \"attach.count\"\nmax = 0";
    let (code, plain, _) = gate(folder, body, &["--junit", "gates.xml"]);
    assert_eq!(code, 3);
    let xml = fs::read_to_string(folder.join("gates.xml")).unwrap();
    assert!(
        xml.contains("<testsuite name=\"g\" tests=\"1\" skipped=\"0\" errors=\"0\" failures=\"1\">"),
        "{xml}"
    );
    let out = Command::new(env!("CARGO_BIN_EXE_attach-rig"))
        .args(["gate", "g.toml", "a"])
        .current_dir(folder)
        .envs([("GITHUB_ACTIONS", "true"), ("GITHUB_STEP_SUMMARY", "page.md")])
        .output()
        .unwrap();
    assert_eq!(String::from_utf8(out.stdout).unwrap(), plain);
    let said = String::from_utf8(out.stderr).unwrap();
    assert!(said.starts_with("::error title=gate g::transactional"), "{said}");
    let page = fs::read_to_string(folder.join("page.md")).unwrap();
    assert!(page.starts_with("## attach-rig: gates\n\n**gates: 0 passed, 1 failed, 0 skipped**"), "{page}");
    let (code, out, err) = gate(folder, body, &["--junit", "no/such/file.xml"]);
    assert_eq!((code, out.as_str()), (8, ""));
    assert!(err.contains("no/such/file.xml") && err.contains("--junit FILE"), "{err}");
}
