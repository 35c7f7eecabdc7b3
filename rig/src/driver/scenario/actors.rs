//! Workloads and movers of a scenario, and whether they fit into its cgroups.
use super::file::{Entry, File, Movers as MoversFile};
use super::source::{Read, Source, explain, nearest};
use super::{Movers, Workload};
use crate::driver::ScenarioError;
use crate::kernel::{Controller, CpuMask};
use crate::world::CgroupSpec;
use std::ops::Range;
use toml::{Spanned, Value};

/// What a `[[workloads]]` says besides the fields of [`workloads::Spec`].
const OURS: [&str; 2] = ["cgroup", "move"];
/// Most threads at the start of a cell.
const THREADS_MAX: u64 = 65_536;

/// The fields of an entry that are those of [`workloads::Spec`].
fn theirs(entry: &Entry) -> impl Iterator<Item = (&Spanned<String>, &Value)> {
    let theirs = |key: &Spanned<String>| !OURS.contains(&key.get_ref().as_str());
    entry.iter().map(|(key, value)| (key, value.get_ref())).filter(move |(key, _)| theirs(key))
}

/// The value of a field, and where the field is.
fn field<'a>(entry: &'a Entry, name: &str) -> Option<(Range<usize>, &'a Value)> {
    entry.get_key_value(name).map(|(key, value)| (key.span(), value.get_ref()))
}

