//! `attach-rig report` with one folder and with several: the place of the page, the contents of stdout, and the exit
//! code.
use crate::support::{rig, rig_in, text};
use std::fs;
use std::path::Path;
use std::process::Output;

/// Runs the program with the environment variables that GitHub sets.
fn on_github(arguments: &[&str], folder: &Path, set: &[(&str, &str)]) -> Output {
    rig_in(folder).args(arguments).envs(set.iter().copied()).output().unwrap()
}

/// Makes a folder with a short run in `name`. It is too short for a verdict, so `run` ends with 5.
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
    let tables = text(&both.stdout);
    assert_eq!(tables.matches("\nverdict: ").count(), 2, "{tables}");
    assert!(tables.starts_with(&text(&one.stdout)), "the first table is that of the first folder alone");
}

#[test]
fn every_form_is_on_stdout_alone_and_the_page_is_written_as_well() {
    let scratch = tempfile::tempdir().unwrap();
    let folder = scratch.path();
    run(folder, "a", "transactional");
    let form = |format: &str| {
        let made = rig(&["report", "a", "--format", format], folder);
        assert_eq!(made.status.code(), Some(5), "{format}");
        text(&made.stdout)
    };
    assert_eq!(form("json").trim_end(), fs::read_to_string(folder.join("a/run.json")).unwrap().trim_end());
    assert!(form("csv").starts_with("engine,clock,protocol,"), "{}", form("csv"));
    assert!(form("csv").lines().count() > 100);
    assert!(form("hgrm").contains("Value") && form("hgrm").contains("transactional"));
    assert!(form("hlog").starts_with("#[Histogram log format version 1.3]\n#steady on sim, seed "));
    assert!(form("markdown").starts_with("## attach-rig: steady on sim\n\n**verdict: inconclusive"));
    assert!(form("junit").starts_with("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites "));
    assert!(form("bmf").contains("\"sim/steady/transactional") && form("bmf") == form("bencher"));
    assert!(
        form("gab").contains("\"name\": \"sim/steady/transactional")
            && form("gab") == form("github-action-benchmark")
    );
    assert!(form("chrome-trace").contains("\"thread_name\"") && form("chrome-trace").contains("(virtual)"));
    assert_eq!(form("text"), text(&rig(&["report", "a"], folder).stdout));
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
    // A page that cannot be written no longer suppresses the table on stdout.
    for (arguments, code, says) in [
        (&["report", "a", "empty"][..], 2, "name a folder that `run`, `linux` or `vm` has written"),
        (&["report", "a", "--out", "no/such/place.html"][..], 8, "--out FILE"),
        (&["report"][..], 2, "<DIR>..."),
    ] {
        let wrong = rig(arguments, folder);
        let said = String::from_utf8_lossy(&wrong.stderr);
        assert_eq!(wrong.status.code(), Some(code), "{said}");
        assert!(said.contains(says), "{said}");
        assert_eq!(wrong.stdout.is_empty(), code == 2);
    }
}

/// Changes run.json of `folder/a` by `change`.
fn change(folder: &Path, change: impl Fn(&mut serde_json::Value)) {
    let file = folder.join("a/run.json");
    let mut run: serde_json::Value = serde_json::from_str(&fs::read_to_string(&file).unwrap()).unwrap();
    change(&mut run);
    fs::write(file, run.to_string()).unwrap();
}

