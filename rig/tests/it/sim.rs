//! The simulator with everything on: checks, recorders, statistics, whole cells.
//!
//! - `support`: worlds and runs in a few words
//! - `mutants`: every check is seen red, by a planted bug or by events that tell of one
//! - `mutants_contract`: the same for the rules about callbacks, and the locks that they take
//! - `mutants_locks`: the same for locks, for runs that come to no end, and for cgroups that nobody named
//! - `engine`: CPUs, time slices, order among equals, deadlocks, runs that are given up
//! - `mistakes`: bad scenarios, with the place and the remedy
//! - `model`: what single operations do to counters: fork, exec, exit, owner change
//! - `scopes`: attaches of a thread, a process, everybody and of a controller that joins; admins; events thrown
//! - `invariants`: built-in scenarios over many seeds; what the protocols hold and violate
//! - `proofs`: mutants, every prepare position, random scenarios
//! - `complexity`: what each protocol asks of a controller, counted and written into the README
//! - `digests`: one seed, same bytes
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
