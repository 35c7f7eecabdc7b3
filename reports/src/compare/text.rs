//! A comparison as text: the answer in a line, then what changed, worse before better. Unchanged figures are only
//! counted, and figures that cannot be judged are a line per reason.
use super::Comparison;
use super::paired::FLOOR_PERCENT;
use crate::change::{Change, Compared, Seen};
use crate::figure::metric::METRICS;
use crate::units::{count, grouped};
use std::fmt::Write as _;

/// Lines of one judgement in one place, beyond which the rest is counted.
const MAX_LINES: usize = 12;

/// Writes the comparison; with `all`, every figure has its line.
#[must_use]
pub fn text(compared: &Comparison, all: bool) -> String {
    let (a, b) = &compared.names;
    let mut out = format!("{}\n{b} compared with {a}: {}\n", answer(compared), compared.about);
    for rows in compared.rows.chunk_by(|a, b| a.place == b.place) {
        write_place(&mut out, rows, all);
    }
    // Writing to a String cannot fail.
    for (why, n) in undecided(compared).into_iter().filter(|_| !all) {
        let _ = writeln!(out, "cannot tell for {}: {why}", count(n, "figure"));
    }
    if compared.rows.iter().any(|row| matches!(row.seen, Seen::Pairs(_))) {
        let _ = writeln!(out, "Differences of at most {FLOOR_PERCENT} % between pairs count as none.");
    }
    compared.missing.iter().take(MAX_LINES).for_each(|what| _ = writeln!(out, "missing: {what}"));
    let counts = ["better", "same", "worse", "cannot tell"]
        .map(|word| format!("{} {word}", grouped(compared.count(word))));
    let differs = match compared.count("differs") {
        0 => String::new(),
        n => format!("; {} are of other work", grouped(n)),
    };
    let _ = writeln!(out, "compare: {}{differs}", counts.join(", "));
    out
}

/// Reports whether times differ and none of the differences could be decided, so that only counts are known to be the same.
fn no_time_is_decided(compared: &Comparison) -> bool {
    let differs = |row: &&Compared| !matches!(row.seen, Seen::Both(a, b) if a == b);
    let mut times = compared.rows.iter().filter(|row| row.key.is_time()).filter(differs).peekable();
    times.peek().is_some() && times.all(|row| matches!(row.change, Change::CannotTell(_)))
}

/// Returns the answer, such as `b is slower than a: attach.latency[moved] p99 1.00 ms -> 1.13 ms  +13 %, three-phase
/// (64 seeds)`.
fn answer(compared: &Comparison) -> String {
    let (a, b) = &compared.names;
    let (worse, better) = (most(compared, &Change::Worse), most(compared, &Change::Better));
    let undecided = undecided(compared);
    let unclear: u64 = undecided.iter().map(|(_, n)| n).sum();
    match (worse, better, undecided.first()) {
        (Some(row), _, _) => {
            let also = match compared.count("better") {
                0 => String::new(),
                n => format!("; better in {}", count(n, "figure")),
            };
            format!(
                "{b} {} than {a}: {}{also}",
                how(row, ["violates more", "is slower", "does less"]),
                with_place(row)
            )
        }
        _ if !compared.missing.is_empty() => {
            format!("cannot tell {b} from {a}: not all cells are there on both sides")
        }
        (_, Some(row), _) => {
            format!(
                "{b} {} than {a}: {}",
                how(row, ["violates less", "is faster", "does more"]),
                with_place(row)
            )
        }
        (_, _, Some((why, _))) if unclear == compared.rows.len() as u64 => {
            format!("cannot tell {b} from {a}: {why}")
        }
        (_, _, Some((why, _))) if no_time_is_decided(compared) => {
            format!("cannot tell whether {b} is slower than {a}: {why}; nothing else differs")
        }
        (_, _, None) => format!("no difference between {a} and {b} that matters"),
        (_, _, Some(_)) => {
            let of = count(compared.rows.len() as u64, "figure");
            format!(
                "no difference between {a} and {b} that matters; cannot tell for {} of {of}",
                grouped(unclear)
            )
        }
    }
}

/// Returns the figure of that judgement that a reader has to know first: correctness before times, attaches before
/// others, and the largest change of these.
fn most<'a>(compared: &'a Comparison, change: &Change) -> Option<&'a Compared> {
    let weight = |row: &Compared| {
        let metric = METRICS.iter().rev().position(|(_, metric)| *metric == row.key.metric);
        (row.key.metric.is_correctness(), row.key.is_time(), metric)
    };
    let mine = compared.rows.iter().filter(|row| row.change == *change);
    mine.max_by(|a, b| weight(a).cmp(&weight(b)).then(a.seen.size().total_cmp(&b.seen.size())))
}

fn how(row: &Compared, [right, time, work]: [&'static str; 3]) -> &'static str {
    match (row.key.metric.is_correctness(), row.key.is_time()) {
        (true, _) => right,
        (_, true) => time,
        _ => work,
    }
}

fn with_place(row: &Compared) -> String {
    format!("{} {row}, {}", row.key, title(&row.place))
}

/// Returns the reasons for which figures cannot be judged, with the number of these, the most frequent first.
fn undecided(compared: &Comparison) -> Vec<(&str, u64)> {
    let mut reasons: Vec<(&str, u64)> = Vec::new();
    for row in &compared.rows {
        let Change::CannotTell(why) = &row.change else { continue };
        match reasons.iter_mut().find(|(known, _)| known == why) {
            Some((_, n)) => *n += 1,
            None => reasons.push((why, 1)),
        }
    }
    reasons.sort_by_key(|(_, n)| std::cmp::Reverse(*n));
    reasons
}

fn title(place: &str) -> &str {
    if place.is_empty() { "everywhere" } else { place }
}

fn write_place(out: &mut String, rows: &[Compared], all: bool) {
    let shown = |row: &&Compared| all || matches!(row.change, Change::Worse | Change::Better);
    let mut rows: Vec<&Compared> = rows.iter().filter(shown).collect();
    if rows.is_empty() {
        return;
    }
    let _ = writeln!(out, "{}", title(&rows[0].place));
    // Failures come before slowdowns, and everything together before its parts.
    let order = |row: &Compared| {
        let metric = METRICS.iter().position(|(_, metric)| *metric == row.key.metric);
        (!row.key.metric.is_correctness(), metric, row.key.detail.is_some())
    };
    rows.sort_by(|a, b| a.change.cmp(&b.change).then_with(|| order(a).cmp(&order(b))));
    for alike in rows.chunk_by(|a, b| a.change.word() == b.change.word()) {
        let most = if all { alike.len() } else { MAX_LINES };
        for row in alike.iter().take(most) {
            let _ = writeln!(out, "  {:<11} {}: {row}", row.change.word(), row.key);
        }
        if alike.len() > most {
            let _ = writeln!(out, "  {:<11} and {} more; --all shows them", "", alike.len() - most);
        }
    }
}
