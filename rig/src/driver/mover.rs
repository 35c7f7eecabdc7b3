//! A mover: attaches one thread or process after the other, or all tasks at once, to the next of its cgroups, in a
//! closed loop or at a rate. Or lets a controller join.
use super::pacing::wait;
use super::worker::WorkerContext;
use model::kernel::{CgroupId, Controller};
use model::paths::attach::Request;
use model::protocols::{attach, evacuate};
use model::seam::event::{Outcome, Target, Who};
use model::seam::{Current, Event};
use scenario::Pacing;

/// The job of one mover.
pub(super) struct Mover {
    pub(super) number: u32,
    pub(super) pacing: Pacing,
    pub(super) task: Task,
}

/// The task of a mover.
pub(super) enum Task {
    /// Moves targets, each from one of `between` to the next. Knows only its own moves, not those of other movers.
    Move {
        /// Destinations, in turn.
        between: Vec<CgroupId>,
        /// The targets, each with its current position in `between`.
        targets: Vec<(Target, usize)>,
    },
    /// Lets the controller join the hierarchy of a cgroup, once.
    Adopt(Controller, CgroupId),
}

impl Mover {
    /// Moves until the cell ends.
    pub(super) fn work<C: Current>(self, cur: &C, stage: &WorkerContext) {
        cur.emit(Event::Start(Who::Mover(self.number)));
        match self.task {
            Task::Move { targets, .. } if targets.is_empty() => {}
            Task::Move { between, targets } => {
                move_on(cur, stage, (self.number, self.pacing), &between, targets);
            }
            Task::Adopt(controller, dest) => adopt(cur, stage, self.pacing, controller, dest),
        }
    }
}

fn move_on<C: Current>(
    cur: &C,
    stage: &WorkerContext,
    (number, pacing): (u32, Pacing),
    between: &[CgroupId],
    mut targets: Vec<(Target, usize)>,
) {
    for turn in 0.. {
        let Some(due_ns) = wait(pacing, cur, stage.end_ns, turn) else { return };
        let which = (turn as usize + number as usize) % targets.len();
        let (target, at) = targets[which];
        let next = (at + 1) % between.len();
        let outcome = one(cur, stage, &Request { target, dest: between[next], due_ns });
        if outcome.has_moved() || outcome == Outcome::Noop {
            targets[which].1 = next;
        }
    }
}

/// Performs one attach. If CPUs may have gone offline during it, also moves the tasks that lost their last CPU.
fn one<C: Current>(cur: &C, stage: &WorkerContext, request: &Request) -> Outcome {
    let outcome = attach(stage.protocol, cur, &stage.world, request);
    if stage.evacuates {
        evacuate(stage.protocol, cur, &stage.world);
    }
    outcome
}

/// Waits once, so that the other actors are at work, and then tries until the controller has joined.
fn adopt<C: Current>(cur: &C, stage: &WorkerContext, pacing: Pacing, controller: Controller, dest: CgroupId) {
    for turn in 1.. {
        let Some(due_ns) = wait(pacing, cur, stage.end_ns, turn) else { return };
        let request = Request { target: Target::Adopt(controller), dest, due_ns };
        if one(cur, stage, &request).has_moved() {
            return;
        }
    }
}
