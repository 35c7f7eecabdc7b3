//! Workloads of a scenario, and checks that they fit its cgroups and its movers.
use super::file::{Entry, File};
use super::source::{Read, Source};
use super::{Movers, Moves, Scenario, Workload};
use input::mistake::Mistake;
use input::wording::explain;
use model::kernel::{CgroupId, Controller, CpuMask, HierarchyId};
use model::world::Tree;
use std::ops::Range;
use toml::{Spanned, Value};

/// Keys of a `[[workloads]]` in addition to the fields of [`workloads::Spec`].
const OURS: [&str; 3] = [PLACEMENT[0].0, PLACEMENT[1].0, PLACEMENT[2].0];

/// These keys, each with its type and its description for users.
pub(crate) const PLACEMENT: [(&str, &str, &str); 3] = [
    (
        "cgroup",
        "text",
        "Cgroup in which the processes start; this or `cgroups` is required.\n\n\
         Values: a cgroup. Default: none, if there is `cgroups`.",
    ),
    (
        "cgroups",
        "list of texts",
        "Cgroups over which the threads of each process are spread at the start, round robin, and at most one cgroup in \
         each other hierarchy.\n\nValues: cgroups, none twice. Default: none, if there is `cgroup`.",
    ),
    ("move", "true or false", "True if movers move the processes.\n\nDefault: `false`."),
];
/// Most threads at the start of a cell.
const THREADS_MAX: u64 = 65_536;

/// Returns the keys of an entry that are fields of [`workloads::Spec`].
fn theirs(entry: &Entry) -> impl Iterator<Item = (&Spanned<String>, &Value)> {
    let theirs = |key: &Spanned<String>| !OURS.contains(&key.get_ref().as_str());
    entry.iter().map(|(key, value)| (key, value.get_ref())).filter(move |(key, _)| theirs(key))
}

/// Returns the value of a field, and its place.
fn field<'a>(entry: &'a Entry, name: &str) -> Option<(Range<usize>, &'a Value)> {
    entry.get_key_value(name).map(|(key, value)| (key.span(), value.get_ref()))
}

