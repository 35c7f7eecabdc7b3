//! Admins: actors that write to files of cgroups, remove and create cgroups, or take CPUs offline.
use super::file::{Admin as AdminFile, AdminValue, File};
use super::hierarchies::Hierarchy;
use super::source::{Read, Source};
use crate::Pace;
use crate::Pacing;
use model::kernel::counter::UNLIMITED;
use model::kernel::{CgroupId, Controller, CpuMask};
use model::world::Tree;
use std::ops::Range;
use toml::Spanned;

/// One admin.
#[derive(Clone, Debug)]
pub struct Admin {
    /// The task of the admin.
    pub act: Act,
    /// The pacing of its acts.
    pub pacing: Pacing,
}

/// The repeated task of an admin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Act {
    /// Writes one limit after the other.
    Limit {
        /// The controller.
        controller: Controller,
        /// The cgroup.
        cgroup: CgroupId,
        /// The limits, in the controller's unit.
        values: Vec<u64>,
        /// True to write limits below the usage, too.
        force: bool,
    },
    /// Writes one cpuset.cpus after the other.
    Cpus {
        /// The cgroup.
        cgroup: CgroupId,
        /// The CPUs.
        values: Vec<CpuMask>,
    },
    /// Freezes and thaws.
    Freeze {
        /// The cgroup.
        cgroup: CgroupId,
    },
    /// Takes CPUs offline and brings them back.
    Hotplug {
        /// The CPUs.
        cpus: Vec<u32>,
    },
    /// Removes a cgroup and creates it again.
    Rmdir {
        /// The cgroup.
        cgroup: CgroupId,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum What {
    Limit,
    Cpus,
    Freeze,
    Hotplug,
    Rmdir,
}

const WHAT: [(&str, What); 5] = [
    ("limit", What::Limit),
    ("cpus", What::Cpus),
    ("freeze", What::Freeze),
    ("hotplug", What::Hotplug),
    ("rmdir", What::Rmdir),
];

/// The parts of a scenario that an admin refers to.
struct Scope<'a> {
    hierarchies: &'a [Hierarchy],
    tree: &'a Tree<'a>,
    cpus: (Range<usize>, u32),
}

