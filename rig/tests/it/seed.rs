//! `docs/seed.md`: the mails of 2008, sentence by sentence, and the code. Everything that the page refers to exists.
//!
//! A reference is a link, or a text in backticks: a path, an item of a file (`rig/a.rs::item`), or a protocol with options. A row
//! has references to the code and to what shows it, or `none: ` and the reason; what shows it is a test where it is an item.
use crate::documents::{document, top};
use model::protocols::Protocol;
use regex::Regex;
use std::fs;
use std::path::Path;

/// An item of any kind, before its name.
const ITEM: &str = r"\b(fn|struct|enum|trait|type|const|mod) ";
/// A test, before its name.
const TEST: &str = r"#\[test\]\s+fn ";

/// Reports whether a text in backticks is the name of a protocol with options.
fn is_protocol(span: &str) -> bool {
    ["three-phase:", "transactional:", "prepare-undo:"].iter().any(|id| span.starts_with(id))
}

/// Returns what is wrong with a protocol, a path, or an item of a file. `kind` is the pattern before the item's name.
fn wrong_span(span: &str, kind: &str) -> Option<String> {
    if is_protocol(span) {
        return Protocol::parse(span).err().map(|error| error.to_string());
    }
    let (file, item) = span.split_once("::").unwrap_or((span, ""));
    if item.is_empty() {
        return (!top().join(file).exists()).then(|| format!("there is no `{file}`"));
    }
    let text = fs::read_to_string(top().join(file)).unwrap_or_default();
    let pattern = Regex::new(&format!(r"{kind}{}\b", regex::escape(item))).expect("a pattern");
    (!pattern.is_match(&text)).then(|| format!("no `{item}` in `{file}` fits `{kind}`"))
}

/// Returns what is wrong with a link, as seen from `docs`. A litmus test or a scenario is linked by its name.
fn wrong_link(label: &str, target: &str) -> Option<String> {
    let file = target.split('#').next().unwrap_or_default();
    let name = Path::new(file).file_stem().unwrap_or_default();
    if !top().join("docs").join(file).exists() {
        return Some(format!("`{target}` leads nowhere"));
    }
    (file.ends_with(".toml") && name != label).then(|| format!("`{label}` leads to `{target}`"))
}

/// Returns the number of references in a text, and those that are wrong.
fn references(text: &str, kind: &str) -> (usize, Vec<String>) {
    let links = Regex::new(r"\[([^\]]*)\]\(([^)]*)\)").expect("a pattern");
    let links = links.captures_iter(text).map(|link| wrong_link(&link[1], &link[2]));
    let spans = text.split('`').skip(1).step_by(2).filter(|span| span.contains('/') || is_protocol(span));
    let spans = spans.map(|span| wrong_span(span, kind));
    let all: Vec<_> = spans.chain(links).collect();
    (all.len(), all.into_iter().flatten().collect())
}

/// Returns what is wrong with a row of a table.
fn wrong_row(row: &str) -> Vec<String> {
    let cells: Vec<_> = row.trim_matches('|').split('|').map(str::trim).collect();
    let &[sentence, code, shown, ours] = &*cells else {
        return vec![format!("a row has four cells, this one has {}", cells.len())];
    };
    let mut found = Vec::new();
    for (column, cell, kind) in [("code", code, ITEM), ("shown by", shown, TEST), ("ours", ours, ITEM)] {
        let (number, wrong) = references(cell, kind);
        if number == 0 && !cell.starts_with("none: ") && column != "ours" {
            found.push(format!("no reference under `{column}`"));
        }
        found.extend(wrong);
    }
    if sentence.is_empty() || ours.is_empty() {
        found.push("an empty cell; write `nothing` where nothing is ours".to_owned());
    }
    found
}

/// Returns the number of rows, and what is wrong, each with its line.
fn examined(text: &str) -> (usize, Vec<String>) {
    let (mut rows, mut found) = (0, Vec::new());
    for (at, line) in text.lines().enumerate() {
        let heading = line.starts_with("|---") || line.contains("| code | shown by |");
        let wrong = match line.starts_with('|') {
            true if heading => continue,
            true => wrong_row(line),
            false => references(line, ITEM).1,
        };
        rows += usize::from(line.starts_with('|'));
        found.extend(wrong.into_iter().map(|what| format!("{}: {what}", at + 1)));
    }
    (rows, found)
}

#[test]
fn every_sentence_of_the_mails_leads_to_code_and_to_what_shows_it() {
    let (rows, found) = examined(&document("docs/seed.md"));
    assert!(found.is_empty(), "docs/seed.md\n{}", found.join("\n"));
    assert!(rows > 40, "only {rows} rows: is the page read?");
}

#[test]
fn a_wrong_reference_and_a_row_without_one_are_found() {
    let good = "[five](../rig/scenarios/five.toml), `rig/tests/it/seed.rs::a_wrong_reference_and_a_row_without_one_are_found`";
    let row = |code: &str, shown: &str| examined(&format!("\n| a | {code} | {shown} | `nothing` |\n")).1;
    let code = "`rig/tests/it/seed.rs::examined`";
    assert_eq!(row(code, good), [""; 0]);
    assert_eq!(row(code, "none: absent"), [""; 0]);
    assert_eq!(row("`rig/no.rs`", good), ["2: there is no `rig/no.rs`"]);
    assert_eq!(row("`rig/tests/it/seed.rs::no_such`", good).len(), 1);
    assert_eq!(row(code, code).len(), 1, "`examined` is not a test");
    assert_eq!(row(code, "[six](../rig/litmus/six.toml)"), ["2: `../rig/litmus/six.toml` leads nowhere"]);
    assert_eq!(row(code, "[six](../rig/scenarios/five.toml)").len(), 1, "another name");
    assert_eq!(row(&format!("{code}, `three-phase:no=such`"), good).len(), 1);
    assert_eq!(row("`examined`", good), ["2: no reference under `code`"]);
    assert_eq!(row(code, ""), ["2: no reference under `shown by`"]);
    assert_eq!(examined("| a | b | c |\n| a | b | c | d | e |\n").1.len(), 2);
}
