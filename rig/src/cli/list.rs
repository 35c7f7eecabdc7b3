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
    if matches!(wanted, Some("mutants" | "canaries")) {
        return Ok(streams::finish(&section("mutants", &catalogue::mutants()), Exit::AsExpected));
    }
    if let Some(what) = wanted.filter(|what| !known.contains(what)) {
        return Err(Failure::usage(format!("there is no list of `{what}`; {}", nearest(what, known))));
    }
    let parts = PARTS.iter().filter(|(name, _)| wanted.is_none_or(|wanted| wanted == *name));
    let text: Vec<_> = parts.map(|(name, rows)| section(name, &rows())).collect();
    Ok(streams::finish(&text.join("\n"), Exit::AsExpected))
}

fn section(name: &str, rows: &Rows) -> String {
    let width = rows.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
    let mut text = format!("{name}\n");
    for (name, about) in rows {
        let _ = writeln!(text, "  {name:width$}  {about}");
    }
    text
}
