//! Data guarded by the world's global locks: css_sets, cpusets, thread lists, receive queues.
use crate::kernel::{CgroupId, CpuMask, CssSetId, MaskId, MmId, ProcessId, TaskId};
use crate::seam::ActorId;
use smallvec::SmallVec;
use std::collections::BTreeSet;

/// The css_sets that exist; guarded by `css_set_lock`.
#[derive(Debug, Default)]
pub struct CssSets {
    /// Known css_sets. The id of a css_set is its content ([`CssSetId`]), so finding its cgroups needs no table.
    pub known: BTreeSet<CssSetId>,
}

/// Cpusets; guarded by `callback_mutex`.
#[derive(Debug, Default)]
pub struct Cpusets {
    /// `cpuset.cpus` of each cgroup, by cgroup; cgroups of other hierarchies have all CPUs. A CPU that goes offline is
    /// removed for good, as in v1: only roots, which have every online CPU, get it back by themselves.
    pub written: Vec<CpuMask>,
    /// The number of cgroups before the first root.
    pub first_root: usize,
    /// The CPUs that tasks of each cgroup may use, by cgroup.
    pub of_cgroup: Vec<MaskId>,
    /// Cpusets that have lost their last CPU, until their tasks are moved away.
    pub emptied: Vec<CgroupId>,
    /// Interned masks, by id.
    pub masks: Vec<CpuMask>,
}

impl Cpusets {
    /// Returns the id of `mask`, which it adds if it is new.
    pub fn intern(&mut self, mask: &CpuMask) -> MaskId {
        let found = self.masks.iter().position(|m| m == mask).unwrap_or_else(|| {
            self.masks.push(mask.clone());
            self.masks.len() - 1
        });
        MaskId(found as u32)
    }

    /// Writes `cpuset.cpus`, keeping only CPUs that are `online`.
    pub fn write(&mut self, cgroup: CgroupId, cpus: CpuMask, online: &CpuMask) {
        let at = cgroup.index();
        self.written[at] = cpus;
        self.written[at] = self.written[at].and(online);
        let mask = self.intern(&self.written[at].clone());
        self.of_cgroup[cgroup.index()] = mask;
    }

    /// Brings every cpuset up to date with the `online` CPUs and returns the cpusets that have changed.
    pub fn refresh(&mut self, online: &CpuMask) -> Vec<CgroupId> {
        let mut changed = Vec::new();
        for at in 0..self.written.len() {
            let left = self.written[at].and(online);
            let mask = self.intern(&left);
            if at < self.first_root {
                self.written[at] = left;
            }
            if std::mem::replace(&mut self.of_cgroup[at], mask) != mask {
                changed.push(CgroupId(at as u32));
            }
        }
        changed
    }

    /// Returns the cpusets that name `cpu` and would lose it, with all CPUs that they name.
    #[must_use]
    pub fn naming(&self, cpu: u32) -> Vec<(CgroupId, CpuMask)> {
        let named = self.written.iter().take(self.first_root).enumerate();
        let named = named.filter(|(_, cpus)| cpus.contains(cpu));
        named.map(|(at, cpus)| (CgroupId(at as u32), cpus.clone())).collect()
    }

    /// Reports whether the cpuset has no CPU.
    #[must_use]
    pub fn is_empty(&self, cgroup: CgroupId) -> bool {
        self.masks[self.of_cgroup[cgroup.index()].index()].is_empty()
    }
}

/// Thread lists; guarded by `tasklist_lock`.
#[derive(Debug, Default)]
pub struct TaskList {
    /// The live threads of each process, oldest first.
    threads: Vec<Vec<TaskId>>,
    /// The actors that wait in an exec for the other threads of each process.
    waiters: Vec<Vec<ActorId>>,
}

impl TaskList {
    /// Returns the live threads of `process`, oldest first.
    #[must_use]
    pub fn of(&self, process: ProcessId) -> &[TaskId] {
        self.threads.get(process.index()).map_or(&[], Vec::as_slice)
    }

    /// Returns the live threads of all processes, by process.
    pub fn all(&self) -> impl Iterator<Item = TaskId> + '_ {
        self.threads.iter().flatten().copied()
    }

    /// Returns the processes with live threads.
    pub fn processes(&self) -> impl Iterator<Item = ProcessId> + '_ {
        let live = self.threads.iter().enumerate().filter(|(_, threads)| !threads.is_empty());
        live.map(|(at, _)| ProcessId(at as u32))
    }

    /// Links a thread.
    pub fn link(&mut self, process: ProcessId, task: TaskId) {
        while self.threads.len() <= process.index() {
            self.threads.push(Vec::new());
            self.waiters.push(Vec::new());
        }
        self.threads[process.index()].push(task);
    }

    /// Unlinks a thread and returns the number that is left.
    pub fn unlink(&mut self, process: ProcessId, task: TaskId) -> usize {
        let threads = &mut self.threads[process.index()];
        threads.retain(|t| *t != task);
        threads.len()
    }

    /// Registers `who` to be woken when the threads of `process` change.
    pub fn wait(&mut self, process: ProcessId, who: ActorId) {
        self.waiters[process.index()].push(who);
    }

    /// Removes and returns the actors that wait for a change in `process`.
    pub fn take_waiters(&mut self, process: ProcessId) -> SmallVec<[ActorId; 4]> {
        self.waiters.get_mut(process.index()).map(|waiters| waiters.drain(..).collect()).unwrap_or_default()
    }
}

/// The receive queues of sockets, one for each address space; guarded by `net.lock`.
#[derive(Debug, Default)]
pub struct Sockets {
    /// Packets by address space; absent while the socket is closed.
    queues: Vec<Option<u64>>,
}

impl Sockets {
    /// Opens the socket of `mm` with that many packets.
    pub fn open(&mut self, mm: MmId, packets: u64) {
        if self.queues.len() <= mm.index() {
            self.queues.resize(mm.index() + 1, None);
        }
        self.queues[mm.index()] = Some(packets);
    }

    /// Closes the socket of `mm` and returns the packets that were left in it.
    pub fn close(&mut self, mm: MmId) -> u64 {
        self.queues.get_mut(mm.index()).and_then(Option::take).unwrap_or(0)
    }

    /// Returns the queue of `mm`, in packets; `None` if its socket is closed.
    pub fn queue(&mut self, mm: MmId) -> Option<&mut u64> {
        self.queues.get_mut(mm.index())?.as_mut()
    }

    /// Returns the number of packets queued for `mm`.
    #[must_use]
    pub fn packets(&self, mm: MmId) -> u64 {
        self.queues.get(mm.index()).copied().flatten().unwrap_or(0)
    }
}
