//! The figures of many runs of one scenario over time, which show a slow creep that no two neighbouring runs show.
//!
//! Separate from a comparison, because nothing is judged here. Runs are in the order of their start. A run of another
//! scenario, or of the same scenario with other flags, begins a table of its own.
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

/// One run: its path, the time at which it was made (RFC 3339, or empty where unknown), and the version that made it.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// Path of the run.
    pub name: String,
    /// Time at which the run began.
    pub started: String,
    /// Figures of the run.
    pub figures: Baseline,
}

/// Groups entries of one scenario with the same flags, by time.
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

/// Writes every chapter as tables, one for each place, one line a run.
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
