//! `attach-rig compare` and `baseline`: each verdict, each exit code, the contents of a baseline, and the output of a
//! change.
use crate::support::{rig, text};
use std::fs;
use std::path::Path;

/// Returns exit code, stdout and stderr.
fn said(arguments: &[&str], folder: &Path) -> (i32, String, String) {
    let out = rig(arguments, folder);
    (out.status.code().unwrap(), text(&out.stdout), text(&out.stderr))
}

/// Makes runs of `steady` under two protocols: `a`, the same again in `b`, a longer one in `c`.
fn with_runs() -> tempfile::TempDir {
    let scratch = tempfile::tempdir().unwrap();
    for (name, length) in [("a", "2ms"), ("b", "2ms"), ("c", "3ms")] {
        let flags =
            ["run", "steady", "--protocol", "transactional", "--protocol", "three-phase", "--seeds", "64"];
        rig(&[&flags[..], &["--duration", length, "--out", name]].concat(), scratch.path());
        assert!(scratch.path().join(name).join("run.json").exists());
    }
    scratch
}

#[test]
fn the_same_run_is_the_same_and_another_scenario_is_not_comparable() {
    let scratch = with_runs();
    let folder = scratch.path();
    let (code, out, _) = said(&["compare", "a", "b"], folder);
    assert_eq!(code, 0, "{out}");
    let last = out.lines().last().unwrap();
    assert!(
        last.starts_with("compare: 0 better, ") && last.ends_with(" same, 0 worse, 0 cannot tell"),
        "{out}"
    );
    assert!(out.starts_with("no difference between a and b that matters\n"), "{out}");
    let (code, out, err) = said(&["compare", "a", "c"], folder);
    assert_eq!((code, out.as_str()), (2, ""));
    assert!(err.contains("not comparable") && err.contains("duration = \"3ms\""), "{err}");
}

#[test]
fn protocols_of_one_run_are_compared_and_what_is_wrong_comes_first() {
    let scratch = with_runs();
    let (code, out, _) = said(&["compare", "a", "--against", "transactional"], scratch.path());
    assert_eq!(code, 1, "three-phase violates invariants: {out}");
    let mut lines = out.lines();
    let answer = lines.next().unwrap();
    assert!(answer.starts_with("three-phase violates more than transactional: drift.final"), "{out}");
    assert_eq!(lines.next(), Some("three-phase compared with transactional: steady on sim, virtual time"));
    let worse = out.lines().find(|line| line.starts_with("  worse")).unwrap();
    assert!(worse.contains("drift.final max: 0 -> "), "{out}");
    let (code, _, err) = said(&["compare", "a", "--against", "four-phase"], scratch.path());
    assert_eq!(code, 2);
    assert!(err.contains("it has: transactional, three-phase"), "{err}");
}

#[test]
fn few_seeds_tell_nothing_about_times_but_all_about_invariants() {
    let scratch = tempfile::tempdir().unwrap();
    let folder = scratch.path();
    let flags = ["run", "steady", "--protocol", "transactional", "--protocol", "prepare-undo:hold=locks"];
    rig(&[&flags[..], &["--duration", "2ms", "--seeds", "2", "--out", "a"]].concat(), folder);
    let (_, out, _) = said(&["compare", "a"], folder);
    let answer = out.lines().next().unwrap();
    let why = "2 seeds, and with fewer than 64 the order of events decides; run with --seeds 64";
    assert!(answer.starts_with("cannot tell whether ") && answer.contains(why), "{out}");
    assert!(answer.ends_with("; nothing else differs"), "{out}");
    let folded: Vec<&str> = out.lines().filter(|line| line.starts_with("cannot tell for ")).collect();
    assert!(folded.len() == 1 && folded[0].ends_with(why), "a line per reason: {out}");
    assert!(!out.contains("attach.latency[moved] max"), "{out}");
    let (_, all, _) = said(&["compare", "a", "--all"], folder);
    let row = all.lines().find(|line| line.starts_with("  cannot tell attach.latency[moved] max: "));
    assert!(row.unwrap().ends_with(why) && !all.contains("\ncannot tell for "), "{all}");
}

#[test]
fn a_baseline_is_kept_found_by_name_and_its_changes_are_printed() {
    let scratch = with_runs();
    let folder = scratch.path();
    let (code, out, err) = said(&["baseline", "update", "mine", "a"], folder);
    assert_eq!(code, 0, "{err}");
    assert!(out.starts_with("new baseline of steady: "), "{out}");
    let file = folder.join("reports/baselines/mine.json");
    let text = fs::read_to_string(&file).unwrap();
    let figure = text.lines().find(|line| line.contains("attach.latency[moved] p50")).unwrap();
    assert!(figure.trim().starts_with("\"attach.latency[moved] p50\": "), "a figure a line: {figure}");
    assert_eq!(said(&["compare", "--baseline", "mine", "b"], folder).0, 0);

    // Suppose that every attach has become slower by a tenth since.
    let number =
        |line: &str| -> u64 { line.rsplit(' ').next().unwrap().trim_end_matches(',').parse().unwrap() };
    let faster = number(figure) * 9 / 10;
    fs::write(
        &file,
        text.replacen(figure, &figure.replace(&number(figure).to_string(), &faster.to_string()), 1),
    )
    .unwrap();
    let (code, out, _) = said(&["compare", "--baseline", "mine", "b"], folder);
    assert_eq!(code, 3, "{out}");
    assert!(out.contains("worse       attach.latency[moved] p50:") && out.contains("+11 %"), "{out}");
    let answer = out.lines().next().unwrap();
    assert!(answer.starts_with("b is slower than mine: attach.latency[moved] p50 "), "{out}");
    assert!(answer.contains("+11 %, transactional, 2,000 /s (64 seeds)"), "{out}");
    let (_, out, err) = said(&["compare", "--baseline", "mine", "b", "--json", "-"], folder);
    assert!(err.contains(answer), "the text goes to stderr: {err}");
    let json: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!((&json[0]["a"], &json[0]["exit_code"]), (&"mine".into(), &3.into()));
    let figures = json[0]["figures"].as_array().unwrap();
    let worse = figures.iter().find(|row| row["judgement"] == "worse").unwrap();
    assert_eq!((&worse["figure"], &worse["unit"]), (&"attach.latency[moved] p50".into(), &"ns".into()));
    assert_eq!((&worse["before"], &worse["after"]), (&faster.into(), &number(figure).into()));
    let (_, out, _) = said(&["compare", "b", "--baseline", "mine", "--save-baseline", "mine"], folder);
    assert!(out.contains("  attach.latency[moved] p50: ") && out.contains("\n1 of "), "{out}");
    assert_eq!(fs::read_to_string(&file).unwrap(), text);
}

