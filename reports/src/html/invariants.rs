//! Matrix invariant × protocol: what held, what was violated, what was expected, and the violations in words.
//!
//! Separate from the figures, because a protocol is chosen by this matrix.
use super::View;
use super::components::{Column, MAX_ROWS, section as headed, sentence, table, text};
use crate::labels;
use crate::schema::{Expectation, Judgement, Verdict};
use crate::units::{count, grouped};
use crate::verdict::in_order;
use maud::{Markup, html};

/// Protocols of the matrix, as columns.
const MAX_COLUMNS: usize = 12;
/// Protocols of the matrix, as rows: as many as a table shows openly.
const MAX_ROWS_OPEN: usize = 24;

pub(super) fn section(view: &View<'_>) -> Markup {
    let verdicts = &view.run.verdicts;
    if verdicts.is_empty() {
        return html! {};
    }
    headed(
        view,
        "invariants",
        "Which invariants hold under each protocol?",
        &html! {
            p { (takeaway(verdicts)) }
            (matrix(view))
            p.key { "Where nothing else is said an invariant is expected to hold. ‘!’ is not as expected, ‘?’ inconclusive, ‘–’ not checked. A violated invariant leads to its first violation." }
            (violations(view))
        },
    )
}

fn takeaway(verdicts: &[Verdict]) -> String {
    let names = in_order(verdicts.iter().map(|verdict| verdict.protocol.as_str()));
    let violated = |name: &&str| verdicts.iter().any(|v| v.protocol == **name && v.cells_violated > 0);
    let (bad, good): (Vec<&str>, Vec<&str>) = names.iter().partition(|name| violated(name));
    let wrong = verdicts.iter().filter(|verdict| verdict.outcome == Judgement::Fail).count() as u64;
    let kept = match (good.len(), bad.len()) {
        (_, 0) => "Every protocol held every invariant that was checked.".to_owned(),
        (0, _) => "No protocol held every invariant.".to_owned(),
        (1..=6, _) => {
            format!("Only {} held every invariant that was checked.", labels::names(good.into_iter()))
        }
        (held, violated) => {
            format!("{held} protocols held every invariant that was checked, {violated} did not.")
        }
    };
    let surprises = if wrong == 0 { "as expected".to_owned() } else { count(wrong, "surprise") };
    format!("{kept} Against the expectations of the scenario: {surprises}.")
}

fn matrix(view: &View<'_>) -> Markup {
    let verdicts = &view.run.verdicts;
    let protocols = in_order(verdicts.iter().map(|verdict| verdict.protocol.as_str()));
    let invariants = in_order(verdicts.iter().map(|verdict| verdict.invariant.as_str()));
    // Real kernels have few invariants and many names, and a page is longer than wide.
    let many = protocols.len() > invariants.len();
    let shown = &protocols[..protocols.len().min(if many { MAX_ROWS_OPEN } else { MAX_COLUMNS })];
    let of = |invariant: &str, protocol: &str| {
        let at = verdicts.iter().position(|v| v.invariant == invariant && v.protocol == protocol);
        at.map_or_else(|| html! { "–" }, |at| cell(view, at, &verdicts[at]))
    };
    let table = if many {
        crossed("protocol", shown, &invariants, |protocol, invariant| of(invariant, protocol))
    } else {
        crossed("invariant", &invariants, shown, of)
    };
    html! {
        div.matrix { (table) }
        @if protocols.len() > shown.len() {
            p.more { "and " (grouped((protocols.len() - shown.len()) as u64)) " more protocols; all are in run.json" }
        }
    }
}

fn crossed(corner: &str, rows: &[&str], columns: &[&str], of: impl Fn(&str, &str) -> Markup) -> Markup {
    let head = std::iter::once(corner).chain(columns.iter().copied());
    let head: Vec<Column> = head.map(|title| Column(title.to_owned(), false)).collect();
    let cells =
        |row: &&str| std::iter::once(text(row)).chain(columns.iter().map(|column| of(row, column))).collect();
    open_table("invariants by protocol", &head, &rows.iter().map(cells).collect::<Vec<_>>())
}

/// Renders the matrix without folding, in parts of at most as many rows as a table shows openly.
fn open_table(caption: &str, columns: &[Column], rows: &[Vec<Markup>]) -> Markup {
    html! { @for part in rows.chunks(24).take(MAX_ROWS / 24) { (table(caption, columns, part)) } }
}

fn cell(view: &View<'_>, at: usize, verdict: &Verdict) -> Markup {
    let class = match (verdict.outcome, verdict.cells_violated) {
        (Judgement::Fail, _) => "bad",
        (Judgement::Inconclusive, _) => "inconclusive",
        (_, 0) => "good",
        _ => "known",
    };
    let expected = match (verdict.expected, verdict.cells_violated) {
        (Expectation::Never, 0) => String::new(),
        (Expectation::Never, _) => ", expected to hold".to_owned(),
        (Expectation::Sometimes, _) => ", expected sometimes".to_owned(),
        (Expectation::Always, _) => ", expected always".to_owned(),
    };
    html! { span.(class) {
        @if verdict.cells_violated > 0 { a href=(view.link(&violation(at))) { (labels::marked(verdict, "")) } }
        @else { (labels::marked(verdict, "")) }
        @if verdict.cells > 0 {
            br;
            small {
                @if verdict.cells_violated > 0 { "in " (grouped(verdict.cells_violated)) " of " }
                (count(verdict.cells, "cell")) (expected)
            }
        }
    } }
}

/// Renders the first violation and the replay command of each violated invariant; expected ones are folded.
fn violations(view: &View<'_>) -> Markup {
    let violated = view.run.verdicts.iter().enumerate().filter(|(_, verdict)| verdict.cells_violated > 0);
    let (expected, surprises): (Vec<_>, Vec<_>) = violated.partition(|(_, v)| v.outcome == Judgement::Pass);
    html! {
        @if !surprises.is_empty() { h3 { "First violations that were not expected" } (listed(view, &surprises)) }
        @if !expected.is_empty() {
            details {
                summary { "First violations that were expected: " (grouped(expected.len() as u64)) }
                (listed(view, &expected))
            }
        }
    }
}

fn listed(view: &View<'_>, violations: &[(usize, &Verdict)]) -> Markup {
    html! { dl {
        @for (at, verdict) in violations.iter().take(MAX_ROWS) {
            dt id=(view.id(&violation(*at))) { (text(&verdict.invariant)) " under " (text(&verdict.protocol)) }
            dd {
                @if let Some((seed, words)) = first(view, verdict) { p { (sentence(words)) " (seed " (seed) ")" } }
                @if let Some(replay) = &verdict.replay { (super::components::command(replay)) }
            }
        }
    } }
}

/// Returns the anchor of the first violation of a verdict.
fn violation(at: usize) -> String {
    format!("v{at}")
}

fn first<'a>(view: &'a View<'_>, verdict: &Verdict) -> Option<(u64, &'a str)> {
    let protocol = view.sums.protocols.iter().find(|sum| sum.subject.label() == verdict.protocol)?;
    let invariant = protocol.sum.invariants.iter().find(|invariant| invariant.name == verdict.invariant)?;
    invariant.first.as_ref().map(|(seed, words)| (*seed, words.as_str()))
}
