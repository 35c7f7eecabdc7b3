//! The rollback matrix: the phase in which an attach was refused, the fault, and whether the rollback from there was
//! complete.
//!
//! Separate from the other counts of failures, because protocols of several phases exist for rollback.
use super::View;
use super::components::{Column, columns, table, text};
use crate::aggregate::{Group, ProtocolSum};
use crate::units::{NONE, count, grouped, list};
use crate::verdict::in_order;
use maud::{Markup, html};
use std::collections::BTreeSet;

/// Invariants that say whether the rollback of a refused attach was complete.
const INVARIANTS: [&str; 3] = ["rollback", "leaked-reservation", "partial-move"];
/// Faults that get a column.
const MAX_FAULTS: usize = 8;

/// Splits `memory.prepare_sleep ENOMEM` into (`prepare_sleep`, `memory ENOMEM`).
fn split(refusal: &str) -> (String, String) {
    let (site, errno) = refusal.split_once(' ').unwrap_or((refusal, ""));
    let (who, phase) = site.split_once('.').unwrap_or((site, site));
    (phase.to_owned(), format!("{who} {errno}").trim_end().to_owned())
}

/// Renders the matrix; nothing where nothing was refused.
pub(super) fn matrix(view: &View<'_>) -> Markup {
    let with = || view.sums.protocols.iter().filter(|sum| !sum.sum.refusals.is_empty());
    if with().next().is_none() {
        return html! {};
    }
    let all: BTreeSet<String> =
        with().flat_map(|sum| sum.sum.refusals.keys().map(|name| split(name).1)).collect();
    let faults: Vec<&String> = all.iter().take(MAX_FAULTS).collect();
    let invariants: Vec<&str> = INVARIANTS
        .into_iter()
        .filter(|name| with().any(|sum| sum.sum.invariants.iter().any(|invariant| invariant.name == *name)))
        .collect();
    let mut head = columns(&["protocol", "failed phase"]);
    head.extend(faults.iter().map(|fault| Column((*fault).clone(), true)));
    head.push(Column("all".to_owned(), true));
    head.extend(invariants.iter().map(|name| Column(format!("{name} violated"), true)));
    let rows: Vec<Vec<Markup>> = with().flat_map(|sum| rows(sum, &faults, &invariants)).collect();
    html! {
        h3 { "Rollback: refused in which phase, by what" }
        p { (takeaway(view)) }
        (table("refused attaches by failed phase and fault", &head, &rows))
        @if !invariants.is_empty() {
            p.key { "Violations are counted per protocol, not per phase: the first row of each protocol has them." }
        }
        @if all.len() > faults.len() {
            p.more { (count((all.len() - faults.len()) as u64, "fault")) " more; all are in run.json" }
        }
    }
}

fn rows(sum: &ProtocolSum, faults: &[&String], invariants: &[&str]) -> Vec<Vec<Markup>> {
    let refusals: Vec<(String, String, u64)> = sum
        .sum
        .refusals
        .iter()
        .map(|(name, n)| {
            let (phase, fault) = split(name);
            (phase, fault, *n)
        })
        .collect();
    let phases = in_order(refusals.iter().map(|refusal| refusal.0.as_str()));
    let figure = |n: u64| html! { (if n == 0 { NONE.to_owned() } else { grouped(n) }) };
    let row = |(place, phase): (usize, &str)| {
        let here = || refusals.iter().filter(|refusal| refusal.0 == phase);
        let by = |fault: &str| here().filter(|refusal| refusal.1 == fault).map(|refusal| refusal.2).sum();
        let mut row = vec![text(sum.subject.label()), text(phase)];
        row.extend(faults.iter().map(|fault| figure(by(fault))));
        row.push(figure(here().map(|refusal| refusal.2).fold(0, u64::saturating_add)));
        row.extend(invariants.iter().map(|name| match violated(&sum.sum, name) {
            Some(n) if place == 0 && n > 0 => html! { strong { (grouped(n)) } },
            Some(n) if place == 0 => html! { (n) },
            _ => html! {},
        }));
        row
    };
    phases.into_iter().enumerate().map(row).collect()
}

fn violated(group: &Group, name: &str) -> Option<u64> {
    group.invariants.iter().find(|invariant| invariant.name == name).map(|invariant| invariant.violated)
}

/// Says which protocols rolled back completely from every refusal, and which did not.
fn takeaway(view: &View<'_>) -> String {
    let refused = |sum: &&ProtocolSum| !sum.sum.refusals.is_empty();
    let wrong = |sum: &ProtocolSum| {
        let violated = INVARIANTS.iter().filter_map(|name| Some((name, violated(&sum.sum, name)?)));
        violated
            .filter(|(_, n)| *n > 0)
            .map(|(name, n)| format!("{name} {}", count(n, "time")))
            .collect::<Vec<_>>()
    };
    let watched = |sum: &ProtocolSum| INVARIANTS.iter().any(|name| violated(&sum.sum, name).is_some());
    let all: Vec<&ProtocolSum> = view.sums.protocols.iter().filter(refused).collect();
    let whole = all.iter().filter(|sum| watched(sum) && wrong(sum).is_empty());
    let whole: Vec<String> = whole.map(|sum| sum.subject.to_string()).collect();
    let torn = all.iter().filter(|sum| !wrong(sum).is_empty());
    let mut said: Vec<String> =
        torn.map(|sum| format!("{} violated {}", sum.subject.label(), list(&wrong(sum)))).collect();
    if !whole.is_empty() {
        let verb = if whole.len() == 1 { "comes" } else { "come" };
        said.insert(0, format!("{} {verb} back whole from every refusal", list(&whole)));
    }
    if said.is_empty() {
        "Whether attaches came back whole was not watched.".to_owned()
    } else {
        said.join("; ") + "."
    }
}
