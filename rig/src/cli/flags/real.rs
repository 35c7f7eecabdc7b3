//! Flags of the commands that use a real kernel: `linux`, `vm`, `doctor`.
use super::{JsonTo, OutputFlags, kernel_rate, kernel_time};
use clap::Args;
use input::units::Rate;
use std::path::PathBuf;
use std::time::Duration;

#[derive(Debug, Args)]
pub(crate) struct LinuxFlags {
    /// Hierarchy to use: auto, v1:pids, v1:freezer, v1:cpuset, v1:cpu, v1:memory or v2.
    #[arg(long, value_name = "H", default_value = "auto")]
    pub(crate) hierarchy: String,
    /// Move memory charges along with each process (memory.move_charge_at_immigrate; v1, up to Linux 6.12).
    #[arg(long)]
    pub(crate) move_charges: bool,
    /// Add cells that move an idle process with this many resident pages; several values, such as 0,1024,4096, add a
    /// cell each.
    #[arg(long, value_name = "PAGES", value_delimiter = ',')]
    pub(crate) resident_pages: Vec<u64>,
    #[command(flatten)]
    pub(crate) work: KernelFlags,
    #[command(flatten)]
    pub(crate) output: OutputFlags,
}

/// Flags that `linux` and `vm` share: the load of the workers, the moves, the refusals of the kernel.
#[derive(Debug, Args)]
pub(crate) struct KernelFlags {
    /// Run the workloads and movers of this built-in scenario or TOML file; notes list what a real kernel cannot do of
    /// it.
    pub(crate) scenario: Option<String>,
    /// Start attaches at this rate per mover, with intended start times, such as 20/s; may be repeated.
    #[arg(long = "rate", value_name = "R", value_parser = kernel_rate)]
    pub(crate) rates: Vec<Rate>,
    /// Leave out the closed loop (one move after the other), which otherwise runs first.
    #[arg(long)]
    pub(crate) no_closed_loop: bool,
    /// Length of each measured part, such as 10s. Default: that of the scenario; without a scenario 10s, in a guest 5s.
    #[arg(long, value_name = "T", value_parser = kernel_time)]
    pub(crate) duration: Option<Duration>,
    /// Repeat every cell N times in ABBA order, so that `compare` and `gate` can test pairs for a slowdown. With 40
    /// repeats, nine of ten sessions detect a difference of 10 %.
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=1_000))]
    pub(crate) repeat: u32,
    /// Number of processes that are moved.
    #[arg(long, value_name = "N", default_value_t = 1, conflicts_with = "scenario")]
    pub(crate) processes: u32,
    /// Number of threads in each moved process, in addition to its main thread.
    #[arg(long, value_name = "N", default_value_t = 4, conflicts_with = "scenario")]
    pub(crate) threads: u32,
    /// Workload of the threads: a shape (see `list workloads`). Default: map, touch and unmap 64 pages.
    #[arg(long, value_name = "SHAPE", conflicts_with = "scenario")]
    pub(crate) workload: Option<String>,
    /// Load of the threads without --workload: light (with sleeps of 1 ms) or busy.
    #[arg(long, value_name = "L", default_value = "light", conflicts_with_all = ["scenario", "workload"])]
    pub(crate) worker_load: String,
    /// Number of processes that are not moved and keep forking, to measure what the global lock costs them.
    #[arg(long, value_name = "N", default_value_t = 1, conflicts_with = "scenario")]
    pub(crate) bystanders: u32,
    /// Number of movers; each moves its own processes.
    #[arg(long, value_name = "N", default_value_t = 1, conflicts_with = "scenario")]
    pub(crate) movers: u32,
    /// Unit of a move: process, thread, or scattered (a process whose threads are spread over other cgroups first).
    #[arg(long = "move", value_name = "WHAT", default_value = "process", conflicts_with = "scenario")]
    pub(crate) moves: String,
    /// Seed of the workers' operations.
    #[arg(long, value_name = "N")]
    pub(crate) seed: Option<u64>,
    /// Provoke a refusal by the kernel, named with the expected error; may be repeated. Afterwards everything must read
    /// as before. "cpuset.can_attach: errno=ENOSPC" (a cpuset without CPUs), "memory.can_attach: errno=ENOMEM" (a limit
    /// below the charges to be moved, on v1), "core.exit: errno=ESRCH" (a task that has exited), "core.find:
    /// errno=ENODEV" (a destination that was removed).
    #[arg(long = "fault", value_name = "RULE")]
    pub(crate) faults: Vec<String>,
    /// Leave out the traced cells, which run last and show what happens inside the kernel.
    #[arg(long)]
    pub(crate) no_trace: bool,
    /// Accept recordings in which more than 20 % of the lines cannot be read.
    #[arg(long)]
    pub(crate) lenient: bool,
}

#[derive(Debug, Args)]
pub(crate) struct DoctorFlags {
    /// Boot this kernel image too, for a second, under the accelerator that `vm` would use; exit with 4 if it does not
    /// boot.
    #[arg(long, value_name = "FILE")]
    pub(crate) kernel: Option<PathBuf>,
    /// Write the rows of the table to this file as JSON as well; with `-` to stdout, and the table to stderr.
    #[arg(long, value_name = "FILE")]
    pub(crate) json: Option<JsonTo>,
}

#[derive(Debug, Args)]
pub(crate) struct VmFlags {
    /// Kernel image to boot. Default: the newest /boot/vmlinuz-*.
    #[arg(long, value_name = "FILE")]
    pub(crate) kernel: Option<PathBuf>,
    /// The attach-rig binary to use as init of the guest; the libraries it needs are included. Default: this program.
    #[arg(long, value_name = "FILE")]
    pub(crate) init: Option<PathBuf>,
    /// Number of CPUs of the guest.
    #[arg(long, value_name = "N", default_value_t = 2)]
    pub(crate) cpus: u32,
    /// Memory of the guest, as QEMU reads it, such as 512M.
    #[arg(long, value_name = "M", default_value = "512M")]
    pub(crate) memory: String,
    /// Accelerator of the guest: kvm, tcg (emulation), or auto (kvm; tcg if a guest prints nothing for 10 s under kvm).
    #[arg(long, value_name = "A", default_value = "auto")]
    pub(crate) accel: String,
    /// Hierarchy of the guest: v1 (cpuset, memory and pids together), v1:charges (moves take memory charges along), v2,
    /// v2:favordynmods, all (these four), or v2:delegated (an unprivileged user in a subtree of its own). Several
    /// values, as in v1,v2 or repeated, boot one guest each, one after the other; their cells make up one result.
    #[arg(long = "hierarchy", value_name = "H", value_delimiter = ',', default_value = "v1")]
    pub(crate) hierarchies: Vec<String>,
    /// Add cells that move an idle process with this many resident pages; the cost per page is fitted to them.
    #[arg(
        long,
        value_name = "PAGES",
        value_delimiter = ',',
        default_value = "0,2048,4096,6144,8192,12288,16384"
    )]
    pub(crate) resident_pages: Vec<u64>,
    #[command(flatten)]
    pub(crate) work: KernelFlags,
    /// Stop a guest after this time, such as 5m. Default: three minutes plus five times the measured time.
    #[arg(long, value_name = "T", value_parser = kernel_time)]
    pub(crate) timeout: Option<Duration>,
    #[command(flatten)]
    pub(crate) output: OutputFlags,
}
