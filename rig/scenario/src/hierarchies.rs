//! Hierarchies and their cgroups.
use super::file::{Cgroup, Cgroups, Limited, Mounts};
use super::source::{Read, Source};
use input::nearest::nearest;
use model::kernel::ids::MAX_HIERARCHIES;
use model::kernel::{CgroupId, Controller, CpuMask, HierarchyId};
use model::world::{CgroupSpec, Tree};
use std::ops::Range;
use toml::Spanned;

/// One hierarchy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hierarchy {
    /// The name of the hierarchy; empty when it is the only one.
    pub name: String,
    /// The controllers, in the order of their callbacks.
    pub controllers: Vec<Controller>,
}

/// Returns the cgroups by name, with the roots.
pub fn tree<'a>(hierarchies: &[Hierarchy], cgroups: &'a [CgroupSpec]) -> Tree<'a> {
    Tree::new(hierarchies.iter().map(|hierarchy| hierarchy.name.as_str()), cgroups)
}

/// A hierarchy as written: its name, its controllers, and those of them that join late.
struct Written<'a> {
    name: Option<&'a Spanned<String>>,
    controllers: &'a Spanned<Vec<Spanned<String>>>,
    late: &'a [Spanned<String>],
}

impl Source<'_> {
    /// Returns all hierarchies, and the controllers that count nothing until they are adopted.
    pub fn hierarchies(&self, mounts: Mounts<'_>) -> Read<(Vec<Hierarchy>, Vec<Controller>)> {
        let written = self.written(mounts)?;
        let known = Controller::ALL.map(|controller| (controller.name(), controller));
        let (mut hierarchies, mut late) = (Vec::new(), Vec::new());
        for Written { name, controllers, late: joining } in &written {
            let named = controllers.get_ref();
            let mounted = named.iter().map(|name| self.choice(name, "controllers", &known));
            let mounted = mounted.collect::<Read<Vec<_>>>()?;
            if mounted.is_empty() {
                let message = "a hierarchy needs at least one controller, such as \"memrlimit\"";
                return Err(self.at(controllers.span(), message));
            }
            let own: Vec<_> = mounted.iter().map(|controller| (controller.name(), *controller)).collect();
            for name in *joining {
                late.push((name.span(), self.choice(name, "late", &own)?));
            }
            let name = name.map_or(String::new(), |name| name.get_ref().clone());
            hierarchies.push(Hierarchy { name, controllers: mounted });
        }
        let spans = written.iter().flat_map(|one| one.controllers.get_ref()).map(Spanned::span);
        let all = hierarchies.iter().flat_map(|hierarchy| hierarchy.controllers.iter().copied());
        self.no_twice(spans.zip(all), |controller| format!("controller `{controller}`"))?;
        self.no_twice(late.iter().cloned(), |controller| format!("controller `{controller}`"))?;
        Ok((hierarchies, late.into_iter().map(|(_, controller)| controller).collect()))
    }

    fn written<'a>(&self, mounts: Mounts<'a>) -> Read<Vec<Written<'a>>> {
        match mounts {
            (Some(one), None) => {
                let one = one.get_ref();
                Ok(vec![Written { name: None, controllers: &one.controllers, late: &one.late }])
            }
            (None, Some(list)) => {
                let found = list.get_ref().len();
                if !(1..=MAX_HIERARCHIES).contains(&found) {
                    let message =
                        format!("there are {found} hierarchies; there must be from 1 to {MAX_HIERARCHIES}");
                    return Err(self.at(list.span(), message));
                }
                let list = || list.get_ref().iter().map(Spanned::get_ref);
                if let Some(name) = list().map(|one| &one.name).find(|name| name.get_ref().is_empty()) {
                    let message = "a hierarchy needs a name, such as name = \"mem\"";
                    return Err(self.at(name.span(), message));
                }
                list().try_for_each(|one| self.name(&one.name))?;
                let names = list().map(|one| (one.name.span(), one.name.get_ref()));
                self.no_twice(names, |name| format!("hierarchy `{name}`"))?;
                let written = |one: &'a super::file::NamedHierarchy| Written {
                    name: Some(&one.name),
                    controllers: &one.controllers,
                    late: &one.late,
                };
                Ok(list().map(written).collect())
            }
            (None, None) => {
                let message = "missing field `hierarchy`; add [hierarchy] with controllers = [\"memrlimit\"], or several [[hierarchies]]";
                Err(self.at(0..0, message))
            }
            (Some(_), Some(list)) => {
                let message = "there are both [hierarchy] and [[hierarchies]]; keep one of the two";
                Err(self.at(list.span(), message))
            }
        }
    }

    /// Returns the cgroups, each after its parent; `cpus` is the number of CPUs, with the place that sets it.
    pub fn cgroups(
        &self,
        cgroups: &Cgroups,
        hierarchies: &[Hierarchy],
        cpus: (&Range<usize>, u32),
    ) -> Read<Vec<CgroupSpec>> {
        let mut specs: Vec<CgroupSpec> = Vec::new();
        for (name, cgroup) in cgroups {
            let path = name.get_ref();
            self.name(name)?;
            if path == "/" || path.ends_with(":/") {
                let message = format!(
                    "`{path}` is a root, which is there without being listed and has no settings; remove it"
                );
                return Err(self.at(name.span(), message));
            }
            if path.split('/').any(str::is_empty) {
                let message = format!("`{path}` is not a name of a cgroup; write for example a, or a/x");
                return Err(self.at(name.span(), message));
            }
            let hierarchy = self.hierarchy_of(name, cgroup, hierarchies)?;
            if let Some((parent, _)) = path.rsplit_once('/') {
                match specs.iter().find(|spec| spec.name == parent) {
                    None => {
                        let message = format!("`{path}` has no parent; add [cgroups.\"{parent}\"]");
                        return Err(self.at(name.span(), message));
                    }
                    Some(parent) if parent.hierarchy != hierarchy => {
                        let message = format!(
                            "`{path}` is in another hierarchy than its parent; put it into `{}`, or give it another name",
                            hierarchies[parent.hierarchy.index()].name
                        );
                        return Err(self.at(name.span(), message));
                    }
                    Some(_) => {}
                }
            }
            self.mounted(name, cgroup, &hierarchies[hierarchy.index()])?;
            specs.push(CgroupSpec {
                name: path.clone(),
                hierarchy,
                limits: cgroup.limits().map(|(controller, limit)| (controller, limit.1)).collect(),
                frozen: cgroup.freezer.as_ref().is_some_and(|freezer| *freezer.frozen.get_ref()),
                cpus: self.cpuset(name, cgroup, cpus)?,
            });
        }
        Ok(specs)
    }

    /// Returns the hierarchy of a cgroup. The cgroup need not name it when there is only one.
    fn hierarchy_of(
        &self,
        name: &Spanned<String>,
        cgroup: &Cgroup,
        hierarchies: &[Hierarchy],
    ) -> Read<HierarchyId> {
        let known = || hierarchies.iter().map(|hierarchy| hierarchy.name.as_str());
        let unnamed = hierarchies[0].name.is_empty();
        match &cgroup.hierarchy {
            None if hierarchies.len() == 1 => Ok(HierarchyId(0)),
            None => {
                let known = nearest("", known());
                let message = format!(
                    "`{}` does not name its hierarchy; add hierarchy = \"NAME\"; {known}",
                    name.get_ref()
                );
                Err(self.at(name.span(), message))
            }
            Some(written) if unnamed => {
                let message = "there is one hierarchy, without a name; remove this, or write [[hierarchies]]";
                Err(self.at(written.span(), message))
            }
            Some(written) => {
                let table: Vec<_> = known().zip((0..).map(HierarchyId)).collect();
                self.choice(written, "hierarchy", &table)
            }
        }
    }

    /// Checks that a cgroup sets only files of controllers that are mounted.
    fn mounted(&self, name: &Spanned<String>, cgroup: &Cgroup, hierarchy: &Hierarchy) -> Read<()> {
        let cpuset = cgroup.cpuset.as_ref().map(|cpuset| (Controller::Cpuset, cpuset.cpus.span()));
        let freezer = cgroup.freezer.as_ref().map(|freezer| (Controller::Freezer, freezer.frozen.span()));
        let set = cgroup.limits().map(|(controller, (span, _))| (controller, span));
        for (controller, span) in set.chain(cpuset).chain(freezer) {
            self.has(hierarchy, controller, &format!("`{}` sets", name.get_ref()), span)?;
        }
        Ok(())
    }

    /// Checks that `hierarchy` has the controller; `whose` begins the error with what needs it.
    pub(crate) fn has(
        &self,
        hierarchy: &Hierarchy,
        controller: Controller,
        whose: &str,
        span: Range<usize>,
    ) -> Read<()> {
        if hierarchy.controllers.contains(&controller) {
            return Ok(());
        }
        let place = match hierarchy.name.as_str() {
            "" => "hierarchy.controllers".to_owned(),
            name => format!("the controllers of hierarchy `{name}`"),
        };
        let message = format!("{whose} `{controller}`, which is not in {place}; add it there or remove this");
        Err(self.at(span, message))
    }

    /// Returns the CPUs of a cpuset. A cpuset without CPUs is legal, and refuses every attach.
    fn cpuset(
        &self,
        name: &Spanned<String>,
        cgroup: &Cgroup,
        (blame, cpus): (&Range<usize>, u32),
    ) -> Read<Option<CpuMask>> {
        let Some(cpuset) = &cgroup.cpuset else { return Ok(None) };
        let listed = cpuset.cpus.get_ref().iter().map(|cpu| (*cpu.get_ref(), cpu.span()));
        let whose = format!("cgroup `{}` has", name.get_ref());
        self.mask(listed, (&whose, "its cpuset.cpus"), (blame, cpus)).map(Some)
    }

    /// Returns a list of CPUs, all of which must exist. If not, the error blames the flag for the number of CPUs, or
    /// the list.
    pub(crate) fn mask(
        &self,
        listed: impl Iterator<Item = (i64, Range<usize>)>,
        (whose, what): (&str, &str),
        (blame, cpus): (&Range<usize>, u32),
    ) -> Read<CpuMask> {
        let mut list = Vec::new();
        for (found, span) in listed {
            if !(0..i64::from(cpus)).contains(&found) {
                let span = if self.is_flag(blame) { blame.clone() } else { span };
                let message = format!(
                    "{whose} CPU {found}, but there are {cpus} CPUs, numbered from 0; raise `cpus` or change {what}"
                );
                return Err(self.at(span, message));
            }
            list.push(found as u32);
        }
        Ok(CpuMask::from_list(&list))
    }

    /// Returns the cgroup of that name, which may be a root.
    pub fn cgroup(&self, name: &str, span: Range<usize>, tree: &Tree<'_>) -> Read<CgroupId> {
        tree.find(name).ok_or_else(|| self.at(span, no_cgroup(name, tree)))
    }

    /// Returns the cgroup of that name, which has files to be written or is to be removed, so it is not a root.
    pub fn cgroup_with_files(&self, name: &str, span: Range<usize>, tree: &Tree<'_>) -> Read<CgroupId> {
        let found = self.cgroup(name, span.clone(), tree)?;
        if tree.spec(found).is_none() {
            let below =
                nearest("", tree.names().filter(|name| !tree.roots().iter().any(|root| root == name)));
            let message = format!(
                "the root `{name}` has no limits or states, always has all online CPUs and stays; name a cgroup below it; {below}"
            );
            return Err(self.at(span, message));
        }
        Ok(found)
    }
}

