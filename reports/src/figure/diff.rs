//! Changes from one baseline to the next, for the reviewer who has to accept them.
use super::baseline::{Baseline, figures_of};
use crate::change::Seen;
use crate::units::grouped;
use std::fmt::Write as _;

/// Writes every figure that changed, place by place; the last line counts. Without `old`, only the counts.
#[must_use]
pub fn diff(old: Option<&Baseline>, new: &Baseline) -> String {
    let figures = new.places.iter().map(|place| place.figures.len()).sum::<usize>();
    let Some(old) = old else {
        return format!("new baseline of {}: {} figures\n", new.scenario, grouped(figures as u64));
    };
    let mut out = String::new();
    if old.toml != new.toml {
        out.push_str("the scenario has changed:\n");
        let removed = old.toml.iter().filter(|line| !new.toml.contains(line)).map(|line| ("-", line));
        let added = new.toml.iter().filter(|line| !old.toml.contains(line)).map(|line| ("+", line));
        // Writing to a String cannot fail.
        removed.chain(added).for_each(|(sign, line)| _ = writeln!(out, "  {sign} {line}"));
    }
    let mut changed = 0;
    for sides in old.places_with(new) {
        let mut rows = figures_of(sides);
        rows.retain(|(_, before, after)| before != after);
        if let (Some(place), false) = (sides.1.or(sides.0), rows.is_empty()) {
            let _ = writeln!(out, "{}", place.title());
        }
        for (key, before, after) in &rows {
            let _ = writeln!(out, "  {key}: {}", Seen::Both(*before, *after).words(key.is_time(), false));
        }
        changed += rows.len() as u64;
    }
    let _ = writeln!(out, "{} of {} figures changed", grouped(changed), grouped(figures as u64));
    out
}
