//! Flags of what meets a real kernel: `linux`, `vm`, `doctor`.
use super::{OutputFlags, kernel_rate, kernel_time};
use clap::Args;
use input::units::Rate;
use std::path::PathBuf;
use std::time::Duration;

#[derive(Debug, Args)]
pub(crate) struct LinuxFlags {
    /// auto, v1:pids, v1:freezer, v1:cpuset, v1:cpu, v1:memory or v2.
    #[arg(long, value_name = "H", default_value = "auto")]
    pub(crate) hierarchy: String,
    /// Let a moved process take its memory charges along (memory.move_charge_at_immigrate, v1 up to Linux 6.12).
    #[arg(long)]
    pub(crate) move_charges: bool,
    /// Cells in which every moved process stands still and keeps so many touched pages: 0,1024,4096.
    #[arg(long, value_name = "PAGES", value_delimiter = ',')]
    pub(crate) kept_pages: Vec<u64>,
    #[command(flatten)]
    pub(crate) work: KernelFlags,
    #[command(flatten)]
    pub(crate) output: OutputFlags,
}

/// What `linux` and `vm` have in common: what workers do, what movers do, what the kernel is to refuse.
#[derive(Debug, Args)]
pub(crate) struct KernelFlags {
    /// A built-in scenario or a TOML file, whose workloads and movers are run for real; what the kernel cannot do of it is
    /// said in notes.
    pub(crate) scenario: Option<String>,
    /// Attaches a second of each mover, with intended start times, such as 20/s; may be repeated.
    #[arg(long = "rate", value_name = "R", value_parser = kernel_rate)]
    pub(crate) rates: Vec<Rate>,
    /// Leave out the closed loop (back to back), which otherwise runs first.
    #[arg(long)]
    pub(crate) no_closed_loop: bool,
    /// Length of each measured part, such as 10s; that of the scenario when absent, else 10s, in a guest 5s.
    #[arg(long, value_name = "T", value_parser = kernel_time)]
    pub(crate) duration: Option<Duration>,
    /// Measure every cell so often, forth and back in turn (A B B A): pairs of which `compare` and `gate` can tell whether
    /// one is slower. 40 find a difference of 10 % in nine sessions of ten.
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=1_000))]
    pub(crate) repeat: u32,
    /// Processes that are moved.
    #[arg(long, value_name = "N", default_value_t = 1, conflicts_with = "scenario")]
    pub(crate) processes: u32,
    /// Threads of each moved process; its main thread comes on top.
    #[arg(long, value_name = "N", default_value_t = 4, conflicts_with = "scenario")]
    pub(crate) threads: u32,
    /// What they do: a shape (see `list workloads`); mapping, touching and unmapping 64 pages when absent.
    #[arg(long, value_name = "SHAPE", conflicts_with = "scenario")]
    pub(crate) workload: Option<String>,
    /// How hard they work without a shape: light (a sleep of 1 ms now and then) or busy.
    #[arg(long, value_name = "L", default_value = "light", conflicts_with_all = ["scenario", "workload"])]
    pub(crate) worker_load: String,
    /// Processes that are not moved and only fork processes that exit: what the global lock costs them.
    #[arg(long, value_name = "N", default_value_t = 1, conflicts_with = "scenario")]
    pub(crate) bystanders: u32,
    /// Movers; each has processes of its own.
    #[arg(long, value_name = "N", default_value_t = 1, conflicts_with = "scenario")]
    pub(crate) movers: u32,
    /// What a move moves: process, thread, or scattered (a process whose threads were spread over other cgroups before).
    #[arg(long = "move", value_name = "WHAT", default_value = "process", conflicts_with = "scenario")]
    pub(crate) moves: String,
    /// Seed of the workers' operations.
    #[arg(long, value_name = "N")]
    pub(crate) seed: Option<u64>,
    /// A refusal by the kernel itself, with the error that is expected: "cpuset.can_attach: errno=ENOSPC" (a cpuset without
    /// CPUs), "memory.can_attach: errno=ENOMEM" (a limit below what must move, on v1), "core.exit: errno=ESRCH" (the task
    /// has exited), "core.find: errno=ENODEV" (the destination was removed); after each everything has to read as before.
    /// May be repeated.
    #[arg(long = "fault", value_name = "RULE")]
    pub(crate) faults: Vec<String>,
    /// Leave out the traced cells, which look inside the kernel after the others.
    #[arg(long)]
    pub(crate) no_trace: bool,
    /// Accept recordings of which more than 20 % of the lines are not understood.
    #[arg(long)]
    pub(crate) lenient: bool,
}

#[derive(Debug, Args)]
pub(crate) struct DoctorFlags {
    /// Boot this kernel image for a second as well, under the accelerator that `vm` would use; exit code 4 when it does not
    /// boot.
    #[arg(long, value_name = "FILE")]
    pub(crate) kernel: Option<PathBuf>,
    /// Write the rows to this file as well.
    #[arg(long, value_name = "FILE")]
    pub(crate) json: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct VmFlags {
    /// Kernel image; the newest /boot/vmlinuz-* when absent.
    #[arg(long, value_name = "FILE")]
    pub(crate) kernel: Option<PathBuf>,
    /// The attach-rig that is init of the guest, with the libraries that it needs; this program when absent.
    #[arg(long, value_name = "FILE")]
    pub(crate) init: Option<PathBuf>,
    /// CPUs of the guest.
    #[arg(long, value_name = "N", default_value_t = 2)]
    pub(crate) cpus: u32,
    /// Memory of the guest.
    #[arg(long, value_name = "M", default_value = "512M")]
    pub(crate) memory: String,
    /// Accelerator of the guest: kvm, tcg (emulation), or auto: kvm, and tcg where a guest says nothing for 10 s under kvm.
    #[arg(long, value_name = "A", default_value = "auto")]
    pub(crate) accel: String,
    /// v1 (cpuset, memory and pids together), v1:charges (moves take memory charges along), v2, v2:favordynmods, or all for
    /// these four; v2:delegated (a user without rights, in a subtree of its own). Several, as v1,v2 or repeated, are a
    /// guest each, one after the other, and one result.
    #[arg(long = "hierarchy", value_name = "H", value_delimiter = ',', default_value = "v1")]
    pub(crate) hierarchies: Vec<String>,
    /// Cells in which the moved process stands still and keeps so many touched pages; what a page costs is fitted to them.
    #[arg(
        long,
        value_name = "PAGES",
        value_delimiter = ',',
        default_value = "0,2048,4096,6144,8192,12288,16384"
    )]
    pub(crate) kept_pages: Vec<u64>,
    #[command(flatten)]
    pub(crate) work: KernelFlags,
    /// When a guest is ended, such as 5m; three minutes and five times what is measured when absent.
    #[arg(long, value_name = "T", value_parser = kernel_time)]
    pub(crate) timeout: Option<Duration>,
    #[command(flatten)]
    pub(crate) output: OutputFlags,
}
