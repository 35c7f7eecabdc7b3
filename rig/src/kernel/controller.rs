//! The controllers that the model knows; what the mails of 2008 call subsystems.
use std::fmt;

/// A controller. The order is that of [`Controller::ALL`], not that of callbacks, which a hierarchy decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Controller {
    /// Virtual address space, charged by `total_vm` (`SEED.md`'s example, -mm 2008).
    Memrlimit,
    /// Pages, charged when they are touched.
    Memory,
    /// CPU masks.
    Cpuset,
}

impl Controller {
    /// Every controller.
    pub const ALL: [Self; 3] = [Self::Memrlimit, Self::Memory, Self::Cpuset];
    /// Number of controllers.
    pub const COUNT: usize = Self::ALL.len();

    /// The name, as in scenarios and files.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Memrlimit => "memrlimit",
            Self::Memory => "memory",
            Self::Cpuset => "cpuset",
        }
    }

    /// One line for `list`.
    #[must_use]
    pub fn about(self) -> &'static str {
        match self {
            Self::Memrlimit => {
                "virtual address space: total_vm of every mm, charged to its owner's cgroup, in pages"
            }
            Self::Memory => "pages, charged when touched; an attach moves their records",
            Self::Cpuset => "CPU masks: a task's mask is that of its cpuset",
        }
    }

    /// The controller of that name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|c| c.name() == name)
    }

    /// Position in [`Controller::ALL`].
    #[must_use]
    pub fn index(self) -> usize {
        self as usize
    }

    /// Whether it keeps a counter per cgroup.
    #[must_use]
    pub fn counts(self) -> bool {
        !matches!(self, Self::Cpuset)
    }

    /// The fault site of one of its callbacks.
    #[must_use]
    pub fn site(self, callback: faults::Callback) -> faults::Site {
        use faults::{Callback, Site};
        const SITES: [[Site; 4]; Controller::COUNT] = [
            [
                Site::MemrlimitCanAttach,
                Site::MemrlimitPrepare,
                Site::MemrlimitPrepareSleep,
                Site::MemrlimitPrepareNosleep,
            ],
            [
                Site::MemoryCanAttach,
                Site::MemoryPrepare,
                Site::MemoryPrepareSleep,
                Site::MemoryPrepareNosleep,
            ],
            [
                Site::CpusetCanAttach,
                Site::CpusetPrepare,
                Site::CpusetPrepareSleep,
                Site::CpusetPrepareNosleep,
            ],
        ];
        let column = match callback {
            Callback::CanAttach => 0,
            Callback::Prepare => 1,
            Callback::PrepareSleep => 2,
            Callback::PrepareNosleep => 3,
        };
        SITES[self.index()][column]
    }

    /// Unit of its drift.
    #[must_use]
    pub fn unit(self) -> &'static str {
        match self {
            Self::Memrlimit | Self::Memory => "pages",
            Self::Cpuset => "tasks",
        }
    }
}

impl fmt::Display for Controller {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
