//! Two runs of one scenario on one engine, on the same axes: a change of the code or of the machine as a picture.
//!
//! Separate from `cross_engine`, because these runs have the same clock, and from `scaling`, which has runs that differ
//! in CPUs.
use super::View;
use super::components::{Column, columns, figure, open_table, text};
use super::latency::{axis_columns, axis_words};
use crate::aggregate::PointSum;
use crate::outcome::AttachOutcome;
use crate::percentile::Samples;
use crate::plot::ink::Ink;
use crate::plot::percentiles;
use crate::schema::LatencyKind;
use crate::units::{NONE, clip, maybe_ns, ratio};
use maud::{Markup, html};

/// Protocols of a plot, two lines each.
const MAX_PROTOCOLS: usize = 6;
/// Plots, one for each point of the axes.
const MAX_PLOTS: usize = 3;

/// A run of the page: its number, from 1, and its view.
type Side<'a> = (usize, &'a View<'a>);

pub(super) fn section(views: &[View<'_>]) -> Markup {
    let Some((first, second)) = alike(views) else { return html! {} };
    let points = first.1.sums.points.iter().filter(|point| second.1.sums.points.contains(point));
    html! { section id="overlay" {
        h2 { "Run " (second.0) " over run " (first.0) }
        @for point in points.take(MAX_PLOTS) { (plot(first, second, &both(first, second, |group| group.point == *point))) }
        (figures(first, second, &both(first, second, |_| true)))
        p.key { "Attaches that moved, from their real start. One pair of runs: whether a difference is more than chance is for \
            `attach-rig compare` with several runs of each to say." }
    } }
}

/// Returns the first two runs of one scenario on one engine with as many CPUs.
fn alike<'a>(views: &'a [View<'a>]) -> Option<(Side<'a>, Side<'a>)> {
    let key = |view: &View<'a>| (&view.run.scenario.name, view.run.engine, view.run.scenario.cpus);
    let sides = || views.iter().enumerate().map(|(n, view)| (n + 1, view));
    sides().find_map(|first| {
        sides().skip(first.0).find(|second| key(second.1) == key(first.1)).map(|second| (first, second))
    })
}

/// A protocol at a point that both runs have: its sums in the first, and the moves of both.
type Both<'a> = (&'a PointSum, &'a Samples, &'a Samples);

fn both<'a>(first: Side<'a>, second: Side<'a>, which: impl Fn(&PointSum) -> bool) -> Vec<Both<'a>> {
    let moved = |group: &'a crate::aggregate::Group| group.latency(AttachOutcome::Moved, LatencyKind::Raw);
    let groups = first.1.sums.groups.iter().filter(|group| which(group));
    let pair = |group: &'a PointSum| {
        let other = second.1.sums.at(group.subject.label(), &group.point)?;
        Some((group, moved(&group.sum)?, moved(other)?))
    };
    groups.filter_map(pair).collect()
}

fn plot(first: Side<'_>, second: Side<'_>, both: &[Both<'_>]) -> Markup {
    let (mut lines, mut keys) = (Vec::new(), Vec::new());
    for (group, before, after) in both.iter().take(MAX_PROTOCOLS) {
        let n = first.1.series(group.subject.label());
        for (ink, number, samples) in [(Ink::Series(n), first.0, before), (Ink::Faint(n), second.0, after)] {
            lines.push((ink, *samples));
            keys.push((ink, format!("{}, run {number}", clip(group.subject.label(), 60))));
        }
    }
    let axes = both.first().map_or_else(String::new, |one| axis_words(first.1, &one.0.point));
    let question = format!("Does run {} differ from run {}{axes}?", second.0, first.0);
    figure(percentiles::plot(&question, first.1.clock, &lines).as_ref(), "", &keys)
}

fn figures(first: Side<'_>, second: Side<'_>, both: &[Both<'_>]) -> Markup {
    let mut head = columns(&["protocol"]);
    head.extend(axis_columns(first.1));
    for level in ["p50", "p99"] {
        head.extend(
            [first.0, second.0]
                .map(|number| Column(format!("run {number}: {level}, {}", first.1.clock), true)),
        );
        head.push(Column(format!("{level}, {} ÷ {}", second.0, first.0), true));
    }
    let row = |(group, before, after): &Both<'_>| {
        let mut row = vec![text(group.subject.label())];
        row.extend(super::latency::axis_cells(first.1, group));
        for figure in [Samples::p50, Samples::p99] {
            let (before, after) = (figure(before), figure(after));
            let factor = before.zip(after).and_then(|(before, after)| ratio(after, before));
            row.extend(
                [maybe_ns(before), maybe_ns(after), factor.unwrap_or_else(|| NONE.to_owned())]
                    .map(|said| html! { (said) }),
            );
        }
        row
    };
    open_table("attaches that moved, in both runs", &head, &both.iter().map(row).collect::<Vec<_>>())
}
