//! Moves on the real kernel. Most tests need root and a cgroup mount.
//!
//! - `moves`: moves happen, and no cgroup and no process remains, whichever way a run ends
//! - `workers`: workers and movers of every kind
//! - `foreign`: foreign processes in the cgroups of a run
//! - `reasons`: exit code 4, its reason and its remedy
//! - `doctor`: the features that work on this machine
//! - `trace`: traced cells
//! - `attackers`: another user who may write to every world-writable folder
mod attackers;
mod doctor;
mod foreign;
mod moves;
mod reasons;
mod trace;
mod workers;
