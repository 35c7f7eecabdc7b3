//! Interrupts: actors that bring packets to sockets, or take them out, in softirq context.
use super::Workload;
use super::file::{File, Interrupt as InterruptFile};
use super::hierarchies::Hierarchy;
use super::source::{Read, Source};
use crate::{Pace, Pacing};
use model::kernel::{CgroupId, Controller, ProcessId};
use model::seam::event::OpKind;
use model::world::Tree;
use toml::Spanned;

/// Most packets of one interrupt.
const PACKETS_MAX: i64 = 1 << 20;

/// One source of interrupts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Interrupt {
    /// The operation: [`OpKind::Receive`] or [`OpKind::Drain`].
    pub what: OpKind,
    /// The number of packets of each interrupt.
    pub packets: u64,
    /// The processes whose sockets it works on, in turn; at least one.
    pub processes: Vec<ProcessId>,
    /// The pacing: a rate.
    pub pacing: Pacing,
}

impl Source<'_> {
    pub(super) fn interrupts(
        &self,
        file: &File,
        hierarchies: &[Hierarchy],
        cgroups: &Tree<'_>,
        workloads: &[Workload],
    ) -> Read<Vec<Interrupt>> {
        let read = |entry| self.interrupt(entry, hierarchies, cgroups, workloads);
        file.interrupts.iter().map(read).collect()
    }

    fn interrupt(
        &self,
        entry: &Spanned<InterruptFile>,
        hierarchies: &[Hierarchy],
        cgroups: &Tree<'_>,
        workloads: &[Workload],
    ) -> Read<Interrupt> {
        let file = entry.get_ref();
        let what =
            self.choice(&file.what, "what", &[("receive", OpKind::Receive), ("drain", OpKind::Drain)])?;
        if !hierarchies.iter().any(|hierarchy| hierarchy.controllers.contains(&Controller::Net)) {
            let message = "interrupts charge the controller `net`, which no hierarchy has; add it to `controllers`, or remove this";
            return Err(self.at(entry.span(), message));
        }
        if *file.rate.get_ref() == Pace::Closed {
            let message =
                "interrupts come at a rate, not one after the other; write for example rate = \"20000/s\"";
            return Err(self.at(file.rate.span(), message));
        }
        let packets = self.range(&file.packets, "`packets`", 1, PACKETS_MAX)? as u64;
        let starts_in = match &file.cgroup {
            Some(name) => Some(self.cgroup(name.get_ref(), name.span(), cgroups)?),
            None => None,
        };
        let processes = processes(workloads, starts_in);
        if processes.is_empty() {
            let span = file.cgroup.as_ref().map_or(entry.span(), Spanned::span);
            return Err(
                self.at(span, "no process starts there; name a `cgroup` of [[workloads]], or none for all")
            );
        }
        let pacing = Pacing { pace: *file.rate.get_ref(), pause_ns: 0 };
        Ok(Interrupt { what, packets, processes, pacing })
    }
}

/// Returns the processes whose leader starts in that cgroup, or all.
fn processes(workloads: &[Workload], starts_in: Option<CgroupId>) -> Vec<ProcessId> {
    let mut next = 0;
    let mut found = Vec::new();
    for workload in workloads {
        let first = next;
        next += workload.plan.processes();
        let here = |cgroup| workload.cgroups.first() == Some(&cgroup) || workload.elsewhere.contains(&cgroup);
        if starts_in.is_none_or(here) {
            found.extend((first..next).map(ProcessId));
        }
    }
    found
}
