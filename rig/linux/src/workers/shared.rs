//! Memory that the rig and the processes of its workers share: the command to follow, whether a move is under way, the
//! pages that workers have touched, and the latencies of their operations.
//!
//! It is an anonymous file that workers inherit and forked children keep, so that nothing is lost when one of them
//! ends. The rig touches all of it first: its pages are charged to the rig's cgroup, not to those that are measured.
#![allow(unsafe_code)]
use super::tally::{OpTally, Tallied};
use rustix::fs::{MemfdFlags, ftruncate, memfd_create};
use rustix::mm::{MapFlags, ProtFlags, mmap, munmap};
use rustix::thread::futex;
use std::ffi::c_void;
use std::io;
use std::mem::size_of;
use std::os::fd::{AsRawFd, BorrowedFd, OwnedFd, RawFd};
use std::ptr;
use std::sync::atomic::Ordering::{Acquire, Relaxed, Release};
use std::sync::atomic::{AtomicI64, AtomicU32, AtomicU64};

/// Most threads of a worker whose ids are kept.
pub(crate) const TIDS: usize = 1024;
/// Operations that are timed. Exits are not: a thread cannot time its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Timed {
    Mmap,
    Munmap,
    Touch,
    Release,
    ForkThread,
    ForkProcess,
    Exec,
}

/// Names of operations in `run.json`, in the order of [`Timed`].
pub(crate) const OPS: [&str; 7] =
    ["mmap", "munmap", "touch", "release", "fork-thread", "fork-process", "exec"];
/// Number of conditions: no move under way, a move under way.
const CONDITIONS: usize = 2;

/// Command that workers are to follow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Command {
    /// Work.
    Run = 0,
    /// Stand still between two operations.
    Park = 1,
    /// End.
    Stop = 2,
}

/// State for all workers.
#[repr(C)]
#[derive(Debug)]
pub(crate) struct ControlBlock {
    /// Moves under way, and moves ever begun. Relaxed: at worst, an operation that is off by some ns is put under the
    /// wrong condition.
    under_way: AtomicU64,
    begun: AtomicU64,
    /// A [`Command`], stored with Release and read with Acquire: a worker that runs again sees emptied tallies.
    command: AtomicU32,
}

/// One worker process and the processes that it has forked. Everything is Relaxed except `parked` and `children`: the
/// rig's Acquire waits for their Release.
#[repr(C)]
#[derive(Debug)]
pub(crate) struct ProcessTreeStats {
    /// Pages mapped and pages touched, of all living members.
    pub(crate) mapped: AtomicI64,
    /// See `mapped`.
    pub(crate) touched: AtomicI64,
    /// Threads of the worker process that take operations, its main thread not counted.
    pub(crate) threads: AtomicI64,
    /// Number of these threads that stand still.
    pub(crate) parked: AtomicI64,
    /// Tasks of forked processes.
    pub(crate) children: AtomicI64,
    /// Ids of the threads that are there from the start; 0 until one has begun.
    pub(crate) tids: [AtomicU32; TIDS],
    tallies: [[OpTally; CONDITIONS]; OPS.len()],
}

/// State of the moves at the begin of an operation.
#[derive(Clone, Copy, Debug)]
pub(crate) struct InFlight {
    /// True when a move was under way.
    pub(crate) attaching: bool,
    /// Moves begun by then.
    pub(crate) begun: u64,
}

impl ControlBlock {
    /// A move begins. The mover's hot path: two adds.
    pub(crate) fn move_begins(&self) {
        self.begun.fetch_add(1, Relaxed);
        self.under_way.fetch_add(1, Relaxed);
    }

    /// A move has ended.
    pub(crate) fn move_ends(&self) {
        self.under_way.fetch_sub(1, Relaxed);
    }

    /// Reads the state of the moves before an operation.
    pub(crate) fn glance(&self) -> InFlight {
        InFlight { attaching: self.under_way.load(Relaxed) > 0, begun: self.begun.load(Relaxed) }
    }

