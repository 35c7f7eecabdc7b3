//! Results and what is made of them: the schema of `run.json`, the terminal table, plots and the HTML report.
//!
//! This crate never measures. Everything it prints is a pure function of a [`schema::Run`], so a table, a plot or a
//! verdict can always be made again from the file, with the same bytes. Facts about the machine come from a
//! [`schema::Env`] and stand apart.
//!
//! **Start here:** [`schema`] says what a run is. Then, in the direction in which data flows:
//!
//! | module | what it does |
//! |---|---|
//! | [`schema`], [`hist`] | the form of `run.json` and `env.json`; histograms in it |
//! | [`json`], [`cells`] | reading and writing them so that a kill loses nothing that was finished |
//! | [`verdict`] | what happened against what was expected, and the exit code |
//! | [`percentile`], [`aggregate`] | which percentiles samples support; cells merged over seeds |
//! | [`units`], [`words`] | how numbers and findings are written, everywhere alike |
//! | [`table`] | the result on stdout |
//! | [`html`], `plot` | the report, and its plots as inline SVG |
pub mod aggregate;
pub mod cells;
pub mod hist;
pub mod html;
pub mod json;
pub mod percentile;
mod plot;
pub mod schema;
pub mod table;
pub mod units;
pub mod verdict;
pub mod words;
