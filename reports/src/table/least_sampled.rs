//! Lines on the activity in the cell with the fewest samples, on which a verdict rests.
use crate::axis::Axis;
use crate::outcome;
use crate::schema::Run;
use crate::units::{count, grouped};

/// Returns the least counts over all cells: attaches and overlaps, and with faults the firings of the rarest rule and
/// the runs of the rarest abort. Empty without cells.
pub(super) fn line(run: &Run) -> String {
    let Some(attaches) = run.cells.iter().map(|cell| outcome::tried(&cell.attach.outcomes)).min() else {
        return String::new();
    };
    let overlaps = run.cells.iter().map(|cell| cell.attach.overlaps).min().unwrap_or(0);
    let mut text = format!(
        "smallest cell: {} attaches without noop, {} with a charge",
        grouped(attaches),
        count(overlaps, "overlap"),
    );
    let faulty =
        || run.cells.iter().filter(|cell| cell.point.get(Axis::FaultRate).is_some_and(|rate| rate > 0));
    if let Some(fired) = faulty().flat_map(|cell| &cell.faults.rules).map(|rule| rule.fired).min() {
        text.push_str(&format!("\nwith faults:   the rarest rule fired {}", times(fired)));
        if let Some(ran) = faulty().flat_map(|cell| cell.attach.aborts.values()).min() {
            text.push_str(&format!(" and the rarest abort ran {}", times(*ran)));
        }
    }
    text + "\n"
}

fn times(n: u64) -> String {
    if n == 1 { "once".to_owned() } else { format!("{} times", grouped(n)) }
}
