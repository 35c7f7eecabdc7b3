//! A run in forms that other programs read, each a pure function of [`Run`].
//!
//! Apart from [`crate::table`] and [`crate::html`], which are for people: here figures stand whole, unrounded and without
//! words around them.
mod csv;
mod hgrm;

pub use self::csv::csv;
pub use self::hgrm::hgrm;

use crate::schema::{Cell, Run};

/// The axes of `cell` in words, with the unit in each name; an axis that the cell does not have is left out.
fn axes(cell: &Cell) -> String {
    let axes = [
        ("fault_rate_percent", cell.fault_rate_percent.map(u64::from)),
        ("rate_per_s", cell.rate_per_s),
        ("delay_ns", cell.delay_ns),
        ("resident_pages", cell.resident_pages),
        ("seed", Some(cell.seed)),
    ];
    let said: Vec<String> =
        axes.iter().filter_map(|(name, value)| Some(format!("{name}={}", (*value)?))).collect();
    said.join(" ")
}

/// The run as it stands in run.json, with the same bytes.
///
/// # Errors
/// When a value cannot be written as JSON.
pub fn json(run: &Run) -> serde_json::Result<Vec<u8>> {
    crate::layout::to_vec(run)
}
