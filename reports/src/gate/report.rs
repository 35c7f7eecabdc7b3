//! The outcome of gates: each with what it demanded and what was measured, failures first, and the exit code.
//!
//! Separate, so that the judgement does not depend on wording. The last line counts gates. A gate is inconclusive when
//! a place has too few samples and none failed. A waived gate is one that failed and is let through; it is counted as
//! skipped.
use super::file::{Class, Gate};
use crate::exit::Exit;
use crate::figure::Measured;
use crate::figure::diff::change;
use crate::stats::Estimate;
use crate::units::{count, grouped, ns};
use std::fmt::Write as _;

/// A verdict, the worst last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum GateState {
    /// The gate holds.
    Passed,
    /// The gate holds, and the figure is above the warning limit.
    Warned,
    /// The gate failed, and a waiver lets it through.
    Waived,
    /// Too few samples, or nothing in the baseline.
    Inconclusive,
    /// The gate does not hold.
    Failed,
}

/// Finding at one place.
#[derive(Clone, Debug)]
pub enum Finding {
    /// The figure, and the one it is compared with.
    Exact(Measured, Option<Measured>),
    /// Pairs of machine time, and the reason why they give no answer.
    Paired(Option<Estimate>, Option<String>),
    /// No pairs, with the reason.
    CannotTell(String),
}

/// One place that a gate has judged.
#[derive(Clone, Debug)]
pub struct GateRow {
    /// Protocol and point, and those that they are compared with.
    pub place: String,
    /// Finding at that place.
    pub finding: Finding,
    /// The verdict.
    pub state: GateState,
}

/// Every gate with its rows, and the figures that no gate looked at.
#[derive(Clone, Debug, Default)]
pub struct GateReport {
    pub(super) gates: Vec<(Gate, Vec<GateRow>, GateState)>,
    pub(super) doubt: Option<Doubt>,
    pub(super) unseen: Vec<(String, Vec<&'static str>)>,
}

/// Reason why no gate passes, whatever its figures.
#[derive(Clone, Debug)]
pub struct Doubt {
    /// Reason in words.
    pub why: String,
    /// Says whether cells are missing, so that even a failure may hold only for the existing cells.
    pub missing: bool,
}

/// Test of the gates themselves: (name, state as measured, state when worse).
#[derive(Clone, Debug, Default)]
pub struct Tested {
    /// Rows in the order of the file.
    pub rows: Vec<(String, GateState, GateState)>,
}

impl GateReport {
    pub(super) fn push(&mut self, gate: &Gate, rows: Vec<GateRow>) {
        let worst = rows.iter().map(|row| row.state).max().unwrap_or(GateState::Inconclusive);
        let state =
            if worst == GateState::Failed && gate.waived.is_some() { GateState::Waived } else { worst };
        self.gates.push((gate.clone(), rows, state));
    }

    /// Returns the exit code: violated when a gate of correctness failed, slower when one of performance did, or
    /// inconclusive.
    #[must_use]
    pub fn exit_code(&self) -> Exit {
        let failed =
            |class| self.gates.iter().any(|(gate, _, s)| *s == GateState::Failed && gate.class == class);
        let unclear = self.count(&[GateState::Inconclusive]) > 0;
        match (failed(Class::Correctness), failed(Class::Performance), unclear) {
            (true, _, _) => Exit::Violated,
            (_, true, _) => Exit::Slower,
            (_, _, true) => Exit::Inconclusive,
            _ => Exit::AsExpected,
        }
    }

    fn count(&self, states: &[GateState]) -> usize {
        self.gates.iter().filter(|(_, _, state)| states.contains(state)).count()
    }

    /// Writes the gates with their rows, the worst first.
    #[must_use]
    pub fn text(&self) -> String {
        let mut out = String::new();
        for (gate, rows, state) in self.in_order() {
            write_gate(&mut out, gate, &rows, state);
        }
        for (protocol, metrics) in &self.unseen {
            let _ = writeln!(out, "not judged under {protocol}: {}", metrics.join(", "));
        }
        if let Some(doubt) = self.doubt() {
            let _ = writeln!(out, "inconclusive: {doubt}; no gate passes");
        }
        let _ = writeln!(out, "{}", self.summary());
        out
    }