impl Source<'_> {
    pub(super) fn workloads(
        &self,
        list: &Spanned<Vec<Spanned<Entry>>>,
        tree: &Tree<'_>,
        files: &dyn workloads::Files,
    ) -> Read<Vec<Workload>> {
        if list.get_ref().is_empty() {
            return Err(self.at(list.span(), "a scenario needs at least one [[workloads]]"));
        }
        list.get_ref().iter().map(|entry| self.workload(entry, tree, files)).collect()
    }

    fn workload(
        &self,
        entry: &Spanned<Entry>,
        tree: &Tree<'_>,
        files: &dyn workloads::Files,
    ) -> Read<Workload> {
        let fields = entry.get_ref();
        let (cgroups, elsewhere) = self.start(entry, tree)?;
        let moved = match field(fields, "move") {
            None => false,
            Some((_, Value::Boolean(moved))) => *moved,
            Some((span, other)) => return Err(self.at(span, format!("`move` is true or false, not {other}"))),
        };
        let spec = self.spec(entry)?;
        let plan = workloads::WorkloadPlan::new(&spec, files).map_err(|error| self.unfit(entry, &error))?;
        Ok(Workload { cgroups, elsewhere, moved, plan, spec })
    }

    /// Returns the cgroups over which the threads of a workload are spread at the start, and its cgroups in other
    /// hierarchies.
    fn start(&self, entry: &Spanned<Entry>, tree: &Tree<'_>) -> Read<(Vec<CgroupId>, Vec<CgroupId>)> {
        let fields = entry.get_ref();
        let (span, names) = match (field(fields, "cgroup"), field(fields, "cgroups")) {
            (Some((span, Value::String(name))), None) => (span, vec![name.as_str()]),
            (Some((span, other)), None) => {
                return Err(self.at(span, format!("`cgroup` is the name of a cgroup in quotes, not {other}")));
            }
            (None, Some((span, list))) => {
                let names = list.as_array().and_then(|list| list.iter().map(Value::as_str).collect());
                let names: Option<Vec<_>> = names;
                let Some(names) = names.filter(|names| !names.is_empty()) else {
                    let message = format!(
                        "`cgroups` is a list of names of cgroups, such as [\"a\", \"c\"], not {list}"
                    );
                    return Err(self.at(span, message));
                };
                (span, names)
            }
            (Some(_), Some((span, _))) => {
                return Err(self.at(span, "there are both `cgroup` and `cgroups`; keep one of the two"));
            }
            (None, None) => {
                let message = "missing field `cgroup` in [[workloads]]; add cgroup = \"NAME\", where its processes start";
                return Err(self.at(entry.span(), message));
            }
        };
        let found = names.iter().map(|name| self.cgroup(name, span.clone(), tree));
        let found = found.collect::<Read<Vec<_>>>()?;
        self.no_twice(found.iter().map(|id| (span.clone(), *id)), |id| {
            format!("cgroup `{}`", tree.name(*id))
        })?;
        let hierarchy = |id: &CgroupId| tree.hierarchy(*id);
        let shared =
            |id: &&CgroupId| found.iter().filter(|other| hierarchy(other) == hierarchy(id)).count() > 1;
        let spread = hierarchy(found.iter().find(shared).unwrap_or(&found[0]));
        let (over, elsewhere): (Vec<_>, Vec<_>) =
            found.iter().copied().partition(|id| hierarchy(id) == spread);
        if elsewhere
            .iter()
            .any(|id| elsewhere.iter().filter(|other| hierarchy(other) == hierarchy(id)).count() > 1)
        {
            let message = "threads can be spread over cgroups of one hierarchy only; name one cgroup in each of the others";
            return Err(self.at(span, message));
        }
        Ok((over, elsewhere))
    }

    /// Returns the entry as a spec. Fields are first read one by one, to know which one to blame.
    fn spec(&self, entry: &Spanned<Entry>) -> Read<workloads::Spec> {
        let table = |fields: Vec<(&Spanned<String>, &Value)>| -> toml::Table {
            fields.into_iter().map(|(key, value)| (key.get_ref().clone(), value.clone())).collect()
        };
        for (key, value) in theirs(entry.get_ref()) {
            let mut alone = table(vec![(key, value)]);
            alone.entry("shape").or_insert_with(|| "".into());
            if let Err(error) = alone.try_into::<workloads::Spec>() {
                let message = error.message();
                let about = if message.starts_with(&format!("unknown field `{}`", key.get_ref())) {
                    explain(message, &OURS)
                } else {
                    format!("`{}`: {}", key.get_ref(), explain(message, &[]))
                };
                return Err(self.at(key.span(), about));
            }
        }
        let whole = table(theirs(entry.get_ref()).collect());
        whole.try_into().map_err(|error: toml::de::Error| {
            self.at(entry.span(), format!("[[workloads]]: {}", explain(error.message(), &[])))
        })
    }

    /// Blames the field that the error names.
    fn unfit(&self, entry: &Spanned<Entry>, error: &workloads::SpecError) -> Mistake {
        let written = [Some(error.field()), error.other_field()];
        let mut written = written.into_iter().flatten().filter_map(|name| field(entry.get_ref(), name));
        self.at(written.next().map_or(entry.span(), |(span, _)| span), format!("[[workloads]]: {error}"))
    }

    /// Checks that workloads can start in their cgroups, and can be moved from there.
    pub(super) fn fitting(&self, file: &File, scenario: &Scenario) -> Read<()> {
        let threads: u64 = scenario.workloads.iter().map(Workload::threads).sum();
        if threads > THREADS_MAX {
            let message = format!("{threads} threads exceed the limit of {THREADS_MAX}; use fewer");
            return Err(self.at(file.workloads.span(), message));
        }
        for (entry, workload) in file.workloads.get_ref().iter().zip(&scenario.workloads) {
            let at = |name: &str| field(entry.get_ref(), name).map(|(span, _)| span);
            let start = || at("cgroup").or(at("cgroups")).unwrap_or(entry.span());
            for cgroup in workload.named().filter_map(|id| scenario.cgroups.get(id.index())) {
                if cgroup.cpus.as_ref().is_some_and(CpuMask::is_empty) {
                    let message = format!(
                        "a workload cannot start in `{}`, whose cpuset.cpus is empty; give it a CPU or start elsewhere",
                        cgroup.name
                    );
                    return Err(self.at(start(), message));
                }
            }
            if workload.moved {
                let message = movable(scenario, workload);
                message
                    .map_or(Ok(()), |message| Err(self.at(at("move").unwrap_or(entry.span()), message)))?;
            }
        }
        for (group, movers) in file.movers.get_ref().0.iter().zip(&scenario.movers) {
            let moves = |w: &Workload| w.moved && !scenario.places(w, movers.hierarchy).is_empty();
            if movers.count > 0 && movers.names_targets() && !scenario.workloads.iter().any(moves) {
                let message =
                    "nothing is moved; add move = true to a [[workloads]], or write movers.count = 0";
                let between = group.between.as_ref().map_or(file.movers.span(), Spanned::span);
                return Err(self.at(between, message));
            }
        }
        self.start_limits(file, scenario)
    }

    /// Checks that the initial usage is within every limit.
    fn start_limits(&self, file: &File, scenario: &Scenario) -> Read<()> {
        let (world, tree) = (scenario.world(), scenario.tree());
        for (name, cgroup) in file.cgroups.get_ref() {
            let below = format!("{}/", name.get_ref());
            let inside = |id: &CgroupId| {
                let at = tree.name(*id);
                at == name.get_ref() || at.starts_with(&below)
            };
            for (controller, (span, limit)) in cgroup.limits() {
                let (what, found, remedy) = match controller {
                    Controller::Memrlimit => {
                        let leads = |p: &&model::world::ProcessSpec| {
                            inside(&p.cgroups[0]) || p.elsewhere.iter().any(inside)
                        };
                        let pages = world.processes.iter().filter(leads).map(|p| p.vm_pages).sum::<u64>();
                        ("pages of address space", pages, "initial_pages")
                    }
                    Controller::Numtasks => {
                        let here = |p: &model::world::ProcessSpec| {
                            let all = p.elsewhere.iter().any(inside);
                            p.cgroups.iter().filter(|id| all || inside(id)).count() as u64
                        };
                        ("tasks", world.processes.iter().map(here).sum(), "threads")
                    }
                    _ => continue,
                };
                if found > limit && !scenario.late.contains(&controller) {
                    let message = format!(
                        "`{}` may hold {limit} {what}, but its workloads start with {found}; raise the limit or lower their {remedy}",
                        name.get_ref()
                    );
                    return Err(self.at(span, message));
                }
            }
        }
        Ok(())
    }
}

