//! Results and what is made of them: the schema of `run.json`, the terminal table, plots and the HTML report.
//!
//! This crate never measures. Everything it prints is a pure function of a [`schema::Run`], so a table, a plot or a
//! verdict can always be made again from the file, with the same bytes. Facts about the machine come separately, from a
//! [`schema::Env`].
//!
//! **Start here:** [`schema`] says what a run is. Then, in the direction in which data flows:
//!
//! | module | what it does |
//! |---|---|
//! | [`schema`], [`hist`], [`slices`] | the form of `run.json` and `env.json`; histograms and time in it |
//! | [`json`], [`cells`] | reading and writing them so that a kill loses nothing that was finished |
//! | [`verdict`] | what happened against what was expected, and the exit code |
//! | [`outcome`] | how attaches end, by the names in `run.json` |
//! | [`exit`] | what exit codes mean, and which of several counts |
//! | [`percentile`], [`aggregate`] | which percentiles samples support; cells merged over seeds |
//! | [`fit`] | what a page costs: straight lines through medians |
//! | [`units`], [`labels`] | how numbers and findings are written, everywhere alike |
//! | [`nearest`] | which simulated protocol comes nearest to what a kernel offers |
//! | [`figure`], [`stats`] | figures by name, baselines of them; whether machine time differs |
//! | [`gate`] | what a file demands of figures, and what they are |
//! | [`compare`] | whether one result is better than another, figure by figure; history |
//! | [`table`] | the result on stdout |
//! | [`outputs`] | the result for other programs: JSON, CSV, HdrHistogram, Markdown, JUnit, benchmark services |
//! | [`safe`] | strings of a result that any program may have written, made safe to print |
//! | [`html`], `plot` | the report, and its plots as inline SVG |
//!
//! ```no_run
//! use reports::{html, json, table, verdict};
//! use std::path::Path;
//!
//! let run = json::read_run(Path::new("run.json"))?;
//! let env = json::read_env(Path::new("env.json")).ok();
//! print!("{}", table::render(&run, table::TableOptions::default())?);
//! json::write_atomic(Path::new("report.html"), html::render(&run, env.as_ref())?.as_bytes())?;
//! std::process::exit(verdict::exit_code(&run).number().into());
//! # #[allow(unreachable_code)]
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
#![forbid(unsafe_code)]
pub mod aggregate;
pub mod axis;
pub mod cells;
pub mod compare;
pub mod coverage;
pub mod exit;
pub mod figure;
pub mod fit;
pub mod gate;
pub mod hist;
pub mod html;
pub mod json;
pub mod labels;
mod layout;
pub mod nearest;
pub mod outcome;
pub mod outputs;
pub mod percentile;
mod plot;
pub mod safe;
pub mod schema;
pub mod slices;
pub mod stats;
pub mod table;
pub mod units;
pub mod verdict;
