//! The spec of a world: hierarchies, cgroups, processes, options. Validated here; read from TOML elsewhere.
use crate::kernel::counter::UNLIMITED;
use crate::kernel::cpumask::MAX_CPUS;
use crate::kernel::ids::{MAX_CGROUPS, MAX_HIERARCHIES};
use crate::kernel::{CgroupId, Controller, CpuMask, HierarchyId, Threadgroup};

/// The place of the grace period in an attach. In 2008 it was inside `cgroup_mutex`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Grace {
    /// There is no grace period.
    #[default]
    None,
    /// Before `cgroup_mutex` is released.
    Inside,
    /// After it was released.
    After,
}

/// The fate of the charges of an mm whose owner exits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OwnerChange {
    /// They follow the new owner, regardless of the limit.
    #[default]
    Forced,
    /// They follow if they fit. If not, they stay, and no error is reported, as in 2008.
    Silent,
}

/// The fate of memrlimit's charge when a later step of mmap fails.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum MmapError {
    /// It is uncharged.
    #[default]
    Uncharges,
    /// It stays, as in memrlimit v4 of 2008 (may_expand_vm charged, and its callers did not know).
    Leaks,
}

/// The locks that a write to cpuset.cpus takes before it changes what can_attach has seen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Invalidate {
    /// `cgroup_mutex`, then `callback_mutex`: no attach is under way during the write.
    #[default]
    Mutex,
    /// `callback_mutex` only, which shows the race.
    Callback,
}

/// The charges of a move at the cgroups that both its source and its destination are below.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Ancestors {
    /// They stay as they are: the move changes nothing there, and a limit there cannot refuse it.
    #[default]
    Kept,
    /// They are charged and then uncharged, as before res_counter_charge_until was proposed in 2011.
    Charged,
}

/// The scope of an attach: a [`crate::seam::event::Target`] without its object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scope {
    /// One thread.
    Thread,
    /// One process.
    Process,
    /// Every task of the hierarchy.
    All,
    /// No task: a controller joins.
    Adopt,
}

impl Scope {
    /// Every scope, with its name in scenarios.
    pub const ALL: [(&'static str, Self); 4] =
        [("thread", Self::Thread), ("process", Self::Process), ("all", Self::All), ("adopt", Self::Adopt)];

    /// Returns the name.
    #[must_use]
    pub fn name(self) -> &'static str {
        Self::ALL[self as usize].0
    }
}

/// Options with equal values for all protocols of a comparison.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WorldOptions {
    /// The grace period of an attach.
    pub grace: Grace,
    /// The length of the grace period, in ns. 20 ms is the lower end of the lengths measured in 2010 (Colin Cross,
    /// containers list).
    pub grace_ns: u64,
    /// True if `memory` moves page records.
    pub memory_move: bool,
    /// The fate of charges when an owner exits.
    pub owner_change: OwnerChange,
    /// The charges of a move at common ancestors.
    pub ancestors: Ancestors,
    /// The fate of the charge of a failing mmap.
    pub mmap_error: MmapError,
    /// The locks that writes to cpusets take.
    pub invalidate: Invalidate,
    /// Attaches that a controller refuses with EOPNOTSUPP, by scope (a subsystem may fail an attach if it can't handle
    /// the synchronization).
    pub unsupported: Vec<(Controller, Scope)>,
    /// The most pages that one fault brings in (fault-around of Linux: 64 KiB).
    pub fault_around_pages: u64,
}

impl Default for WorldOptions {
    fn default() -> Self {
        Self {
            grace: Grace::None,
            grace_ns: 20_000_000,
            memory_move: true,
            owner_change: OwnerChange::Forced,
            ancestors: Ancestors::Kept,
            mmap_error: MmapError::Uncharges,
            invalidate: Invalidate::Mutex,
            unsupported: Vec::new(),
            fault_around_pages: 16,
        }
    }
}

/// A cgroup.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CgroupSpec {
    /// The path below the root (`a`, `a/x`). The parent must come before it.
    pub name: String,
    /// The hierarchy.
    pub hierarchy: HierarchyId,
    /// Limits in the controllers' units, by controller; absent = unlimited.
    pub limits: Vec<(Controller, u64)>,
    /// CPUs of its cpuset; absent = all.
    pub cpus: Option<CpuMask>,
    /// True if it is frozen at the start.
    pub frozen: bool,
}

