//! Changes from one baseline to the next, for the reviewer who has to accept them.
use super::baseline::{Baseline, PlaceFigures};
use super::key::Key;
use crate::units::{grouped, ns, percent};
use std::collections::BTreeSet;
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
    for place in &new.places {
        let before = old.at(&place.protocol, &place.point);
        changed += place_diff(&mut out, before, Some(place));
    }
    for gone in old.places.iter().filter(|place| new.at(&place.protocol, &place.point).is_none()) {
        changed += place_diff(&mut out, Some(gone), None);
    }
    let _ = writeln!(out, "{} of {} figures changed", grouped(changed), grouped(figures as u64));
    out
}

fn place_diff(out: &mut String, old: Option<&PlaceFigures>, new: Option<&PlaceFigures>) -> u64 {
    let names: BTreeSet<&String> = [old, new].into_iter().flatten().flat_map(|p| p.figures.keys()).collect();
    let get = |place: Option<&PlaceFigures>, name: &str| place.and_then(|p| p.figures.get(name).copied());
    let changes = names.into_iter().map(|name| (name, get(old, name), get(new, name)));
    let changes: Vec<_> = changes.filter(|(_, before, after)| before != after).collect();
    if let (Some(place), false) = (new.or(old), changes.is_empty()) {
        let _ = writeln!(out, "{}", place.title());
    }
    for (name, before, after) in &changes {
        let time = name.parse::<Key>().is_ok_and(|key| key.is_time());
        let shown = |value: Option<u64>| {
            value.map_or_else(|| "none".to_owned(), |n| if time { ns(n) } else { grouped(n) })
        };
        let by = before.zip(*after).map_or_else(String::new, |(a, b)| format!("  {}", change(a, b)));
        let _ = writeln!(out, "  {name}: {} -> {}{by}", shown(*before), shown(*after));
    }
    changes.len() as u64
}

/// Writes a change as `+14.6 %` or `−3.0 %`; from 0 there is no ratio.
#[must_use]
pub fn change(before: u64, after: u64) -> String {
    let (sign, by) = if after >= before { ("+", after - before) } else { ("−", before - after) };
    if before == 0 { format!("{sign}{}", grouped(by)) } else { format!("{sign}{}", percent(by, before)) }
}
