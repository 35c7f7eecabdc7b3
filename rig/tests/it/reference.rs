//! `docs/reference.md`, made from the types that read files and from their doc comments, and compared with the readers.
//!
//! `UPDATE=1 cargo test -p rig --test it reference` writes the document. A key without a meaning, a unit, its values or its
//! default is an error. The readers are asked: for the keys of each table, by a key that does not exist; for ranges and
//! lists of values, by a value outside; for defaults, by writing them.
mod check;
mod names;
mod parts;
mod types;

use parts::{Example, PARTS, Part};
use scenario::catalogue;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use types::{About, Key, Source};

/// Structs that are the type of a key, each with the heading of its table. `File`, `Spec` and `Entry` are read elsewhere.
fn structs() -> Vec<(&'static str, String)> {
    let own = |part: &&Part| !["File", "Spec", "Entry"].contains(&part.of.1);
    PARTS.iter().filter(own).map(|part| (part.of.1, part.title().to_owned())).collect()
}

impl Part {
    fn title(&self) -> &'static str {
        self.heading.trim_start_matches(['#', ' '])
    }

    /// Returns the keys that the struct declares, and those of a workload that no struct declares.
    fn keys(&self) -> Vec<Key> {
        let structs = structs();
        let declared = Source::read(self.of.0, &structs).keys(self.of.1);
        let is_mine = |key: &Key| self.only.is_none_or(|(prefix, has)| key.name.starts_with(prefix) == has);
        let declared = declared.into_iter().filter(is_mine);
        match self.only {
            Some((_, false)) => placement().chain(declared).collect(),
            _ => declared.collect(),
        }
    }
}

/// Keys of a workload that no struct declares.
fn placement() -> impl Iterator<Item = Key> {
    catalogue::PLACEMENT.into_iter().map(|(name, kind, about)| {
        let about = About::read(about);
        let (name, kind, optional) = (name.to_owned(), kind.to_owned(), about.default.is_some());
        Key { name, kind, optional, about, ..Key::default() }
    })
}

fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}

/// Returns a table in markdown.
fn table(head: &[&str], rows: &[Vec<String>]) -> String {
    let mut text = format!("| {} |\n|{}\n", head.join(" | "), "---|".repeat(head.len()));
    for row in rows {
        let row: Vec<String> = row.iter().map(|text| cell(text)).collect();
        let _ = writeln!(text, "| {} |", row.join(" | "));
    }
    text
}

/// Returns the table of keys.
fn keys(keys: &[Key]) -> String {
    let row = |key: &Key| {
        let About { meaning, unit, values, default } = key.about.clone();
        let default = if key.optional { default } else { Some("required".to_owned()) };
        let unit = unit.filter(|unit| unit != "none");
        let cells =
            [Some(format!("`{}`", key.name)), Some(key.kind.clone()), unit, default, values, Some(meaning)];
        cells.map(Option::unwrap_or_default).to_vec()
    };
    table(&["key", "type", "unit", "default", "values", "meaning"], &keys.iter().map(row).collect::<Vec<_>>())
}

const HEAD: &str = "# Reference

Every key of the files that attach-rig reads: scenarios, litmus tests, fault rules, gates and tables of costs. The files are TOML.
The [guide](guide.md) explains what they are for. A test writes this page from the code and compares it with what the code reads.

- A time is a text with a whole number and its unit: `\"40ms\"`. Units are `ns`, `us`, `ms`, `s`, `m` (or `min`) and `h`.
- A rate is a text: `\"1000/s\"`.
- A page has 4 KiB.
- A key that does not exist is an error that lists those that do.

";

/// Returns the text before the keys of a part.
fn before(part: &Part) -> String {
    let example = |about: &str, example: Example| format!("{about}\n\n```toml\n{}```\n\n", example.text());
    match part.heading {
        "## Scenarios" => {
            example("Run by `attach-rig run FILE`; the built-in ones are in `rig/scenarios`.", part.example)
        }
        "### `[[hierarchies]]`" => {
            example("In place of `[hierarchy]`, once for each hierarchy.", part.example)
        }
        "## Litmus tests" => {
            example("Run by `attach-rig explore FILE`; the built-in ones are in `rig/litmus`.", part.example)
        }
        "## Gates" => example("Judged by `attach-rig gate FILE RESULT`.", part.example),
        "### `[cgroups.NAME]`" => "A limit is written `memrlimit.limit = 100`.\n\n".to_owned(),
        "### `[costs.GROUP.NAME]`" => {
            "Groups and names are those of the [tables of costs](#tables-of-costs).\n\n".to_owned()
        }
        "#### Recordings" => {
            "Keys of a workload with `shape = \"trace:FILE\"`, in place of those from `initial_pages` on.\n\n"
                .to_owned()
        }
        _ => String::new(),
    }
}

/// Returns the whole document.
fn document() -> String {
    let mut text = HEAD.to_owned();
    for part in &PARTS {
        if part.heading == "## Gates" {
            text += &names::fault_rules();
        }
        let _ = write!(text, "{}\n\n{}{}\n", part.heading, before(part), keys(&part.keys()));
        match part.heading {
            "### `[costs.GROUP.NAME]`" => text += &names::expect_of_scenarios(),
            "### `[[actors]]`" => text += names::EXPECT_OF_LITMUS_TESTS,
            _ => {}
        }
    }
    text + &names::costs() + &names::lists()
}

#[test]
fn the_reference_is_current() {
    let path =
        Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the repository").join("docs/reference.md");
    let current = document();
    if std::env::var_os("UPDATE").is_some() {
        fs::write(&path, &current).expect("a writable repository");
    }
    let committed = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        committed == current,
        "docs/reference.md is stale: run UPDATE=1 cargo test -p rig --test it reference"
    );
}

#[test]
fn every_key_is_documented() {
    let all = PARTS.iter().flat_map(|part| part.keys().into_iter().map(move |key| (part.title(), key)));
    let wrong: Vec<_> = all.chain(names::attributes().into_iter().map(|key| ("Fault rules", key))).collect();
    let wrong: Vec<_> = wrong.iter().flat_map(|(part, key)| check::undocumented(part, key)).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let planted =
        Key { name: "pages".to_owned(), kind: "whole number".to_owned(), optional: true, ..Key::default() };
    assert_eq!(check::undocumented("p", &planted).len(), 4);
}

#[test]
fn the_readers_have_the_same_keys() {
    for part in &PARTS {
        let same = PARTS.iter().filter(|other| other.of == part.of);
        check::same_keys(part, &same.flat_map(Part::keys).collect::<Vec<_>>());
    }
    check::same_attributes(&names::attributes());
}

#[test]
fn defaults_ranges_and_lists_of_values_are_those_of_the_readers() {
    let mut examined = 0;
    for part in &PARTS {
        let with = |key: &str, value| part.example.with(key, value);
        examined += part.keys().iter().map(|key| check::key(part.title(), key, &with)).sum::<usize>();
    }
    let attributes = names::attributes();
    examined += attributes.iter().map(|key| check::key("Fault rules", key, &check::rule_with)).sum::<usize>();
    assert!(examined > 90, "{examined}");
}
