//! `attach-rig gate`: every exit code, every error with its place, and the self-test of gates.
use crate::support::{BINARY, rig};
use std::fs;
use std::path::Path;
use std::process::Command;

const DEFAULT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../reports/gates/default.toml");

/// Writes the scenario `steady` with demands that a short run meets, since a run in which too little happens passes no gate.
fn write_calm(folder: &Path) {
    let steady = scenario::built_in::find("steady").unwrap();
    let calm = steady.replace("attaches = 900", "attaches = 1").replace("overlaps = 100", "overlaps = 0");
    assert_ne!(calm, steady);
    fs::write(folder.join("calm.toml"), calm).unwrap();
}

/// Makes a folder with a short run of `calm.toml` in `a`.
fn with_run() -> tempfile::TempDir {
    let scratch = tempfile::tempdir().unwrap();
    write_calm(scratch.path());
    let flags = ["run", "calm.toml", "--duration", "5ms", "--protocol", "transactional", "--out", "a"];
    rig(&flags, scratch.path());
    assert!(scratch.path().join("a/run.json").exists());
    scratch
}

/// Returns exit code, stdout and stderr of one gate with the lines `body`.
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
            "`against` means thre-phase, 2,000 /s, which this run does not have; protocols:",
        ),
        (
            "metric = \"attach.count\"\nmax = 1\nwaive = { until = \"2999-13-01\", reason = \"x\" }",
            "`2999-13-01` is not a date",
        ),
        (
            "metric = \"attach.count\"\nmax = 1\nwaive = { until = \"2020-01-01\", reason = \"x\" }",
            "ended on 2020-01-01",
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
    assert_eq!(gate(folder, body, &["--baseline", "./a"]).0, 0);
    let text = fs::read_to_string(folder.join("a/run.json")).unwrap();
    let wall = text.replacen("\"sim\"", "\"threads\"", 1);
    assert_ne!(text, wall);
    fs::create_dir(folder.join("w")).unwrap();
    fs::write(folder.join("w/run.json"), wall).unwrap();
    let out = rig(&["gate", "g.toml", "w", "--baseline", "./w"], folder);
    let text = String::from_utf8(out.stdout).unwrap();
    assert_eq!(out.status.code(), Some(5), "a stored time of a machine proves nothing: {text}");
    assert!(text.contains("run both in turn"), "{text}");
    let alone = "[[gate]]\nname = \"g\"\nclass = \"performance\"\nmetric = \"attach.latency\"\nstatistic = \"max\"\nmax = 1\n";
    fs::write(folder.join("alone.toml"), alone).unwrap();
    let out = rig(&["gate", "alone.toml", "w"], folder);
    let err = String::from_utf8(out.stderr).unwrap();
    assert_eq!(out.status.code(), Some(2));
    assert!(err.contains("judged only together with others that were measured in turn"), "{err}");
    rig(&["run", "calm.toml", "--duration", "6ms", "--protocol", "transactional", "--out", "b"], folder);
    for (baseline, says) in [("./w", "not comparable"), ("./b", "is not the same in both")] {
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
    let default = scenario::built_in::find("default").unwrap();
    let calm = default.replace("attaches = 1000", "attaches = 1").replace("overlaps = 100", "overlaps = 0");
    fs::write(folder.join("default.toml"), calm.replace("aborts = 10", "aborts = 0")).unwrap();
    rig(&["run", "default.toml", "--duration", "20ms", "--protocol", "transactional", "--out", "d"], folder);
    let sound = rig(&["gate", DEFAULT, "d", "--self-test"], folder);
    assert_eq!(sound.status.code(), Some(0), "{}", String::from_utf8_lossy(&sound.stdout));
    assert_eq!(rig(&["gate", DEFAULT, "d"], folder).status.code(), Some(0));
}

/// This project's own gates and baseline, at a smaller size: a protocol made slower by 2 µs has to be caught.
#[test]
fn a_planted_slower_protocol_is_caught() {
    let scratch = tempfile::tempdir().unwrap();
    let folder = scratch.path();
    write_calm(folder);
    let run = |out: &str, more: &[&str]| {
        let flags = ["run", "calm.toml", "--seeds", "64", "--duration", "3ms", "--protocol", "transactional"];
        rig(&[&flags[..], &["--protocol", "three-phase", "--out", out], more].concat(), folder);
        fs::read_to_string(folder.join(out).join("run.json")).unwrap()
    };
    let before: serde_json::Value = serde_json::from_str(&run("before", &[])).unwrap();
    let mut after: serde_json::Value = serde_json::from_str(&run("after", &["--delay", "2us"])).unwrap();
    // The protocol that waits between switch and attach gets the name and the scenario of the one that does not.
    after["scenario"] = before["scenario"].clone();
    after["plan"] = before["plan"].clone();
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
fn the_outcome_is_junit_json_and_a_page_as_well() {
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
    let out = Command::new(BINARY)
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
    let (code, out, err) = gate(folder, body, &["--json", "-"]);
    assert!(code == 3 && err.contains(plain.lines().last().unwrap()), "the text goes to stderr: {err}");
    let json: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!((&json["exit_code"], &json["gates"][0]["state"]), (&3.into(), &"failed".into()));
    let place = &json["gates"][0]["places"][0];
    assert_eq!((&place["state"], &place["judgement"]), (&"failed".into(), &"worse".into()));
    assert!(place["after"].as_u64().unwrap() > 0 && place["unit"] == "count", "{place}");
    let (code, out, err) = gate(folder, body, &["--junit", "no/such/file.xml"]);
    assert_eq!((code, out), (3, plain), "a failed gate outweighs a file, and is printed");
    assert!(err.contains("no/such/file.xml") && err.contains("--junit FILE"), "{err}");
}

/// Rewrites `a/run.json` into `to`.
fn edited(folder: &Path, to: &str, edit: impl Fn(&mut serde_json::Value)) {
    let text = fs::read_to_string(folder.join("a/run.json")).unwrap();
    let mut run: serde_json::Value = serde_json::from_str(&text).unwrap();
    edit(&mut run);
    fs::create_dir_all(folder.join(to)).unwrap();
    fs::write(folder.join(to).join("run.json"), run.to_string()).unwrap();
}

/// Keeps the cells that `kept` accepts, by protocol and seed.
fn keep(run: &mut serde_json::Value, kept: impl Fn(&str, u64) -> bool) {
    let cells = run["cells"].as_array_mut().unwrap();
    cells.retain(|cell| kept(cell["protocol"].as_str().unwrap(), cell["seed"].as_u64().unwrap()));
}

const COUNTS: &str = "[[gate]]\nname = \"kept\"\nclass = \"correctness\"\nmetric = \"invariant.violated\"\nselect = { protocol = \"transactional\" }\nequals = 0\n";

/// Makes a folder with three seeds of two protocols in `a`.
fn with_two_protocols() -> tempfile::TempDir {
    let scratch = tempfile::tempdir().unwrap();
    let folder = scratch.path();
    write_calm(folder);
    let flags = ["run", "calm.toml", "--seeds", "3", "--duration", "4ms", "--out", "a"];
    rig(
        &[&flags[..], &["--protocol", "transactional", "--protocol", "prepare-undo:hold=locks"]].concat(),
        folder,
    );
    scratch
}

#[test]
fn what_is_missing_of_a_run_passes_no_gate() {
    let scratch = with_two_protocols();
    let folder = scratch.path();
    fs::write(folder.join("c.toml"), COUNTS).unwrap();
    let code = |run: &str| {
        let out = rig(&["gate", "c.toml", run], folder);
        let all = [out.stdout, out.stderr].concat();
        (out.status.code().unwrap(), String::from_utf8(all).unwrap())
    };
    assert_eq!(code("a").0, 0, "{}", code("a").1);
    type Edit = fn(&mut serde_json::Value);
    let cases: [(&str, Edit, &str); 9] = [
        ("seeds", |run| keep(run, |_, seed| seed < 3), "2 of 3 cells"),
        ("one", |run| keep(run, |name, seed| name != "transactional" || seed == 1), "1 of 3 cells"),
        ("other", |run| keep(run, |name, _| name == "transactional"), "prepare-undo:hold=locks"),
        ("gone", |run| keep(run, |name, _| name != "transactional"), "has no cell of it"),
        ("interrupted", |run| run["interrupted"] = true.into(), "interrupted"),
        (
            "twice",
            |run| {
                let first = run["cells"][0].clone();
                keep(run, |_, seed| seed != 2);
                run["cells"].as_array_mut().unwrap().push(first);
            },
            "there twice",
        ),
        (
            "old",
            |run| {
                run.as_object_mut().unwrap().remove("plan");
                keep(run, |name, seed| name == "transactional" || seed < 2);
            },
            "1 of 3 cells",
        ),
        (
            "older",
            |run| {
                run.as_object_mut().unwrap().remove("plan");
                keep(run, |name, _| name == "transactional");
            },
            "1 of 2 protocols",
        ),
        (
            "replanned",
            |run| {
                keep(run, |_, seed| seed == 1);
                for place in run["plan"]["places"].as_array_mut().unwrap() {
                    place["cells"] = 1.into();
                }
            },
            "1 of 3 cells",
        ),
    ];
    for (name, edit, says) in cases {
        edited(folder, name, edit);
        let (found, said) = code(name);
        assert_eq!(found, 5, "{name}: {said}");
        assert!(said.contains(says) && said.contains("no gate passes"), "{name}: {said}");
        let report = rig(&["report", name], folder);
        assert_eq!(report.status.code(), Some(5), "{name}");
    }
    edited(folder, "complete", |run| drop(run.as_object_mut().unwrap().remove("plan")));
    assert_eq!(code("complete").0, 0, "a run of an older version, with all its cells");
    // An invariant that is violated already is violated, however little of the run is there.
    edited(folder, "violated", |run| {
        keep(run, |_, seed| seed == 1);
        run["cells"][0]["invariants"][0]["violated"] = 2.into();
    });
    assert_eq!(code("violated").0, 1, "{}", code("violated").1);
}

#[test]
fn a_renamed_protocol_and_a_baseline_of_a_part_are_inconclusive() {
    let scratch = with_two_protocols();
    let folder = scratch.path();
    edited(folder, "seeds", |run| keep(run, |_, seed| seed < 3));
    edited(folder, "older", |run| {
        run.as_object_mut().unwrap().remove("plan");
        keep(run, |name, _| name == "transactional");
    });
    // The same two protocols under another name.
    assert_eq!(rig(&["baseline", "update", "own", "a"], folder).status.code(), Some(0));
    edited(folder, "renamed", |run| {
        let text = run.to_string().replace("\"prepare-undo:hold=locks\"", "\"prepare-undo\"");
        let toml = run["scenario"].clone();
        *run = serde_json::from_str(&text).unwrap();
        run["scenario"] = toml;
    });
    fs::write(
        folder.join("all.toml"),
        COUNTS.replace("select = { protocol = \"transactional\" }\nequals = 0", "change = 0"),
    )
    .unwrap();
    let gated = |run: &str| rig(&["gate", "all.toml", run, "--baseline", "own"], folder).status.code();
    assert_eq!((gated("a"), gated("renamed")), (Some(0), Some(5)));
    let compared = |run: &str| rig(&["compare", "--baseline", "own", run], folder).status.code();
    assert_eq!((compared("a"), compared("renamed"), compared("seeds")), (Some(0), Some(5), Some(5)));
    assert_eq!(compared("older"), Some(5));
    // A baseline of an incomplete run is marked as incomplete.
    rig(&["baseline", "update", "part", "seeds"], folder);
    let against = |run: &str| rig(&["gate", "all.toml", run, "--baseline", "part"], folder).status.code();
    assert_eq!((against("a"), against("seeds")), (Some(5), Some(5)));
}

#[test]
fn a_run_that_is_inconclusive_itself_passes_no_gate() {
    let scratch = tempfile::tempdir().unwrap();
    let folder = scratch.path();
    fs::write(folder.join("c.toml"), COUNTS).unwrap();
    let short =
        rig(&["run", "steady", "--duration", "4ms", "--protocol", "transactional", "--out", "a"], folder);
    assert_eq!(short.status.code(), Some(5));
    let out = rig(&["gate", "c.toml", "a"], folder);
    assert_eq!(out.status.code(), Some(5), "{}", String::from_utf8_lossy(&out.stdout));
    // A note that is removed comes back from the cells.
    edited(folder, "b", |run| run["notes"] = serde_json::json!([]));
    assert_eq!(rig(&["gate", "c.toml", "b"], folder).status.code(), Some(5));
}

#[test]
fn a_protocol_is_selected_by_its_exact_name() {
    let scratch = tempfile::tempdir().unwrap();
    let folder = scratch.path();
    write_calm(folder);
    let flags =
        ["run", "calm.toml", "--duration", "4ms", "--out", "a", "--protocol", "prepare-undo:hold=locks"];
    rig(&flags, folder);
    let select = |name: &str| {
        let body = format!("metric = \"attach.count\"\nmin = 1\nselect = {{ protocol = \"{name}\" }}");
        gate(folder, &body, &[])
    };
    assert_eq!(select("prepare-undo:hold=locks").0, 0);
    assert_eq!(select("prepare-undo:*").0, 0);
    let (code, _, err) = select("prepare-undo");
    assert_eq!(code, 2);
    assert!(err.contains("write `prepare-undo:*` for it with any options"), "{err}");
    assert_eq!(select("prepare:*").0, 2);
}

#[test]
fn a_name_is_a_baseline_and_a_path_has_a_slash() {
    let scratch = with_run();
    let folder = scratch.path();
    let body = "metric = \"attach.count\"\nmin = 1";
    let (code, _, err) = gate(folder, body, &["--baseline", "a"]);
    assert_eq!(code, 2);
    assert!(err.contains("a is not a baseline in reports/baselines") && err.contains("write ./a"), "{err}");
    assert_eq!(gate(folder, body, &["--baseline", "./a"]).0, 0);
    assert_eq!(gate(folder, body, &["--baseline", "./a/run.json"]).0, 0);
    rig(&["baseline", "update", "a", "./a"], folder);
    assert_eq!(gate(folder, body, &["--baseline", "a"]).0, 0);
    let both = rig(&["compare", "a", "./a"], folder);
    let said = String::from_utf8(both.stderr).unwrap();
    assert_eq!(both.status.code(), Some(2), "{said}");
    assert!(said.contains("is a result here and a baseline") && said.contains("write ./a"), "{said}");
}
