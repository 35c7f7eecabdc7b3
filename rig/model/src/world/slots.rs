//! Slots of kernel objects that come and go: memory that is never freed, ids that are used again.
//!
//! References are valid for the life of the world, but a slot may be used again for another object. An actor that looks
//! at an object of another actor therefore pins it, as the kernel does with `get_task_struct`.
use std::sync::atomic::{AtomicU32, Ordering};

#[derive(Debug)]
struct Slot<T> {
    value: T,
    /// The number of pins, plus one while the object lives.
    pins: AtomicU32,
}

#[derive(Debug, Default)]
struct Free {
    spare: Vec<u32>,
    used: u32,
}

/// Slots of `T`.
#[derive(Debug)]
pub struct Slots<T> {
    slots: boxcar::Vec<Slot<T>>,
    free: parking_lot::Mutex<Free>,
    keeps_ids: bool,
}

impl<T> Slots<T> {
    /// Creates a table without used slots. `keeps_ids`: no slot is used again.
    #[must_use]
    pub fn new(keeps_ids: bool) -> Self {
        Self { slots: boxcar::Vec::new(), free: parking_lot::Mutex::default(), keeps_ids }
    }

    /// Takes a slot, one that was used before if possible. `make` makes the object of a new slot from its id. The
    /// caller sets the object's shared cells.
    pub fn take(&self, make: impl FnOnce(u32) -> T) -> (u32, &T) {
        let mut free = self.free.lock();
        let id = free.spare.pop().unwrap_or_else(|| {
            free.used += 1;
            free.used - 1
        });
        if id as usize >= self.slots.count() {
            self.slots.push(Slot { value: make(id), pins: AtomicU32::new(0) });
        }
        let slot = &self.slots[id as usize];
        slot.pins.store(1, Ordering::SeqCst);
        (id, &slot.value)
    }

    /// Returns the object of a slot.
    #[must_use]
    pub fn get(&self, id: u32) -> &T {
        &self.slots[id as usize].value
    }

    /// Keeps a slot from being used again until the pin is dropped.
    #[must_use]
    pub fn pin(&self, id: u32) -> Pin<'_, T> {
        self.slots[id as usize].pins.fetch_add(1, Ordering::SeqCst);
        Pin { slots: self, id }
    }

    /// Keeps a slot from being used again, if its object still lives. The slot of a dead object may be taken again at
    /// any moment, and a pin would free it twice.
    #[must_use]
    pub fn pin_live(&self, id: u32) -> Option<Pin<'_, T>> {
        let pins = &self.slots[id as usize].pins;
        pins.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |pins| (pins > 0).then_some(pins + 1)).ok()?;
        Some(Pin { slots: self, id })
    }

    /// Marks the object as gone. Its slot may be used again once it is not pinned.
    pub fn retire(&self, id: u32) {
        self.unpin(id);
    }

    fn unpin(&self, id: u32) {
        if self.slots[id as usize].pins.fetch_sub(1, Ordering::SeqCst) == 1 && !self.keeps_ids {
            self.free.lock().spare.push(id);
        }
    }

    /// Returns the number of slots that have ever been used.
    #[must_use]
    pub fn used(&self) -> u32 {
        self.free.lock().used
    }

    /// Reports whether `test` holds for the object of every slot, used or not.
    #[must_use]
    pub fn all(&self, test: impl Fn(&T) -> bool) -> bool {
        self.slots.iter().all(|(_, slot)| test(&slot.value))
    }

    /// Forgets all objects, after passing each to `clean`.
    pub fn reset(&self, clean: impl Fn(&T)) {
        for (_, slot) in &self.slots {
            clean(&slot.value);
            slot.pins.store(0, Ordering::SeqCst);
        }
        *self.free.lock() = Free::default();
    }
}

/// Keeps a slot from being used again until it is dropped.
pub struct Pin<'w, T> {
    slots: &'w Slots<T>,
    id: u32,
}

impl<T> Drop for Pin<'_, T> {
    fn drop(&mut self) {
        self.slots.unpin(self.id);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pinned_slot_is_not_used_again() {
        let slots = Slots::new(false);
        let (a, _) = slots.take(|id| id);
        let pin = slots.pin(a);
        slots.retire(a);
        assert_eq!(slots.take(|id| id).0, 1);
        drop(pin);
        assert_eq!(slots.take(|id| id).0, a);
        assert_eq!(slots.used(), 2);
    }

    #[test]
    fn a_dead_slot_is_not_pinned_and_given_back_once() {
        let slots = Slots::new(false);
        let (a, _) = slots.take(|id| id);
        drop(slots.pin_live(a).expect("it lives"));
        slots.retire(a);
        assert!(slots.pin_live(a).is_none());
        assert_eq!((slots.take(|id| id).0, slots.take(|id| id).0), (a, a + 1));
    }
}
