//! A simulated and a measured run of one scenario, in tables next to each other.
//!
//! Separate from the sections of a run, which know nothing of another. The tables have the same rows, each with its own
//! clock. No plot and no column of times has both. Only ratios, which have no unit, share one table.
use super::components::{Column, columns, machine, open_table, table, text};
use super::{View, predicted};
use crate::aggregate::{Group, ProtocolSum};
use crate::axis::{Axis, Point};
use crate::labels;
use crate::nearest;
use crate::outcome::{self, AttachOutcome};
use crate::percentile::Samples;
use crate::schema::{Condition, Engine, Env, LatencyKind};
use crate::units::{NONE, NOT_MEASURED, grouped, maybe_ns, percent, times};
use crate::verdict::in_order;
use maud::{Markup, html};

/// Protocols of a table.
const MAX_COLUMNS: usize = 6;
/// Paces, operations and locks that get rows.
const MAX_EACH: usize = 8;

/// One run of the page: its number, its view, its machine.
#[derive(Clone, Copy)]
struct Side<'a> {
    number: usize,
    view: &'a View<'a>,
    env: Option<&'a Env>,
}

/// Text of a row for a protocol of a side.
type Cell<'a> = dyn Fn(Side<'_>, &ProtocolSum) -> String + 'a;

/// A row of the tables: its title, and its text for a protocol of a side.
struct Row<'a> {
    title: String,
    cell: Box<Cell<'a>>,
}

/// Rate of moves, and the number of pages that each has to handle.
type Pace = (Option<u64>, Option<u64>);

