//! Recordings that the run replayed: the calls that were understood in each, and the assumptions.
use super::View;
use super::components::{MAX_ROWS, columns, section as headed, sentence, table, text};
use crate::schema::Recording;
use crate::units::grouped;
use maud::{Markup, html};
use std::collections::BTreeMap;

/// Names of calls that are shown.
const MAX_CALLS: usize = 12;

pub(super) fn section(view: &View<'_>) -> Markup {
    let recordings = &view.run.recordings;
    if recordings.is_empty() {
        return html! {};
    }
    let titles = [
        "recording",
        "#lines",
        "#dropped",
        "#threads",
        "#processes",
        "#mapped",
        "#reserved",
        "#committed",
        "#touched",
        "#touched at the ends",
    ];
    let rows: Vec<Vec<Markup>> = recordings.iter().take(MAX_ROWS).map(row).collect();
    headed(
        view,
        "recordings",
        "Recordings",
        &html! {
            p { "Pages of 4 KiB, added up over all calls; the report of a recording alone: " code { "attach-rig recording FILE" } }
            (table("what was understood of the recordings", &columns(&titles), &rows))
            @for recording in recordings.iter().take(MAX_ROWS) { (details(recording)) }
        },
    )
}

fn row(recording: &Recording) -> Vec<Markup> {
    let figures = [
        recording.lines,
        recording.dropped_lines(),
        recording.threads,
        recording.processes,
        recording.pages_mapped,
        recording.pages_reserved,
        recording.pages_committed,
        recording.pages_touched,
        recording.pages_touched_at_ends,
    ];
    let figures = figures.into_iter().map(|figure| html! { (grouped(figure)) });
    std::iter::once(text(&recording.name)).chain(figures).collect()
}

fn details(recording: &Recording) -> Markup {
    html! { details { summary { (text(&recording.name)) }
        ul {
            li { "Form: " (sentence(&recording.form)) }
            li { "Used: " (sentence(&calls(&recording.used))) }
            li { "Ignored: " (sentence(&calls(&recording.ignored))) }
            li { "Touched: " (sentence(&recording.touch_rule)) }
            @for kind in recording.dropped.iter().take(MAX_ROWS) {
                li.warn { "Dropped: " (grouped(kind.count)) " × " (sentence(&kind.kind)) ", first line "
                    (kind.first_line) ": " code { (text(&kind.excerpt)) } }
            }
            @for assumption in recording.assumptions.iter().take(MAX_ROWS) { li { "Assumed: " (sentence(assumption)) } }
        }
    } }
}

/// Returns the most frequent calls.
fn calls(counts: &BTreeMap<String, u64>) -> String {
    let mut all: Vec<(&String, &u64)> = counts.iter().collect();
    all.sort_by_key(|(_, count)| std::cmp::Reverse(**count));
    let mut shown: Vec<String> =
        all.iter().take(MAX_CALLS).map(|(name, count)| format!("{name} {}", grouped(**count))).collect();
    if all.len() > MAX_CALLS {
        shown.push(format!("and {} more", all.len() - MAX_CALLS));
    }
    if shown.is_empty() { "nothing".to_owned() } else { shown.join(", ") }
}
