//! The controllers that the model knows, which the mails of 2008 call subsystems. Each is a row of a table.
use faults::{Site, SiteCallback};
use std::fmt;

/// Declares [`Controller`] with its table.
macro_rules! controllers {
    ($($(#[$doc:meta])* $controller:ident $name:literal, counts $counts:literal in $unit:literal, $about:literal;)*) => {
        /// A controller. The order is that of [`Controller::ALL`], not that of callbacks, which a hierarchy decides.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Controller {
            $($(#[$doc])* $controller,)*
        }

        impl Controller {
            /// Number of controllers.
            pub const COUNT: usize = TABLE.len();
            /// Every controller.
            pub const ALL: [Self; Self::COUNT] = [$(Self::$controller),*];
        }

        const TABLE: &[Row] = &[$(Row { name: $name, counts: $counts, unit: $unit, about: $about }),*];
    };
}

struct Row {
    name: &'static str,
    counts: bool,
    unit: &'static str,
    about: &'static str,
}

controllers! {
    /// Virtual address space, charged by `total_vm` (`SEED.md`'s example, -mm 2008).
    Memrlimit "memrlimit", counts true in "pages",
        "virtual address space: total_vm of every mm, charged to its owner's cgroup, in pages";
    /// Pages, charged when they are touched.
    Memory "memory", counts true in "pages", "pages, charged when touched; an attach moves their records";
    /// CPU masks.
    Cpuset "cpuset", counts false in "tasks", "CPU masks: a task's mask is that of its cpuset";
    /// Tasks (KOSAKI's task cgroup of 2008, which became pids).
    Numtasks "numtasks", counts true in "tasks", "tasks: live threads, charged by fork and exit";
    /// Stopping whole cgroups.
    Freezer "freezer", counts false in "tasks", "a frozen cgroup admits and releases no task";
    /// Packets in receive queues, charged and uncharged in softirq context.
    Net "net", counts true in "packets",
        "packets in the receive queue of a socket, charged to its owner's cgroup by interrupts, under a spinlock";
}

impl Controller {
    fn row(self) -> &'static Row {
        &TABLE[self.index()]
    }

    /// Returns the name, as in scenarios and files.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.row().name
    }

    /// Returns one line for `list`.
    #[must_use]
    pub fn about(self) -> &'static str {
        self.row().about
    }

    /// Returns the controller of that name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|c| c.name() == name)
    }

    /// Returns its position in [`Controller::ALL`].
    #[must_use]
    pub fn index(self) -> usize {
        self as usize
    }

    /// Reports whether it has a counter for each cgroup.
    #[must_use]
    pub fn counts(self) -> bool {
        self.row().counts
    }

    /// Returns the fault site of one of its callbacks.
    ///
    /// # Panics
    /// When the list of sites lacks it: a bug of ours.
    #[must_use]
    pub fn site(self, callback: SiteCallback) -> Site {
        // The list of sites begins with those of controllers, in this order, as a test checks.
        let at = self.index() * SiteCallback::ALL.len() + callback as usize;
        Site::all().nth(at).expect("every callback has a site")
    }

    /// Returns the unit of its drift.
    #[must_use]
    pub fn unit(self) -> &'static str {
        self.row().unit
    }
}

impl fmt::Display for Controller {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_callback_of_every_controller_has_its_site() {
        for controller in Controller::ALL {
            assert_eq!(Controller::parse(controller.name()), Some(controller));
            for callback in SiteCallback::ALL {
                let site = controller.site(callback);
                assert_eq!((site.owner(), site.callback()), (controller.name(), Some(callback)));
            }
        }
    }
}