    /// Reports whether a move was under way at any moment since `before`.
    pub(crate) fn attaching_since(&self, before: InFlight) -> bool {
        before.attaching || self.begun.load(Relaxed) != before.begun
    }

    /// Returns the command to follow.
    pub(crate) fn command(&self) -> Command {
        match self.command.load(Acquire) {
            0 => Command::Run,
            1 => Command::Park,
            _ => Command::Stop,
        }
    }

    /// Gives a command to all workers.
    pub(crate) fn tell(&self, command: Command) {
        self.command.store(command as u32, Release);
        self.nudge();
    }

    /// Sleeps as long as the workers are to stand still, or until a nudge: a parked thread costs nothing.
    pub(crate) fn stand_still(&self) {
        // It returns at once when the command has changed by now, and early for a signal: callers look again.
        let _woken = futex::wait(&self.command, futex::Flags::empty(), Command::Park as u32, None);
    }

    /// Lets parked threads read the command again.
    pub(crate) fn nudge(&self) {
        // This fails only for an address that is not mapped, and this one is.
        let _woken = futex::wake(&self.command, futex::Flags::empty(), i32::MAX as u32);
    }
}

impl ProcessTreeStats {
    /// The series of an operation.
    pub(crate) fn tally(&self, op: Timed, attaching: bool) -> &OpTally {
        &self.tallies[op as usize][usize::from(attaching)]
    }

    /// Reports whether all of its threads are parked and no process that it has forked is left.
    pub(crate) fn is_still(&self) -> bool {
        self.children.load(Acquire) == 0 && self.parked.load(Acquire) == self.threads.load(Acquire)
    }

    /// Clears the latencies of operations.
    pub(crate) fn reset(&self) {
        self.tallies.iter().flatten().for_each(OpTally::reset);
    }

    /// Adds what operations took to `sums`, by operation and condition.
    pub(crate) fn add_to(&self, sums: &mut [[Tallied; CONDITIONS]]) {
        for (tallies, sums) in self.tallies.iter().zip(sums) {
            tallies.iter().zip(sums).for_each(|(tally, sum)| tally.add_to(sum));
        }
    }
}

/// Empty sums for [`ProcessTreeStats::add_to`].
pub(crate) fn no_sums() -> Vec<[Tallied; CONDITIONS]> {
    OPS.iter().map(|_| [Tallied::new(), Tallied::new()]).collect()
}

/// The shared memory, mapped.
#[derive(Debug)]
pub(crate) struct Shared {
    start: *mut c_void,
    families: usize,
    /// Open as long as workers may be started; those inherit it.
    file: Option<OwnedFd>,
}

// SAFETY: the memory stays mapped as long as the value, and it holds only atomics.
unsafe impl Send for Shared {}
// SAFETY: as above.
unsafe impl Sync for Shared {}

fn bytes(families: usize) -> usize {
    size_of::<ControlBlock>().next_multiple_of(align_of::<ProcessTreeStats>())
        + families * size_of::<ProcessTreeStats>()
}

impl Shared {
    /// New memory for this many families, all zero and all of it touched.
    ///
    /// # Errors
    /// The kernel's answer, such as ENOMEM.
    pub(crate) fn make(families: usize) -> io::Result<Self> {
        // Inherited on purpose: no CLOEXEC.
        let file = memfd_create("attach-rig", MemfdFlags::empty())?;
        ftruncate(&file, bytes(families) as u64)?;
        let mut shared = Self::map(families, &file, MapFlags::SHARED | MapFlags::POPULATE)?;
        shared.file = Some(file);
        Ok(shared)
    }

