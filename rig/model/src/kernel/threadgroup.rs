//! The lock that keeps the threads of a moving process from forking, exiting and replacing their program.

/// The lock of an attach against fork, exit and exec.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Threadgroup {
    /// `threadgroup_rwsem` of each moving process, as in Linux 3.0.
    #[default]
    Process,
    /// No lock: threads fork, exit and exec while they are moved, as before Linux 3.0.
    None,
    /// `cgroup_threadgroup_rwsem`, one lock for all processes, as in Linux 4.2.
    Global,
}

impl Threadgroup {
    /// Every value, in the order of [`Threadgroup::NAMES`].
    pub const ALL: [Self; 3] = [Self::Process, Self::None, Self::Global];

    /// The names of the values, as an option of a protocol.
    pub const NAMES: &[&str] = &["process", "none", "global"];
}
