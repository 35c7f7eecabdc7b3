//! Results: turns measurements into files.
//!
//! ```text
//! measured    what was measured in a cell, and what holds for all
//! record      the run as `reports::schema::Run`; notes: what a reader has to know
//! facts       what may differ between machines, for `env.json`
//! ```
pub(super) mod facts;
pub(super) mod measured;
pub(super) mod notes;
pub(super) mod record;
