//! A kernel of its own: boots a stock kernel under QEMU with the rig itself as init, and measures inside.
//!
//! ```text
//! series          one guest after the other; merge: what they brought, as one run
//! machine         what to boot, and what must be there first: kernel, QEMU, a rig and its libraries (elf)
//! setting         which hierarchy of cgroups the guest mounts, and what its figures are called
//! guest_config    what the guest is to measure, as a file within its initramfs (cpio)
//! qemu            the command line; the child, its time limit and its end; parent_death: ends it with the rig
//! watch           signs of life on the console; mute: memory of a KVM that opens and runs no guest
//! init            pid 1 of the guest: mounts, measures, delivers, powers off
//! mounts          what it mounts, checked; session: a user without rights; outcome: the measurement itself
//! result_channel  the lines over which a result leaves the guest; news: those of one that still runs
//! belief          the host's own check of a result; hearing: the check of messages of a guest that still runs
//! label           says in every figure that it comes from a virtual machine
//! error           what can go wrong, with its exit code
//! ```
//!
//! A part of its own within [`linux`](super), since only this part starts a machine and mounts file systems, and both
//! only for, or in, a guest of its own. Two serial ports lead out of it: one is the console, one takes the result.
mod belief;
mod cpio;
mod elf;
mod error;
mod guest_config;
mod hearing;
mod init;
mod label;
mod machine;
mod merge;
mod mounts;
mod mute;
mod news;
mod outcome;
mod parent_death;
mod qemu;
mod result_channel;
mod series;
mod session;
mod setting;
mod watch;

pub use error::VmError;
pub use hearing::News;
pub use init::{INIT_ARG, init_main};
pub(crate) use machine::newest as newest_kernel;
pub use machine::{Accel, Machine};
pub use merge::{Guest, Merged};
pub(crate) use qemu::trial_command;
pub use result_channel::GuestResult;
pub use series::Series;
pub use session::{MEASURE_ARG, measure_main};
pub use setting::GuestSetting;

/// Reads what a guest has written, for the fuzzer.
pub(super) fn read_console(text: &str) {
    drop(result_channel::read(text).map(result_channel::Said::into_result));
}
