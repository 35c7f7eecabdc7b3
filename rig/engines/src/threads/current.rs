//! `Current` on an OS thread.
use super::{Abandoned, Refused, Shared, Trouble};
use crossbeam::epoch::LocalHandle;
use crossbeam::utils::CachePadded;
use faults::{Fault, Site};
use model::kernel::MmId;
use model::seam::event::Stamp;
use model::seam::{Access, ActorId, Current, Event, Object, Observer, Wait, Work};
use rustix::thread::{futex, set_current_timer_slack};
use std::cell::{Cell, RefCell};
use std::num::NonZeroU64;
use std::panic::resume_unwind;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

/// The time between two looks of a grace period at the readers, in ns.
const GRACE_STEP_NS: u64 = 10_000;

/// The actor that this OS thread runs.
pub struct ThreadCurrent<L> {
    shared: Arc<Shared<L>>,
    id: ActorId,
    listener: RefCell<Box<CachePadded<L>>>,
    reader: LocalHandle,
    /// The time read last. The counters of two CPUs may differ a little, and an actor's time must not go back.
    last_ns: Cell<u64>,
    /// Spinlocks held.
    depth: Cell<u32>,
    /// Locks held.
    locks: Cell<u32>,
    /// Operations and attaches under way.
    busy: Cell<u32>,
    /// The address space of the operation under way.
    mm: Cell<Option<MmId>>,
}

/// Reports whether an observer measures with the time of `event`. Other events carry the time read last.
fn is_timed(event: &Event) -> bool {
    matches!(
        event,
        Event::LockAcquired { .. }
            | Event::LockReleased { .. }
            | Event::OpBegin { .. }
            | Event::OpEnd { .. }
            | Event::AttachBegin { .. }
            | Event::AttachEnd { .. }
            | Event::Phase(_)
            | Event::TxEnd { .. }
    )
}

impl<L: Observer + Send + 'static> ThreadCurrent<L> {
    pub(super) fn new(shared: Arc<Shared<L>>, id: ActorId, listener: Box<CachePadded<L>>) -> Self {
        // Without it a sleep takes some 50 µs too long. A refusal changes nothing.
        let _ = set_current_timer_slack(Some(NonZeroU64::MIN));
        let reader = shared.epochs.register();
        Self {
            shared,
            id,
            listener: RefCell::new(listener),
            reader,
            last_ns: Cell::new(0),
            depth: Cell::new(0),
            locks: Cell::new(0),
            busy: Cell::new(0),
            mm: Cell::new(None),
        }
    }

    pub(super) fn into_listener(self) -> Box<CachePadded<L>> {
        self.listener.into_inner()
    }

    /// Unwinds the actor if the run is abandoned.
    fn unwind_if_abandoned(&self) {
        if self.abandoned() && !thread::panicking() {
            resume_unwind(Box::new(Abandoned));
        }
    }

    /// Reports whether the actor is between two operations and holds nothing.
    fn is_idle(&self) -> bool {
        self.busy.get() == 0 && self.locks.get() == 0
    }

    /// Updates the counts that decide whether the actor may rest.
    fn note(&self, event: &Event) {
        let change = |cell: &Cell<u32>, by: i32| cell.set(cell.get().saturating_add_signed(by));
        match event {
            Event::LockAcquired { .. } => change(&self.locks, 1),
            Event::LockReleased { .. } => change(&self.locks, -1),
            Event::OpBegin { .. } | Event::AttachBegin { .. } => {
                self.unwind_if_abandoned();
                if self.is_idle() {
                    self.shared.rest.pause();
                }
                change(&self.busy, 1);
                self.mm.set(if let Event::OpBegin { mm, .. } = event { *mm } else { None });
            }
            Event::OpEnd { .. } | Event::AttachEnd { .. } => change(&self.busy, -1),
            _ => {}
        }
    }

    /// Does the work on real pages, if the work is of that kind and pages are real.
    fn touches(&self, work: Work, pages: u64) -> bool {
        let (Some(real), Some(mm)) = (&self.shared.pages, self.mm.get()) else { return false };
        let done = match work {
            Work::PageZero => real.touch(mm, pages),
            Work::PageFree => real.give_back(mm, pages),
            _ => return false,
        };
        if let Err(error) = done {
            self.shared.give_up(Trouble::Refused(Refused::Memory(error)));
            self.unwind_if_abandoned();
        }
        true
    }

    /// Sleeps for about `ns`, or less.
    fn nap(&self, ns: u64) {
        let time = futex::Timespec {
            tv_sec: (ns / 1_000_000_000).cast_signed(),
            tv_nsec: (ns % 1_000_000_000).cast_signed(),
        };
        // Returns when the time is up, on signals, and when the run is abandoned. The caller looks again.
        let _ = futex::wait(&self.shared.abandoned, futex::Flags::PRIVATE, 0, Some(&time));
        self.unwind_if_abandoned();
    }
}

