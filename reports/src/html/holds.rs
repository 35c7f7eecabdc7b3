//! The lengths of holds of the locks that movers hold: the distribution behind the columns of lock_stat.
//!
//! Separate from the tables of locks, which have sums. Histograms of locks are read only here, and only those that are
//! shown.
use super::View;
use super::components::{Column, columns, figure, table, text};
use crate::aggregate::LockSum;
use crate::hist::HistError;
use crate::percentile::{LEVELS, Samples};
use crate::plot::holds;
use crate::plot::ink::Ink;
use crate::units::{grouped, maybe_ns, ns};
use maud::{Markup, html};

/// Locks that get a plot.
const MAX_PLOTS: usize = 2;
/// Lines of a plot.
const MAX_PROTOCOLS: usize = 8;

/// Holds of one lock under one protocol.
struct Held<'a> {
    protocol: &'a str,
    samples: Samples,
}

/// Renders a plot and a table for each of the locks that are held longest, of those that movers hold.
pub(super) fn section(view: &View<'_>) -> Markup {
    html! { @for (class, mode) in classes(view) { (one(view, class, mode)) } }
}

fn classes<'a>(view: &'a View<'_>) -> Vec<(&'a str, &'a str)> {
    let locks = view.sums.protocols.iter().flat_map(|sum| &sum.sum.locks);
    let by_movers = |lock: &&LockSum| !lock.by_phase.is_empty() && lock.hold.count > 0;
    let mut sums: Vec<((&str, &str), u64)> = Vec::new();
    for lock in locks.filter(by_movers) {
        let key = (lock.class.as_str(), lock.mode.as_str());
        match sums.iter_mut().find(|sum| sum.0 == key) {
            Some(sum) => sum.1 = sum.1.saturating_add(lock.hold.total_ns),
            None => sums.push((key, lock.hold.total_ns)),
        }
    }
    sums.sort_by_key(|sum| std::cmp::Reverse(sum.1));
    sums.into_iter().take(MAX_PLOTS).map(|sum| sum.0).collect()
}

fn one(view: &View<'_>, class: &str, mode: &str) -> Markup {
    let lock = if mode.is_empty() { class.to_owned() } else { format!("{class}-{mode}") };
    let held = match held(view, class, mode) {
        Ok(held) => held,
        Err(error) => {
            return html! { p.warn { "The holds of " (text(&lock)) " cannot be shown: " (error.to_string()) "." } };
        }
    };
    let lines: Vec<(Ink, &Samples)> =
        held.iter().map(|held| (Ink::Series(view.series(held.protocol)), &held.samples)).collect();
    let keys: Vec<(Ink, String)> =
        lines.iter().zip(&held).map(|(line, held)| (line.0, held.protocol.to_owned())).collect();
    let frame = holds::plot(&format!("How long is {lock} held?"), view.clock, &lock, &lines);
    html! {
        (figure(frame.as_ref(), &takeaway(&held), &keys))
        (rows(view, &lock, &held))
    }
}

/// Returns the holds of a lock per protocol, merged over cells.
fn held<'a>(view: &'a View<'_>, class: &str, mode: &str) -> Result<Vec<Held<'a>>, HistError> {
    let mut all = Vec::new();
    for sum in view.sums.protocols.iter().take(MAX_PROTOCOLS) {
        let mut samples = Samples::default();
        for cell in view.run.cells.iter().filter(|cell| cell.subject == sum.subject) {
            for row in cell.locks.iter().filter(|row| row.class == class && row.mode == mode) {
                samples.merge(Samples::of(&row.hold)?);
            }
        }
        if samples.n() > 0 {
            all.push(Held { protocol: sum.subject.label(), samples });
        }
    }
    Ok(all)
}

/// Compares the shortest with the longest, at the median and at p99.
fn takeaway(held: &[Held<'_>]) -> String {
    let by = |figure: fn(&Samples) -> Option<u64>| {
        let known = || held.iter().filter_map(move |held| Some((figure(&held.samples)?, held.protocol)));
        Some((known().min_by_key(|one| one.0)?, known().max_by_key(|one| one.0)?))
    };
    let range = |(least, most): ((u64, &str), (u64, &str))| {
        if least.0 == most.0 {
            format!("within {} under each", ns(least.0))
        } else {
            format!("within {} under {} and {} under {}", ns(least.0), least.1, ns(most.0), most.1)
        }
    };
    let Some(half) = by(Samples::p50) else { return "Too few holds for percentiles.".to_owned() };
    let tail = by(Samples::p99).map_or_else(String::new, |tail| format!("; 99 of 100 {}", range(tail)));
    format!("Half of the holds end {}{tail}.", range(half))
}

fn rows(view: &View<'_>, lock: &str, held: &[Held<'_>]) -> Markup {
    let levels = || LEVELS.iter().filter(|level| level.q < 0.9999);
    let mut head = columns(&["protocol", "#holds"]);
    head.extend(levels().map(|level| Column(format!("{}, {}", level.name, view.clock), true)));
    head.push(Column(format!("max, {}", view.clock), true));
    let row = |held: &Held<'_>| {
        let mut row = vec![text(held.protocol), html! { (grouped(held.samples.n())) }];
        row.extend(levels().map(|level| html! { (maybe_ns(held.samples.quantile(level.q))) }));
        row.push(html! { (maybe_ns(held.samples.max())) });
        row
    };
    table(&format!("holds of {lock}"), &head, &held.iter().map(row).collect::<Vec<_>>())
}