#[test]
fn a_job_on_github_gets_a_page_and_annotations() {
    let scratch = tempfile::tempdir().unwrap();
    let folder = scratch.path();
    run(folder, "a", "transactional");
    change(folder, |run| {
        let cells = run["cells"].as_array_mut().unwrap().iter_mut();
        let invariants = cells.flat_map(|cell| cell["invariants"].as_array_mut().unwrap());
        invariants.for_each(|invariant| invariant["violated"] = 1.into());
    });
    let page = folder.join("page.md");
    fs::write(&page, "# before\n").unwrap();
    let set = [("GITHUB_ACTIONS", "true"), ("GITHUB_STEP_SUMMARY", "page.md")];
    let on_page = on_github(&["report", "a"], folder, &set);
    assert_eq!(on_page.status.code(), Some(1));
    let plain = rig(&["report", "a"], folder);
    assert_eq!(text(&on_page.stdout), text(&plain.stdout), "stdout is the result's");
    assert!(!text(&plain.stderr).contains("::error"));
    let errors = text(&on_page.stderr);
    assert_eq!(errors.lines().filter(|line| line.starts_with("::error title=")).count(), 10, "{errors}");
    assert!(errors.contains("::and ") && errors.contains(" more\n"), "{errors}");
    let markdown = text(&rig(&["report", "a", "--format", "markdown"], folder).stdout);
    assert_eq!(fs::read_to_string(&page).unwrap(), format!("# before\n{markdown}"));

    on_github(&["report", "a", "a"], folder, &set);
    assert_eq!(fs::read_to_string(&page).unwrap().matches(&markdown).count(), 3, "a page for each run");
    fs::write(&page, "x".repeat((1 << 20) - 300)).unwrap();
    on_github(&["report", "a"], folder, &set);
    let full = fs::read_to_string(&page).unwrap();
    assert!(
        full.len() <= 1 << 20 && full.ends_with("Everything is in run.json.*\n"),
        "{}",
        &full[full.len() - 400..]
    );
    let nowhere = on_github(&["report", "a"], folder, &[("GITHUB_STEP_SUMMARY", "no/such/page.md")]);
    assert_eq!(
        nowhere.status.code(),
        Some(1),
        "a violated invariant outweighs a page that cannot be written"
    );
    assert!(
        text(&nowhere.stderr).contains("no/such/page.md")
            && text(&nowhere.stderr).contains("GITHUB_STEP_SUMMARY")
    );
}

#[test]
fn damaged_files_are_named_and_nothing_is_written() {
    let scratch = tempfile::tempdir().unwrap();
    let folder = scratch.path();
    run(folder, "a", "transactional");
    let whole = fs::read_to_string(folder.join("a/run.json")).unwrap();
    let gates = "[[gate]]\nname = \"g\"\nclass = \"correctness\"\nmetric = \"attach.count\"\nmin = 1\n";
    fs::write(folder.join("g.toml"), gates).unwrap();
    fs::remove_file(folder.join("a/report.html")).unwrap();
    let damages: [(String, &str); 6] = [
        (whole[..whole.len() / 2].to_owned(), "EOF"),
        (whole.replace("attach-rig/run/2", "attach-rig/run/9"), "use the version that wrote the file"),
        ("[".repeat(100_000), "invalid type"),
        (String::new(), "EOF"),
        (
            whole.replace("\"hdr\":\"HISTFA", "\"hdr\":\"###").replace("\"hdr\":\"HIST", "\"hdr\":\"###"),
            "histogram",
        ),
        (whole.replacen("\"count\":", "\"count\":9", 1), "histogram holds"),
    ];
    for (damage, says) in damages {
        assert_ne!(damage, whole, "{says}");
        fs::write(folder.join("a/run.json"), &damage).unwrap();
        let mut commands: Vec<Vec<&str>> =
            ["text", "csv", "hgrm", "hlog", "chrome-trace", "markdown", "junit", "bmf", "gab"]
                .map(|form| vec!["report", "a", "--format", form])
                .to_vec();
        commands.push(vec!["report", "a", "a"]);
        commands.push(vec!["gate", "g.toml", "a"]);
        for command in commands {
            let out = rig(&command, folder);
            let said = text(&out.stderr);
            assert_eq!(out.status.code(), Some(2), "{command:?}: {said}");
            assert!(
                said.contains("a/run.json") && said.contains(says),
                "{command:?} does not say {says}: {said}"
            );
            assert!(out.stdout.is_empty() && !folder.join("a/report.html").exists());
        }
    }
}

