//! Operations drawn from a preset: one state machine for every shape that is not recorded. It keeps its own count of
//! mapped and touched pages, as if every operation succeeded; the numbers come from `shapes` and `resolve`.

use crate::actor::ActorKey;
use crate::op::Op;
use crate::random::Draws;
use crate::shapes::{AtCap, Preset};

/// Numbers of children encode their kind, so that a child's stream follows from its key alone.
const CHILD_KINDS: u32 = 2;
/// Odd numbers are processes, even ones are threads.
const PROCESS: u32 = 1;

/// The stage of an actor's life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// Exists from the start: continues forever, and forks.
    Endless,
    /// A forked process that has not exec'ed yet, but will.
    BeforeExec,
    /// A forked child with operations left to do; it does not fork.
    Working,
    Ended,
}

/// The stream of one actor of a drawn shape.
#[derive(Clone, Debug)]
pub(crate) struct Mixer {
    preset: Preset,
    dice: Draws,
    stage: Phase,
    is_process: bool,
    ops_left: u32,
    /// Pages that this actor mapped itself, at most `preset.cap_pages`.
    mapped: u32,
    /// Resident pages among them.
    touched: u32,
    ops_since_fork: u32,
    forks: u32,
}

impl Mixer {
    pub(crate) fn new(preset: Preset, seed: u64, actor: &ActorKey) -> Self {
        let mut dice = Draws::new(seed, actor);
        let child = actor.descent().last().copied();
        let is_process = child.is_some_and(|number| number % CHILD_KINDS == PROCESS);
        let mut ops_left = 0;
        let mut stage = Phase::Endless;
        if child.is_some() {
            ops_left = dice.between(preset.child_ops.min.into(), preset.child_ops.max.into()) as u32;
            let execs = dice.percent(preset.exec_percent) && is_process;
            stage = if execs { Phase::BeforeExec } else { Phase::Working };
        }
        Mixer {
            preset,
            dice,
            stage,
            is_process,
            ops_left,
            mapped: 0,
            touched: 0,
            ops_since_fork: 0,
            forks: 0,
        }
    }

    fn child_op(&mut self) -> Op {
        if self.ops_left > 0 {
            self.ops_left -= 1;
            return self.draw(false);
        }
        // A thread's mappings outlive it, so the thread unmaps them; those of a process end with it.
        if !self.is_process && self.mapped > 0 {
            return self.munmap(self.mapped);
        }
        self.stage = Phase::Ended;
        Op::Exit
    }

    /// Draws one operation by weight; forks count only while one is due.
    fn draw(&mut self, may_fork: bool) -> Op {
        let mix = self.preset.mix;
        let fork_is_due = may_fork && self.ops_since_fork >= self.preset.fork_gap_ops;
        let forks = if fork_is_due { [mix.fork_thread, mix.fork_process] } else { [0, 0] };
        let weights = [mix.mmap, mix.munmap, mix.touch, mix.release, forks[0], forks[1], mix.think];
        let mut drawn = self.dice.below(weights.iter().map(|&weight| u64::from(weight)).sum());
        self.ops_since_fork = self.ops_since_fork.saturating_add(1);
        for (at, weight) in weights.into_iter().enumerate() {
            if drawn < u64::from(weight) {
                return self.op(at);
            }
            drawn -= u64::from(weight);
        }
        self.think() // only forks have a weight, and none is due
    }

    fn op(&mut self, at: usize) -> Op {
        match at {
            4 => Op::ForkThread { child: self.next_child(0) },
            5 => Op::ForkProcess { child: self.next_child(PROCESS) },
            6 => self.think(),
            _ => {
                let pages = self.preset.op_pages;
                let pages = self.dice.between(pages.min.into(), pages.max.into()) as u32;
                match at {
                    0 => self.mmap(pages),
                    1 if self.mapped > 0 => self.munmap(pages),
                    1 => self.mmap(pages),
                    2 => self.touch(pages),
                    _ if self.touched > 0 => self.release(pages),
                    _ => self.touch(pages),
                }
            }
        }
    }

    fn think(&mut self) -> Op {
        let range = self.preset.think_ns;
        Op::Think { ns: self.dice.between(range.min, range.max) }
    }

    fn next_child(&mut self, kind: u32) -> u32 {
        let child = self.forks.wrapping_mul(CHILD_KINDS) + kind;
        self.forks = self.forks.wrapping_add(1);
        self.ops_since_fork = 0;
        child
    }

    fn has_room(&self, pages: u32) -> bool {
        self.preset.cap_pages - self.mapped >= pages
    }

    fn mmap(&mut self, pages: u32) -> Op {
        if self.has_room(pages) {
            self.mapped += pages;
            return Op::Mmap { pages };
        }
        match self.preset.at_cap {
            AtCap::Unmap => self.munmap(pages),
            AtCap::DropAll => self.munmap(self.mapped),
        }
    }

    /// Draws an `munmap`. At least one page must be mapped; callers ensure that (no room means that something is).
    fn munmap(&mut self, pages: u32) -> Op {
        let pages = pages.min(self.mapped);
        self.mapped -= pages;
        self.touched = self.touched.min(self.mapped);
        Op::Munmap { pages }
    }

    fn touch(&mut self, pages: u32) -> Op {
        let untouched = self.mapped - self.touched;
        if untouched > 0 {
            let pages = pages.min(untouched);
            self.touched += pages;
            return Op::Touch { pages };
        }
        // All of it is resident: released pages can be touched, and charged, again.
        if self.touched > 0 { self.release(pages) } else { self.mmap(pages) }
    }

    /// Draws a `release`. At least one page must be touched; callers ensure that.
    fn release(&mut self, pages: u32) -> Op {
        let pages = pages.min(self.touched);
        self.touched -= pages;
        Op::Release { pages }
    }
}

impl Iterator for Mixer {
    type Item = Op;

    fn next(&mut self) -> Option<Op> {
        match self.stage {
            Phase::Endless => Some(self.draw(true)),
            Phase::BeforeExec => {
                self.stage = Phase::Working;
                Some(Op::Exec)
            }
            Phase::Working => Some(self.child_op()),
            Phase::Ended => None,
        }
    }
}