impl Source<'_> {
    fn cgroup(&self, name: &str, span: Range<usize>, cgroups: &[CgroupSpec]) -> Read<usize> {
        cgroups.iter().position(|cgroup| cgroup.name == name).ok_or_else(|| {
            let known = nearest(name, cgroups.iter().map(|cgroup| cgroup.name.as_str()));
            self.at(span, format!("there is no cgroup `{name}`; {known}"))
        })
    }

    pub(super) fn workloads(
        &self,
        list: &Spanned<Vec<Spanned<Entry>>>,
        cgroups: &[CgroupSpec],
        files: &dyn workloads::Files,
    ) -> Read<Vec<Workload>> {
        if list.get_ref().is_empty() {
            return Err(self.at(list.span(), "a scenario needs at least one [[workloads]]"));
        }
        list.get_ref().iter().map(|entry| self.workload(entry, cgroups, files)).collect()
    }

    fn workload(
        &self,
        entry: &Spanned<Entry>,
        cgroups: &[CgroupSpec],
        files: &dyn workloads::Files,
    ) -> Read<Workload> {
        let fields = entry.get_ref();
        let cgroup = match field(fields, "cgroup") {
            Some((span, Value::String(name))) => self.cgroup(name, span, cgroups)?,
            Some((span, other)) => {
                return Err(self.at(span, format!("`cgroup` is the name of a cgroup in quotes, not {other}")));
            }
            None => {
                let message = "missing field `cgroup` in [[workloads]]; add cgroup = \"NAME\", where its processes start";
                return Err(self.at(entry.span(), message));
            }
        };
        let moved = match field(fields, "move") {
            None => false,
            Some((_, Value::Boolean(moved))) => *moved,
            Some((span, other)) => return Err(self.at(span, format!("`move` is true or false, not {other}"))),
        };
        let spec = self.spec(entry)?;
        let plan = workloads::Plan::new(&spec, files).map_err(|error| self.unfit(entry, &error))?;
        Ok(Workload { cgroup, moved, plan })
    }

    /// The entry as the crate `workloads` knows it. Fields are read one by one first, to know which one to blame.
    fn spec(&self, entry: &Spanned<Entry>) -> Read<workloads::Spec> {
        let table = |fields: Vec<(&Spanned<String>, &Value)>| -> toml::Table {
            fields.into_iter().map(|(key, value)| (key.get_ref().clone(), value.clone())).collect()
        };
        for (key, value) in theirs(entry.get_ref()) {
            let mut alone = table(vec![(key, value)]);
            alone.entry("shape").or_insert_with(|| "".into());
            if let Err(error) = alone.try_into::<workloads::Spec>() {
                let message = explain(error.message(), &OURS);
                let about = if message.starts_with("unknown field") && message.contains(key.get_ref()) {
                    message
                } else {
                    format!("`{}`: {message}", key.get_ref())
                };
                return Err(self.at(key.span(), about));
            }
        }
        let whole = table(theirs(entry.get_ref()).collect());
        whole.try_into().map_err(|error: toml::de::Error| {
            self.at(entry.span(), format!("[[workloads]]: {}", explain(error.message(), &[])))
        })
    }

    /// Blames the field that the error is about.
    fn unfit(&self, entry: &Spanned<Entry>, error: &workloads::SpecError) -> ScenarioError {
        let written = [Some(error.field()), error.other_field()];
        let mut written = written.into_iter().flatten().filter_map(|name| field(entry.get_ref(), name));
        self.at(written.next().map_or(entry.span(), |(span, _)| span), format!("[[workloads]]: {error}"))
    }

    pub(super) fn movers(&self, file: &MoversFile, cgroups: &[CgroupSpec]) -> Read<Movers> {
        let count = self.range(&file.count, "the number of movers", 0, 64)? as u32;
        let whole = self.choice(&file.mode, "mode", &[("process", true), ("thread", false)])?;
        let named = file.between.get_ref();
        let between = named.iter().map(|name| self.cgroup(name.get_ref(), name.span(), cgroups));
        let between = between.collect::<Read<Vec<_>>>()?;
        if between.len() < 2 {
            let message = "movers move between at least two cgroups, such as between = [\"a\", \"b\"]";
            return Err(self.at(file.between.span(), message));
        }
        let after = between.iter().cycle().skip(1);
        if let Some((name, _)) = named.iter().zip(between.iter().zip(after)).find(|(_, (a, b))| a == b) {
            let message = format!(
                "`{}` follows itself in `between`, and moving a task to where it is does nothing; keep one",
                name.get_ref()
            );
            return Err(self.at(name.span(), message));
        }
        Ok(Movers { count, whole, pace: file.rate, pause_ns: self.time(&file.pause, "pause", 0)?, between })
    }

    /// Whether workloads can start where they are, and can be moved from there.
    pub(super) fn fitting(
        &self,
        file: &File,
        cgroups: &[CgroupSpec],
        workloads: &[Workload],
        movers: &Movers,
    ) -> Read<()> {
        let entries = || file.workloads.get_ref().iter().zip(workloads);
        let threads: u64 = workloads.iter().map(Workload::threads).sum();
        if threads > THREADS_MAX {
            let message = format!("that makes {threads} threads, and {THREADS_MAX} are possible; use fewer");
            return Err(self.at(file.workloads.span(), message));
        }
        for (entry, workload) in entries() {
            let cgroup = &cgroups[workload.cgroup];
            let at = |name: &str| field(entry.get_ref(), name).map_or(entry.span(), |(span, _)| span);
            if cgroup.cpus.as_ref().is_some_and(CpuMask::is_empty) {
                let message = format!(
                    "a workload cannot start in `{}`, whose cpuset.cpus is empty; give that a CPU or start elsewhere",
                    cgroup.name
                );
                return Err(self.at(at("cgroup"), message));
            }
            if workload.moved && !movers.between.contains(&workload.cgroup) {
                let message = format!(
                    "it starts in `{}`, which movers.between does not list; add it there or leave out `move`",
                    cgroup.name
                );
                return Err(self.at(at("move"), message));
            }
        }
        if movers.count > 0 && !workloads.iter().any(|workload| workload.moved) {
            let message = "nothing is moved; add move = true to a [[workloads]], or write movers.count = 0";
            return Err(self.at(file.movers.between.span(), message));
        }
        self.limits(file, cgroups, workloads)
    }

    /// What is there at the start is within every limit.
    fn limits(&self, file: &File, cgroups: &[CgroupSpec], workloads: &[Workload]) -> Read<()> {
        for (name, cgroup) in file.cgroups.get_ref() {
            let below = format!("{}/", name.get_ref());
            let inside = |at: &str| at == name.get_ref() || at.starts_with(&below);
            let here = workloads.iter().filter(|workload| inside(&cgroups[workload.cgroup].name));
            let pages: u64 = here.map(Workload::initial_pages).sum();
            let limit = cgroup.limits().find(|(controller, _)| *controller == Controller::Memrlimit);
            if let Some((_, (span, limit))) = limit.filter(|(_, (_, limit))| pages > *limit) {
                let message = format!(
                    "`{}` may hold {limit} pages of address space, but its workloads start with {pages}; raise the limit or lower their initial_pages",
                    name.get_ref()
                );
                return Err(self.at(span, message));
            }
        }
        Ok(())
    }
}

impl Workload {
    /// Address space of all its processes at the start.
    fn initial_pages(&self) -> u64 {
        (0..self.plan.processes()).map(|process| u64::from(self.plan.initial_vm(process))).sum()
    }

    /// Threads at the start.
    fn threads(&self) -> u64 {
        (0..self.plan.processes()).map(|process| u64::from(self.plan.threads(process))).sum()
    }
}
