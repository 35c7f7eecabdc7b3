//! Every built-in test ends as it says, explored completely. The table of them in `rig/litmus/README.md` has the
//! outcomes. `UPDATE=1 cargo test -p rig --test it museum` writes it.
use super::support::{all, limits, run};
use explore::TestVerdict;
use explore::judge::{judge, word};
use explore::litmus::Op;
use explore::{Litmus, built_in};
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::time::Instant;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("litmus")
}

fn read(name: &str) -> Litmus {
    let text = built_in::find(name).expect("built in");
    Litmus::parse(name, text).unwrap_or_else(|error| panic!("{error}"))
}

#[test]
fn every_test_of_the_museum_is_as_expected_and_complete() {
    let began = Instant::now();
    for (test, protocol) in all() {
        let found = run(&test, protocol, "exhaustive", &limits(1_000_000));
        let name = format!("{} under {protocol}", test.name);
        assert!(found.complete, "{name}");
        let judged = judge(&test, protocol, &found);
        assert_eq!(judged.verdict, TestVerdict::AsExpected, "{name}: {judged:?}");
    }
    assert!(began.elapsed().as_secs() < 60, "{:?}", began.elapsed());
}

#[test]
fn every_file_of_the_folder_is_built_in_and_says_where_it_comes_from() {
    let entries = std::fs::read_dir(folder()).expect("a folder");
    let names = entries.map(|entry| entry.expect("an entry").file_name().into_string().expect("a name"));
    let files: BTreeSet<String> =
        names.filter_map(|name| name.strip_suffix(".toml").map(str::to_owned)).collect();
    let known: BTreeSet<String> = built_in::ALL.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(files, known);
    for name in &known {
        let test = read(name);
        assert_eq!(&test.name, name);
        assert!(!test.about.is_empty() && !test.source.is_empty(), "{name}");
        assert!(!test.expect.is_empty(), "{name}");
    }
}

#[test]
fn there_is_enough_of_everything() {
    let tests: Vec<_> = built_in::ALL.iter().map(|(name, _)| read(name)).collect();
    let count = |what: &dyn Fn(&Litmus) -> bool| tests.iter().filter(|test| what(test)).count();
    let controllers = |test: &Litmus| test.spec.hierarchies.iter().map(Vec::len).sum::<usize>();
    let born = |op: &Op| matches!(op, Op::ForkThread | Op::ForkProcess | Op::Exec | Op::Exit);
    let expects = |test: &Litmus, invariant: &str, never: bool| {
        test.expect.iter().any(|(_, wanted)| {
            wanted.invariants.get(invariant).is_some_and(|seen| (word(*seen) == "Never") == never)
        })
    };
    assert!(tests.len() >= 30, "{}", tests.len());
    assert!(count(&|test| controllers(test) >= 2) >= 10);
    assert!(count(&|test| test.actors.iter().any(|actor| actor.ops.iter().any(born))) >= 6);
    assert!(count(&|test| expects(test, "deadlock", false)) >= 4);
    assert!(count(&|test| expects(test, "drift", true)) >= 6);
}

/// Returns a row per test, with the outcomes under each protocol.
fn table() -> String {
    let mut text = String::from(
        "| test | description | source | under each protocol, all schedules |\n|---|---|---|---|\n",
    );
    let mut rows: Vec<(String, String)> = Vec::new();
    for (test, protocol) in all() {
        let found = run(&test, protocol, "exhaustive", &limits(1_000_000));
        let violated = judge(&test, protocol, &found).observations;
        let violated = violated.iter().filter(|seen| seen.violated > 0);
        let seen: Vec<_> = violated.map(|seen| format!("{} {}", seen.invariant, word(seen.seen))).collect();
        let seen = if seen.is_empty() { "Never".to_owned() } else { seen.join(", ") };
        let cell = format!("`{protocol}`: {seen} ({})", found.schedules);
        match rows.last_mut() {
            Some((name, cells)) if *name == test.name => {
                let _ = write!(cells, "<br>{cell}");
            }
            _ => rows.push((test.name.clone(), cell)),
        }
    }
    for (name, cells) in rows {
        let test = read(&name);
        let _ = writeln!(text, "| [{name}]({name}.toml) | {} | {} | {cells} |", test.about, test.source);
    }
    text
}

#[test]
fn the_readme_of_the_folder_has_what_came_out() {
    const BEGIN: &str = "<!-- table, written by a test -->\n";
    const END: &str = "<!-- end of table -->\n";
    let path = folder().join("README.md");
    let readme = std::fs::read_to_string(&path).expect("README.md");
    let (before, rest) = readme.split_once(BEGIN).expect("a place for the table");
    let (written, after) = rest.split_once(END).expect("an end of the table");
    let table = table();
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&path, format!("{before}{BEGIN}{table}{END}{after}")).expect("written");
        return;
    }
    assert!(written == table, "the table in rig/litmus/README.md is stale: see the top of this file");
    let links = before.split("](").skip(1).filter_map(|rest| rest.split_once(".toml)"));
    for (name, _) in links {
        assert!(built_in::find(name).is_some(), "README.md names {name}, which does not exist");
    }
}
