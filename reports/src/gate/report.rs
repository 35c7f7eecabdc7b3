//! The outcome of gates: each with what it demanded and what was measured, failures first, and the exit code.
//!
//! Separate, so that the judgement does not depend on wording. The last line counts gates. A gate is inconclusive when
//! a place has too few samples and none failed. A waived gate is one that failed and is let through; it is counted as
//! skipped.
use super::file::{Class, Gate};
use crate::change::{Change, Compared, Seen};
use crate::exit::Exit;
use serde::Serialize;
use std::fmt::Write as _;

/// A verdict, the worst last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
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

/// One place that a gate has judged.
#[derive(Clone, Debug)]
pub struct GateRow {
    /// The figure at that place, compared with the limits of the gate.
    pub compared: Compared,
    /// The verdict.
    pub state: GateState,
}

impl GateRow {
    /// Returns the row with the verdict that `gate` gives it: whatever is beyond a limit fails.
    pub(super) fn of(gate: &Gate, compared: Compared) -> Self {
        let state = match (&compared.change, compared.seen) {
            (Change::CannotTell(_), _) => GateState::Inconclusive,
            (Change::Same, Seen::Alone(Some(value)) | Seen::Both(_, Some(value)))
                if gate.limits.warn.is_some_and(|from| value > from) =>
            {
                GateState::Warned
            }
            (Change::Same, _) => GateState::Passed,
            (Change::Worse | Change::Better | Change::Differs, _) => GateState::Failed,
        };
        Self { compared, state }
    }
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
    pub(super) fn push(&mut self, gate: &Gate, mut rows: Vec<GateRow>) {
        let waived = |state| match state {
            GateState::Failed if gate.waived.is_some() => GateState::Waived,
            other => other,
        };
        let worst = rows.iter().map(|row| row.state).max().unwrap_or(GateState::Inconclusive);
        rows.iter_mut().for_each(|row| row.state = waived(row.state));
        self.gates.push((gate.clone(), rows, waived(worst)));
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
    let _ = writeln!(out, "{:<12} {}: {} {}", word(state), gate.name, gate.key, demand(gate));
    if let Some(waiver) = &gate.waived {
        let _ = writeln!(out, "  waived {waiver}");
    }
    for GateRow { compared, state } in rows {
        let _ = writeln!(out, "  {:<12} {}: {compared:#}", word(*state), compared.place);
    }
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

/// Returns the demand of `gate` in words.
pub(crate) fn demand(gate: &Gate) -> String {
    let limits = &gate.limits;
    let figure = |value: u64| Seen::Alone(Some(value)).words(gate.key.is_time(), true);
    let named = [
        ("equals", limits.equals),
        ("at least", limits.min),
        ("at most", limits.max),
        ("said above", limits.warn),
    ];
    let mut said: Vec<String> = named
        .iter()
        .filter_map(|(word, limit)| limit.map(|limit| format!("{word} {}", figure(limit))))
        .collect();
    let floor = match limits.floor {
        0 => String::new(),
        floor => format!(" and {}", figure(floor)),
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
