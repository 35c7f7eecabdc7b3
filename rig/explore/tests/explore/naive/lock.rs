//! Locks that are handed over in the order of arrival. A reader waits behind a waiting writer.
use super::world::Who;

/// A lock. Locks that one step takes and gives back, such as that of a counter, are not here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Lock {
    CgroupMutex,
    /// `threadgroup_rwsem` of a process.
    Threadgroup(usize),
    /// `mmap_sem` of the address space of a process.
    MmapSem(usize),
    NumtasksBooks,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Mode {
    Read,
    Write,
}

/// The holders of a lock, all readers or one writer, and its queue.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Queue {
    holders: Vec<(Who, Mode)>,
    waiters: Vec<(Who, Mode)>,
}

impl Queue {
    fn fits(&self, mode: Mode) -> bool {
        self.holders.is_empty() || (mode == Mode::Read && self.holders[0].1 == Mode::Read)
    }

    /// Takes the lock or joins the queue; returns whether it was taken.
    pub(super) fn take(&mut self, who: Who, mode: Mode) -> bool {
        let taken = self.waiters.is_empty() && self.fits(mode);
        let list = if taken { &mut self.holders } else { &mut self.waiters };
        list.push((who, mode));
        self.holders.sort_unstable();
        taken
    }

    /// Gives the lock back; returns those that have it now.
    pub(super) fn give(&mut self, who: Who) -> Vec<Who> {
        let held = self.holders.iter().position(|(holder, _)| *holder == who);
        self.holders.remove(held.expect("the lock is held"));
        let mut woken = Vec::new();
        while let Some(&(next, mode)) = self.waiters.first() {
            if !self.fits(mode) {
                break;
            }
            self.holders.push(self.waiters.remove(0));
            woken.push(next);
        }
        self.holders.sort_unstable();
        woken
    }

    pub(super) fn is_free(&self) -> bool {
        self.holders.is_empty() && self.waiters.is_empty()
    }
}
