//! lock-shared (T5): no two controllers take the same lock instance inside callbacks of one transaction, not even for a
//! moment.
//!
//! These do not count:
//! - locks that the core held when the first callback began, since they are not the controllers'
//! - `mmap_sem` for reading by both, the exception that the contract makes
//! - the core's own short spinlocks `tasklist_lock`, `css_set_lock`, `alloc_lock` and `page_table_lock`, which belong
//!   to no controller and which helpers of the core take for any callback that looks at a task or a page
//!
//! Everything else counts: `cpu_hotplug`, `cgroup_mutex` if the core does not hold it, `threadgroup_rwsem`, `mmap_sem`
//! if one of the two writes, `move_lock`, `callback_mutex`, `numtasks.lock` and `counter.lock`.
use super::Tally;
use super::check::{About, Checker, Excuse, Needs, RARE, Request, Seen};
use super::describe::doing;
use super::shadow::at;
use crate::kernel::Controller;
use crate::locks::held::HeldTable;
use crate::seam::event::{Callback, Mode};
use crate::seam::{ActorId, Class, Event, Object};
use smallvec::SmallVec;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Touch {
    object: Object,
    mode: Mode,
    controller: Controller,
}

#[derive(Debug, Default)]
struct Transaction {
    begun: bool,
    /// The locks that the core held when the first callback began.
    core: SmallVec<[Object; 8]>,
    touches: SmallVec<[Touch; 16]>,
}

/// The check.
#[derive(Debug, Default)]
pub(super) struct LockShared {
    transactions: Vec<Transaction>,
    pub(super) tally: Tally,
}

impl Checker for LockShared {
    const ABOUT: About = About {
        name: "lock-shared",
        needs: Needs::OwnEvents,
        by_final_state: false,
        excuse: Excuse::None,
        events: RARE,
    };

    fn observe(&mut self, Seen { held, stamp, .. }: Seen<'_>, event: &Event) {
        match *event {
            Event::TxBegin { .. } => {
                let tx = at(&mut self.transactions, stamp.actor.index());
                tx.begun = false;
                tx.core.clear();
                tx.touches.clear();
            }
            Event::Enter { .. } => self.enter(held, stamp.actor),
            _ => {}
        }
    }

    fn acquired(
        &mut self,
        Seen { held, shadow, stamp }: Seen<'_>,
        called: (Controller, Callback),
        request: Request,
    ) {
        let (controller, Request { object, mode }) = (called.0, request);
        let touch = Touch { object, mode, controller };
        let Some(tx) = self.transactions.get_mut(stamp.actor.index()) else { return };
        if !counts(touch.object.class) || tx.core.contains(&touch.object) {
            return;
        }
        let mut known = false;
        for before in tx.touches.iter().filter(|before| before.object == touch.object) {
            known |= *before == touch;
            if before.controller != touch.controller && !both_read(before, &touch) {
                self.tally.violated(|| {
                    let (at_ns, who) = (stamp.at_ns, doing(shadow, held, stamp.actor));
                    let (object, first, second) = (touch.object, before.controller, touch.controller);
                    format!("at {at_ns} ns T5: {who}: {second} took {object}, which {first} had taken in the same transaction")
                });
                break;
            }
        }
        if !known {
            tx.touches.push(touch);
        }
    }
}

impl LockShared {
    fn enter(&mut self, held: &HeldTable, actor: ActorId) {
        let tx = at(&mut self.transactions, actor.index());
        if !std::mem::replace(&mut tx.begun, true) {
            self.tally.examine();
            tx.core.extend(held.of(actor).iter().map(|hold| hold.object));
        }
    }
}

fn both_read(a: &Touch, b: &Touch) -> bool {
    a.object.class == Class::MmapSem && a.mode == Mode::Read && b.mode == Mode::Read
}

/// Reports whether locks of that class belong to a controller.
fn counts(class: Class) -> bool {
    !matches!(class, Class::TasklistLock | Class::CssSetLock | Class::AllocLock | Class::PageTableLock)
}