impl Source<'_> {
    pub(super) fn admins(
        &self,
        file: &File,
        hierarchies: &[Hierarchy],
        tree: &Tree<'_>,
        cpus: u32,
    ) -> Read<Vec<Admin>> {
        let around = Scope { hierarchies, tree, cpus: (file.cpus.span(), cpus) };
        file.admins.iter().map(|admin| self.admin(admin, &around)).collect()
    }

    fn admin(&self, admin: &Spanned<AdminFile>, around: &Scope<'_>) -> Read<Admin> {
        let file = admin.get_ref();
        let what = self.choice(&file.what, "what", &WHAT)?;
        self.foreign(file, what)?;
        let pacing = Pacing { pace: file.rate, pause_ns: self.time(&file.pause, "pause", 0)? };
        if pacing == (Pacing { pace: Pace::Closed, pause_ns: 0 }) {
            let message =
                "an admin needs a rate, such as rate = \"1000/s\", or a pause, such as pause = \"50us\"";
            return Err(self.at(admin.span(), message));
        }
        let act = match what {
            What::Limit => self.limit(admin, around)?,
            What::Cpus => self.cpusets(admin, around)?,
            What::Freeze => Act::Freeze { cgroup: self.place(admin, around, Some(Controller::Freezer))? },
            What::Hotplug => {
                let cpus = self.needs(admin, file.cpus.as_ref(), "cpus = [1]")?;
                let listed = cpus.get_ref().iter().map(|cpu| (*cpu.get_ref(), cpu.span()));
                self.no_twice(listed.clone().map(|(cpu, span)| (span, cpu)), |cpu| format!("CPU {cpu}"))?;
                self.mask(
                    listed.clone(),
                    ("an admin takes offline", "its cpus"),
                    (&around.cpus.0, around.cpus.1),
                )?;
                let cpus: Vec<_> = listed.map(|(cpu, _)| cpu as u32).collect();
                if cpus.is_empty() {
                    let message = "an admin takes at least one CPU offline, such as cpus = [1]";
                    return Err(self.at(file.cpus.as_ref().map_or(admin.span(), Spanned::span), message));
                }
                Act::Hotplug { cpus }
            }
            What::Rmdir => Act::Rmdir { cgroup: self.place(admin, around, None)? },
        };
        Ok(Admin { act, pacing })
    }

    /// Refuses fields of other kinds of admin.
    fn foreign(&self, file: &AdminFile, what: What) -> Read<()> {
        let AdminFile { cgroup, controller, values, force, cpus, .. } = file;
        let fields = [
            ("cgroup", cgroup.as_ref().map(Spanned::span), what != What::Hotplug),
            ("controller", controller.as_ref().map(Spanned::span), what == What::Limit),
            ("values", values.as_ref().map(Spanned::span), matches!(what, What::Limit | What::Cpus)),
            ("force", force.as_ref().map(Spanned::span), what == What::Limit),
            ("cpus", cpus.as_ref().map(Spanned::span), what == What::Hotplug),
        ];
        for (name, span, belongs) in fields {
            if let Some(span) = span.filter(|_| !belongs) {
                let message =
                    format!("`{name}` has no meaning for what = \"{}\"; remove it", file.what.get_ref());
                return Err(self.at(span, message));
            }
        }
        Ok(())
    }

    fn needs<'a, T>(
        &self,
        admin: &'a Spanned<AdminFile>,
        field: Option<&'a Spanned<T>>,
        example: &str,
    ) -> Read<&'a Spanned<T>> {
        field.ok_or_else(|| {
            let what = admin.get_ref().what.get_ref();
            self.at(admin.span(), format!("what = \"{what}\" needs more; add for example {example}"))
        })
    }

    /// Returns the cgroup that the admin works on; `controller` has to be mounted there.
    fn place(
        &self,
        admin: &Spanned<AdminFile>,
        around: &Scope<'_>,
        controller: Option<Controller>,
    ) -> Read<CgroupId> {
        let name = self.needs(admin, admin.get_ref().cgroup.as_ref(), "cgroup = \"b\"")?;
        let cgroup = self.cgroup_with_files(name.get_ref(), name.span(), around.tree)?;
        if let Some(controller) = controller {
            let hierarchy = &around.hierarchies[around.tree.hierarchy(cgroup).index()];
            self.has(hierarchy, controller, &format!("an admin of `{}` sets", name.get_ref()), name.span())?;
        }
        Ok(cgroup)
    }

    fn values<'a>(&self, admin: &'a Spanned<AdminFile>, example: &str) -> Read<&'a Vec<Spanned<AdminValue>>> {
        let values = self.needs(admin, admin.get_ref().values.as_ref(), example)?;
        if values.get_ref().is_empty() {
            return Err(
                self.at(values.span(), format!("an admin writes at least one value, such as {example}"))
            );
        }
        Ok(values.get_ref())
    }

    fn limit(&self, admin: &Spanned<AdminFile>, around: &Scope<'_>) -> Read<Act> {
        let file = admin.get_ref();
        let name = self.needs(admin, file.controller.as_ref(), "controller = \"memrlimit\"")?;
        let counting = Controller::ALL.into_iter().filter(|controller| controller.counts());
        let known: Vec<_> = counting.map(|controller| (controller.name(), controller)).collect();
        let controller = self.choice(name, "controller", &known)?;
        let cgroup = self.place(admin, around, Some(controller))?;
        let value = |value: &Spanned<AdminValue>| match value.get_ref() {
            AdminValue::Number(limit @ 0..) => Ok(*limit as u64),
            AdminValue::Other(word) if word == "unlimited" => Ok(UNLIMITED),
            _ => Err(self.at(value.span(), "a limit is a number, 0 or more, or \"unlimited\"")),
        };
        let values = self.values(admin, "values = [100, \"unlimited\"]")?;
        let values = values.iter().map(value).collect::<Read<_>>()?;
        let force = file.force.as_ref().is_some_and(|force| *force.get_ref());
        Ok(Act::Limit { controller, cgroup, values, force })
    }

    fn cpusets(&self, admin: &Spanned<AdminFile>, around: &Scope<'_>) -> Read<Act> {
        let cgroup = self.place(admin, around, Some(Controller::Cpuset))?;
        let value = |value: &Spanned<AdminValue>| match value.get_ref() {
            AdminValue::Cpus(list) => {
                let listed = list.iter().map(|cpu| (*cpu, value.span()));
                self.mask(listed, ("an admin writes", "its values"), (&around.cpus.0, around.cpus.1))
            }
            _ => Err(self.at(value.span(), "CPUs are a list, such as [0, 1]")),
        };
        let values = self.values(admin, "values = [[0, 1], [2]]")?;
        Ok(Act::Cpus { cgroup, values: values.iter().map(value).collect::<Read<_>>()? })
    }
}
