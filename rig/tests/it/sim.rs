//! The simulator with everything on: checks, recorders, statistics, whole cells.
//!
//! - `support`: worlds and runs in a few words
//! - `mutants`: every check reports a violation, by a planted bug or by made-up events
//! - `mutants_contract`: violations of the rules about callbacks, and of the locks that they take
//! - `mutants_locks`: violations of the rules about locks, runs without end, and cgroups that no attach named
//! - `engine`: CPUs, time slices, order among equals, deadlocks, runs that are given up
//! - `mistakes`: bad scenarios, with the place and the remedy
//! - `model`: the effect of single operations on counters: fork, exec, exit, owner change
//! - `scopes`: attaches of a thread, a process, all tasks, and of a controller that joins; admins; events thrown
//! - `invariants`: built-in scenarios over many seeds, with the invariants that the protocols hold and violate
//! - `proofs`: mutants, every prepare position, random scenarios
//! - `complexity`: the demands of each protocol on a controller, counted and written into `docs/results.md`
//! - `digests`: the same seed gives the same bytes
//! - `timelines`: single attaches in run.json
mod complexity;
mod digests;
mod engine;
mod invariants;
mod mistakes;
mod model;
mod mutants;
mod mutants_contract;
mod mutants_locks;
mod proofs;
mod scopes;
mod support;
mod timelines;
