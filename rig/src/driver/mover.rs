//! A mover: attaches one thread, one process or everybody after the other to the next of its cgroups, closed loop or at
//! a rate; or lets a controller join.
use super::pacing::wait;
use super::worker::WorkerContext;
use model::kernel::{CgroupId, Controller};
use model::paths::attach::Request;
use model::protocols::{attach, evacuate};
use model::seam::event::{Outcome, Target, Who};
use model::seam::{Current, Event};
use scenario::Pacing;

/// What one mover does.
pub(super) struct Mover {
    pub(super) number: u32,
    pub(super) pacing: Pacing,
    pub(super) task: Task,
}

/// Its task.
pub(super) enum Task {
    /// Moves targets, each from one of `between` to the next. It knows where it has put them, not where others have.
    Move {
        /// Destinations, in turn.
        between: Vec<CgroupId>,
        /// What it moves, with the position in `between` where each is.
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
        if matches!(outcome, Outcome::Moved | Outcome::Noop) {
            targets[which].1 = next;
        }
    }
}

/// One attach; if CPUs may have gone away meanwhile, those who lost theirs are moved as well.
fn one<C: Current>(cur: &C, stage: &WorkerContext, request: &Request) -> Outcome {
    let outcome = attach(stage.protocol, cur, &stage.world, request);
    if stage.evacuates {
        evacuate(stage.protocol, cur, &stage.world);
    }
    outcome
}

/// Waits once, so that the others are at work, and tries until the controller has joined.
fn adopt<C: Current>(cur: &C, stage: &WorkerContext, pacing: Pacing, controller: Controller, dest: CgroupId) {
    for turn in 1.. {
        let Some(due_ns) = wait(pacing, cur, stage.end_ns, turn) else { return };
        let request = Request { target: Target::Adopt(controller), dest, due_ns };
        if one(cur, stage, &request) == Outcome::Moved {
            return;
        }
    }
}
