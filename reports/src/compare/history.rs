//! The figures of many runs of one scenario over time, so that a slow creep is seen that no two neighbours show.
//!
//! Apart from a comparison, because nothing is judged here. Runs stand in the order of their start; a run of another
//! scenario, or of the same with other flags, begins a table of its own.
use crate::figure::{Baseline, Key, PlaceFigures};
use crate::table::{TableOptions, new_table};
use crate::units::{NONE, grouped, ns};
use comfy_table::{Cell, CellAlignment};
use std::fmt::Write as _;

/// Figures that are followed.
const FOLLOWED: [&str; 6] = [
    "attach.latency[moved] p50",
    "attach.latency[moved] p99",
    "attach.count[moved] count",
    "bystander.latency p99",
    "drift.final max",
    "invariant.violated count",
];

/// One run: where it lies, when it was made (RFC 3339, or empty where nobody knows), by which version.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// Where it lies.
    pub name: String,
    /// When it began.
    pub started: String,
    /// Its figures.
    pub figures: Baseline,
}

/// Entries of one scenario with the same flags, by time.
#[must_use]
pub fn chapters(mut entries: Vec<Entry>) -> Vec<Vec<Entry>> {
    entries.sort_by(|a, b| (&a.started, &a.name).cmp(&(&b.started, &b.name)));
    let mut chapters: Vec<Vec<Entry>> = Vec::new();
    for entry in entries {
        let alike = |chapter: &&mut Vec<Entry>| chapter[0].figures.comparable(&entry.figures).is_ok();
        match chapters.iter_mut().find(alike) {
            Some(chapter) => chapter.push(entry),
            None => chapters.push(vec![entry]),
        }
    }
    chapters
}

/// Every chapter as tables, one for each place, one line a run.
#[must_use]
pub fn text(chapters: &[Vec<Entry>]) -> String {
    let mut out = String::new();
    for chapter in chapters {
        // Writing to a String cannot fail.
        let _ = writeln!(out, "{}", super::about(&chapter[0].figures));
        for (title, table) in tables(chapter) {
            let _ = writeln!(out, "\n{title}\n{table}");
        }
        out.push('\n');
    }
    out
}

fn tables(chapter: &[Entry]) -> Vec<(String, comfy_table::Table)> {
    let places = chapter.last().map(|entry| entry.figures.places.as_slice()).unwrap_or_default();
    let keys: Vec<Key> = FOLLOWED.iter().filter_map(|name| name.parse().ok()).collect();
    let right = |text: String| Cell::new(text).set_alignment(CellAlignment::Right);
    let table = |place: &PlaceFigures| {
        let titles = ["started".to_owned(), "version".to_owned()].into_iter();
        let titles: Vec<String> = titles.chain(keys.iter().map(ToString::to_string)).collect();
        let mut table = new_table(TableOptions::default(), &titles);
        for entry in chapter {
            let figures = entry.figures.at(&place.protocol, &place.point);
            let shown = keys.iter().map(|key| match figures.and_then(|figures| figures.get(key)) {
                None => NONE.to_owned(),
                Some(value) if key.is_time() => ns(value),
                Some(value) => grouped(value),
            });
            let what = [&entry.started, &entry.figures.version].map(Cell::new).into_iter();
            table.add_row(what.chain(shown.map(right)));
        }
        (place.title(), table)
    };
    places.iter().map(table).collect()
}
