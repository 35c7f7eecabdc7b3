//! A result that any program may have written: whatever its strings hold, each form is valid and no terminal obeys it.
use crate::demo;
use hdrhistogram::serialization::interval_log::IntervalLogIterator;
use input::text::is_hostile;
use proptest::prelude::*;
use reports::schema::Run;
use reports::table::TableOptions;
use reports::{html, json, outputs, table};
use serde_json::Value;
use std::collections::BTreeSet;

/// Characters that make up escapes, other lines, other fields and other tags.
const PIECES: [&str; 16] = [
    "\u{1b}]0;owned\u{7}",
    "\u{1b}[2J",
    "\0",
    "\r\n",
    "\n#[Max = 1]\n",
    "\u{9b}31m",
    "\u{fffe}",
    "\u{ffff}",
    "\u{202e}",
    "\u{2028}",
    "]]>",
    "<b a='1'>&amp;",
    "\",|`,",
    "::error::x",
    "=cmd|' /C calc'!A0",
    "\t%0A",
];

/// Puts `hostile` into every string at a path of `wanted`; paths have no indices.
fn put(value: &mut Value, path: &str, wanted: &dyn Fn(&str) -> bool, hostile: &str) {
    match value {
        Value::String(text) if wanted(path) => hostile.clone_into(text),
        Value::Array(list) => list.iter_mut().for_each(|one| put(one, path, wanted, hostile)),
        Value::Object(fields) => {
            for (name, value) in fields.iter_mut() {
                put(value, &format!("{path}/{name}"), wanted, hostile);
            }
        }
        _ => {}
    }
}

fn paths(value: &Value, path: &str, found: &mut BTreeSet<String>) {
    match value {
        Value::String(_) => drop(found.insert(path.to_owned())),
        Value::Array(list) => list.iter().for_each(|one| paths(one, path, found)),
        Value::Object(fields) => fields.iter().for_each(|(k, v)| paths(v, &format!("{path}/{k}"), found)),
        _ => {}
    }
}

/// Reads `value` as a file of that content is read.
fn read(value: &Value) -> Option<Run> {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), serde_json::to_vec(value).unwrap()).unwrap();
    json::read_run(file.path()).ok()
}

/// Returns the paths whose strings may hold anything; others are words of the schema, or histograms.
fn free(value: &Value) -> BTreeSet<String> {
    let mut all = BTreeSet::new();
    paths(value, "", &mut all);
    all.retain(|one| {
        let mut changed = value.clone();
        put(&mut changed, "", &|path| path == one, "anything");
        !one.ends_with("/hdr") && read(&changed).is_some()
    });
    all
}

/// Asserts that a terminal prints `text` and does nothing else.
fn plain(text: &str) {
    let found = text.chars().find(|c| is_hostile(*c) && !matches!(c, '\n' | '\t'));
    assert_eq!(found, None, "{text:?}");
}

fn check(run: &Run) {
    let text = table::render(run, TableOptions::default()).unwrap();
    plain(&text);
    plain(&outputs::markdown(run).unwrap());
    plain(&html::render(run, None).unwrap());
    for line in outputs::annotations(run) {
        plain(&line);
        assert!(line.starts_with("::error title=") && !line.contains('\n'), "{line:?}");
    }
    let junit = outputs::junit(run).unwrap();
    plain(&junit);
    uppsala::parse(&junit).unwrap();
    let csv = outputs::csv(run).unwrap();
    let mut rows = csv::Reader::from_reader(csv.as_slice());
    assert!(rows.records().all(|row| row.unwrap().len() == 13));
    plain(std::str::from_utf8(&csv).unwrap());
    let hlog = outputs::hlog(run).unwrap();
    plain(&hlog);
    assert!(IntervalLogIterator::new(hlog.as_bytes()).all(|entry| entry.is_ok()), "{hlog}");
    let hgrm = outputs::hgrm(run).unwrap();
    plain(&hgrm);
    let numbers = |line: &str| line.split_whitespace().all(|word| word.parse::<f64>().is_ok());
    let known =
        |line: &str| line.starts_with('#') || line.trim_start().starts_with("Value ") || numbers(line);
    assert!(hgrm.lines().all(known), "{hgrm}");
    for form in [outputs::bmf(run), outputs::gab(run)] {
        let form = form.unwrap();
        plain(&form);
        serde_json::from_str::<Value>(&form).unwrap();
    }
    if let Ok(trace) = outputs::chrome_trace(run) {
        serde_json::from_str::<Value>(&trace).unwrap();
    }
    serde_json::from_slice::<Value>(&outputs::json(run).unwrap()).unwrap();
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(6))]
    #[test]
    fn every_form_is_valid_whatever_the_strings_hold(
        pieces in proptest::collection::vec(prop_oneof![
            proptest::sample::select(PIECES.to_vec()).prop_map(str::to_owned),
            any::<char>().prop_map(String::from),
        ], 0..6),
        all in any::<bool>(),
        seed in 0_usize..1_000,
    ) {
        let value = serde_json::to_value(demo::demo_run_of(2, 40)).unwrap();
        let free: Vec<String> = free(&value).into_iter().collect();
        prop_assert!(free.len() > 20, "{free:?}");
        let one = &free[seed % free.len()];
        let mut changed = value;
        put(&mut changed, "", &|path| if all { free.iter().any(|free| free == path) } else { path == one }, &pieces.concat());
        check(&read(&changed).unwrap());
    }
}