/// Describes the mistake in a workload with `move = true`: no mover moves it, or none visits its initial cgroup.
fn movable(scenario: &Scenario, workload: &Workload) -> Option<String> {
    let movers = |hierarchy: HierarchyId| {
        let here = move |movers: &&Movers| movers.names_targets() && movers.hierarchy == hierarchy;
        scenario.movers.iter().filter(here)
    };
    let (mut any, tree) = (false, scenario.tree());
    for id in workload.named() {
        let mut between = movers(tree.hierarchy(id)).map(|movers| &movers.between).peekable();
        let moved = between.peek().is_some();
        any |= moved;
        if moved && !between.any(|between| between.contains(&id)) {
            return Some(format!(
                "it starts in `{}`, which movers.between does not list; add it there or remove `move`",
                tree.name(id)
            ));
        }
    }
    (!any).then(|| {
        "no mover moves it; add [[movers]] whose `between` lists its cgroup, or remove `move`".to_owned()
    })
}

impl Movers {
    /// Reports whether the movers move workloads with `move = true`, rather than all tasks.
    fn names_targets(&self) -> bool {
        matches!(self.moves, Moves::Threads | Moves::Processes)
    }
}

impl Workload {
    /// Returns every cgroup in which the workload starts.
    fn named(&self) -> impl Iterator<Item = CgroupId> + '_ {
        self.cgroups.iter().chain(&self.elsewhere).copied()
    }

    /// Returns the number of threads at the start.
    fn threads(&self) -> u64 {
        (0..self.plan.processes()).map(|process| u64::from(self.plan.threads(process))).sum()
    }
}