/// A process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProcessSpec {
    /// The name.
    pub name: String,
    /// The cgroup of each thread, the leader's first; at least one.
    pub cgroups: Vec<CgroupId>,
    /// The cgroups of all threads in hierarchies of which `cgroups` names none. In the remaining hierarchies they are
    /// in the root.
    pub elsewhere: Vec<CgroupId>,
    /// The size of the address space in pages.
    pub vm_pages: u64,
    /// The number of touched pages, at most `vm_pages`.
    pub rss_pages: u64,
    /// The number of packets in its receive queue.
    pub packets: u64,
}

/// The spec of a world.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WorldSpec {
    /// The number of modelled CPUs.
    pub cpus: u32,
    /// The controllers of each hierarchy, in the order of their callbacks.
    pub hierarchies: Vec<Vec<Controller>>,
    /// The names of the hierarchies, if there are several.
    pub hierarchy_names: Vec<String>,
    /// The controllers that count nothing until an attach adopts them.
    pub late: Vec<Controller>,
    /// The cgroups; their position is their id.
    pub cgroups: Vec<CgroupSpec>,
    /// The processes; their position is their id at the start.
    pub processes: Vec<ProcessSpec>,
    /// The options.
    pub options: WorldOptions,
    /// The lock of an attach against fork, exit and exec. [`crate::protocols::Protocol::fit`] sets it.
    pub threadgroup: Threadgroup,
    /// True if ids are never used again. Then an id depends only on the order in which ids are given out.
    pub keeps_ids: bool,
}

/// An error in a spec.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SpecError {
    /// Too many or too few of something.
    #[error("{what}: {found}; it has to be from {low} to {high}")]
    Count {
        /// The things that were counted.
        what: &'static str,
        /// Their number.
        found: usize,
        /// The smallest number possible.
        low: usize,
        /// The largest number possible.
        high: usize,
    },
    /// A controller is mounted twice.
    #[error("controller `{0}` is mounted twice; a controller belongs to one hierarchy")]
    MountedTwice(Controller),
    /// A controller is to join a hierarchy that does not have it.
    #[error("`{0}` is to join late, but no hierarchy has it; add it to `controllers`")]
    LateUnmounted(Controller),
    /// A limit for a controller that is not mounted in the cgroup's hierarchy.
    #[error(
        "cgroup `{cgroup}` limits `{controller}`, which its hierarchy does not have; add it to `controllers`"
    )]
    LimitUnmounted {
        /// The cgroup.
        cgroup: String,
        /// The controller.
        controller: Controller,
    },
    /// The parent of a cgroup is missing.
    #[error("cgroup `{cgroup}` has no parent `{parent}` before it; add `[cgroups.\"{parent}\"]` above")]
    NoParent {
        /// The cgroup.
        cgroup: String,
        /// The parent.
        parent: String,
    },
    /// A mask names a CPU that does not exist.
    #[error("cgroup `{cgroup}` has CPU {cpu}, but there are {cpus} CPUs, numbered from 0")]
    NoCpu {
        /// The cgroup.
        cgroup: String,
        /// The CPU.
        cpu: u32,
        /// The number of CPUs.
        cpus: u32,
    },
    /// More pages touched than mapped.
    #[error("process `{process}` has touched {rss} pages of {vm}; rss is at most vm")]
    Rss {
        /// The process.
        process: String,
        /// The number of touched pages.
        rss: u64,
        /// The number of mapped pages.
        vm: u64,
    },
}

fn count(what: &'static str, found: usize, low: usize, high: usize) -> Result<(), SpecError> {
    if (low..=high).contains(&found) { Ok(()) } else { Err(SpecError::Count { what, found, low, high }) }
}

impl WorldSpec {
    /// Returns the hierarchy where `controller` is mounted.
    #[must_use]
    pub fn hierarchy_of(&self, controller: Controller) -> Option<HierarchyId> {
        let at = self.hierarchies.iter().position(|controllers| controllers.contains(&controller))?;
        Some(HierarchyId(at as u32))
    }

