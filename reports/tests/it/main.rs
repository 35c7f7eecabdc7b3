//! Tests of the inputs and outputs of the crate, from outside. They are one binary; this table assigns them to modules:
//!
//! | module | contents |
//! |---|---|
//! | [`dice`] | the pseudo-random numbers of [`demo`] and [`mutate`] |
//! | [`demo`] | made-up runs that the other modules render; no test |
//! | [`disk`] | run.json, env.json and cells on disk: round trips, half files, foreign versions |
//! | [`older`] | results, gates and baselines of older versions, as fixtures |
//! | [`damage`] | damaged histograms give errors, never panics |
//! | [`verdicts`] | each rule of a verdict, and each way in which it must fail |
//! | [`sums`] | cells merged over seeds |
//! | [`table`] | the text on stdout, as snapshots |
//! | [`html`] | the report: its text as a snapshot, escaping, plots, size, time |
//! | [`moves`] | single moves over time: plots, sentences, bounds |
//! | [`noise`] | load, stolen time and late starts in the outputs |
//! | [`joint`] | several runs on one page, and their comparison |
//! | [`gates`] | gates: the golden ladder, properties of verdicts, machine time in pairs |
//! | [`statistics`] | machine time: compared with scipy, and with made-up noisy machines |
//! | [`outputs`] | CSV and JSON, and properties of every form for other programs: golden files, damage |
//! | [`hdr`] | `.hgrm` and `.hlog` against HdrHistogram's own text and reader |
//! | [`ci`] | JUnit XML, Markdown and annotations, of runs and of gates |
//! | [`chrome`] | the Chrome trace of single attaches |
//! | [`services`] | forms for benchmark services |
//! | [`fuzz`], [`mutate`] | thousands of damaged inputs through every reader and every output |
//! | [`hostile`] | hostile characters in every string of a result, through every form |
//! | [`large`] | a run of 1,000 cells: size and time of the report |
//! | [`browser`] | reports in a real browser |
//! | [`published`] | the committed JSON Schema is the one of the code |
mod browser;
mod chrome;
mod ci;
mod damage;
mod demo;
mod dice;
mod disk;
mod fuzz;
mod gates;
mod hdr;
mod hostile;
mod html;
mod joint;
mod large;
mod moves;
mod mutate;
mod noise;
mod older;
mod outputs;
mod published;
mod services;
#[path = "../../../rig/input/tests/support/skip.rs"]
mod skip;
mod statistics;
mod sums;
mod table;
mod verdicts;
