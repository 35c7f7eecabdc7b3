//! The real kernel: moves real, memory-mapping processes between real cgroups and times every write.
//!
//! ```text
//! run         one run from begin to end; session: its cells, one after the other; progress: its reports while it runs
//! options     what to measure; option_error: what is wrong with it
//! error       what can go wrong, with its exit code; clock: the one clock
//! memory      what a run needs, compared with what is free
//! reason      why the kernel refused, looked for on this machine, and what to do
//! stdio       standard streams that are closed when the program starts
//! place       where a run is, and its cgroups
//! workers     the processes that work and are moved
//! moving      the timed loop
//! checks      counters compared with the workers' books, and moves that have to fail
//! trace       looks inside the kernel during extra moves: phases, lock waits and holds
//! noise       load and stolen time during a run
//! result      makes `run.json` and `env.json` of the measurements
//! readers     entry points for the fuzzer: parsers of text from the kernel and from a guest
//! doctor      what works on this machine, what does not, and the command that fixes it
//! vm          runs all this in a guest of its own, under QEMU
//! ```
//!
//! Start with [`run()`]. It makes `attach-rig-<id>/{a,b}` below its own cgroup, starts the workers, measures, ends the
//! workers, removes the cgroups. It touches no other cgroup, mounts nothing that other processes see and signals only
//! its workers. Only [`vm`] mounts, within its guest. The notes of the run list what could not be measured.
mod checks;
mod clock;
mod doctor;
mod error;
mod memory;
mod moving;
mod noise;
mod option_error;
mod options;
mod place;
mod progress;
#[doc(hidden)]
pub mod readers;
mod reason;
mod result;
mod run;
mod session;
mod stdio;
mod trace;
pub mod vm;
mod workers;

pub use checks::refusal::Refusal;
pub use doctor::{Checkup, Finding, Health, checkup};
pub use error::{Attempt, Cause, LinuxError, Remains};
pub use noise::NoiseWatch;
pub use option_error::OptionError;
pub use options::{DURATION_NS, LinuxOptions, Origin, RATE_MAX_PER_S};
pub use place::clean::{Cleaned, clean};
pub use place::hierarchy::{Hierarchy, V1Controller};
pub use progress::Progress;
pub use reason::{Reason, no_thread};
pub use run::{RunEnd, run};
pub use workers::child::{WORKER_ARG, worker_main};
pub use workers::workload::{Load, MovedUnit, Workload};
