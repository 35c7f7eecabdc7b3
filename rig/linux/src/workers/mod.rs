//! Processes that work while they are moved, and others that are never moved.
//!
//! ```text
//! workload    what they do; worker_config: their orders
//! worker_pool all of them; worker: starts, asks (replies), watches and ends one
//! child       the code inside a worker; actor: a thread at work; pages: its memory
//! shared      memory that rig and workers share, with their books; tally: a histogram in it
//! ```
pub(super) mod actor;
pub(super) mod child;
pub(super) mod pages;
pub(super) mod replies;
pub(super) mod shared;
pub(super) mod tally;
pub(super) mod worker;
pub(super) mod worker_config;
pub(super) mod worker_pool;
pub(super) mod workload;
