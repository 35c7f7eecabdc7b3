//! `list`: lists of names, with one line about each.
use super::exit::Failure;
use super::flags::ListFlags;
use super::streams;
use input::nearest::nearest;
use reports::exit::Exit;
use scenario::catalogue::{self, Rows};
use std::fmt::Write as _;

/// The name of a list, and the function that makes its rows.
type Part = (&'static str, fn() -> Rows);

const PARTS: [Part; 7] = [
    ("protocols", catalogue::protocols),
    ("controllers", catalogue::controllers),
    ("workloads", catalogue::workloads),
    ("sites", catalogue::sites),
    ("events", catalogue::events),
    ("scenarios", catalogue::scenarios),
    ("litmus", explore::built_in::rows),
];

pub(super) fn list(flags: &ListFlags) -> Result<Exit, Failure> {
    let wanted = flags.what.as_deref();
    let known: Vec<_> = PARTS.iter().map(|(name, _)| *name).collect();
    let lists: Vec<(&str, Rows)> = if matches!(wanted, Some("mutants" | "canaries")) {
        vec![("mutants", catalogue::mutants())]
    } else if let Some(what) = wanted.filter(|what| !known.contains(what)) {
        return Err(Failure::usage(format!("there is no list of `{what}`; {}", nearest(what, known))));
    } else {
        let parts = PARTS.iter().filter(|(name, _)| wanted.is_none_or(|wanted| wanted == *name));
        parts.map(|(name, rows)| (*name, rows())).collect()
    };
    let text: Vec<_> = lists.iter().map(|(name, rows)| section(name, rows)).collect();
    let printed = streams::result(&text.join("\n"));
    let written = flags.json.as_ref().map_or(Ok(()), |to| to.write_value(&as_json(&lists)));
    Ok([printed, written].into_iter().fold(Exit::AsExpected, streams::also))
}

/// Returns an object with a list for each name, of names and one line about each.
fn as_json(lists: &[(&str, Rows)]) -> serde_json::Value {
    let row = |(name, about): &(String, String)| serde_json::json!({ "name": name, "about": about });
    let list = |(name, rows): &(&str, Rows)| -> (String, serde_json::Value) {
        ((*name).to_owned(), rows.iter().map(row).collect())
    };
    serde_json::Value::Object(lists.iter().map(list).collect())
}

fn section(name: &str, rows: &Rows) -> String {
    let width = rows.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
    let mut text = format!("{name}\n");
    for (name, about) in rows {
        let _ = writeln!(text, "  {name:width$}  {about}");
    }
    text
}
