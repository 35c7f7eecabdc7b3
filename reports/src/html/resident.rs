//! The cost of resident pages to the move of a process: medians along the axis, and the fitted price of a page.
//!
//! Separate from the sweep, because a page has a price: a slope with an interval, and not only two ends.
use super::View;
use super::components::{figure, section as headed, sentence};
use super::sweep::{MAX_POINTS, drawn, rows};
use crate::axis::{Axis, Point};
use crate::plot::sweep;
use crate::schema::Fit;
use crate::units::{count, grouped, ns, ps};
use maud::{Markup, html};

/// Largest number of fitted lines that are listed.
const MAX_FITS: usize = 12;

/// Returns the points along the axis of resident pages, few pages first, with the other axes as in the first of them.
pub(super) fn points(view: &View<'_>) -> Vec<Point> {
    let with = || view.sums.points.iter().filter(|point| point.get(Axis::ResidentPages).is_some());
    let Some(first) = with().next() else { return Vec::new() };
    let alike = |point: &&Point| point.with(Axis::ResidentPages, first.get(Axis::ResidentPages)) == *first;
    let mut points: Vec<Point> = with().filter(alike).copied().collect();
    points.sort();
    points
}

pub(super) fn section(view: &View<'_>) -> Markup {
    let all = points(view);
    if all.len() < 2 {
        return html! {};
    }
    let shown = spread(&all);
    let pages = |point: &Point| point.get(Axis::ResidentPages).map(|pages| (pages, grouped(pages)));
    let numbers: Vec<(u64, String)> = shown.iter().filter_map(pages).collect();
    let question = "What do the pages of a process cost its move?";
    let (lines, keys) = drawn(view, &shown);
    let frame = sweep::plot(question, view.clock, "pages that the process keeps touched", &numbers, &lines);
    headed(
        view,
        "resident",
        "Resident pages",
        &html! {
            (figure(frame.as_ref(), &takeaway(view), &keys))
            (rows(view, &shown))
            @if all.len() > shown.len() { p.more { "Points between these are in the table of latencies." } }
            (fits(view))
        },
    )
}

/// Returns as many points as fit, from both ends of the axis and evenly between.
fn spread(all: &[Point]) -> Vec<Point> {
    let last = all.len() - 1;
    if all.len() <= MAX_POINTS {
        return all.to_vec();
    }
    (0..MAX_POINTS).map(|n| all[n * last / (MAX_POINTS - 1)]).collect()
}

/// Names the protocol with the highest price of a page, among prices that differ from zero.
fn takeaway(view: &View<'_>) -> String {
    let fits = &view.run.fits;
    if fits.is_empty() {
        return "Too few points for the price of a page.".to_owned();
    }
    let priced = || fits.iter().filter(|fit| fit.slope_low_ps.is_none_or(|low| low > 0) && fit.slope_ps > 0);
    let Some(dear) = priced().max_by_key(|fit| fit.slope_ps) else {
        return "These points cannot tell the price of a page from nothing.".to_owned();
    };
    let mut said = format!("A {} costs {} under {}", dear.per, ps(dear.slope_ps), dear.protocol);
    if let Some(cheap) = priced().min_by_key(|fit| fit.slope_ps).filter(|fit| fit.protocol != dear.protocol) {
        said.push_str(&format!(", {} under {}", ps(cheap.slope_ps), cheap.protocol));
    }
    if priced().count() < fits.len() {
        said.push_str(", and elsewhere nothing that these points can tell");
    }
    said + "."
}

fn fits(view: &View<'_>) -> Markup {
    let fits = &view.run.fits;
    html! { @if !fits.is_empty() {
        ul { @for fit in fits.iter().take(MAX_FITS) { li { (sentence(&said(fit))) } } }
        p.key { "Lines through the medians after Theil and Sen; intervals hold in 95 of 100 cases, if errors at different points \
            have nothing to do with each other." }
        @if fits.len() > MAX_FITS { p.more { "More lines are in run.json." } }
    } }
}

/// Returns a sentence on a fit, such as:
///
/// `v1:charges, cost of moving charges: 11.2 ns a page (95 % interval 11.1 ns to 11.4 ns; 7 points), 14.1 µs without
/// any.`
fn said(fit: &Fit) -> String {
    let points = count(u64::from(fit.points), "point");
    let interval = match (fit.slope_low_ps, fit.slope_high_ps) {
        (Some(low), Some(high)) => format!("95 % interval {} to {}; {points}", ps(low), ps(high)),
        _ => format!("{points}, too few for an interval"),
    };
    let flat =
        fit.slope_low_ps.is_some_and(|low| low <= 0) && fit.slope_high_ps.is_some_and(|high| high >= 0);
    let flat = if flat { ", which these points cannot tell from nothing" } else { "" };
    let without = fit.intercept_ns;
    let without = if without < 0 {
        String::new()
    } else {
        format!(" Without any {} the line is at {}.", fit.per, ns(without.unsigned_abs()))
    };
    format!(
        "{}, {}: {} a {} ({interval}){flat}; half of the points are within {} of the line.{without}",
        fit.protocol,
        fit.what,
        ps(fit.slope_ps),
        fit.per,
        ns(fit.spread_ns),
    )
}
