//! Tests of what the crate writes and reads, from outside. One binary; what belongs where:
//!
//! | module | belongs there |
//! |---|---|
//! | [`demo`] | made-up runs that the other modules render; no test |
//! | [`disk`] | run.json, env.json and cells on disk: round trips, half files, foreign versions |
//! | [`damage`] | damaged histograms and files give errors, never panics |
//! | [`verdicts`] | each rule of a verdict, and each way in which it must fail |
//! | [`sums`] | cells merged over seeds |
//! | [`table`] | the text on stdout, as snapshots |
//! | [`html`] | the report: its text as a snapshot, escaping, plots, size, time |
//! | [`joint`] | several runs on one page, and what is laid side by side |
//! | [`gates`] | gates: the golden ladder, properties of verdicts, machine time in pairs |
//! | [`outputs`] | CSV, `.hgrm` and JSON for other programs: golden files, round trips |
//! | [`statistics`] | machine time: held to scipy, and to made-up noisy machines |
//! | [`published`] | the committed JSON Schema is the one of the code |
mod damage;
mod demo;
mod disk;
mod gates;
mod html;
mod joint;
mod outputs;
mod published;
mod statistics;
mod sums;
mod table;
mod verdicts;