impl<L: Observer + Send + 'static> Current for ThreadCurrent<L> {
    fn now(&self) -> u64 {
        let now_ns = self.shared.clock.now().max(self.last_ns.get());
        self.last_ns.set(now_ns);
        now_ns
    }

    fn actor(&self) -> ActorId {
        self.id
    }

    /// Burns the CPU for the time in the table of costs. Time in which the machine runs another thread counts as
    /// well. Real pages take the time that they take.
    fn work(&self, work: Work, times: u64) {
        if self.touches(work, times) {
            return;
        }
        let until_ns = self.now() + self.shared.costs.work_ns(work) * times;
        while self.now() < until_ns {
            std::hint::spin_loop();
        }
    }

    fn access(&self, _: Object, _: Access) {}

    fn fault(&self, site: Site) -> Option<Fault> {
        if !self.shared.sites.contains(&site) {
            return None;
        }
        let now_ns = self.now();
        self.shared.injector.lock().hit(site, now_ns)
    }

    fn emit(&self, event: Event) {
        self.note(&event);
        if L::LOOKS {
            let at_ns = if is_timed(&event) { self.now() } else { self.last_ns.get() };
            self.listener.borrow_mut().observe(Stamp { at_ns, actor: self.id }, &event);
        }
    }

    fn wait(&self, on: Object, how: Wait) {
        if how == Wait::Sleep && self.depth.get() > 0 {
            self.emit(Event::SleptInAtomic { on });
        }
        let slot = &self.shared.slots[self.id.index()];
        *slot.waits_on.lock() = Some(on);
        // Relaxed: a count. The watchdog reads it together with `waits_on`, under whose lock it was written before.
        slot.waits.fetch_add(1, Ordering::Relaxed);
        slot.token.take(how);
        *slot.waits_on.lock() = None;
        self.unwind_if_abandoned();
    }

    fn wake(&self, actor: ActorId) {
        self.shared.slots[actor.index()].token.leave();
    }

    fn sleep_until(&self, at_ns: u64) {
        while let Some(left_ns) = at_ns.checked_sub(self.now()).filter(|left| *left > 0) {
            if self.is_idle() {
                self.shared.rest.out();
                self.nap(left_ns);
                self.shared.rest.back();
            } else {
                self.nap(left_ns);
            }
        }
        self.unwind_if_abandoned();
    }

    fn spawn<F: FnOnce(&Self) + Send + 'static>(&self, body: F) -> ActorId {
        self.shared.spawn(body)
    }

    fn preempt_disable(&self) {
        self.depth.set(self.depth.get() + 1);
    }

    fn preempt_enable(&self) {
        self.depth.set(self.depth.get().saturating_sub(1));
    }

    fn rcu_read<R>(&self, section: impl FnOnce() -> R) -> R {
        let _pinned = self.reader.pin();
        section()
    }

    fn synchronize_rcu(&self, grace_ns: u64) {
        let until_ns = self.now() + grace_ns;
        let passed = Arc::new(AtomicBool::new(false));
        let passes = Arc::clone(&passed);
        // Runs when no reader is left in a section that began before.
        // Release: pairs with the Acquire below; what readers did in their sections is seen after them.
        self.reader.pin().defer(move || passes.store(true, Ordering::Release));
        while !passed.load(Ordering::Acquire) {
            self.reader.pin().flush();
            self.nap(GRACE_STEP_NS);
        }
        self.sleep_until(until_ns);
    }

    fn abandoned(&self) -> bool {
        // SeqCst: pairs with the store in `Shared::abandon`.
        self.shared.abandoned.load(Ordering::SeqCst) != 0
    }
}
