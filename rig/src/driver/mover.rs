//! A mover: attaches one process (or thread) after the other to the next of its cgroups, closed loop or at a rate.
use super::fields::Pace;
use super::worker::Stage;
use crate::engine::event::{Outcome, Target, Who};
use crate::engine::{Current, Event};
use crate::kernel::CgroupId;
use crate::paths::attach::Request;
use crate::protocols::{Protocol, attach};

/// What one mover does.
pub(super) struct Mover {
    pub(super) number: u32,
    pub(super) protocol: Protocol,
    pub(super) pace: Pace,
    pub(super) pause_ns: u64,
    /// Destinations, in turn.
    pub(super) between: Vec<CgroupId>,
    /// What it moves, with the position in `between` where each is.
    pub(super) targets: Vec<(Target, usize)>,
}

impl Mover {
    /// Moves until the cell ends.
    pub(super) fn work<C: Current>(mut self, cur: &C, stage: &Stage) {
        cur.emit(Event::Start(Who::Mover(self.number)));
        if self.targets.is_empty() {
            return;
        }
        for turn in 0.. {
            let Some(due_ns) = self.wait(cur, stage, turn) else { return };
            let which = (turn as usize + self.number as usize) % self.targets.len();
            let (target, at) = self.targets[which];
            let next = (at + 1) % self.between.len();
            let request = Request { target, dest: self.between[next], due_ns };
            let outcome = attach(self.protocol, cur, &stage.world, &request);
            if matches!(outcome, Outcome::Moved | Outcome::Noop) {
                self.targets[which].1 = next;
            }
        }
    }

    /// Waits for the next turn. `None` when the cell is over, else when the attach is due, if there is a rate.
    fn wait<C: Current>(&self, cur: &C, stage: &Stage, turn: u64) -> Option<Option<u64>> {
        let due_ns = match self.pace {
            Pace::Closed => {
                if turn > 0 && self.pause_ns > 0 {
                    cur.sleep_until(cur.now() + self.pause_ns);
                }
                None
            }
            Pace::PerSecond(rate) => {
                let due_ns = (u128::from(turn) * 1_000_000_000 / u128::from(rate)) as u64;
                cur.sleep_until(due_ns.min(stage.end_ns));
                Some(due_ns)
            }
        };
        (cur.now() < stage.end_ns).then_some(due_ns)
    }
}