/// Renders the section, where some scenario was both simulated and measured, or a sentence where several runs have
/// nothing in common.
pub(super) fn section(views: &[View<'_>], envs: &[Option<&Env>]) -> Markup {
    let sides: Vec<Side<'_>> = views
        .iter()
        .zip(envs)
        .enumerate()
        .map(|(n, (view, env))| Side { number: n + 1, view, env: *env })
        .collect();
    let of = |name: &str| -> (Vec<Side<'_>>, Vec<Side<'_>>) {
        let mine = sides.iter().copied().filter(|side| side.view.run.scenario.name == name);
        mine.partition(|side| side.view.run.engine == Engine::Sim)
    };
    let names = in_order(views.iter().map(|view| view.run.scenario.name.as_str()));
    let pairs: Vec<_> = names
        .into_iter()
        .map(|name| (name, of(name)))
        .filter(|(_, (simulated, measured))| !simulated.is_empty() && !measured.is_empty())
        .collect();
    if pairs.is_empty() {
        return html! { p.key { "Nothing can be compared: no scenario was both simulated and measured." } };
    }
    html! { section id="comparison" {
        h2 { "Side by side" }
        @for (name, (simulated, measured)) in &pairs {
            @if pairs.len() > 1 { h3 { "Scenario " (text(name)) } }
            (scenario(simulated, measured))
        }
    } }
}

fn scenario(simulated: &[Side<'_>], measured: &[Side<'_>]) -> Markup {
    let all: Vec<Side<'_>> = simulated.iter().chain(measured).copied().collect();
    let mut rows = rows(&all, measured);
    rows.retain(|row| all.iter().any(|side| shown(*side).any(|sum| (row.cell)(*side, sum) != NONE)));
    let columns: usize = all.iter().map(|side| shown(*side).count()).sum();
    let wide = all.len() > 2 || columns > MAX_COLUMNS;
    let near = measured.iter().flat_map(|side| shown(*side).filter_map(|sum| nearest_to(*side, sum)));
    let near: Vec<&str> = near.collect();
    html! {
        p { (takeaway(simulated, measured)) }
        (judgement(measured))
        div.pair.many[wide] { @for side in &all { div {
            h3 { (if simulated_on(*side) { "Simulated" } else { "Measured" }) ", run " (side.number) }
            (figures(*side, &rows, &near))
        } } }
        p.key { "Attaches: those that moved, from their real start, without faults or delays put in. Everything else is over all \
            cells of the run, locks of a class summed up. ‘–’: not there, or too few samples. Figures of different clocks are not to be compared one by \
            one; what may be compared is which of them grows, and by what factor." }
        (slow_downs(&all))
        @for (model, here) in simulated.iter().flat_map(|model| measured.iter().map(move |here| (model, here))) {
            (predicted::section((model.number, model.view), (here.number, here.view)))
        }
    }
}

fn simulated_on(side: Side<'_>) -> bool {
    side.view.run.engine == Engine::Sim
}

/// Returns the protocols of a side that get a column.
fn shown(side: Side<'_>) -> impl Iterator<Item = &ProtocolSum> {
    side.view.sums.protocols.iter().take(MAX_COLUMNS)
}

/// Returns the simulated protocol nearest to a measured one: on threads the same code, on Linux the answer of
/// [`nearest`].
fn nearest_to<'a>(side: Side<'_>, sum: &'a ProtocolSum) -> Option<&'a str> {
    if side.view.run.engine == Engine::Threads {
        Some(sum.subject.label())
    } else {
        nearest::offered(&sum.subject).map(|_| nearest::LINUX.protocol)
    }
}

fn judgement(measured: &[Side<'_>]) -> Markup {
    let linux = measured.iter().filter(|side| side.view.linux()).flat_map(|side| shown(*side));
    let offered = in_order(linux.filter_map(|sum| nearest::offered(&sum.subject)));
    let near = nearest::LINUX;
    html! { @if !offered.is_empty() {
        p {
            "What Linux offers here (" (labels::names(offered.into_iter())) ") is not in the simulator. Nearest, not the \
            same, is " strong { (near.protocol) } "."
        }
        ul { li { "In common: " (near.alike) "." } li { "Different: " (near.unlike) "." } }
    } }
}

fn takeaway(simulated: &[Side<'_>], measured: &[Side<'_>]) -> String {
    for side in measured {
        for sum in shown(*side) {
            let Some(like) = nearest_to(*side, sum) else { continue };
            let model =
                simulated.iter().flat_map(|side| shown(*side)).find(|model| model.subject.label() == like);
            let Some(model) = model else { continue };
            let worst = sum.sum.worst_slow_down().map(|(op, _, _)| op);
            for op in worst.into_iter().chain(sum.sum.ops()) {
                if let (Some(there), Some(here)) = (factors(&model.sum, op), factors(&sum.sum, op)) {
                    return format!(
                        "Against idle, {op} during attaches takes: simulated {there} under {like}; measured \
                         {here} under {}.",
                        sum.subject.label()
                    );
                }
            }
        }
    }
    "What bystanders pay cannot be laid side by side: not both runs have enough operations, idle and while attaching, of the \
     same kind under protocols that correspond."
        .to_owned()
}

/// Returns the quantile `q` while attaching in units of that when idle: `×1.8`.
fn ratio(group: &Group, op: &str, q: f64) -> Option<String> {
    let at = |condition| group.bystander(op, condition)?.samples.quantile(q);
    Some(format!("×{}", times(at(Condition::Attaching)?, at(Condition::Idle)?)?))
}

/// Returns `×1.8 at the median, ×2.1 at p99`, the latter where there are enough samples.
fn factors(group: &Group, op: &str) -> Option<String> {
    let tail = ratio(group, op, 0.99).map_or_else(String::new, |ratio| format!(", {ratio} at p99"));
    Some(format!("{} at the median{tail}", ratio(group, op, 0.5)?))
}

fn figures(side: Side<'_>, rows: &[Row<'_>], near: &[&str]) -> Markup {
    let title = |sum: &ProtocolSum| {
        let nearest = simulated_on(side) && near.contains(&sum.subject.label());
        Column(format!("{}{}", sum.subject.label(), if nearest { " (nearest)" } else { "" }), true)
    };
    let mut head = columns(&["figure"]);
    head.extend(shown(side).map(title));
    let rows: Vec<Vec<Markup>> = rows
        .iter()
        .map(|row| {
            let cells = shown(side).map(|sum| html! { (&(row.cell)(side, sum)) });
            std::iter::once(html! { (row.title) }).chain(cells).collect()
        })
        .collect();
    let left_out = side.view.sums.protocols.len().saturating_sub(MAX_COLUMNS);
    html! {
        (open_table(&format!("{} time; {}", side.view.clock, machine(side.view.run, side.env)), &head, &rows))
        @if left_out > 0 { p.more { (grouped(left_out as u64)) " more protocols are below, with the run." } }
    }
}

/// Returns rows for the figures that any side has; locks only where a measured side has them.
fn rows<'a>(all: &[Side<'_>], measured: &[Side<'_>]) -> Vec<Row<'a>> {
    let mut rows = Vec::new();
    for pace in paces(all) {
        rows.extend(of_pace(pace));
    }
    rows.push(row("attaches refused", |_, sum| {
        let tried = outcome::tried(&sum.sum.outcomes);
        let refused = sum.sum.outcome(AttachOutcome::Refused);
        if tried == 0 {
            NONE.to_owned()
        } else {
            format!("{} ({})", grouped(refused), percent(refused, tried))
        }
    }));
    let groups = |sides: &[Side<'_>]| -> Vec<Group> {
        sides.iter().flat_map(|side| shown(*side)).map(|sum| sum.sum.clone()).collect()
    };
    let everything = groups(all);
    for op in in_order(everything.iter().flat_map(Group::ops)).into_iter().take(MAX_EACH) {
        for (condition, words) in [(Condition::Idle, "idle"), (Condition::Attaching, "attaching")] {
            let op = op.to_owned();
            rows.push(row(&format!("{op} {words}, p50"), move |_, sum| {
                maybe_ns(sum.sum.bystander(&op, condition).and_then(|found| found.samples.p50()))
            }));
        }
    }
    let seen = groups(measured);
    let classes = seen.iter().flat_map(|group| &group.locks).filter(|lock| lock.mode != "R");
    for class in in_order(classes.map(|lock| lock.class.as_str())).into_iter().take(MAX_EACH) {
        let class = class.to_owned();
        rows.push(row(&format!("{class} held, of the time"), move |side, sum| held(side, sum, &class)));
    }
    if everything.iter().any(|group| !group.drift.is_empty()) {
        rows.push(row("worst drift at the end", |_, sum| labels::worst_drift(&sum.sum)));
    }
    rows
}

fn row<'a>(title: &str, cell: impl Fn(Side<'_>, &ProtocolSum) -> String + 'a) -> Row<'a> {
    Row { title: title.to_owned(), cell: Box::new(cell) }
}

