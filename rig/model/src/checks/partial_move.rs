//! partial-move: some threads of a process moved and others did not, or a thread was born in another cgroup than its
//! parent, which had moved with its process.
//!
//! A thread that is born while its process still moves may yet be found and moved: the end of that move is judged.
//! A finished move is judged only if no other attach of that process overlapped it. Otherwise the places of the threads
//! do not show which attach moved them.
use super::at_rest::AtRest;
use super::check::{About, Checker, Excuse, Needs, RARE, Seen};
use super::{Shadow, Tally};
use crate::kernel::{CgroupId, ProcessId, TaskId};
use crate::seam::event::{Outcome, Target};
use crate::seam::{ActorId, Event, Stamp};
use std::collections::BTreeSet;

#[derive(Clone, Copy, Debug)]
struct Open {
    actor: ActorId,
    /// The process; `None` for every process.
    process: Option<ProcessId>,
    dest: CgroupId,
    alone: bool,
    /// True if whole processes move.
    whole: bool,
}

impl Open {
    /// Reports whether that process is moved as a whole.
    fn moves(&self, process: ProcessId) -> bool {
        self.whole && self.process.is_none_or(|moved| moved == process)
    }

    fn name(&self) -> String {
        self.process.map_or("every process".to_owned(), |process| format!("process {}", process.0))
    }
}

/// The check.
#[derive(Debug, Default)]
pub(super) struct PartialMove {
    open: Vec<Open>,
    /// Threads whose last move was one of their whole process.
    whole: BTreeSet<TaskId>,
    pub(super) tally: Tally,
}

impl Checker for PartialMove {
    const ABOUT: About = About {
        name: "partial-move",
        needs: Needs::Rest,
        by_final_state: false,
        excuse: Excuse::KeepsNoLocks,
        events: RARE,
    };

    fn observe(&mut self, Seen { shadow, stamp, .. }: Seen<'_>, event: &Event) {
        match *event {
            Event::AttachBegin { target, dest, .. } => self.begin(shadow, stamp.actor, target, dest),
            Event::AttachEnd { outcome } => self.end(shadow, stamp, outcome),
            Event::Place { task, .. } => self.placed(stamp.actor, task),
            Event::Born { task, process, parent: Some(parent) }
                if shadow.task(parent).process == Some(process)
                    && self.whole.contains(&parent)
                    && !self.open.iter().any(|open| open.moves(process)) =>
            {
                let css = [parent, task].map(|task| shadow.task(task).css);
                if css[0] != css[1] {
                    let at_ns = stamp.at_ns;
                    self.tally.violated(|| {
                        format!(
                            "at {at_ns} ns task {} was born in another cgroup than its parent {}, which had been moved",
                            task.0, parent.0
                        )
                    });
                }
            }
            _ => {}
        }
    }

    fn at_rest(&mut self, _: &Shadow, rest: &AtRest) {
        self.tally.examine();
        for (process, hierarchy) in &rest.torn {
            self.tally.violated(|| {
                let (at_ns, process, hierarchy) = (rest.at_ns, process.0, hierarchy.0);
                format!("at {at_ns} ns, at rest, threads of process {process} are in several cgroups of hierarchy {hierarchy}")
            });
        }
    }
}

impl PartialMove {
    fn placed(&mut self, actor: ActorId, task: TaskId) {
        if self.open.iter().any(|open| open.actor == actor && open.whole) {
            self.whole.insert(task);
        } else {
            self.whole.remove(&task);
        }
    }

    fn begin(&mut self, shadow: &Shadow, actor: ActorId, target: Target, dest: CgroupId) {
        let (whole, process) = match target {
            Target::Process(process) => (true, Some(process)),
            Target::Thread(task) => (false, shadow.task(task).process),
            Target::All => (true, None),
            Target::Adopt(_) => return,
        };
        let mut alone = whole;
        let same =
            |other: &&mut Open| process.is_none() || other.process.is_none() || other.process == process;
        for other in self.open.iter_mut().filter(same) {
            other.alone = false;
            alone = false;
        }
        self.open.push(Open { actor, process, dest, alone, whole });
    }

    fn end(&mut self, shadow: &Shadow, stamp: Stamp, outcome: Outcome) {
        let Some(at) = self.open.iter().position(|open| open.actor == stamp.actor) else { return };
        let open = self.open.swap_remove(at);
        let at_ns = stamp.at_ns;
        if let Outcome::Partial { site, errno } = outcome {
            self.tally.examine();
            self.tally.violated(|| {
                format!(
                    "at {at_ns} ns {} was moved in part: {} refused with {errno}",
                    open.name(),
                    site.name()
                )
            });
        } else if outcome.has_moved() && open.alone {
            self.tally.examine();
            let hierarchy = shadow.layout().cgroups[open.dest.index()].hierarchy;
            let stray = shadow.live_tasks().find(|(_, task)| {
                (open.process.is_none() || task.process == open.process)
                    && !task.exiting
                    && task.css.map(|css| css.cgroup(hierarchy)) != Some(open.dest)
            });
            if let Some((task, _)) = stray {
                let name = shadow.cgroup_name(open.dest);
                self.tally.violated(|| {
                    format!("at {at_ns} ns {} was moved to {name} without its task {}", open.name(), task.0)
                });
            }
        }
    }
}
