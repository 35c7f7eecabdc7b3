//! Place of a run: hierarchies and places in them, the run's own cgroups, and their removal.
//!
//! ```text
//! discovery   mountinfo and /proc/self/cgroup -> places where cgroups can be made; hierarchy: which one is wanted;
//!             mountinfo: all mounts, and those that a later one covers
//! group       the cgroups of a run: made, remembered, removed; subtree: what v2's children get
//! run_id      their name; manifest: the same on disk, before it is made; state: the folder for that
//! walk        folders by descriptor, without following links; chase: a path that may have links, and that only we
//!             and root can change; inhabitants: the processes in a cgroup
//! permission  the command that would grant the right, where it is missing
//! clean       removes what killed runs left; undo: one list; strays: cgroups without one
//! ```
mod chase;
pub(super) mod clean;
pub(super) mod discovery;
pub(super) mod group;
pub(super) mod hierarchy;
pub(super) mod inhabitants;
pub(super) mod manifest;
pub(super) mod mountinfo;
pub(super) mod permission;
pub(super) mod run_id;
pub(super) mod state;
mod strays;
pub(super) mod subtree;
mod undo;
mod walk;
