//! The outcome of gates as JSON.
use super::file::Class;
use super::report::{GateReport, GateState, demand};
use crate::change::json::JudgedFigure;
use serde::Serialize;

/// Output of `gate --json`.
#[derive(Debug, Serialize)]
pub struct GatesJson<'a> {
    /// Exit code.
    exit_code: u8,
    /// `gates: 41 passed, 1 failed, 3 skipped`.
    summary: String,
    /// Reason why no gate passes, whatever its figures.
    #[serde(skip_serializing_if = "Option::is_none")]
    doubt: Option<&'a str>,
    /// Every gate, failures first.
    gates: Vec<GateJson<'a>>,
    /// Protocol, and the metrics of it that no gate looks at.
    not_judged: Vec<(&'a str, &'a [&'static str])>,
}

/// A gate.
#[derive(Debug, Serialize)]
struct GateJson<'a> {
    name: &'a str,
    class: Class,
    state: GateState,
    /// Demand of the gate, in words.
    demand: String,
    /// Reason for which a breach is let through.
    #[serde(skip_serializing_if = "Option::is_none")]
    waived: Option<&'a str>,
    /// Figures that it judged, failures first.
    places: Vec<PlaceJson<'a>>,
}

/// A place that a gate has judged.
#[derive(Debug, Serialize)]
struct PlaceJson<'a> {
    state: GateState,
    #[serde(flatten)]
    figure: JudgedFigure<'a>,
}

impl<'a> From<&'a GateReport> for GatesJson<'a> {
    fn from(of: &'a GateReport) -> Self {
        let gates = of.in_order().map(|(gate, rows, state)| GateJson {
            name: &gate.name,
            class: gate.class,
            state,
            demand: demand(gate),
            waived: gate.waived.as_deref(),
            places: rows
                .into_iter()
                .map(|row| PlaceJson { state: row.state, figure: (&row.compared).into() })
                .collect(),
        });
        Self {
            exit_code: of.exit_code().number(),
            summary: of.summary(),
            doubt: of.doubt(),
            gates: gates.collect(),
            not_judged: of.unseen().iter().map(|(name, metrics)| (name.as_str(), &**metrics)).collect(),
        }
    }
}
