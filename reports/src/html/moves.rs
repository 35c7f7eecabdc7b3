//! Single moves of the real kernel over time: whether the longest come together, and whether next to refusals.
//!
//! Separate from the latencies, which do not show time. Each setting has a plot of its own, of one cell: times of two
//! cells have nothing in common.
use super::View;
use super::components::{Column, figure, folded_table, section as headed};
use super::latency::axis_words;
use crate::axis::Point;
use crate::plot::ink::Ink;
use crate::plot::moves::plot;
use crate::schema::{Cell, Move, Moves, Subject};
use crate::units::{clip, count, grouped, ns};
use maud::{Markup, html};

/// Plots of the page.
const MAX_PLOTS: usize = 6;
/// The longest moves, about which a sentence says when they begin.
const LONGEST: usize = 10;
/// Share of a cell within which moves come together: one in this many.
const BURST: u64 = 20;
/// Longest moves within such a share from which on they are said to come together. Ten moves at random moments do so in
/// one cell of 160.
const TOGETHER: usize = 5;
/// Share of a cell within which a move is next to a refusal: one in this many.
const NEXT: u64 = 200;

/// Cells of one setting at one point: the one with the longest move is shown.
struct Setting<'a> {
    subject: &'a Subject,
    point: Point,
    shown: &'a Moves,
    longest_ns: u64,
    cells: u64,
}

/// Reports whether any cell has single moves.
pub(super) fn any(view: &View<'_>) -> bool {
    view.run.cells.iter().any(|cell| longest(cell).is_some())
}

/// Returns the moves of a cell and the longest that moved; `None` where nothing did.
fn longest(cell: &Cell) -> Option<(&Moves, u64)> {
    let moves = cell.attach.moves.as_ref()?;
    let moved = moves.iter().filter(|one| one.moved);
    Some((moves, moved.map(|one| one.duration_ns).max()?))
}

pub(super) fn section(view: &View<'_>) -> Markup {
    let all = settings(view);
    if all.is_empty() {
        return html! {};
    }
    headed(
        view,
        "moves",
        "Do the longest moves coincide with anything?",
        &html! {
            @for setting in all.iter().take(MAX_PLOTS) { (one(view, setting)) }
            @if all.len() > MAX_PLOTS {
                p.more { "Moves of " (count((all.len() - MAX_PLOTS) as u64, "other setting")) " are in run.json." }
            }
        },
    )
}

/// Returns the settings in the order of the run; moves that were slowed down by tracing, and those of idle processes,
/// come last.
fn settings<'a>(view: &View<'a>) -> Vec<Setting<'a>> {
    let mut all: Vec<Setting<'_>> = Vec::new();
    for cell in &view.run.cells {
        let Some((moves, longest_ns)) = longest(cell) else { continue };
        let (subject, point) = (&cell.subject, cell.point);
        match all.iter_mut().find(|known| (known.subject, known.point) == (subject, point)) {
            Some(known) => {
                known.cells += 1;
                if longest_ns > known.longest_ns {
                    (known.shown, known.longest_ns) = (moves, longest_ns);
                }
            }
            None => all.push(Setting { subject, point, shown: moves, longest_ns, cells: 1 }),
        }
    }
    all.sort_by_key(|setting| (setting.subject.parts().traced, setting.subject.parts().still));
    all
}

fn one(view: &View<'_>, setting: &Setting<'_>) -> Markup {
    let moves: Vec<Move> = setting.shown.iter().collect();
    let name = clip(setting.subject.label(), 80);
    let question = format!("When do moves under {name} take long{}?", axis_words(view, &setting.point));
    let n = view.series(setting.subject.label());
    let mut keys = vec![(Ink::Dot(n), "a move".to_owned())];
    if moves.iter().any(|one| !one.moved) {
        keys.push((Ink::Fault, "a refused move".to_owned()));
    }
    let said = format!("{} {}", chosen(setting, moves.len()), coincidence(&moves));
    let frame = plot(&question, view.clock, n, &moves);
    html! { (figure(frame.as_ref(), said.trim_end(), &keys)) (rows(view, &name, &moves)) }
}

/// Says which moves are shown.
fn chosen(setting: &Setting<'_>, shown: usize) -> String {
    let cell = match setting.cells {
        1 => String::new(),
        n => format!(" Of {} the one with the longest move is shown.", count(n, "cell")),
    };
    let (of, shown) = (setting.shown.of, shown as u64);
    if of <= shown {
        let all = if shown == 1 {
            "The only move is".to_owned()
        } else {
            format!("All {} moves are", grouped(shown))
        };
        return format!("{all} shown.{cell}");
    }
    format!(
        "{} of {} are shown: the longest, and an even sample of the others.{cell}",
        grouped(shown),
        count(of, "move")
    )
}

