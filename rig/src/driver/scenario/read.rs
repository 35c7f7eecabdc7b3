//! The parts of a scenario one by one: each checked, each error at its place.
use super::Scenario;
use super::file::{Cgroup, Expect, File, Hierarchy, Options as OptionsFile};
use super::source::{Read, Source, nearest};
use crate::checks;
use crate::driver::fields::Duration;
use crate::kernel::cpumask::MAX_CPUS;
use crate::kernel::{Controller, CpuMask, HierarchyId};
use crate::measure::Expectation;
use crate::protocols::{self, NameError, Protocol};
use crate::world::{CgroupSpec, Grace, Options, OwnerChange};
use faults::Rule;
use std::collections::BTreeMap;
use std::ops::Range;
use toml::Spanned;

/// The longest time that a scenario may name: an hour.
const TIME_MAX: u64 = 3_600_000_000_000;
/// Most seeds of a scenario.
const SEEDS_MAX: i64 = 1_000_000;
/// Most cells of a run.
const CELLS_MAX: u64 = 1_000_000;

impl Source<'_> {
    pub(super) fn cpus(&self, cpus: &Spanned<i64>) -> Read<u32> {
        self.range(cpus, "`cpus`", 1, i64::from(MAX_CPUS)).map(|cpus| cpus as u32)
    }

    /// First seed and how many.
    pub(super) fn seeds(&self, file: &File) -> Read<(u64, u64)> {
        let seeds = self.range(&file.seeds, "`seeds`", 1, SEEDS_MAX)?;
        let seed = self.range(&file.seed, "`seed`", 0, i64::MAX - SEEDS_MAX)?;
        Ok((seed as u64, seeds as u64))
    }

    /// A time of at least `low` ns.
    pub(super) fn time(&self, time: &Spanned<Duration>, what: &str, low: u64) -> Read<u64> {
        let found = time.get_ref().0;
        if (low..=TIME_MAX).contains(&found) {
            return Ok(found);
        }
        let (low, high) = (Duration(low), Duration(TIME_MAX));
        Err(self.at(
            time.span(),
            format!(
                "`{what}` is {}; it has to be from {low} to {high}, for example \"40ms\"",
                time.get_ref()
            ),
        ))
    }

    pub(super) fn delays(&self, delays: &[Spanned<Duration>]) -> Read<Vec<u64>> {
        let listed = delays.iter().map(|delay| (delay.span(), *delay.get_ref()));
        self.no_twice(listed, |delay| format!("the delay {delay}"))?;
        delays.iter().map(|delay| self.time(delay, "delays", 0)).collect()
    }

    pub(super) fn controllers(&self, hierarchy: &Hierarchy) -> Read<Vec<Controller>> {
        let known = Controller::ALL.map(|controller| (controller.name(), controller));
        let named = hierarchy.controllers.get_ref();
        let controllers: Vec<_> =
            named.iter().map(|name| self.choice(name, "controllers", &known)).collect::<Read<_>>()?;
        if controllers.is_empty() {
            let message = "a hierarchy needs at least one controller, such as \"memrlimit\"";
            return Err(self.at(hierarchy.controllers.span(), message));
        }
        let listed = named.iter().map(Spanned::span).zip(controllers.iter().copied());
        self.no_twice(listed, |controller| format!("controller `{controller}`"))?;
        Ok(controllers)
    }

    pub(super) fn cgroups(&self, file: &File, mounted: &[Controller], cpus: u32) -> Read<Vec<CgroupSpec>> {
        let cgroups = file.cgroups.get_ref();
        cgroups
            .iter()
            .map(|(name, cgroup)| {
                let path = name.get_ref();
                if path.split('/').any(str::is_empty) {
                    let message = format!("`{path}` is no name of a cgroup; write for example a, or a/x");
                    return Err(self.at(name.span(), message));
                }
                if let Some((parent, _)) = path.rsplit_once('/')
                    && !cgroups.contains_key(parent)
                {
                    let message = format!("`{path}` has no parent; add [cgroups.\"{parent}\"]");
                    return Err(self.at(name.span(), message));
                }
                self.mounted(name, cgroup, mounted)?;
                Ok(CgroupSpec {
                    name: path.clone(),
                    hierarchy: HierarchyId(0),
                    limits: cgroup.limits().map(|(controller, limit)| (controller, limit.1)).collect(),
                    frozen: false,
                    cpus: self.mask(name, cgroup, (&file.cpus.span(), cpus))?,
                })
            })
            .collect()
    }

    /// A cgroup sets only files of controllers that are there.
    fn mounted(&self, name: &Spanned<String>, cgroup: &Cgroup, mounted: &[Controller]) -> Read<()> {
        let cpuset = cgroup.cpuset.as_ref().map(|cpuset| (Controller::Cpuset, cpuset.cpus.span()));
        let set = cgroup.limits().map(|(controller, (span, _))| (controller, span)).chain(cpuset);
        for (controller, span) in set {
            if !mounted.contains(&controller) {
                let name = name.get_ref();
                let message = format!(
                    "`{name}` sets `{controller}`, which is not in hierarchy.controllers; add it there or leave this out"
                );
                return Err(self.at(span, message));
            }
        }
        Ok(())
    }

    /// The CPUs of a cpuset. Without any it is legal, and refuses every attach.
    fn mask(
        &self,
        name: &Spanned<String>,
        cgroup: &Cgroup,
        (blame, cpus): (&Range<usize>, u32),
    ) -> Read<Option<CpuMask>> {
        let Some(cpuset) = &cgroup.cpuset else { return Ok(None) };
        let mut list = Vec::new();
        for cpu in cpuset.cpus.get_ref() {
            let (found, name) = (*cpu.get_ref(), name.get_ref());
            if !(0..i64::from(cpus)).contains(&found) {
                let span = if self.is_flag(blame) { blame.clone() } else { cpu.span() };
                let message = format!(
                    "cgroup `{name}` has CPU {found}, but there are {cpus} CPUs, numbered from 0; raise `cpus` or change its cpuset.cpus"
                );
                return Err(self.at(span, message));
            }
            list.push(found as u32);
        }
        Ok(Some(CpuMask::from_list(&list)))
    }

    fn protocol(&self, name: &Spanned<String>) -> Read<Protocol> {
        Protocol::parse(name.get_ref()).map_err(|error| match error {
            NameError::Unknown { name: unknown } => {
                let known = nearest(&unknown, protocols::ALL.iter().map(|info| info.id));
                self.at(name.span(), format!("unknown protocol `{unknown}`; {known}"))
            }
            error => self.at(name.span(), error),
        })
    }

    pub(super) fn protocols(&self, list: &Spanned<Vec<Spanned<String>>>) -> Read<Vec<Protocol>> {
        let named = list.get_ref();
        let protocols: Vec<_> = named.iter().map(|name| self.protocol(name)).collect::<Read<_>>()?;
        if protocols.is_empty() {
            let known = nearest("", protocols::ALL.iter().map(|info| info.id));
            return Err(self.at(list.span(), format!("name at least one protocol; {known}")));
        }
        let listed = named.iter().map(Spanned::span).zip(protocols.iter().copied());
        self.no_twice(listed, |protocol| format!("protocol `{protocol}`"))?;
        Ok(protocols)
    }

    pub(super) fn fault_rates(&self, rates: &[Spanned<i64>]) -> Read<Vec<u8>> {
        self.no_twice(rates.iter().map(|rate| (rate.span(), *rate.get_ref())), |rate| {
            format!("the fault rate {rate} %")
        })?;
        let rate = |rate| self.range(rate, "a fault rate in percent", 0, 100).map(|rate| rate as u8);
        rates.iter().map(rate).collect()
    }

    pub(super) fn faults(&self, rules: &[Spanned<String>]) -> Read<Vec<Rule>> {
        let parse = |rule: &Spanned<String>| Rule::parse(rule.get_ref()).map_err(|e| self.at(rule.span(), e));
        rules.iter().map(parse).collect()
    }

    pub(super) fn options(&self, file: &OptionsFile) -> Read<Options> {
        let mut options = Options::default();
        if let Some(grace) = &file.grace {
            let known = [("none", Grace::None), ("inside", Grace::Inside), ("after", Grace::After)];
            options.grace = self.choice(grace, "grace", &known)?;
        }
        if let Some(change) = &file.owner_change {
            let known = [("forced", OwnerChange::Forced), ("2008", OwnerChange::Silent)];
            options.owner_change = self.choice(change, "owner-change", &known)?;
        }
        if let Some(period) = &file.grace_period {
            options.grace_ns = self.time(period, "grace-period", 0)?;
        }
        options.memory_move = file.memory_move.unwrap_or(true);
        Ok(options)
    }

    pub(super) fn expect(&self, file: &Expect) -> Read<BTreeMap<String, BTreeMap<String, Expectation>>> {
        let mut expect = BTreeMap::new();
        for (protocol, promises) in file {
            self.protocol(protocol)?;
            let mut of_protocol = BTreeMap::new();
            for (promise, expectation) in promises {
                let name = promise.get_ref();
                if !checks::NAMES.contains(&name.as_str()) {
                    let known = nearest(name, checks::NAMES.into_iter());
                    return Err(self.at(promise.span(), format!("unknown promise `{name}`; {known}")));
                }
                of_protocol.insert(name.clone(), *expectation);
            }
            expect.insert(protocol.get_ref().clone(), of_protocol);
        }
        Ok(expect)
    }

    /// The matrix fits into memory.
    pub(super) fn size(&self, seeds: &Spanned<i64>, scenario: &Scenario) -> Read<()> {
        let axes =
            [scenario.protocols.len(), scenario.fault_rates.len().max(1), scenario.delays_ns.len().max(1)];
        let cells = axes.iter().fold(scenario.seeds, |cells, axis| cells.saturating_mul(*axis as u64));
        if cells <= CELLS_MAX {
            return Ok(());
        }
        Err(self.at(
            seeds.span(),
            format!("that makes {cells} cells, and {CELLS_MAX} are possible; use fewer seeds"),
        ))
    }
}

impl Cgroup {
    /// Controllers with their limits in pages, and where those are.
    pub(super) fn limits(&self) -> impl Iterator<Item = (Controller, (Range<usize>, u64))> {
        let limits = [(Controller::Memrlimit, &self.memrlimit), (Controller::Memory, &self.memory)];
        limits.into_iter().filter_map(|(controller, limited)| {
            let limit = &limited.as_ref()?.limit;
            Some((controller, (limit.span(), limit.get_ref().0)))
        })
    }
}
