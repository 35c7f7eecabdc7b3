//! Slow attaches over time, next to the faults that fired.
//!
//! Separate from the percentile curves, which show how long attaches take. This section shows whether slow ones come in
//! bursts, and whether with faults. It has one plot, at the point of the axes at which most faults fired. Seeds are
//! merged, slice by slice.
use super::View;
use super::components::{Column, columns, figure, folded, folded_table, section as headed, text};
use crate::aggregate::PointSum;
use crate::axis::Point;
use crate::plot::ink::Ink;
use crate::plot::over_time;
use crate::schema::Engine;
use crate::slices::Slices;
use crate::units::{NONE, clip, grouped, ns, percent};
use maud::{Markup, html};

/// Lines of the plot.
const MAX_LINES: usize = 8;

/// Explains the markers.
const SLICES: &str = "A marker is the longest attach that ended in a slice of the cell; single attaches are not stored. \
     All seeds are added up.";

/// Reports whether any cell has times of its attaches.
pub(super) fn any(view: &View<'_>) -> bool {
    view.sums.groups.iter().any(|group| group.sum.over_time.is_some())
}

pub(super) fn section(view: &View<'_>) -> Markup {
    let Some(point) = point(view) else { return html! {} };
    let mine: Vec<(&PointSum, &Slices)> = groups(view, &point).take(MAX_LINES).collect();
    let axes = view.sums.axes.words(&point);
    let axes = if axes.is_empty() { axes } else { format!(" ({axes})") };
    let question = format!("When do attaches take long{axes}?");
    let lines: Vec<(u8, &Slices)> =
        mine.iter().map(|(group, slices)| (view.series(group.subject.label()), *slices)).collect();
    let mut keys: Vec<(Ink, String)> = mine
        .iter()
        .map(|(group, _)| (Ink::Loose(view.series(group.subject.label())), group.subject.to_string()))
        .collect();
    let mut sum = Slices::default();
    mine.iter().for_each(|(_, slices)| sum.merge(slices));
    let (failures, counts) = over_time::failures(&sum);
    if counts.iter().any(|n| *n > 0) {
        keys.push((Ink::Shade, format!("{failures}, all together")));
    }
    let frame = over_time::plot(&question, view.clock, &lines);
    let said = takeaway(&mine);
    let plot = html! { (figure(frame.as_ref(), SLICES, &keys)) (rows(view, &mine)) };
    // The longest attach of a slice is a single one, so on the model it shows chance.
    let plot = if view.run.engine == Engine::Sim {
        folded("Plot: the longest attach of each slice", &plot)
    } else {
        plot
    };
    headed(view, "time", "When do attaches take long?", &html! { p { (said) } (plot) })
}

fn groups<'a>(view: &'a View<'_>, point: &Point) -> impl Iterator<Item = (&'a PointSum, &'a Slices)> {
    let groups = view.sums.groups.iter().filter(move |group| group.point == *point);
    groups.filter_map(|group| Some((group, group.sum.over_time.as_ref()?)))
}

/// Returns the point at which most faults fired; of equals the first.
fn point(view: &View<'_>) -> Option<Point> {
    let fired = |point: &Point| -> u64 {
        groups(view, point).flat_map(|(_, slices)| &slices.faults).fold(0, |sum, n| sum.saturating_add(*n))
    };
    let points = view.sums.points.iter().filter(|point| groups(view, point).next().is_some());
    points.copied().rev().max_by_key(fired)
}

/// Says whether the longest attach of a protocol is exceptional, and whether faults fired at the same time.
fn takeaway(mine: &[(&PointSum, &Slices)]) -> String {
    let peaks = mine.iter().filter_map(|(group, slices)| {
        let (at, longest) =
            slices.longest_ns.iter().enumerate().max_by_key(|(at, ns)| (**ns, usize::MAX - at))?;
        Some((*longest, at, group.subject.label(), *slices))
    });
    let Some((longest, at, protocol, slices)) = peaks.max_by_key(|peak| peak.0).filter(|peak| peak.0 > 0)
    else {
        return "Nothing moved.".to_owned();
    };
    let mut typical: Vec<u64> = slices.longest_ns.iter().copied().filter(|ns| *ns > 0).collect();
    typical.sort_unstable();
    let typical = typical[typical.len() / 2];
    let began = ns((at as u64).saturating_mul(slices.slice_ns));
    let faults = slices.faults.get(at).copied().unwrap_or(0);
    let all = slices.faults.iter().fold(0, |sum: u64, n| sum.saturating_add(*n));
    let fired = match (all, faults) {
        (0, _) => String::new(),
        (_, 0) => "; no fault fired in that slice".to_owned(),
        (all, n) => format!("; {} of its {} faults fired in that slice", grouped(n), grouped(all)),
    };
    format!(
        "The longest attach, {} under {}, ends in the slice from {began} on; in the middle one of its slices the longest takes {}, {} of that{fired}.",
        ns(longest),
        clip(protocol, 80),
        ns(typical),
        percent(typical, longest)
    )
}

/// Renders slices as rows and protocols as columns; folded, because the table is long.
fn rows(view: &View<'_>, mine: &[(&PointSum, &Slices)]) -> Markup {
    let mut head = columns(&[]);
    head.push(Column(format!("from, {}", view.clock), true));
    for (group, _) in mine {
        head.push(Column(format!("{}, longest", clip(group.subject.label(), 60)), true));
    }
    head.push(Column("faults".to_owned(), true));
    let mut sum = Slices::default();
    mine.iter().for_each(|(_, slices)| sum.merge(slices));
    // All protocols are shown on the same slices, those of the longest cell.
    let each: Vec<Slices> = mine
        .iter()
        .map(|(_, slices)| {
            let mut own = Slices { slice_ns: sum.slice_ns, ..Slices::default() };
            own.merge(slices);
            own
        })
        .collect();
    let used = sum.used().map_or(0, |used| used.moved.len());
    let rows: Vec<Vec<Markup>> = (0..used)
        .map(|at| {
            let longest = each.iter().map(|slices| slices.longest_ns.get(at).copied().filter(|ns| *ns > 0));
            let longest = longest.map(|longest| longest.map_or_else(|| NONE.to_owned(), ns));
            let mut cells = vec![text(&ns((at as u64).saturating_mul(sum.slice_ns)))];
            cells.extend(longest.map(|longest| html! { (longest) }));
            cells.push(html! { (grouped(sum.faults.get(at).copied().unwrap_or(0))) });
            cells
        })
        .collect();
    folded_table("longest attach and faults of each slice", &head, &rows)
}