/// Returns the longest that moved, in the order of their starts.
fn long(moves: &[Move]) -> Vec<Move> {
    let mut long: Vec<Move> = moves.iter().copied().filter(|one| one.moved).collect();
    long.sort_by_key(|one| (std::cmp::Reverse(one.duration_ns), one.start_ns));
    long.truncate(LONGEST);
    long.sort_by_key(|one| one.start_ns);
    long
}

/// Says whether the longest moves come together, and how many of them are next to a refusal.
fn coincidence(moves: &[Move]) -> String {
    let long = long(moves);
    // Of twice as many at least, or the longest are nearly all.
    if long.len() < LONGEST || moves.iter().filter(|one| one.moved).count() < 2 * LONGEST {
        return String::new();
    }
    let end_ns = moves.iter().map(|one| one.start_ns).max().unwrap_or(0);
    let window_ns = end_ns / BURST;
    let lengths = || long.iter().map(|one| one.duration_ns);
    let range = format!(
        "The ten longest take {} to {}",
        ns(lengths().min().unwrap_or(0)),
        ns(lengths().max().unwrap_or(0))
    );
    let within = |first: &Move| {
        let window = first.start_ns..=first.start_ns.saturating_add(window_ns);
        long.iter().filter(|one| window.contains(&one.start_ns)).count()
    };
    let most = long.iter().map(|first| (within(first), std::cmp::Reverse(first.start_ns))).max();
    let Some((most, std::cmp::Reverse(from_ns))) = most else { return String::new() };
    let together = if most >= TOGETHER {
        format!("; {most} of them begin within {} from {} on", ns(window_ns), ns(from_ns))
    } else {
        format!(" and are spread over the cell, with at most {most} within {}", ns(window_ns))
    };
    format!("{range}{together}{}.", refusals(&long, moves, end_ns / NEXT))
}

fn refusals(long: &[Move], moves: &[Move], near_ns: u64) -> String {
    if moves.iter().all(|one| one.moved) {
        return String::new();
    }
    let near = long.iter().filter(|one| is_near(one, moves, near_ns)).count();
    format!("; within {} of a refused move: {near} of them", ns(near_ns))
}

/// Reports whether a refused move is under way at most `near_ns` before the start or after the end of `one`.
fn is_near(one: &Move, moves: &[Move], near_ns: u64) -> bool {
    let end = |one: &Move| one.start_ns.saturating_add(one.duration_ns);
    moves.iter().filter(|other| !other.moved).any(|refused| {
        end(refused).saturating_add(near_ns) >= one.start_ns
            && refused.start_ns <= end(one).saturating_add(near_ns)
    })
}

/// Renders the longest moves, and the refused ones that are next to them.
fn rows(view: &View<'_>, name: &str, moves: &[Move]) -> Markup {
    let head = [format!("began, {}", view.clock), format!("took, {}", view.clock)];
    let head: Vec<Column> = head.into_iter().map(|title| Column(title, true)).collect();
    let row = |one: &Move| vec![html! { (ns(one.start_ns)) }, html! { (ns(one.duration_ns)) }];
    let rows: Vec<Vec<Markup>> = long(moves).iter().map(row).collect();
    folded_table(&format!("the longest moves under {name}"), &head, &rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 100 moves of 5 µs, one each ms; those of `long` take 1 ms more than their number in µs.
    fn moves(long: &[u64], refused: &[u64]) -> Vec<Move> {
        let one = |n: u64| Move {
            start_ns: n * 1_000_000,
            duration_ns: if long.contains(&n) { 1_000_000 + n * 1_000 } else { 5_000 },
            moved: !refused.contains(&n),
        };
        (0..=100).map(one).collect()
    }

    #[test]
    fn bursts_of_long_moves_differ_from_spread_ones() {
        let spread = coincidence(&moves(&[1, 11, 21, 31, 41, 51, 61, 71, 81, 91], &[]));
        assert_eq!(
            spread,
            "The ten longest take 1.00 ms to 1.09 ms and are spread over the cell, with at most 1 within 5.00 ms."
        );
        let four = coincidence(&moves(&[1, 11, 21, 31, 41, 51, 61, 62, 63, 64], &[]));
        assert!(four.contains("at most 4 within"), "{four}");
        let five = coincidence(&moves(&[1, 11, 21, 31, 41, 61, 62, 63, 64, 65], &[]));
        assert!(five.contains("; 5 of them begin within 5.00 ms from 61.0 ms on."), "{five}");
    }

    #[test]
    fn long_moves_next_to_refusals_are_counted() {
        let long = [10, 20, 30, 40, 50, 60, 70, 80, 90, 95];
        let said = coincidence(&moves(&long, &[22, 31, 60]));
        // The one that took 60 is refused, so another is among the ten longest; 22 is too late by 980 µs - 500 µs.
        assert!(said.contains("; within 500 µs of a refused move: 1 of them."), "{said}");
        assert!(!coincidence(&moves(&long, &[])).contains("refused"));
        assert_eq!(coincidence(&moves(&long, &[])[..19]), "", "too few to have longest ones");
    }
}
