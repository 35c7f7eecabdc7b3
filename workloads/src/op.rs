//! The operations. They are in a file of their own because they are the only interface between this crate and the code
//! that executes them; `mixer` and `trace` choose them.

use std::fmt;

use input::units::ShowNs;

/// One operation of one task. Sizes are pages of 4 KiB.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Op {
    /// Grows the address space.
    Mmap {
        /// Pages to add, at least 1.
        pages: u32,
    },
    /// Shrinks the address space; touched pages go with it.
    Munmap {
        /// Pages to remove, at least 1.
        pages: u32,
    },
    /// Makes mapped pages resident.
    Touch {
        /// Pages that were not resident, at least 1.
        pages: u32,
    },
    /// Releases resident pages and keeps the address space, as `MADV_DONTNEED` does.
    Release {
        /// Resident pages to drop, at least 1.
        pages: u32,
    },
    /// Starts a thread of the same process; its stream is that of `key.child(child)`.
    ForkThread {
        /// Number of the child among all children of this actor.
        child: u32,
    },
    /// Starts a process with one thread; its stream is that of `key.child(child)`.
    ForkProcess {
        /// Number of the child among all children of this actor.
        child: u32,
    },
    /// Replaces the program: a new, empty address space; other threads of the process end.
    Exec,
    /// Ends the task. Always the last operation of a stream.
    Exit,
    /// Does nothing for a while.
    Think {
        /// Duration in nanoseconds, at least 1.
        ns: u64,
    },
}

impl fmt::Display for Op {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Op::Mmap { pages } => write!(f, "mmap {pages}"),
            Op::Munmap { pages } => write!(f, "munmap {pages}"),
            Op::Touch { pages } => write!(f, "touch {pages}"),
            Op::Release { pages } => write!(f, "release {pages}"),
            Op::ForkThread { .. } => f.write_str("fork thread"),
            Op::ForkProcess { .. } => f.write_str("fork process"),
            Op::Exec => f.write_str("exec"),
            Op::Exit => f.write_str("exit"),
            Op::Think { ns } => write!(f, "think {}", ShowNs(ns)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operations_read_as_in_litmus_tests() {
        let shown: Vec<String> =
            [Op::Mmap { pages: 5 }, Op::ForkThread { child: 7 }, Op::Exec, Op::Think { ns: 12_000 }]
                .iter()
                .map(ToString::to_string)
                .collect();
        assert_eq!(shown, ["mmap 5", "fork thread", "exec", "think 12us"]);
    }
}
