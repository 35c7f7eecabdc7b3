//! Results and their outputs: the schema of `run.json`, the terminal table, plots and the HTML report.
//!
//! This crate never measures. Everything it prints is a pure function of a [`schema::Run`], so a table, a plot or a
//! verdict can always be made again from the file, with the same bytes. Facts about the machine come separately, from a
//! [`schema::Env`].
//!
//! **Start here:** [`schema`] says what a run is. Then, in the direction in which data flows:
//!
//! | module | contents |
//! |---|---|
//! | [`schema`], [`hist`], [`slices`] | the form of `run.json` and `env.json`; histograms and time in it |
//! | [`json`], [`cells`] | reading and writing them so that a kill loses nothing that was finished |
//! | [`verdict`] | the findings compared with the expectations, and the exit code |
//! | [`outcome`] | the outcomes of attaches, by the names in `run.json` |
//! | [`exit`] | the meaning of exit codes, and their precedence |
//! | [`percentile`], [`aggregate`] | the percentiles that samples support; cells merged over seeds |
//! | [`fit`] | the cost of a page: straight lines through medians |
//! | [`units`], [`labels`] | the form of numbers and findings, everywhere alike |
//! | [`noise`] | warnings about load, stolen time and late starts of runs with the machine's clock |
//! | [`nearest`] | the simulated protocol nearest to each one that a kernel offers |
//! | [`figure`], [`stats`] | figures by name, baselines of them; decisions whether machine time differs |
//! | [`change`] | the judgement of a figure: better, same, worse or undecidable, and its text |
//! | [`gate`] | the demands of a file on figures, and the figures found |
//! | [`compare`] | the comparison of two results, figure by figure; history |
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
pub mod change;
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
pub mod noise;
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