    /// Returns the limit of `controller` at `cgroup`, in the controller's unit.
    #[must_use]
    pub fn limit(&self, cgroup: CgroupId, controller: Controller) -> u64 {
        let limits = &self.cgroups[cgroup.index()].limits;
        limits.iter().find(|(limited, _)| *limited == controller).map_or(UNLIMITED, |(_, limit)| *limit)
    }

    /// Returns the ids of the hierarchies.
    pub fn hierarchy_ids(&self) -> impl Iterator<Item = HierarchyId> + use<> {
        (0..self.hierarchies.len()).map(|at| HierarchyId(at as u32))
    }

    /// Returns the cgroups by name, with the roots.
    #[must_use]
    pub fn tree(&self) -> super::Tree<'_> {
        let name = |at: usize| self.hierarchy_names.get(at).map_or("", String::as_str);
        super::Tree::new((0..self.hierarchies.len()).map(name), &self.cgroups)
    }

    /// Returns the cgroup of that name, which is not a root.
    #[must_use]
    pub fn cgroup(&self, name: &str) -> Option<CgroupId> {
        self.cgroups.iter().position(|c| c.name == name).map(|at| CgroupId(at as u32))
    }

    /// Returns the parent of a cgroup; `None` if that is the root.
    #[must_use]
    pub fn parent(&self, id: CgroupId) -> Option<CgroupId> {
        let (parent, _) = self.cgroups[id.index()].name.rsplit_once('/')?;
        self.cgroup(parent)
    }

    /// Checks the rules that types do not enforce.
    ///
    /// # Errors
    /// The first [`SpecError`].
    pub fn validate(&self) -> Result<(), SpecError> {
        count("CPUs", self.cpus as usize, 1, MAX_CPUS as usize)?;
        count("hierarchies", self.hierarchies.len(), 1, MAX_HIERARCHIES)?;
        count("cgroups", self.cgroups.len(), 1, MAX_CGROUPS - MAX_HIERARCHIES)?;
        let mounted = |c: Controller| self.hierarchies.iter().flatten().filter(|m| **m == c).count();
        if let Some(twice) = Controller::ALL.into_iter().find(|c| mounted(*c) > 1) {
            return Err(SpecError::MountedTwice(twice));
        }
        if let Some(late) = self.late.iter().find(|late| mounted(**late) == 0) {
            return Err(SpecError::LateUnmounted(*late));
        }
        self.cgroups.iter().enumerate().try_for_each(|(at, cgroup)| self.validate_cgroup(at, cgroup))?;
        self.processes.iter().try_for_each(Self::validate_process)
    }

    fn validate_cgroup(&self, at: usize, cgroup: &CgroupSpec) -> Result<(), SpecError> {
        let name = || cgroup.name.clone();
        if let Some((parent, _)) = cgroup.name.rsplit_once('/')
            && !self.cgroups[..at].iter().any(|c| c.name == parent && c.hierarchy == cgroup.hierarchy)
        {
            return Err(SpecError::NoParent { cgroup: name(), parent: parent.to_owned() });
        }
        let mounted = &self.hierarchies[cgroup.hierarchy.index()];
        if let Some((controller, _)) = cgroup.limits.iter().find(|(c, _)| !mounted.contains(c)) {
            return Err(SpecError::LimitUnmounted { cgroup: name(), controller: *controller });
        }
        match cgroup.cpus.as_ref().and_then(CpuMask::last) {
            Some(cpu) if cpu >= self.cpus => Err(SpecError::NoCpu { cgroup: name(), cpu, cpus: self.cpus }),
            _ => Ok(()),
        }
    }

    fn validate_process(process: &ProcessSpec) -> Result<(), SpecError> {
        count("threads of a process", process.cgroups.len(), 1, 4096)?;
        if process.rss_pages > process.vm_pages {
            return Err(SpecError::Rss {
                process: process.name.clone(),
                rss: process.rss_pages,
                vm: process.vm_pages,
            });
        }
        Ok(())
    }
}
