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
    /// Tasks (KOSAKI's task cgroup of 2008; what became pids).
    Numtasks,
    /// Stopping whole cgroups.
    Freezer,
}

impl Controller {
    /// Every controller.
    pub const ALL: [Self; 5] = [Self::Memrlimit, Self::Memory, Self::Cpuset, Self::Numtasks, Self::Freezer];
    /// Number of controllers.
    pub const COUNT: usize = Self::ALL.len();

    /// The name, as in scenarios and files.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Memrlimit => "memrlimit",
            Self::Memory => "memory",
            Self::Cpuset => "cpuset",
            Self::Numtasks => "numtasks",
            Self::Freezer => "freezer",
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
            Self::Numtasks => "tasks: live threads, charged by fork and exit",
            Self::Freezer => "a frozen cgroup admits and releases nobody",
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
        !matches!(self, Self::Cpuset | Self::Freezer)
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
            [
                Site::NumtasksCanAttach,
                Site::NumtasksPrepare,
                Site::NumtasksPrepareSleep,
                Site::NumtasksPrepareNosleep,
            ],
            [
                Site::FreezerCanAttach,
                Site::FreezerPrepare,
                Site::FreezerPrepareSleep,
                Site::FreezerPrepareNosleep,
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
            Self::Cpuset | Self::Numtasks | Self::Freezer => "tasks",
        }
    }
}

impl fmt::Display for Controller {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
