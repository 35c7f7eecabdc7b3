//! Readers of results: runs, gates and baselines, and everything derived from a run.
use crate::{Target, text, texts};
use model::seam::costs::Costs;
use reports::compare::{exact, paired, text as compared};
use reports::figure::Baseline;
use reports::figure::diff::diff;
use reports::gate::{Earlier, Gates, evaluate, forms};
use reports::schema::{self, Cell, Run};
use reports::table::{self, TableOptions};
use reports::{html, outputs, verdict};
use rig::driver::{CellPlan, run_cell};
use scenario::{Overrides, Scenario, built_in};
use serde_json::{from_slice, from_value, json, to_vec};
use std::sync::OnceLock;

const GATES_TEXT: [&str; 2] =
    [include_str!("../../../reports/gates/default.toml"), include_str!("../../../reports/gates/steady.toml")];

/// Cells of every kind on a real kernel, by the version before.
const OF_SCHEMA_1: &[u8] = include_bytes!("../../../reports/tests/it/fixtures/schema-1/linux.json");

pub(crate) const RUN: Target = Target {
    name: "run",
    seeds: || to_vec(whole()).into_iter().chain([OF_SCHEMA_1.to_vec()]).collect(),
    drive: |input| {
        if let Ok(run) = from_slice::<Run>(input).map(Run::into_current) {
            every_form(&run);
            gated(&run, whole());
            gated(whole(), &run);
        }
    },
};

pub(crate) const GATES: Target = Target {
    name: "gates",
    seeds: || texts(GATES_TEXT),
    drive: |input| match Gates::parse("gates.toml", &text(input), "2026-11-26") {
        Ok(gates) => held(&gates, whole(), baseline()),
        Err(error) => assert!(error.to_string().starts_with("gates.toml:"), "{error}"),
    },
};

pub(crate) const BASELINE: Target = Target {
    name: "baseline",
    seeds: || to_vec(baseline()).into_iter().collect(),
    drive: |input| {
        if let Ok(read) = from_slice::<Baseline>(input) {
            let both = exact::exact(("a", "b"), &read, baseline());
            drop(both.map(|both| compared::text(&both, true)));
            drop(paired::protocols(&read, None, "transactional"));
            drop(diff(Some(&read), baseline()));
            held(parsed_gates(), whole(), &read);
        }
    },
};

/// Returns a run of the simulator with two seeds of every protocol, made once.
fn whole() -> &'static Run {
    static WHOLE: OnceLock<Run> = OnceLock::new();
    WHOLE.get_or_init(|| {
        let overrides =
            Overrides { seeds: Some(2), duration: Some("1ms".to_owned()), ..Overrides::default() };
        let toml = built_in::find("idle").expect("built in");
        let scenario = Scenario::parse_with("idle", toml, &overrides, &workloads::BuiltIn).expect("built in");
        let costs = Costs::default();
        let cells: Vec<Cell> =
            CellPlan::all(&scenario).iter().map(|plan| run_cell(&scenario, plan, &costs).cell).collect();
        let run = json!({
            "schema": schema::SCHEMA, "version": "0", "engine": "sim", "command": "attach-rig run idle",
            "interrupted": false, "cells": cells, "verdicts": [], "notes": [],
            "scenario": {
                "name": "idle", "about": "", "controllers": ["memrlimit"], "seed": 1, "cpus": 2,
                "duration_ns": 1_000_000, "toml": scenario.toml
            }
        });
        from_value(run).expect("a run")
    })
}

fn baseline() -> &'static Baseline {
    static BASELINE: OnceLock<Baseline> = OnceLock::new();
    BASELINE.get_or_init(|| Baseline::of(whole()).expect("figures of a run"))
}

fn parsed_gates() -> &'static Gates {
    static GATES: OnceLock<Gates> = OnceLock::new();
    GATES.get_or_init(|| Gates::parse("default.toml", GATES_TEXT[0], "2026-11-26").expect("built in"))
}

/// Exports a run in every form; a form may refuse it.
fn every_form(run: &Run) {
    drop((outputs::json(run), outputs::csv(run), outputs::hgrm(run), outputs::hlog(run)));
    drop((outputs::markdown(run), outputs::junit(run), outputs::bmf(run), outputs::gab(run)));
    drop((outputs::chrome_trace(run), outputs::annotations(run)));
    drop((verdict::exit_code(run), verdict::headline(run)));
    for options in [TableOptions::default(), TableOptions { width: Some(40), color: true }] {
        drop(table::render(run, options));
    }
    drop((html::render(run, None), html::render_all(&[(run.clone(), None), (whole().clone(), None)])));
}

fn gated(run: &Run, base: &Run) {
    if let Ok(figures) = Baseline::of(base) {
        held(parsed_gates(), run, &figures);
    }
}

fn held(gates: &Gates, run: &Run, base: &Baseline) {
    if let Ok(ladder) = evaluate(gates, std::slice::from_ref(run), Earlier::Figures(base)) {
        drop((ladder.text(), forms::markdown(&ladder), forms::junit(&ladder), forms::annotations(&ladder)));
    }
}
