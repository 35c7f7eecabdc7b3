//! Sentences about one attach: where its time went, what its mover waited for, what others paid.
//!
//! Separate from the section: sentences are computed from the spans, and nothing here knows of a page.
use super::Pick;
use crate::schema::Timeline;
use crate::units::{grouped, list, ns, percent};
use crate::verdict::in_order;

/// Says which actor moved what, where the time went, what the mover waited for, and what others paid.
pub(super) fn takeaway(pick: &Pick<'_>) -> String {
    let line = pick.line;
    let from = if line.from.is_empty() { String::new() } else { format!(" from {}", list(&line.from)) };
    let mut said = format!(
        "{} moves {}{from} to {} in {}{}, {} after the start with seed {}.",
        line.who,
        line.what,
        line.to,
        ns(line.latency_ns),
        pick.figure,
        ns(line.start_ns),
        pick.seed
    );
    if let Some(first) = said.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    let phases =
        line.phases.iter().map(|span| (span.phase.as_str(), span.to_ns.saturating_sub(span.from_ns)));
    if let Some((phase, ns)) = largest(phases) {
        said.push_str(&format!(" {} of it is {phase}", percent(ns, line.latency_ns)));
        let own =
            line.waited.iter().map(|wait| (wait.lock.as_str(), wait.to_ns.saturating_sub(wait.from_ns)));
        let total = sum(own.clone());
        match largest(own) {
            Some((lock, _)) => said
                .push_str(&format!(", and {} is waiting, most for {lock}.", percent(total, line.latency_ns))),
            None => said.push_str(", and it waits for no lock."),
        }
    }
    said.push_str(&others(line));
    said
}

/// Returns a sentence on the cost to others.
fn others(line: &Timeline) -> String {
    let who = in_order(line.waits.iter().map(|wait| wait.who.as_str())).len() as u64;
    let locks = in_order(line.waits.iter().map(|wait| wait.lock.as_str())).len();
    let waits = line.waits.iter().map(|wait| (wait.lock.as_str(), wait.to_ns.saturating_sub(wait.from_ns)));
    let total = sum(waits.clone());
    let most = if locks == 1 { "" } else { "most " };
    match largest(waits) {
        Some((lock, _)) if who == 1 => {
            format!(" One other thread waits {} during it, {most}for {lock}.", ns(total))
        }
        Some((lock, _)) => {
            format!(" {} other threads wait {} during it in all, {most}for {lock}.", grouped(who), ns(total))
        }
        None => " No other thread waits for any of its locks.".to_owned(),
    }
}

fn sum<'a>(parts: impl Iterator<Item = (&'a str, u64)>) -> u64 {
    parts.map(|(_, ns)| ns).fold(0, u64::saturating_add)
}

/// Returns the name with the largest sum; of equals the first.
fn largest<'a>(parts: impl Iterator<Item = (&'a str, u64)>) -> Option<(&'a str, u64)> {
    let mut sums: Vec<(&str, u64)> = Vec::new();
    for (name, ns) in parts {
        match sums.iter_mut().find(|sum| sum.0 == name) {
            Some(sum) => sum.1 = sum.1.saturating_add(ns),
            None => sums.push((name, ns)),
        }
    }
    sums.into_iter().reduce(|a, b| if b.1 > a.1 { b } else { a })
}
