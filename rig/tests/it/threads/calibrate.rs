//! `attach-rig calibrate`, runs with the table that it writes, and tables that are refused.
use super::command::json;
use crate::support::{rig, text};
use model::seam::costs;
use std::fs;
use std::path::Path;

const FLAGS: [&str; 6] = ["run", "steady", "--protocol", "transactional", "--duration", "2ms"];

fn run_with(more: &[&str], folder: &Path) -> (Option<i32>, String) {
    let out = rig(&[&FLAGS[..], more].concat(), folder);
    (out.status.code(), text(&out.stderr))
}

#[test]
fn a_measured_table_is_complete_and_runs() {
    let scratch = tempfile::tempdir().expect("a folder");
    let out = rig(&["calibrate", "--out", "here.toml"], scratch.path());
    let said = text(&out.stderr);
    assert!(matches!(out.status.code(), Some(0 | 5)), "{said}");
    let written = fs::read_to_string(scratch.path().join("here.toml")).expect("it is written");
    let (table, shown) = (costs::read(&written).expect("it is complete"), text(&out.stdout));
    let (mut measured, mut kept, mut disagree) = (0, 0, 0);
    for (group, name) in costs::names() {
        let (entry, known) = (&table[group][name], &costs::built_in()[group][name]);
        let row = shown.lines().find(|line| line.starts_with(&format!("| {group}.{name} ")));
        let row = row.unwrap_or_else(|| panic!("{group}.{name} is not in {shown}"));
        if entry.source.starts_with("measured on ") {
            measured += 1;
            assert!(entry.source.contains(", n=") && entry.source.contains(", spread "), "{}", entry.source);
            assert!(row.contains("| measured |"), "{row}");
        } else if row.trim_end().ends_with("| disagree |") {
            disagree += 1;
            assert_eq!(entry, known);
            assert!(said.contains(&format!("{group}.{name} (")), "{said}");
        } else {
            kept += 1;
            assert_eq!(entry, known);
            assert!(row.trim_end().ends_with("| kept     |"), "{row}");
        }
    }
    // Locks, accesses and system calls exist on every machine.
    assert!(measured + disagree >= 10 && kept >= 9, "{measured} measured, {disagree} disagree, {kept} kept");
    assert_eq!(out.status.code() == Some(5), disagree > 0, "{said}");
    assert!(shown.contains("charge of one counter level"), "{shown}");
    let (code, said) = run_with(&["--costs", "here.toml", "--out", "a"], scratch.path());
    assert!(matches!(code, Some(0 | 5)), "{said}");
}

#[test]
fn a_run_with_other_costs_carries_them_and_is_not_comparable() {
    let scratch = tempfile::tempdir().expect("a folder");
    let folder = scratch.path();
    let mut table = costs::built_in();
    fs::write(folder.join("same.toml"), costs::text("the same", &table)).expect("written");
    table.get_mut("access").and_then(|group| group.get_mut("lock")).expect("it is there").ns = 500;
    fs::write(folder.join("slow.toml"), costs::text("slow locks", &table)).expect("written");
    run_with(&["--out", "built-in"], folder);
    run_with(&["--costs", "same.toml", "--out", "same"], folder);
    run_with(&["--costs", "slow.toml", "--out", "slow"], folder);
    let run = |name: &str| json(&folder.join(name).join("run.json"));
    let (plain, slow) = (run("built-in"), run("slow"));
    assert_eq!(plain["cells"], run("same")["cells"]);
    assert_eq!(plain["scenario"], run("same")["scenario"], "unchanged costs are not in the scenario");
    assert_ne!(plain["cells"][0]["attach"], slow["cells"][0]["attach"]);
    let toml = slow["scenario"]["toml"].as_str().expect("the text");
    assert!(toml.contains("[costs.access.lock]\nns = 500"), "{toml}");
    assert!(!toml.contains("[costs.access.load]"), "{toml}");
    assert!(
        slow["command"].as_str().expect("a command").contains("--costs slow.toml"),
        "{}",
        slow["command"]
    );

    fs::write(folder.join("again.toml"), toml).expect("written");
    rig(&["run", "again.toml", "--out", "again"], folder);
    assert_eq!(run("again")["cells"], slow["cells"], "the scenario alone gives the same run");

    let out = rig(&["compare", "built-in", "slow"], folder);
    assert_eq!(out.status.code(), Some(2), "{}", text(&out.stdout));
    let said = text(&out.stderr);
    assert!(said.contains("compar") && said.contains("costs"), "{said}");
}

#[test]
fn a_wrong_table_is_refused_at_its_place() {
    let scratch = tempfile::tempdir().expect("a folder");
    let good = costs::text("made for a test", &costs::built_in());
    let line = |text: &str, what: &str| text[..text.find(what).expect(what)].matches('\n').count() + 1;
    for (from, to, at, message) in [
        (
            "[work.exec]",
            "[work.exek]",
            "[work.exek]",
            ":7: cost `work.exek` is unknown; remove it, or write another: did you mean `work.exec`?",
        ),
        (
            "ns = 45000",
            "ns = 0",
            "[work.fork_process]",
            ": cost `work.fork_process` is 0 ns; it has to be from 1 to",
        ),
        ("ns = 45000", "ns = \"x\"", "ns = \"x\"", ":6: "),
    ] {
        let text = good.replacen(from, to, 1);
        fs::write(scratch.path().join("wrong.toml"), &text).expect("written");
        let (code, said) = run_with(&["--costs", "wrong.toml", "--out", "a"], scratch.path());
        assert_eq!(code, Some(2), "{said}");
        assert!(
            said.contains(&format!("wrong.toml:{}:", line(&text, at))) && said.contains(message),
            "{said}"
        );
    }
    let (code, said) = run_with(&["--costs", "away.toml", "--out", "a"], scratch.path());
    assert!(code == Some(2) && said.contains("attach-rig calibrate --out away.toml"), "{said}");
    assert!(!scratch.path().join("a").exists(), "nothing was run");
}

#[test]
fn a_run_on_threads_says_what_measuring_costs_and_how_well_it_was_predicted() {
    let scratch = tempfile::tempdir().expect("a folder");
    let folder = scratch.path();
    rig(&["run", "steady", "--protocol", "transactional", "--out", "sim"], folder);
    let flags =
        ["--protocol", "transactional", "--engine", "threads", "--duration", "300ms", "--out", "wall"];
    rig(&[&["run", "steady"][..], &flags].concat(), folder);
    let facts = json(&folder.join("wall/env.json"))["facts"].clone();
    let number = |name: &str| facts[name].as_str().and_then(|n| n.parse::<u64>().ok()).expect(name);
    assert!(number("measuring.clock_read_ns") > 0 && number("measuring.clock_step_ns") > 0);
    assert!(facts["measuring.lock"].as_str().expect("a fact").contains("ns of statistics per acquisition"));
    assert!(facts["measuring.starts"].as_str().expect("a fact").contains("at worst of 64"));
    rig(&["report", "sim", "wall", "--out", "both.html"], folder);
    let page = fs::read_to_string(folder.join("both.html")).expect("a page");
    assert!(page.contains("How well run 1 predicts run 2") && page.contains("attach, p50"));
    assert!(page.contains("wall time on threads in units of virtual time") && page.contains("time slice"));
    assert!(page.contains("measuring.starts"), "the facts are in the report");
}
