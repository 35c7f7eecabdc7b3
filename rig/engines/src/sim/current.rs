//! `Current` on the simulator.
use super::{Core, Policy};
use corosensei::Yielder;
use faults::{Fault, Site};
use model::seam::event::Stamp;
use model::seam::{Access, ActorId, Current, Event, Object, Observer, Wait, Work};
use std::cell::Cell;
use std::rc::Rc;

/// The actor now running in a simulation.
pub struct SimCurrent<P, O> {
    core: Rc<Core<P, O>>,
    id: ActorId,
    /// The place to suspend at. It lives on the actor's own stack, below every frame that can reach this value.
    yielder: *const Yielder<(), ()>,
    /// Accesses since the last request for a spinlock.
    since_spin: Cell<u32>,
}

impl<P: Policy + 'static, O: Observer + 'static> SimCurrent<P, O> {
    pub(super) fn new(core: Rc<Core<P, O>>, id: ActorId, yielder: &Yielder<(), ()>) -> Self {
        Self { core, id, yielder, since_spin: Cell::new(0) }
    }

    #[allow(unsafe_code)]
    fn suspend(&self) {
        // SAFETY: the pointer came from a reference that lives as long as the coroutine's body, `self` is only handed
        // to that body by reference, and `Self` is neither Send nor Clone; so the yielder is alive and is used from its
        // own coroutine, which is what `suspend` asks for.
        unsafe { (*self.yielder).suspend(()) }
    }

    fn slow(&self, at_once: bool) {
        if !at_once {
            self.suspend();
        }
    }

    fn set_depth(&self, change: impl FnOnce(u32) -> u32) {
        let depth = {
            let state = &mut self.core.states.borrow_mut()[self.id.index()];
            state.depth = change(state.depth);
            state.depth
        };
        self.core.policy.borrow_mut().atomic(self.id, depth);
    }
}

impl<P: Policy + 'static, O: Observer + 'static> Current for SimCurrent<P, O> {
    fn now(&self) -> u64 {
        self.core.policy.borrow().now()
    }

    fn actor(&self) -> ActorId {
        self.id
    }

    fn work(&self, work: Work, times: u64) {
        if times > 0 {
            let at_once = self.core.policy.borrow_mut().work(self.id, work, times);
            self.slow(at_once);
        }
    }

    fn access(&self, object: Object, access: Access) {
        self.core.accesses.set(self.core.accesses.get() + 1);
        let since = self.since_spin.get();
        let folded = access == Access::SpinRelease && since == 0;
        self.since_spin.set(if access == Access::Spin { 0 } else { since + 1 });
        let at_once = self.core.policy.borrow_mut().access(self.id, object, access, folded);
        self.slow(at_once);
    }

    fn fault(&self, site: Site) -> Option<Fault> {
        let now = self.now();
        self.core.hit(self.id, site, now)
    }

    fn emit(&self, event: Event) {
        if P::listens_to(&event) {
            let objects = self.core.policy.borrow_mut().looks_at(self.id, &event);
            objects.into_iter().for_each(|object| self.access(object, Access::Load));
        }
        if O::LOOKS {
            let stamp = Stamp { at_ns: self.now(), actor: self.id };
            self.core.observer.borrow_mut().observe(stamp, &event);
        }
    }

    fn wait(&self, on: Object, how: Wait) {
        let depth = {
            let state = &mut self.core.states.borrow_mut()[self.id.index()];
            if std::mem::take(&mut state.token) {
                return;
            }
            state.waiting = Some(on);
            state.depth
        };
        if how == Wait::Sleep && depth > 0 {
            self.emit(Event::SleptInAtomic { on });
        }
        self.core.policy.borrow_mut().block(self.id, how);
        self.suspend();
    }

    fn wake(&self, actor: ActorId) {
        let waited = {
            let state = &mut self.core.states.borrow_mut()[actor.index()];
            let waited = state.waiting.take().is_some();
            state.token = !waited;
            waited
        };
        if waited {
            self.core.policy.borrow_mut().ready(actor);
        }
    }

    fn sleep_until(&self, at_ns: u64) {
        let at_once = self.core.policy.borrow_mut().sleep_until(self.id, at_ns);
        self.slow(at_once);
    }

    fn spawn<F: FnOnce(&Self) + Send + 'static>(&self, body: F) -> ActorId {
        self.core.spawn(body)
    }

    fn preempt_disable(&self) {
        self.set_depth(|depth| depth + 1);
    }

    fn preempt_enable(&self) {
        self.set_depth(|depth| depth.saturating_sub(1));
    }

    fn abandoned(&self) -> bool {
        self.core.abandoned.get()
    }
}
