//! The events that a fault throws into the middle of an attach: things that may happen elsewhere in a system while a
//! task moves.

use std::fmt;

/// An event that happens at the site of the rule while a task is being moved. It refuses nothing: the callback
/// continues normally, and the attach has to cope with the consequences.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Thrown {
    /// `exit`: a task that moves exits.
    Exit,
    /// `fork`: a task that moves forks a thread.
    Fork,
    /// `offline-cpu`: one of the CPUs of the destination's cpuset is taken offline.
    OfflineCpu,
    /// `lower-limit`: the destination's limit is lowered to its usage.
    LowerLimit,
    /// `rmdir`: the destination is removed.
    Rmdir,
}

impl Thrown {
    /// Every event.
    pub const ALL: [Self; 5] = [Self::Exit, Self::Fork, Self::OfflineCpu, Self::LowerLimit, Self::Rmdir];

    /// Returns the name in rules.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Exit => "exit",
            Self::Fork => "fork",
            Self::OfflineCpu => "offline-cpu",
            Self::LowerLimit => "lower-limit",
            Self::Rmdir => "rmdir",
        }
    }

    /// Describes the event in one line.
    #[must_use]
    pub const fn about(self) -> &'static str {
        match self {
            Self::Exit => "a task that moves exits",
            Self::Fork => "a task that moves forks a thread",
            Self::OfflineCpu => "one of the CPUs of the destination's cpuset is taken offline",
            Self::LowerLimit => "the destination's limit is lowered to its usage",
            Self::Rmdir => "the destination is removed",
        }
    }

    /// Returns the event of that name; names are lower case.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|thrown| thrown.name() == name)
    }
}

impl fmt::Display for Thrown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}
