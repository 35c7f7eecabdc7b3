//! Words that the table and the report share: clocks, verdicts, slow-downs, drift.
//!
//! Separate, so that a reader who goes from the terminal to the HTML meets the same words.
use crate::aggregate::Group;
use crate::schema::{Engine, Expectation, Judgement, LatencyKind, NoteKind, Verdict};
use crate::units::{NONE, count, grouped, list, signed, times};

/// Returns `virtual` or `wall`: the kind of a ns of this engine.
#[must_use]
pub fn clock(engine: Engine) -> &'static str {
    match engine {
        Engine::Sim => "virtual",
        Engine::Threads | Engine::Linux => "wall",
    }
}

/// Returns the name of the engine.
#[must_use]
pub fn engine(engine: Engine) -> &'static str {
    match engine {
        Engine::Sim => "sim",
        Engine::Threads => "threads",
        Engine::Linux => "linux",
    }
}

/// Returns `held in 64`, `violated 12 in 2 of 64`, with the cells over which it was counted, and the mark of
/// [`marked`].
#[must_use]
pub fn verdict(verdict: &Verdict) -> String {
    let (cells, violated) = (grouped(verdict.cells), grouped(verdict.cells_violated));
    let over = match (verdict.cells, verdict.cells_violated) {
        (0, _) => String::new(),
        (_, 0) => format!(" in {cells}"),
        _ => format!(" in {violated} of {cells}"),
    };
    marked(verdict, &over)
}

/// Returns `held` or `violated 12` with `over` behind it. It ends in ` !` when not as expected and in ` ?` when
/// inconclusive. When the invariant was not checked, it is a dash.
#[must_use]
pub fn marked(verdict: &Verdict, over: &str) -> String {
    let what = match (verdict.cells, verdict.violations) {
        (0, _) => NONE.to_owned(),
        (_, 0) => format!("held{over}"),
        (_, n) => format!("violated {}{over}", grouped(n)),
    };
    match verdict.outcome {
        Judgement::Fail => format!("{what} !"),
        Judgement::Inconclusive => format!("{what} ?"),
        Judgement::Pass | Judgement::Skipped => what,
    }
}

/// Returns `failed: rollback under prepare-undo: expected to hold, violated in 2 of 9 cells; replay: ...`, or
/// `inconclusive: ...`.
#[must_use]
pub fn verdict_sentence(verdict: &Verdict) -> String {
    let kind = if verdict.outcome == Judgement::Fail { "failed" } else { "inconclusive" };
    let expected = match verdict.expected {
        Expectation::Never => "expected to hold".to_owned(),
        other => format!("expected to be violated {}", expectation(other)),
    };
    let mut text = format!(
        "{kind}: {} under {}: {expected}, violated in {} of {}",
        verdict.invariant,
        verdict.protocol,
        grouped(verdict.cells_violated),
        count(verdict.cells, "cell"),
    );
    if let Some(replay) = &verdict.replay {
        text.push_str("; replay: ");
        text.push_str(replay);
    }
    text
}

/// Returns `never`, `sometimes` or `always`.
#[must_use]
pub fn expectation(expectation: Expectation) -> &'static str {
    match expectation {
        Expectation::Never => "never",
        Expectation::Sometimes => "sometimes",
        Expectation::Always => "always",
    }
}

/// Returns `as expected`, `not as expected`, `inconclusive` or `not checked`.
#[must_use]
pub fn outcome(outcome: Judgement) -> &'static str {
    match outcome {
        Judgement::Pass => "as expected",
        Judgement::Fail => "not as expected",
        Judgement::Inconclusive => "inconclusive",
        Judgement::Skipped => "not checked",
    }
}

/// Returns `info`, `warning` or `inconclusive`.
#[must_use]
pub fn note(kind: NoteKind) -> &'static str {
    match kind {
        NoteKind::Info => "info",
        NoteKind::Warning => "warning",
        NoteKind::Inconclusive => "inconclusive",
    }
}

/// Returns `raw` or `corrected`.
#[must_use]
pub fn latency(kind: LatencyKind) -> &'static str {
    match kind {
        LatencyKind::Raw => "raw",
        LatencyKind::Corrected => "corrected",
    }
}

/// Returns the operation whose p99 suffers most: `fork-thread ×3.1`.
#[must_use]
pub fn slow_down(group: &Group) -> String {
    let worst = group.worst_slow_down();
    let said = worst.and_then(|(op, idle, busy)| Some(format!("{op} ×{}", times(busy, idle)?)));
    said.unwrap_or_else(|| NONE.to_owned())
}

/// Returns the final drift that is farthest from 0: `+41 pages memrlimit:b`; a dash when no counter was watched.
#[must_use]
pub fn worst_drift(group: &Group) -> String {
    match group.worst_drift() {
        None => NONE.to_owned(),
        Some(drift) if drift.worst_final == 0 => "0".to_owned(),
        Some(d) => {
            let within = if d.beyond() == 0 { ", tolerated" } else { "" };
            format!("{} {} {}:{}{within}", signed(d.worst_final), d.unit, d.controller, d.cgroup)
        }
    }
}

/// Returns the names of the invariants that the group violated, with the number of violations and of cells with any; a
/// dash when none was checked.
#[must_use]
pub fn violated(group: &Group) -> String {
    let violated = group.invariants.iter().filter(|invariant| invariant.violated > 0);
    let names: Vec<String> = violated
        .map(|p| {
            let (violated, cells) = (grouped(p.cells_violated), grouped(p.cells));
            format!("{} {} in {violated} of {cells}", p.name, grouped(p.violated))
        })
        .collect();
    if !names.is_empty() {
        names.join(", ")
    } else if group.invariants.is_empty() {
        NONE.to_owned()
    } else {
        "none".to_owned()
    }
}

/// Returns the names of the protocols that satisfy `what`, joined.
#[must_use]
pub fn names<'a>(protocols: impl Iterator<Item = &'a str>) -> String {
    list(&protocols.map(str::to_owned).collect::<Vec<_>>())
}