/// Returns the message that there is no such cgroup, with the names that are near.
#[must_use]
pub fn no_cgroup(name: &str, tree: &Tree<'_>) -> String {
    if name == "/" {
        let roots = tree.roots().iter().map(|root| format!("`{root}`")).collect::<Vec<_>>().join(" or ");
        return format!("there are several hierarchies, each with a root; instead of `/` write {roots}");
    }
    format!("there is no cgroup `{name}`; {}", nearest(name, tree.names()))
}

impl Cgroup {
    /// Returns the CPUs that its cpuset lists; none without a cpuset.
    pub fn cpus(&self) -> impl Iterator<Item = i64> {
        self.cpuset.iter().flat_map(|cpuset| cpuset.cpus.get_ref()).map(|cpu| *cpu.get_ref())
    }

    /// Returns controllers with their limits, and the places of these.
    pub(crate) fn limits(&self) -> impl Iterator<Item = (Controller, (Range<usize>, u64))> {
        let limits: [(Controller, &Option<Limited>); 4] = [
            (Controller::Memrlimit, &self.memrlimit),
            (Controller::Memory, &self.memory),
            (Controller::Numtasks, &self.numtasks),
            (Controller::Net, &self.net),
        ];
        limits.into_iter().filter_map(|(controller, limited)| {
            let limit = &limited.as_ref()?.limit;
            Some((controller, (limit.span(), limit.get_ref().0)))
        })
    }
}
