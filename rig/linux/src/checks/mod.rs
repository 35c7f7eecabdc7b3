//! Checks other than the latency: counters, and moves that have to fail.
//!
//! ```text
//! audit       compares counters with the workers' books; counters: reads them
//! foreign     processes in the run's cgroups that are not its own, and what is not judged then
//! refusal     moves that have to fail; provoke: makes the kernel refuse; reading: what the files say before and after
//! ```
pub(super) mod audit;
pub(super) mod counters;
pub(super) mod foreign;
pub(super) mod provoke;
pub(super) mod reading;
pub(super) mod refusal;