    /// Returns the reason why no gate passes, if there is one.
    #[must_use]
    pub fn doubt(&self) -> Option<&str> {
        self.doubt.as_ref().map(|doubt| doubt.why.as_str())
    }

    /// Returns every gate with its rows and its verdict, failures first, in both.
    pub fn in_order(&self) -> impl Iterator<Item = (&Gate, Vec<&GateRow>, GateState)> {
        let mut order: Vec<_> = self.gates.iter().collect();
        order.sort_by_key(|(_, _, state)| std::cmp::Reverse(*state));
        order.into_iter().map(|(gate, rows, state)| {
            let mut rows: Vec<&GateRow> = rows.iter().collect();
            rows.sort_by_key(|row| std::cmp::Reverse(row.state));
            (gate, rows, *state)
        })
    }

    /// Returns (protocol, metrics) that no gate looks at.
    #[must_use]
    pub fn unseen(&self) -> &[(String, Vec<&'static str>)] {
        &self.unseen
    }

    /// Returns a summary such as `gates: 41 passed, 1 failed, 3 skipped`.
    #[must_use]
    pub fn summary(&self) -> String {
        let (passed, failed) =
            (self.count(&[GateState::Passed, GateState::Warned]), self.count(&[GateState::Failed]));
        let unclear = match self.count(&[GateState::Inconclusive]) {
            0 => String::new(),
            n => format!("{n} inconclusive, "),
        };
        let skipped = self.count(&[GateState::Waived]);
        format!("gates: {passed} passed, {failed} failed, {unclear}{skipped} skipped")
    }
}

fn write_gate(out: &mut String, gate: &Gate, rows: &[&GateRow], state: GateState) {
    let is_time = gate.key.is_time();
    let demand = demand(gate);
    let _ = writeln!(out, "{:<12} {}: {} {demand}", word(state), gate.name, gate.key);
    if let Some(waiver) = &gate.waived {
        let _ = writeln!(out, "  waived {waiver}");
    }
    for row in rows {
        let _ = writeln!(out, "  {:<12} {}: {}", word(row.state), row.place, finding(&row.finding, is_time));
    }
}

/// Returns the finding in words.
pub(crate) fn finding(finding: &Finding, is_time: bool) -> String {
    match finding {
        Finding::Exact(found, base) => {
            let base = match (found, base) {
                (Measured::Figure(value), Some(Measured::Figure(base))) if value == base => {
                    ", the same on both sides".to_owned()
                }
                (Measured::Figure(value), Some(Measured::Figure(base))) => {
                    format!(", compared with {}: {}", figure(*base, is_time), change(*base, *value))
                }
                (_, Some(base)) => format!(", compared with {}", measured(*base, is_time)),
                (_, None) => String::new(),
            };
            format!("{}{base}", measured(*found, is_time))
        }
        Finding::Paired(estimate, why) => {
            let said = estimate.map(|seen| paired(&seen));
            [said, why.clone()].into_iter().flatten().collect::<Vec<_>>().join("; ")
        }
        Finding::CannotTell(why) => why.clone(),
    }
}

/// Writes an estimate in words: `+12.3 % (95 %: +9.0 to +15.8 %), 40 pairs`.
pub(crate) fn paired(seen: &Estimate) -> String {
    let percent = |ratio: f64| {
        let tenths = ((ratio - 1.0) * 1_000.0).round() as i64;
        let sign = if tenths < 0 { "−" } else { "+" };
        format!("{sign}{}.{}", tenths.unsigned_abs() / 10, tenths.unsigned_abs() % 10)
    };
    let interval = seen
        .interval
        .map_or_else(String::new, |(low, high)| format!(" (95 %: {} to {} %)", percent(low), percent(high)));
    format!("{} %{interval}, {} pairs", percent(seen.ratio), seen.pairs)
}

/// Returns the word for a verdict: `passed`, `FAILED`, ...
pub(crate) fn word(state: GateState) -> &'static str {
    match state {
        GateState::Passed => "passed",
        GateState::Warned => "warned",
        GateState::Waived => "waived",
        GateState::Inconclusive => "inconclusive",
        GateState::Failed => "FAILED",
    }
}

fn figure(value: u64, is_time: bool) -> String {
    if is_time { format!("{} ({} ns)", ns(value), grouped(value)) } else { grouped(value) }
}

pub(super) fn measured(measured: Measured, is_time: bool) -> String {
    match measured {
        Measured::Figure(value) => figure(value, is_time),
        Measured::TooFew(n, needs) => {
            format!("{} samples, {} are needed; run longer or with more seeds", grouped(n), grouped(needs))
        }
        Measured::TooFewSeeds(n, needs) => {
            format!(
                "{}, {} are needed for a simulated time; run with --seeds {needs}",
                count(n, "seed"),
                grouped(needs)
            )
        }
    }
}

/// Returns the demand of `gate` in words.
pub(crate) fn demand(gate: &Gate) -> String {
    let (limits, is_time) = (&gate.limits, gate.key.is_time());
    let named = [
        ("equals", limits.equals),
        ("at least", limits.min),
        ("at most", limits.max),
        ("said above", limits.warn),
    ];
    let mut said: Vec<String> = named
        .iter()
        .filter_map(|(word, limit)| limit.map(|limit| format!("{word} {}", figure(limit, is_time))))
        .collect();
    let floor = match limits.floor {
        0 => String::new(),
        floor => format!(" and {}", figure(floor, is_time)),
    };
    let other = if gate.against.is_some() { "the other" } else { "the baseline" };
    if let Some(percent) = limits.max_increase {
        said.push(format!("at most {percent} %{floor} above {other}"));
    }
    if let Some(thousandths) = limits.max_ratio {
        let ratio = format!("{}.{:03}", thousandths / 1_000, thousandths % 1_000);
        let ratio = ratio.trim_end_matches('0').trim_end_matches('.').to_owned();
        said.push(format!("at most {ratio} times {other}{floor}"));
    }
    match limits.change {
        Some(0) if limits.floor == 0 => said.push(format!("exactly as {other}")),
        Some(percent) => said.push(format!("within {percent} %{floor} of {other}")),
        None => {}
    }
    said.join(", ")
}

impl Tested {
    /// Returns the exit code: bad usage when a gate cannot fail or does not pass the run itself, or inconclusive.
    #[must_use]
    pub fn exit_code(&self) -> Exit {
        let unclear = |row: &&(String, GateState, GateState)| row.1 == GateState::Inconclusive;
        if self.rows.iter().any(|row| !unclear(&row) && !sound(row)) {
            Exit::Usage
        } else if self.rows.iter().any(|row| unclear(&row)) {
            Exit::Inconclusive
        } else {
            Exit::AsExpected
        }
    }

    /// Writes one line a gate, and a last one that counts.
    #[must_use]
    pub fn text(&self) -> String {
        let mut out = String::new();
        for row in &self.rows {
            let (name, itself, worse) = row;
            let said = match (itself, worse) {
                (GateState::Inconclusive, _) => "cannot tell: too few samples; run longer or with more seeds",
                (GateState::Failed, _) => "fails already on this run; test it on one that passes",
                (_, GateState::Failed) => "sound: passes this run, fails when it is worse",
                _ => "CANNOT FAIL: passes also when every figure is 20 % worse; move its limit nearer",
            };
            let _ = writeln!(out, "{name}: {said}");
        }
        let sound = self.rows.iter().filter(|row| sound(row)).count();
        let _ = writeln!(out, "gates that can fail: {sound} of {}", self.rows.len());
        out
    }
}

fn sound(row: &(String, GateState, GateState)) -> bool {
    row.1 <= GateState::Warned && row.2 == GateState::Failed
}
