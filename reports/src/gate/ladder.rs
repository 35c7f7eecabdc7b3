//! The outcome of gates: each with what it demanded and what was measured, failures first, and the exit code.
//!
//! Apart, so that the judgement knows nothing of words. The last line counts gates: one is inconclusive when a place has
//! too few samples and none failed; waived is one that failed and is let through, counted as skipped.
use super::file::{Class, Gate, Limits};
use super::metric::Measured;
use crate::units::{grouped, ns};
use std::fmt::Write as _;

/// A verdict, the worst last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum State {
    /// As demanded.
    Passed,
    /// As demanded, and above what is to be said.
    Warned,
    /// It failed, which a waiver lets through.
    Waived,
    /// Too few samples, or nothing in the baseline.
    Inconclusive,
    /// Not as demanded.
    Failed,
}

/// One place that a gate has judged.
#[derive(Clone, Debug)]
pub struct Row {
    /// Protocol and point.
    pub place: String,
    /// What was measured.
    pub measured: Measured,
    /// What the baseline has.
    pub base: Option<Measured>,
    /// The verdict.
    pub state: State,
}

/// Every gate with its rows, and what no gate looked at.
#[derive(Clone, Debug, Default)]
pub struct Ladder {
    gates: Vec<(Gate, Vec<Row>, State)>,
    pub(super) unseen: Vec<(String, Vec<&'static str>)>,
}

/// What became of the gates themselves: (name, state as measured, state when worse).
#[derive(Clone, Debug, Default)]
pub struct Tested {
    /// In the order of the file.
    pub rows: Vec<(String, State, State)>,
}

impl Ladder {
    pub(super) fn push(&mut self, gate: &Gate, rows: Vec<Row>) {
        let worst = rows.iter().map(|row| row.state).max().unwrap_or(State::Inconclusive);
        let state = if worst == State::Failed && gate.waived.is_some() { State::Waived } else { worst };
        self.gates.push((gate.clone(), rows, state));
    }

    /// 1 when a gate of correctness failed, else 3 for one of performance, 5 for an inconclusive one, 0.
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        let failed = |class| self.gates.iter().any(|(gate, _, s)| *s == State::Failed && gate.class == class);
        let unclear = self.count(&[State::Inconclusive]) > 0;
        match (failed(Class::Correctness), failed(Class::Performance), unclear) {
            (true, _, _) => 1,
            (_, true, _) => 3,
            (_, _, true) => 5,
            _ => 0,
        }
    }

    fn count(&self, states: &[State]) -> usize {
        self.gates.iter().filter(|(_, _, state)| states.contains(state)).count()
    }

    /// The gates with their rows, the worst first.
    #[must_use]
    pub fn worst_first(&self) -> Vec<&(Gate, Vec<Row>, State)> {
        let mut order: Vec<_> = self.gates.iter().collect();
        order.sort_by_key(|(_, _, state)| std::cmp::Reverse(*state));
        order
    }

    /// `gates: N passed, N failed, N skipped`, with `N inconclusive` before `skipped` when there is any.
    #[must_use]
    pub fn summary(&self) -> String {
        let (passed, failed) = (self.count(&[State::Passed, State::Warned]), self.count(&[State::Failed]));
        let unclear = match self.count(&[State::Inconclusive]) {
            0 => String::new(),
            n => format!("{n} inconclusive, "),
        };
        let skipped = self.count(&[State::Waived]);
        format!("gates: {passed} passed, {failed} failed, {unclear}{skipped} skipped")
    }

    /// The ladder as text; the last line is the [`Self::summary`].
    #[must_use]
    pub fn text(&self) -> String {
        let mut out = String::new();
        for (gate, rows, state) in self.worst_first() {
            write_gate(&mut out, gate, rows, *state);
        }
        for (protocol, metrics) in &self.unseen {
            let _ = writeln!(out, "not judged under {protocol}: {}", metrics.join(", "));
        }
        let _ = writeln!(out, "{}", self.summary());
        out
    }
}

fn write_gate(out: &mut String, gate: &Gate, rows: &[Row], state: State) {
    let is_time = gate.metric.is_time(gate.statistic);
    let what = format!("{} {}", gate.metric.name(), gate.statistic.name());
    let _ = writeln!(out, "{:<12} {}: {what} {}", word(state), gate.name, demand(&gate.limits, is_time));
    if let Some(waiver) = &gate.waived {
        let _ = writeln!(out, "  waived {waiver}");
    }
    let mut rows: Vec<&Row> = rows.iter().collect();
    rows.sort_by_key(|row| std::cmp::Reverse(row.state));
    for row in rows {
        let base =
            row.base.map_or_else(String::new, |base| format!(", baseline {}", measured(base, is_time)));
        let figure = measured(row.measured, is_time);
        let _ = writeln!(out, "  {:<12} {}: {figure}{base}", word(row.state), row.place);
    }
}

pub(super) fn word(state: State) -> &'static str {
    match state {
        State::Passed => "passed",
        State::Warned => "warned",
        State::Waived => "waived",
        State::Inconclusive => "inconclusive",
        State::Failed => "FAILED",
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
    }
}

pub(super) fn demand(limits: &Limits, is_time: bool) -> String {
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
    if let Some(percent) = limits.max_increase {
        let floor = match limits.floor {
            0 => String::new(),
            floor => format!(" and {}", figure(floor, is_time)),
        };
        said.push(format!("at most {percent} %{floor} above the baseline"));
    }
    said.join(", ")
}

impl Tested {
    /// 2 when a gate cannot fail or does not pass the run itself, 5 when one cannot tell, else 0.
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        let unclear = |row: &&(String, State, State)| row.1 == State::Inconclusive;
        if self.rows.iter().any(|row| !unclear(&row) && !sound(row)) {
            2
        } else if self.rows.iter().any(|row| unclear(&row)) {
            5
        } else {
            0
        }
    }

    /// One line a gate, and a last one that counts.
    #[must_use]
    pub fn text(&self) -> String {
        let mut out = String::new();
        for row in &self.rows {
            let (name, itself, worse) = row;
            let said = match (itself, worse) {
                (State::Inconclusive, _) => "cannot tell: too few samples; run longer or with more seeds",
                (State::Failed, _) => "fails already on this run; test it on one that passes",
                (_, State::Failed) => "sound: passes this run, fails when it is worse",
                _ => "CANNOT FAIL: passes also when every figure is 20 % worse; move its limit nearer",
            };
            let _ = writeln!(out, "{name}: {said}");
        }
        let sound = self.rows.iter().filter(|row| sound(row)).count();
        let _ = writeln!(out, "gates that can fail: {sound} of {}", self.rows.len());
        out
    }
}

fn sound(row: &(String, State, State)) -> bool {
    row.1 <= State::Warned && row.2 == State::Failed
}
