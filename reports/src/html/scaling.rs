//! Scaling of an attach with CPUs: runs of one scenario on one engine that differ in them, on one axis.
//!
//! Separate from the sweep, which follows an axis within a run. Engines never meet here, because their clocks differ.
use super::View;
use super::components::{Column, columns, figure, open_table, text};
use crate::aggregate::Group;
use crate::axis::Point;
use crate::outcome::AttachOutcome;
use crate::percentile::Samples;
use crate::plot::ink::{Ink, series};
use crate::plot::sweep::{Row, keys, plot};
use crate::schema::LatencyKind;
use crate::units::{clip, count, maybe_ns, ns};
use crate::verdict::in_order;
use maud::{Markup, html};

/// Lines of the plot.
const MAX_LINES: usize = 8;

pub(super) fn section(views: &[View<'_>]) -> Markup {
    let Some((mine, point)) = alike(views) else { return html! {} };
    let first = mine[0];
    let names: Vec<&str> =
        in_order(mine.iter().flat_map(|view| &view.sums.protocols).map(|p| p.subject.label()));
    let names = &names[..names.len().min(MAX_LINES)];
    let cpus = mine.iter().map(|view| u64::from(view.run.scenario.cpus));
    let cpus: Vec<(u64, String)> = cpus.map(|cpus| (cpus, count(cpus, "CPU"))).collect();
    let rows: Vec<Row<'_>> = names
        .iter()
        .enumerate()
        .map(|(n, name)| Row {
            series: series(n),
            samples: mine.iter().map(|view| moved(view, name, &point)).collect(),
        })
        .collect();
    let keys: Vec<(Ink, String)> =
        names.iter().enumerate().flat_map(|(n, name)| keys(series(n), name)).collect();
    let axes = first.sums.axes.words(&point);
    let at = if axes.is_empty() { axes } else { format!(" ({axes})") };
    let question =
        format!("What do more CPUs do to an attach of {}{at}?", clip(&first.run.scenario.name, 80));
    let frame = plot(&question, first.clock, "CPUs of the run", &cpus, &rows);
    html! { section id="scaling" {
        h2 { "How does it scale?" }
        (figure(frame.as_ref(), &takeaway(&mine, names, &point), &keys))
        (figures(&mine, names, &point))
        p.key { "The workload is that of the scenario, whatever the CPUs." }
    } }
}

/// Returns the views of the first scenario and engine that has several numbers of CPUs, by CPUs, and a point that all
/// have.
fn alike<'a, 'b>(views: &'a [View<'b>]) -> Option<(Vec<&'a View<'b>>, Point)> {
    let key = |view: &View<'_>| (view.run.scenario.name.clone(), view.run.engine);
    let of = |first: &View<'_>| {
        let mut mine: Vec<&'a View<'b>> = views.iter().filter(|view| key(view) == key(first)).collect();
        mine.sort_by_key(|view| view.run.scenario.cpus);
        mine.dedup_by_key(|view| view.run.scenario.cpus);
        mine
    };
    let mine = views.iter().map(of).find(|mine| mine.len() > 1)?;
    let everywhere = |point: &&Point| mine.iter().all(|view| view.sums.points.contains(point));
    let point = mine[0].sums.points.iter().find(everywhere).copied()?;
    Some((mine, point))
}

fn moved<'a>(view: &'a View<'_>, protocol: &str, point: &Point) -> Option<&'a Samples> {
    let latency = |group: &'a Group| group.latency(AttachOutcome::Moved, LatencyKind::Raw);
    view.sums.at(protocol, point).and_then(latency)
}

/// Names the protocol whose median changes most from the fewest CPUs to the most.
fn takeaway(mine: &[&View<'_>], names: &[&str], point: &Point) -> String {
    let (few, many) = (mine[0], mine[mine.len() - 1]);
    let p50 = |view: &View<'_>, name: &str| moved(view, name, point).and_then(Samples::p50);
    let both = names.iter().filter_map(|name| Some((*name, p50(few, name)?, p50(many, name)?)));
    let factor = |(_, a, b): &(&str, u64, u64)| u128::from(*a.max(b)) * 1_000 / u128::from(*a.min(b)).max(1);
    let Some((name, a, b)) = both.max_by_key(factor) else {
        return "Too few attaches moved to tell.".to_owned();
    };
    format!(
        "From {} to {} the median changes most under {}: from {} to {}.",
        count(u64::from(few.run.scenario.cpus), "CPU"),
        count(u64::from(many.run.scenario.cpus), "CPU"),
        clip(name, 80),
        ns(a),
        ns(b)
    )
}

fn figures(mine: &[&View<'_>], names: &[&str], point: &Point) -> Markup {
    let titles = mine.iter().flat_map(|view| {
        let cpus = count(u64::from(view.run.scenario.cpus), "CPU");
        ["p50", "p99"].map(|level| Column(format!("{cpus}: {level}, {}", view.clock), true))
    });
    let head: Vec<Column> = columns(&["protocol"]).into_iter().chain(titles).collect();
    let row = |name: &&str| {
        let cells = mine.iter().flat_map(|view| {
            let samples = moved(view, name, point);
            [samples.and_then(Samples::p50), samples.and_then(Samples::p99)]
                .map(|ns| html! { (maybe_ns(ns)) })
        });
        std::iter::once(text(name)).chain(cells).collect()
    };
    open_table("attaches that moved, by CPUs", &head, &names.iter().map(row).collect::<Vec<_>>())
}
