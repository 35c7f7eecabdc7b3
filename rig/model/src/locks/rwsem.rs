//! Read-write semaphore. It is fair by default: a reader queues behind a waiting writer. It also has an unfair read.
use super::policy::Fair;
use super::raw::Raw;
use crate::seam::event::Mode;
use crate::seam::{Class, Current, Wait};
use std::ops::{Deref, DerefMut};

/// A semaphore and the data it guards.
#[derive(Debug)]
pub struct RwSem<T> {
    raw: Raw<Fair>,
    /// Never waited for, because the policy has granted the semaphore. A failed try is a bug of the policy.
    data: parking_lot::RwLock<T>,
}

impl<T> RwSem<T> {
    /// Creates a free semaphore.
    #[must_use]
    pub fn new(class: Class, owner: u32, data: T) -> Self {
        Self { raw: Raw::new(class, owner, Wait::Sleep), data: parking_lot::RwLock::new(data) }
    }

    /// Takes it for reading, behind waiting writers (`down_read`). Not recursive: a second read by the same actor
    /// deadlocks with a writer that queued in between.
    pub fn read<'a, C: Current>(&'a self, cur: &'a C) -> ReadGuard<'a, T, C> {
        self.raw.take(cur, Mode::Read);
        self.granted_read(cur)
    }

    /// Takes it for reading, past waiting writers, so that a reader may read again (`down_read_unfair`).
    pub fn read_unfair<'a, C: Current>(&'a self, cur: &'a C) -> ReadGuard<'a, T, C> {
        self.raw.take_unfair(cur);
        self.granted_read(cur)
    }

    fn granted_read<'a, C: Current>(&'a self, cur: &'a C) -> ReadGuard<'a, T, C> {
        let data = self.data.try_read().expect("the policy lets readers in");
        ReadGuard { sem: self, cur, data: Some(data) }
    }

    /// Takes it for writing (`down_write`).
    ///
    /// # Panics
    /// When the policy has also granted it to another actor: a bug of ours.
    pub fn write<'a, C: Current>(&'a self, cur: &'a C) -> WriteGuard<'a, T, C> {
        self.raw.take(cur, Mode::Write);
        let data = self.data.try_write().expect("the policy lets one writer in");
        WriteGuard { sem: self, cur, data: Some(data) }
    }

    /// Runs `look` on the data while no actor runs: for set-up and checks at quiescence.
    ///
    /// # Panics
    /// When the semaphore is held.
    pub fn quiet<R>(&self, look: impl FnOnce(&mut T) -> R) -> R {
        look(&mut self.data.try_write().expect("no actor runs"))
    }

    /// Reports whether the semaphore is neither held nor waited for.
    #[must_use]
    pub fn is_free(&self) -> bool {
        self.raw.is_free()
    }

    /// Forgets holders and waiters of an abandoned run.
    pub fn reset(&self) {
        self.raw.reset();
    }
}

/// Holds a [`RwSem`] for reading.
pub struct ReadGuard<'a, T, C: Current> {
    sem: &'a RwSem<T>,
    cur: &'a C,
    data: Option<parking_lot::RwLockReadGuard<'a, T>>,
}

impl<T, C: Current> ReadGuard<'_, T, C> {
    /// Releases the semaphore without waking its waiters. For a mutant.
    pub fn release_without_waking(mut self) {
        self.sem.raw.give_silently(self.cur, Mode::Read, || drop(self.data.take()));
        std::mem::forget(self);
    }
}

impl<T, C: Current> Deref for ReadGuard<'_, T, C> {
    type Target = T;
    fn deref(&self) -> &T {
        self.data.as_ref().expect("held until dropped")
    }
}

impl<T, C: Current> Drop for ReadGuard<'_, T, C> {
    fn drop(&mut self) {
        self.sem.raw.give(self.cur, Mode::Read, || drop(self.data.take()));
    }
}

/// Holds a [`RwSem`] for writing.
pub struct WriteGuard<'a, T, C: Current> {
    sem: &'a RwSem<T>,
    cur: &'a C,
    data: Option<parking_lot::RwLockWriteGuard<'a, T>>,
}

impl<T, C: Current> Deref for WriteGuard<'_, T, C> {
    type Target = T;
    fn deref(&self) -> &T {
        self.data.as_ref().expect("held until dropped")
    }
}

impl<T, C: Current> DerefMut for WriteGuard<'_, T, C> {
    fn deref_mut(&mut self) -> &mut T {
        self.data.as_mut().expect("held until dropped")
    }
}

impl<T, C: Current> Drop for WriteGuard<'_, T, C> {
    fn drop(&mut self) {
        self.sem.raw.give(self.cur, Mode::Write, || drop(self.data.take()));
    }
}
