//! Injected failures and their effects: attaches by outcome, rules, refusals, aborts.
//!
//! Separate from the invariants. An invariant that held under no fault says little, so this section shows how often it
//! was put to the test.
use super::View;
use super::components::{Column, columns, section as headed, table, text};
use super::latency::{axis_cells, axis_columns};
use crate::aggregate::{Group, ProtocolSum};
use crate::outcome::AttachOutcome;
use crate::units::{NONE, count, grouped, percent};
use crate::verdict::in_order;
use maud::{Markup, html};
use std::collections::BTreeSet;

/// Protocols that get a column of aborts.
const MAX_PROTOCOLS: usize = 12;

/// Reports whether a group has anything for this section.
pub(super) fn any(group: &Group) -> bool {
    !group.outcomes.is_empty() || !group.rules.is_empty()
}

pub(super) fn section(view: &View<'_>) -> Markup {
    if !view.sums.protocols.iter().any(|sum| any(&sum.sum)) {
        return html! {};
    }
    headed(
        view,
        "faults",
        "What failed, and what came of it?",
        &html! {
            p { (takeaway(view)) }
            (outcomes(view))
            (rules(view))
            (super::rollback::matrix(view))
            (aborts(view))
        },
    )
}

fn takeaway(view: &View<'_>) -> String {
    let sum =
        |figure: fn(&ProtocolSum) -> u64| view.sums.protocols.iter().map(figure).fold(0, u64::saturating_add);
    let fired = sum(|p| p.sum.rules.iter().map(|rule| rule.fired).fold(0, u64::saturating_add));
    let refused = sum(|p| p.sum.outcome(AttachOutcome::Refused));
    let aborts = sum(|p| p.sum.aborts.values().copied().fold(0, u64::saturating_add));
    let all = sum(|p| p.sum.outcomes.values().copied().fold(0, u64::saturating_add));
    let silent =
        view.sums.protocols.iter().flat_map(|p| &p.sum.rules).filter(|rule| rule.fired == 0).count() as u64;
    let mut said = format!(
        "{} fired; {} of {} attaches were refused ({}), {} ran.",
        count(fired, "fault"),
        grouped(refused),
        grouped(all),
        percent(refused, all),
        count(aborts, "abort")
    );
    if silent > 0 {
        said.push_str(&format!(" {} never fired.", count(silent, "rule")));
    }
    said
}

/// Renders attaches by outcome, per protocol and point.
fn outcomes(view: &View<'_>) -> Markup {
    let groups = &view.sums.groups;
    let names = in_order(groups.iter().flat_map(|group| group.sum.outcomes.keys().map(String::as_str)));
    use AttachOutcome::{Completed, Moved, Noop, Partial, Refused};
    let first = [Moved, Completed, Partial, Refused, Noop].map(AttachOutcome::name);
    let order: Vec<&str> =
        first.into_iter().chain(names.into_iter().filter(|name| !first.contains(name)).take(6)).collect();
    let mut head = columns(&["protocol"]);
    head.extend(axis_columns(view));
    head.extend(order.iter().map(|name| Column((*name).to_owned(), true)));
    // The real kernel does not report either.
    let seen = !view.linux();
    if seen {
        head.extend(columns(&["#overlapped a charge", "#refused for a reservation"]));
    }
    let rows: Vec<Vec<Markup>> = groups
        .iter()
        .map(|group| {
            let mut row = vec![text(group.subject.label())];
            row.extend(axis_cells(view, group));
            row.extend(
                order
                    .iter()
                    .map(|name| html! { (grouped(group.sum.outcomes.get(*name).copied().unwrap_or(0))) }),
            );
            if seen {
                row.extend([group.sum.overlaps, group.sum.spurious_refusals].map(|n| html! { (grouped(n)) }));
            }
            row
        })
        .collect();
    table("attaches by outcome", &head, &rows)
}

fn rules(view: &View<'_>) -> Markup {
    let mut rows = Vec::new();
    for sum in &view.sums.protocols {
        for rule in &sum.sum.rules {
            rows.push(vec![
                text(sum.subject.label()),
                html! { code { (text(&rule.rule)) } },
                html! { (grouped(rule.hits)) },
                html! { @if rule.fired == 0 { strong { "never" } } @else { (grouped(rule.fired)) } },
            ]);
        }
    }
    let head = columns(&["protocol", "rule", "#hits", "#fired"]);
    html! { @if !rows.is_empty() { h3 { "Rules of the fault plan" } (table("rules", &head, &rows)) } }
}

fn aborts(view: &View<'_>) -> Markup {
    let sums = &view.sums.protocols[..view.sums.protocols.len().min(MAX_PROTOCOLS)];
    let names: BTreeSet<&str> =
        sums.iter().flat_map(|sum| sum.sum.aborts.keys().map(String::as_str)).collect();
    if names.is_empty() {
        return html! {};
    }
    let mut head = columns(&["callback"]);
    head.extend(sums.iter().map(|sum| Column(sum.subject.to_string(), true)));
    let rows = names.iter().map(|name| {
        // A protocol without the callback has no count of it.
        let figure =
            |sum: &ProtocolSum| sum.sum.aborts.get(*name).map_or_else(|| NONE.to_owned(), |n| grouped(*n));
        std::iter::once(text(name)).chain(sums.iter().map(|sum| html! { (figure(sum)) })).collect()
    });
    let rows: Vec<Vec<Markup>> = rows.collect();
    html! { h3 { "Aborts by callback" } (table("aborts", &head, &rows)) }
}