#[test]
fn every_wrong_name_has_its_way_out() {
    let scratch = with_runs();
    let folder = scratch.path();
    fs::create_dir_all(folder.join("reports/baselines")).unwrap();
    fs::write(folder.join("reports/baselines/old.json"), "{\"schema\": \"attach-rig/baseline/0\"}").unwrap();
    fs::write(folder.join("half.json"), "{\"schema\": \"attach-rig/base").unwrap();
    for (arguments, says) in [
        (&["compare"][..], "there is nothing to compare"),
        (
            &["compare", "a", "nowhere"],
            "nowhere is neither a folder nor a file nor a baseline in reports/baselines (there is `old`)",
        ),
        (&["compare", "a", "old"], "old.json: schema is \"attach-rig/baseline/0\""),
        (&["compare", "a", "half.json"], "half.json: "),
        (&["compare", "a", "b", "--paired"], "so 4, 8, 12 and so on; 2 were given"),
        (&["compare", "--history", "reports"], "no run.json below reports"),
        (&["baseline", "update", "../up", "a"], "nor a valid name of a baseline"),
        (&["gate", "g.toml", "a"], "cannot read g.toml"),
    ] {
        let (code, out, err) = said(arguments, folder);
        assert_eq!((code, out.as_str()), (2, ""), "{arguments:?}: {err}");
        assert!(err.contains(says), "{arguments:?}: {err}");
    }
}

#[test]
fn history_has_a_line_for_each_run_and_a_chapter_for_each_scenario() {
    let scratch = with_runs();
    let (code, out, _) = said(&["compare", "--history", "."], scratch.path());
    assert_eq!(code, 0);
    assert_eq!(out.matches("steady on sim, virtual time\n").count(), 2, "{out}");
    assert_eq!(out.lines().filter(|line| line.contains("Z   0.1.0")).count(), 2 * 3, "{out}");
}

#[test]
fn wall_clock_results_show_both_sides_and_are_not_compared_across_machines() {
    let scratch = with_runs();
    let folder = scratch.path();
    let on_threads = |from: &str, to: &str, edit: &dyn Fn(&mut serde_json::Value)| {
        fs::create_dir_all(folder.join(to)).unwrap();
        let text = fs::read_to_string(folder.join(from).join("run.json")).unwrap();
        fs::write(folder.join(to).join("run.json"), text.replacen("\"sim\"", "\"threads\"", 1)).unwrap();
        let env = fs::read_to_string(folder.join(from).join("env.json")).unwrap();
        let mut env: serde_json::Value = serde_json::from_str(&env).unwrap();
        edit(&mut env);
        fs::write(folder.join(to).join("env.json"), env.to_string()).unwrap();
    };
    on_threads("a", "wa", &|_| {});
    on_threads("b", "wb", &|_| {});
    let (_, out, err) = said(&["compare", "wa", "wb"], folder);
    assert!(out.contains("cannot tell for 2 figures: a wall-clock time of another hour"), "{out}{err}");
    let (_, out, err) = said(&["compare", "wa", "wb", "--all"], folder);
    let figure = out.lines().find(|line| line.contains("attach.latency[moved] p50: ")).expect(&err);
    assert!(!figure.contains("none") && figure.contains("run both in turn"), "{figure}");
    assert!(out.contains("transactional, 2,000 /s (64 seeds)\n"), "{out}");
    type Edit<'a> = &'a dyn Fn(&mut serde_json::Value);
    let edits: [(&str, Edit<'_>); 4] = [
        ("kernel", &|env| env["kernel"] = "Linux 7.0.0 x86_64".into()),
        ("cpus", &|env| env["cpus"] = 4096.into()),
        ("profile", &|env| env["profile"] = "other".into()),
        ("threads.real_pages", &|env| env["facts"]["threads.real_pages"] = "yes".into()),
    ];
    on_threads("a", "wa", &|env| env["facts"]["threads.real_pages"] = "no".into());
    for (what, edit) in edits {
        on_threads("b", "wc", edit);
        let (code, out, err) = said(&["compare", "wa", "wc"], folder);
        assert_eq!((code, out.as_str()), (2, ""), "{what}: {err}");
        assert!(err.contains(&format!("not comparable: {what} is `")), "{what}: {err}");
    }
    // The times of the simulator are not those of a machine.
    let env = fs::read_to_string(folder.join("b/env.json")).unwrap();
    fs::write(folder.join("b/env.json"), env.replace("Linux", "Plan9")).unwrap();
    assert_eq!(said(&["compare", "a", "b"], folder).0, 0);
}
