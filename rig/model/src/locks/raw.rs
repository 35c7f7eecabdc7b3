//! The part that all locks share: the access, the step of the policy, the wait, the wake and the events.
use super::policy::{LockOp, Policy, Step, Woken};
use super::state::State;
use crate::seam::event::Mode;
use crate::seam::{Access, Class, Current, Event, Object, Wait};

/// A lock without data.
#[derive(Debug)]
pub(super) struct Raw<P> {
    object: Object,
    how: Wait,
    state: State<P>,
}

impl<P: Policy> Raw<P> {
    pub(super) fn new(class: Class, owner: u32, how: Wait) -> Self {
        Self { object: Object { class, owner }, how, state: State::default() }
    }

    pub(super) fn take<C: Current>(&self, cur: &C, mode: Mode) {
        self.ask(cur, mode, LockOp::Take { who: cur.actor(), mode });
    }

    pub(super) fn take_unfair<C: Current>(&self, cur: &C) {
        cur.emit(Event::AsksUnfairly { object: self.object });
        self.ask(cur, Mode::Read, LockOp::TakeUnfair { who: cur.actor() });
    }

    fn ask<C: Current>(&self, cur: &C, mode: Mode, ask: LockOp) {
        let access = if self.how == Wait::Spin { Access::Spin } else { Access::Lock };
        cur.access(self.object, access);
        let (Step { granted, .. }, _) = self.state.step(ask);
        let waited_ns = (!granted).then(|| self.wait(cur, mode));
        if self.how == Wait::Spin {
            cur.preempt_disable();
        }
        cur.emit(Event::LockAcquired { object: self.object, mode, waited_ns });
    }

    #[cold]
    fn wait<C: Current>(&self, cur: &C, mode: Mode) -> u64 {
        cur.emit(Event::LockContended { object: self.object, mode });
        let asked_at = cur.now();
        cur.wait(self.object, self.how);
        cur.now() - asked_at
    }

    /// Releases the lock. `let_go` ends the borrow of the data before the next owner can run.
    pub(super) fn give<C: Current>(&self, cur: &C, mode: Mode, let_go: impl FnOnce()) {
        if cur.abandoned() || std::thread::panicking() {
            return;
        }
        for who in self.give_silently(cur, mode, let_go) {
            cur.wake(who);
        }
        if self.how == Wait::Spin {
            cur.preempt_enable();
        }
    }

    /// Releases the lock like [`Raw::give`], but returns the new owners instead of waking them.
    pub(super) fn give_silently<C: Current>(&self, cur: &C, mode: Mode, let_go: impl FnOnce()) -> Woken {
        let access = if self.how == Wait::Spin { Access::SpinRelease } else { Access::Release };
        cur.access(self.object, access);
        let_go();
        let (Step { woken, .. }, waiters) = self.state.step(LockOp::Give { mode });
        cur.emit(Event::LockReleased { object: self.object, mode, waiters });
        woken
    }

    pub(super) fn is_free(&self) -> bool {
        self.state.is_free()
    }

    pub(super) fn reset(&self) {
        self.state.reset();
    }
}
