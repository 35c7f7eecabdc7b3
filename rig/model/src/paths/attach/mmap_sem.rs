//! Sharing of the `mmap_sem` of a moving mm among the controllers of one transaction.
use super::AttachState;
use crate::locks::ReadGuard;
use crate::seam::Current;
use crate::world::{Mm, Scope};
use smallvec::SmallVec;

/// The way in which controllers share it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum MmapSemMode {
    /// Taken by the first, released by the last (`mmap_sem_lock_count` of the seed).
    #[default]
    Counted,
    /// The first read is fair, further ones ignore queued writers (`down_read_unfair`).
    Unfair,
    /// Each controller reads fairly, which deadlocks with a writer that queues in between.
    Plain,
}

/// The `mmap_sem` of one mm, read by any number of controllers.
pub struct MmapSem<'a, C: Current> {
    mode: MmapSemMode,
    count: u32,
    guards: SmallVec<[ReadGuard<'a, (), C>; 2]>,
}

impl<'a, C: Current> MmapSem<'a, C> {
    /// Creates it without readers.
    #[must_use]
    pub fn new(mode: MmapSemMode) -> Self {
        Self { mode, count: 0, guards: SmallVec::new() }
    }

    /// Takes it for a controller that needs `mm` unchanged.
    pub fn get(&mut self, cur: &'a C, mm: &'a Mm) {
        let first = self.count == 0;
        self.count += 1;
        match self.mode {
            MmapSemMode::Counted if !first => {}
            MmapSemMode::Unfair if !first => self.guards.push(mm.mmap_sem.read_unfair(cur)),
            _ => self.guards.push(mm.mmap_sem.read(cur)),
        }
    }

    /// Releases it like [`MmapSem::put`], but does not wake its waiters. For a mutant.
    pub fn put_without_waking(&mut self) {
        self.count -= 1;
        if let Some(guard) = self.guards.pop() {
            guard.release_without_waking();
        }
    }

    /// Releases it for one controller.
    pub fn put(&mut self) {
        self.count -= 1;
        if self.mode != MmapSemMode::Counted || self.count == 0 {
            self.guards.pop();
        }
    }
}

/// Returns the `mmap_sem` of every mm that moves, in the order of `state.mms`. If the target is all tasks, the core
/// reads each of them first, in the order of ids, and removes an mm from the list if it is gone by then.
pub fn hold_mms<'a, C: Current>(
    cur: &'a C,
    state: &mut AttachState<'a>,
    mode: MmapSemMode,
) -> SmallVec<[MmapSem<'a, C>; 1]> {
    if !matches!(state.scope, Scope::All | Scope::Adopt) {
        return state.mms.iter().map(|_| MmapSem::new(mode)).collect();
    }
    let world = state.world;
    let mut held = SmallVec::new();
    state.mms.retain(|moving| {
        let mm = world.mm(moving.mm);
        let mut mmap_sem = MmapSem::new(mode);
        mmap_sem.get(cur, mm);
        let there = mm.gone.load(cur) == 0;
        if there {
            held.push(mmap_sem);
        }
        there
    });
    held
}
