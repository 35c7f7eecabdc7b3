//! How the controllers of one transaction share the `mmap_sem` of an mm that moves.
use super::AttachState;
use crate::locks::ReadGuard;
use crate::seam::Current;
use crate::world::{Mm, Scope};
use smallvec::SmallVec;

/// How they share it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum MmapSemMode {
    /// Taken by the first, released by the last (`mmap_sem_lock_count` of the seed).
    #[default]
    Counted,
    /// The first read is fair, further ones ignore queued writers (`down_read_unfair`).
    Unfair,
    /// Each controller simply reads: deadlocks with a writer that queues in between.
    Plain,
}

/// `mmap_sem` of one mm, read by as many controllers as want it.
pub struct MmapSem<'a, C: Current> {
    mode: MmapSemMode,
    count: u32,
    guards: SmallVec<[ReadGuard<'a, (), C>; 2]>,
}

impl<'a, C: Current> MmapSem<'a, C> {
    /// Nobody reads yet.
    #[must_use]
    pub fn new(mode: MmapSemMode) -> Self {
        Self { mode, count: 0, guards: SmallVec::new() }
    }

    /// A controller wants `mm` not to change.
    pub fn get(&mut self, cur: &'a C, mm: &'a Mm) {
        let first = self.count == 0;
        self.count += 1;
        match self.mode {
            MmapSemMode::Counted if !first => {}
            MmapSemMode::Unfair if !first => self.guards.push(mm.mmap_sem.read_unfair(cur)),
            _ => self.guards.push(mm.mmap_sem.read(cur)),
        }
    }

    /// For a mutant: as [`MmapSem::put`], but who waits for it is not told.
    pub fn put_without_waking(&mut self) {
        self.count -= 1;
        if let Some(guard) = self.guards.pop() {
            guard.release_without_waking();
        }
    }

    /// A controller does not need it any more.
    pub fn put(&mut self) {
        self.count -= 1;
        if self.mode != MmapSemMode::Counted || self.count == 0 {
            self.guards.pop();
        }
    }
}

/// `mmap_sem` of every mm that moves, in the order of `state.mms`. When it is about all, the core reads each first, in
/// the order of ids, and leaves out those that are gone by then.
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