    /// Memory that was inherited under this number.
    ///
    /// # Errors
    /// When there is no such file, or one of another size.
    pub(crate) fn inherited(families: usize, number: RawFd) -> io::Result<Self> {
        if !std::fs::exists(format!("/proc/self/fd/{number}"))? {
            return Err(io::Error::new(io::ErrorKind::NotFound, "no memory was inherited"));
        }
        // SAFETY: it is open, as was just seen, and no code in this process closes it.
        let file = unsafe { BorrowedFd::borrow_raw(number) };
        if rustix::fs::fstat(file)?.st_size != bytes(families) as i64 {
            return Err(io::Error::new(
                io::ErrorKind::InvalidData,
                "what was inherited is not the rig's memory",
            ));
        }
        Self::map(families, file, MapFlags::SHARED)
    }

    fn map(families: usize, file: impl std::os::fd::AsFd, flags: MapFlags) -> io::Result<Self> {
        // SAFETY: a null hint without MAP_FIXED lets the kernel choose free addresses.
        let start = unsafe {
            mmap(ptr::null_mut(), bytes(families), ProtFlags::READ | ProtFlags::WRITE, flags, file, 0)
        }?;
        Ok(Self { start, families, file: None })
    }

    /// The number under which workers inherit it.
    pub(crate) fn number(&self) -> Option<RawFd> {
        self.file.as_ref().map(AsRawFd::as_raw_fd)
    }

    /// Returns the part that concerns all workers.
    pub(crate) fn board(&self) -> &ControlBlock {
        // SAFETY: the mapping is page-aligned, large enough, lives as long as `self`, and every pattern of bits, such
        // as the zeros it began with, is a valid `ControlBlock` of atomics.
        unsafe { &*self.start.cast::<ControlBlock>() }
    }

    /// Returns the part that concerns one family.
    ///
    /// # Panics
    /// When there is no family of that number.
    pub(crate) fn family(&self, number: usize) -> &ProcessTreeStats {
        assert!(number < self.families, "family {number} of {}", self.families);
        let offset = size_of::<ControlBlock>().next_multiple_of(align_of::<ProcessTreeStats>())
            + number * size_of::<ProcessTreeStats>();
        // SAFETY: `offset` is a multiple of the alignment of `ProcessTreeStats` and `number` is within bounds. The rest
        // is as for `board`.
        unsafe { &*self.start.byte_add(offset).cast::<ProcessTreeStats>() }
    }

    /// All families.
    pub(crate) fn families(&self) -> impl Iterator<Item = &ProcessTreeStats> {
        (0..self.families).map(|number| self.family(number))
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        // SAFETY: exactly the mapping made above; references into it cannot outlive `self`.
        let _unmapped = unsafe { munmap(self.start, bytes(self.families)) };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_one_side_writes_the_other_reads() {
        let rig = Shared::make(2).unwrap();
        let number = rig.number().unwrap();
        let worker = Shared::inherited(2, number).unwrap();
        assert!(Shared::inherited(3, number).is_err(), "another size");
        assert!(Shared::inherited(2, 999).is_err(), "nothing there");
        rig.board().tell(Command::Park);
        assert_eq!(worker.board().command(), Command::Park);
        worker.family(1).tally(Timed::Mmap, true).record(7);
        let mut sums = no_sums();
        rig.families().for_each(|family| family.add_to(&mut sums));
        assert_eq!((sums[0][0].count(), sums[0][1].count()), (0, 1));
        worker.family(1).threads.store(1, Release);
        assert!(rig.family(0).is_still() && !rig.family(1).is_still());
    }

    #[test]
    fn an_operation_is_attaching_when_a_move_touched_it() {
        let shared = Shared::make(1).unwrap();
        let board = shared.board();
        let before = board.glance();
        assert!(!board.attaching_since(before));
        board.move_begins();
        let within = board.glance();
        board.move_ends();
        assert!(board.attaching_since(before), "a whole move lay within");
        assert!(board.attaching_since(within), "one was under way at the begin");
        assert!(!board.attaching_since(board.glance()));
    }
}