#[test]
fn other_damaged_inputs_are_named_too() {
    let scratch = tempfile::tempdir().unwrap();
    let folder = scratch.path();
    for damage in ["", "[", "a = 18446744073709551616", "\0\u{feff}", "name = 7"] {
        fs::write(folder.join("x.toml"), damage).unwrap();
        for command in [
            &["run", "x.toml"][..],
            &["explore", "x.toml"][..],
            &["replay", "x.toml"][..],
            &["gate", "x.toml", "x.toml"][..],
        ] {
            let out = rig(command, folder);
            let said = text(&out.stderr);
            assert_eq!(out.status.code(), Some(2), "{command:?} of {damage:?}: {said}");
            assert!(said.starts_with("attach-rig: ") && said.contains("x.toml"), "{said}");
            assert!(out.stdout.is_empty());
        }
    }
}

#[test]
fn verdicts_come_from_the_cells_whatever_is_stored() {
    let scratch = tempfile::tempdir().unwrap();
    let folder = scratch.path();
    let steady = scenario::built_in::find("steady").unwrap();
    fs::write(
        folder.join("calm.toml"),
        steady.replace("attaches = 900", "attaches = 1").replace("overlaps = 100", "overlaps = 0"),
    )
    .unwrap();
    let flags = ["run", "calm.toml", "--duration", "4ms", "--protocol", "transactional", "--out", "a"];
    assert_eq!(rig(&flags, folder).status.code(), Some(0));
    let good = fs::read_to_string(folder.join("a/run.json")).unwrap();
    let good: serde_json::Value = serde_json::from_str(&good).unwrap();
    let report = |edit: &dyn Fn(&mut serde_json::Value)| {
        let mut run = good.clone();
        edit(&mut run);
        fs::create_dir_all(folder.join("b")).unwrap();
        fs::write(folder.join("b/run.json"), run.to_string()).unwrap();
        let out = rig(&["report", "b"], folder);
        (out.status.code().unwrap(), text(&out.stdout), text(&out.stderr))
    };
    let violated = |run: &mut serde_json::Value| run["cells"][0]["invariants"][0]["violated"] = 5.into();
    let (code, out, err) = report(&violated);
    assert_eq!(code, 1, "{out}{err}");
    assert!(out.contains("violated 5 in 1 of 1 !"), "{out}");
    assert!(
        err.contains("drift under transactional is stored as `as expected` and is `not as expected`"),
        "{err}"
    );
    // The other way round: a verdict stored as a failure that did not happen.
    let failed = |run: &mut serde_json::Value| run["verdicts"][0]["outcome"] = "fail".into();
    let (code, out, err) = report(&failed);
    assert_eq!(code, 0, "{out}{err}");
    assert!(err.contains("is stored as `not as expected` and is `as expected`"), "{err}");
    let none = |run: &mut serde_json::Value| {
        violated(run);
        run["verdicts"] = serde_json::json!([]);
    };
    assert_eq!(report(&none).0, 1);
    // A scenario that can no longer be read still has its expectations.
    let unreadable = |run: &mut serde_json::Value| {
        violated(run);
        let toml =
            run["scenario"]["toml"].as_str().unwrap().replace("shape = \"steady\"", "shape = \"gone\"");
        run["scenario"]["toml"] = toml.into();
    };
    let (code, _, err) = report(&unreadable);
    assert_eq!(code, 1, "{err}");
    assert!(err.contains("its scenario cannot be read"), "{err}");
    let (code, _, err) = report(&|_| {});
    assert!(code == 0 && !err.contains("stored"), "{err}");
}

#[test]
fn a_breach_that_is_expected_sometimes_may_be_in_a_cell_that_is_missing() {
    let scratch = tempfile::tempdir().unwrap();
    let folder = scratch.path();
    let idle = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/scenarios/idle.toml")).unwrap();
    let (head, _) = idle.split_once("[expect]").unwrap_or((&idle, ""));
    let expect = "[expect]\ntransactional = { drift = \"sometimes\" }\n";
    fs::write(folder.join("x.toml"), format!("{head}\n{expect}")).unwrap();
    let flags = ["run", "x.toml", "--protocol", "transactional", "--seeds", "2", "--out", "a"];
    let whole = rig(&flags, folder);
    assert_eq!(whole.status.code(), Some(1), "{}", text(&whole.stdout));
    change(folder, |run| drop(run["cells"].as_array_mut().unwrap().pop()));
    let part = rig(&["report", "a"], folder);
    assert_eq!(part.status.code(), Some(5), "{}", text(&part.stdout));
}