/// Returns the paces of all sides, in the order of their runs.
fn paces(all: &[Side<'_>]) -> Vec<Pace> {
    let mut paces: Vec<Pace> = Vec::new();
    for point in all.iter().flat_map(|side| &side.view.sums.points) {
        let pace = (point.get(Axis::Rate), point.get(Axis::ResidentPages));
        if !paces.contains(&pace) && paces.len() < MAX_EACH {
            paces.push(pace);
        }
    }
    paces
}

fn of_pace<'a>((rate_per_s, resident_pages): Pace) -> Vec<Row<'a>> {
    let point = Point::default().with(Axis::Rate, rate_per_s).with(Axis::ResidentPages, resident_pages);
    let pages =
        resident_pages.map_or_else(String::new, |_| format!(", {}", point.words(Axis::ResidentPages)));
    let pace = format!("{}{pages}", point.words(Axis::Rate));
    let mut rows = vec![row(&format!("{pace}: attaches"), move |side, sum| {
        moved(side, sum.subject.label(), point)
            .map_or_else(|| NONE.to_owned(), |samples| grouped(samples.n()))
    })];
    for (q, name) in [(0.5, "p50"), (0.9, "p90"), (0.99, "p99")] {
        rows.push(row(&format!("{pace}: {name}"), move |side, sum| {
            maybe_ns(moved(side, sum.subject.label(), point).and_then(|samples| samples.quantile(q)))
        }));
    }
    rows
}

/// Returns the moves at the pace of `point`, without injected faults or delays.
fn moved<'a>(side: Side<'a>, protocol: &str, point: Point) -> Option<&'a Samples> {
    let plain = |at: &Point| {
        [Axis::Rate, Axis::ResidentPages].into_iter().all(|axis| at.get(axis) == point.get(axis))
            && at.is_plain()
    };
    let groups = &side.view.sums.groups;
    let found = groups.iter().find(|group| group.subject.label() == protocol && plain(&group.point))?;
    found.sum.latency(AttachOutcome::Moved, LatencyKind::Raw)
}

/// Returns the share of the measured time in which locks of `class` were held exclusively, summed over all locks of the
/// class.
fn held(side: Side<'_>, sum: &ProtocolSum, class: &str) -> String {
    let mut locks = sum.sum.locks.iter().filter(|lock| lock.class == class && lock.mode != "R").peekable();
    if locks.peek().is_none() {
        return NONE.to_owned();
    }
    let locks: Vec<_> = locks.collect();
    if locks.iter().any(|lock| !lock.holds_known()) {
        return NOT_MEASURED.to_owned();
    }
    let mine = side.view.run.cells.iter().filter(|cell| cell.subject == sum.subject);
    let time = mine.map(|cell| cell.duration_ns).fold(0, u64::saturating_add);
    percent(locks.iter().map(|lock| lock.hold.total_ns).fold(0, u64::saturating_add), time)
}

/// Renders the one table with both: factors by which median and p99 of an operation grow while an attach is under way.
fn slow_downs(all: &[Side<'_>]) -> Markup {
    let mut head = columns(&["operation"]);
    for side in all {
        let what = if simulated_on(*side) { "simulated" } else { "measured" };
        head.extend(
            shown(*side)
                .map(|sum| Column(format!("{what}, run {}: {}", side.number, sum.subject.label()), true)),
        );
    }
    let sums: Vec<&ProtocolSum> =
        all.iter().flat_map(|side| side.view.sums.protocols.iter().take(MAX_COLUMNS)).collect();
    let ops = in_order(sums.iter().flat_map(|sum| sum.sum.ops()));
    let mut rows = Vec::new();
    for (op, (q, name)) in
        ops.into_iter().take(MAX_EACH).flat_map(|op| [(op, (0.5, "p50")), (op, (0.99, "p99"))])
    {
        let ratios: Vec<Option<String>> = sums.iter().map(|sum| ratio(&sum.sum, op, q)).collect();
        if ratios.iter().any(Option::is_some) {
            let cells = ratios.into_iter().map(|ratio| html! { (ratio.unwrap_or_else(|| NONE.to_owned())) });
            rows.push(std::iter::once(html! { (text(op)) ", " (name) }).chain(cells).collect());
        }
    }
    html! { @if !rows.is_empty() {
        h3 { "Slow-down while attaching" }
        (table("while attaching in units of idle: factors, no times", &head, &rows))
    } }
}
