//! Spinlock and mutex: locks with one holder. They differ in the way of waiting and in whether the holder may sleep.
use super::policy::Exclusive;
use super::raw::Raw;
use crate::seam::event::Mode;
use crate::seam::{Class, Current, Wait};
use std::ops::{Deref, DerefMut};

/// A lock that waits by spinning. Its holder must not sleep.
pub type SpinLock<T> = Lock<T, true>;
/// A lock that waits by sleeping. Its holder may sleep.
pub type Mutex<T> = Lock<T, false>;

/// A lock with one holder, and the data it guards.
#[derive(Debug)]
pub struct Lock<T, const SPIN: bool> {
    raw: Raw<Exclusive>,
    /// Never waited for, because the policy has granted the lock. A failed try is a bug of the policy.
    data: parking_lot::Mutex<T>,
}

impl<T, const SPIN: bool> Lock<T, SPIN> {
    /// Creates a free lock.
    #[must_use]
    pub fn new(class: Class, owner: u32, data: T) -> Self {
        Self {
            raw: Raw::new(class, owner, if SPIN { Wait::Spin } else { Wait::Sleep }),
            data: parking_lot::Mutex::new(data),
        }
    }

    /// Takes the lock.
    ///
    /// # Panics
    /// When the policy has granted it twice: a bug of ours.
    pub fn lock<'a, C: Current>(&'a self, cur: &'a C) -> Guard<'a, T, SPIN, C> {
        self.raw.take(cur, Mode::Exclusive);
        let data = self.data.try_lock().expect("the policy lets one in");
        Guard { lock: self, cur, data: Some(data) }
    }

    /// Runs `look` on the data while no actor runs: for set-up and checks at quiescence.
    ///
    /// # Panics
    /// When the lock is held.
    pub fn quiet<R>(&self, look: impl FnOnce(&mut T) -> R) -> R {
        look(&mut self.data.try_lock().expect("no actor runs"))
    }

    /// Reports whether the lock is neither held nor waited for.
    #[must_use]
    pub fn is_free(&self) -> bool {
        self.raw.is_free()
    }

    /// Forgets holder and waiters of an abandoned run.
    pub fn reset(&self) {
        self.raw.reset();
    }
}

/// Holds a [`Lock`].
pub struct Guard<'a, T, const SPIN: bool, C: Current> {
    lock: &'a Lock<T, SPIN>,
    cur: &'a C,
    data: Option<parking_lot::MutexGuard<'a, T>>,
}

impl<T, const SPIN: bool, C: Current> Guard<'_, T, SPIN, C> {
    /// Keeps the lock for ever, but no longer borrows the data. For a mutant.
    pub fn keep(mut self) {
        drop(self.data.take());
        std::mem::forget(self);
    }
}

impl<T, const SPIN: bool, C: Current> Deref for Guard<'_, T, SPIN, C> {
    type Target = T;
    fn deref(&self) -> &T {
        self.data.as_ref().expect("held until dropped")
    }
}

impl<T, const SPIN: bool, C: Current> DerefMut for Guard<'_, T, SPIN, C> {
    fn deref_mut(&mut self) -> &mut T {
        self.data.as_mut().expect("held until dropped")
    }
}

impl<T, const SPIN: bool, C: Current> Drop for Guard<'_, T, SPIN, C> {
    fn drop(&mut self) {
        self.lock.raw.give(self.cur, Mode::Exclusive, || drop(self.data.take()));
    }
}
