//! The real kernel: moves real, memory-mapping processes between real cgroups and times every write.
//!
//! ```text
//! run         one run from begin to end; stage: its cells, one after the other
//! options     what to measure; its parts: hierarchy, rate, workload, refusal; option_error: what is wrong with one
//! error       what can go wrong, with its exit code; permission: what would grant the right
//! discovery   mountinfo and /proc/self/cgroup -> places where cgroups can be made
//! group       the cgroups: made, remembered, removed; run_id: their name; manifest: the same on disk; subtree: what v2's
//!             children get
//! clean       removes what runs left that were killed
//! signals     SIGINT and SIGTERM become a flag
//! crew        all workers; worker: starts, asks (replies), watches and ends one of them
//! child       what runs inside a worker, told by orders; actor: a thread at work; pages: its memory
//! shared      memory that rig and workers share, with their books; tally: a histogram in it
//! mover       the timed loop, closed or at a rate, on the one clock, into samples; movers: several at once
//! audit       counters beside the workers' books
//! refusal     moves that have to fail; provoke: makes the kernel refuse; reading: what the files say before and after
//! trace       looks inside the kernel during extra moves: phases, lock waits and holds
//! doctor      what works on this machine, what does not, and the command that mends it
//! vm          the same in a guest of its own, under QEMU
//! measured    what was measured; record: as `reports::schema::Run`, with notes; facts: for `env.json`
//! ```
//!
//! Start with [`run()`]. It makes `attach-rig-<id>/{a,b}` below its own cgroup, starts the workers, measures, ends the
//! workers, removes the cgroups. It touches no other cgroup, mounts nothing that anybody else sees and signals nobody but
//! its workers; only [`vm`] mounts, within its guest. What could not be measured stands in the notes of the run.
mod actor;
mod audit;
mod child;
mod clean;
mod clock;
mod counters;
mod crew;
mod discovery;
mod doctor;
mod error;
mod facts;
mod group;
mod hierarchy;
mod manifest;
mod measured;
mod mover;
mod movers;
mod notes;
mod option_error;
mod options;
mod orders;
mod pages;
mod permission;
mod provoke;
mod rate;
mod reading;
mod record;
mod refusal;
mod replies;
mod run;
mod run_id;
mod samples;
mod shared;
mod signals;
mod stage;
mod subtree;
mod tally;
mod trace;
pub mod vm;
mod worker;
mod workload;

pub use child::{WORKER_ARG, worker_main};
pub use clean::{Cleaned, clean};
pub use doctor::{Checkup, Row, Verdict, checkup};
pub use error::{Attempt, LinuxError, Remains};
pub use hierarchy::{Controller, Hierarchy};
pub use option_error::OptionError;
pub use options::{Options, Origin};
pub use rate::{Rate, parse_duration};
pub use refusal::Refusal;
pub use run::{Outcome, Progress, run};
pub use workload::{Load, Moves, Workload};
