//! Readers of the parts of a scenario; each checks its part and reports errors at their place.
use super::Scenario;
use super::file::{Expect, File, WorldTable as OptionsFile};
use super::source::{Read, Source};
use crate::fields::{Duration, TIME_MAX_NS};
use faults::{Fault, Rule, Site};
use input::nearest::nearest;
use input::units::ShowRange;
use model::kernel::Controller;
use model::kernel::cpumask::MAX_CPUS;
use model::protocols::{self, Protocol};
use model::seam::costs::{self, Costs};
use model::world::{Ancestors, Grace, Invalidate, MmapError, OwnerChange, Scope, WorldOptions};
use reports::schema::Expectation;
use std::collections::BTreeMap;
use toml::Spanned;

/// Most seeds in a scenario.
const SEEDS_MAX: i64 = 1_000_000;
/// Most cells in a run.
const CELLS_MAX: u64 = 1_000_000;

impl Source<'_> {
    /// Reads the number of CPUs.
    pub fn cpus(&self, cpus: &Spanned<i64>) -> Read<u32> {
        self.range(cpus, "`cpus`", 1, i64::from(MAX_CPUS)).map(|cpus| cpus as u32)
    }

    /// Reads the first seed and the number of seeds.
    pub(crate) fn seeds(&self, file: &File) -> Read<(u64, u64)> {
        let seeds = self.range(&file.seeds, "`seeds`", 1, SEEDS_MAX)?;
        let seed = self.range(&file.seed, "`seed`", 0, i64::MAX - SEEDS_MAX)?;
        Ok((seed as u64, seeds as u64))
    }

    /// Reads a time of at least `low` ns.
    pub(crate) fn time(&self, time: &Spanned<Duration>, what: &str, low: u64) -> Read<u64> {
        let found = time.get_ref().0;
        if (low..=TIME_MAX_NS).contains(&found) {
            return Ok(found);
        }
        let range = low..=TIME_MAX_NS;
        let message = format!(
            "`{what}` is {}; it has to be from {}, for example \"40ms\"",
            time.get_ref(),
            ShowRange(&range)
        );
        Err(self.at(time.span(), message))
    }

    /// Returns the built-in costs, with the scenario's values in their place.
    pub(crate) fn costs(&self, written: &costs::Written) -> Read<Costs> {
        let mut costs = Costs::default();
        costs.put(written).map_err(|error| self.at(error.at, error.message))?;
        Ok(costs)
    }

    pub(crate) fn delays(&self, delays: &[Spanned<Duration>]) -> Read<Vec<u64>> {
        let listed = delays.iter().map(|delay| (delay.span(), *delay.get_ref()));
        self.no_twice(listed, |delay| format!("the delay {delay}"))?;
        delays.iter().map(|delay| self.time(delay, "delays", 0)).collect()
    }

    /// Reads a protocol with its options.
    pub fn protocol(&self, name: &Spanned<String>) -> Read<Protocol> {
        Protocol::parse(name.get_ref()).map_err(|error| self.at(name.span(), error))
    }

    pub(crate) fn protocols(&self, list: &Spanned<Vec<Spanned<String>>>) -> Read<Vec<Protocol>> {
        let named = list.get_ref();
        let protocols: Vec<_> = named.iter().map(|name| self.protocol(name)).collect::<Read<_>>()?;
        if protocols.is_empty() {
            let known = nearest("", protocols::ALL.iter().map(|info| info.about.id));
            return Err(self.at(list.span(), format!("name at least one protocol; {known}")));
        }
        let listed = named.iter().map(Spanned::span).zip(protocols.iter().copied());
        self.no_twice(listed, |protocol| format!("protocol `{protocol}`"))?;
        Ok(protocols)
    }

    pub(crate) fn fault_rates(&self, rates: &[Spanned<i64>]) -> Read<Vec<u8>> {
        self.no_twice(rates.iter().map(|rate| (rate.span(), *rate.get_ref())), |rate| {
            format!("the fault rate {rate} %")
        })?;
        let rate = |rate| self.range(rate, "a fault rate in percent", 0, 100).map(|rate| rate as u8);
        rates.iter().map(rate).collect()
    }

    /// Reads rules of faults.
    pub fn faults(&self, rules: &[Spanned<String>]) -> Read<Vec<Rule>> {
        let parse = |text: &Spanned<String>| {
            let rule = Rule::parse(text.get_ref())
                .map_err(|error| self.within(text, error.span(), error.message()))?;
            match (rule.site, rule.action) {
                (Site::CoreMmap, Fault::Throw(event)) => {
                    let message = format!(
                        "`{}` can be thrown only into an attach; at core.mmap write errno= or delay=",
                        event.name()
                    );
                    Err(self.at(text.span(), message))
                }
                _ => Ok(rule),
            }
        };
        rules.iter().map(parse).collect()
    }

    /// Reads the options of the world; options that are not written have their default.
    pub fn options(&self, file: &OptionsFile) -> Read<WorldOptions> {
        let mut options = WorldOptions::default();
        if let Some(grace) = &file.grace {
            let known = [("none", Grace::None), ("inside", Grace::Inside), ("after", Grace::After)];
            options.grace = self.choice(grace, "grace", &known)?;
        }
        if let Some(change) = &file.owner_change {
            let known = [("forced", OwnerChange::Forced), ("2008", OwnerChange::Silent)];
            options.owner_change = self.choice(change, "owner-change", &known)?;
        }
        if let Some(ancestors) = &file.ancestors {
            let known = [("kept", Ancestors::Kept), ("charged", Ancestors::Charged)];
            options.ancestors = self.choice(ancestors, "ancestors", &known)?;
        }
        if let Some(error) = &file.mmap_error {
            let known = [("uncharges", MmapError::Uncharges), ("2008", MmapError::Leaks)];
            options.mmap_error = self.choice(error, "mmap-error", &known)?;
        }
        if let Some(period) = &file.grace_period {
            options.grace_ns = self.time(period, "grace-period", 0)?;
        }
        if let Some(invalidate) = &file.invalidate {
            let known = [("mutex", Invalidate::Mutex), ("callback", Invalidate::Callback)];
            options.invalidate = self.choice(invalidate, "invalidate", &known)?;
        }
        options.memory_move = file.memory_move.unwrap_or(true);
        options.unsupported = self.unsupported(&file.unsupported)?;
        Ok(options)
    }

    /// Reads `memory:all`: that controller refuses that mode.
    fn unsupported(&self, list: &[Spanned<String>]) -> Read<Vec<(Controller, Scope)>> {
        let pair = |text: &Spanned<String>| {
            let Some((controller, mode)) = text.get_ref().split_once(':') else {
                let message = format!(
                    "`{}` is not a controller and a mode; write for example \"memory:all\"",
                    text.get_ref()
                );
                return Err(self.at(text.span(), message));
            };
            let part = |part: &str| Spanned::new(text.span(), part.to_owned());
            let controllers = Controller::ALL.map(|controller| (controller.name(), controller));
            Ok((
                self.choice(&part(controller), "unsupported", &controllers)?,
                self.choice(&part(mode), "unsupported", &Scope::ALL)?,
            ))
        };
        let pairs = list.iter().map(pair).collect::<Read<Vec<_>>>()?;
        let listed = list.iter().map(Spanned::span).zip(pairs.iter().copied());
        self.no_twice(listed, |(controller, scope)| format!("`{controller}:{}`", scope.name()))?;
        Ok(pairs)
    }

    pub(crate) fn expect(&self, file: &Expect) -> Read<BTreeMap<String, BTreeMap<String, Expectation>>> {
        let mut expect = BTreeMap::new();
        for (protocol, invariants) in file {
            self.protocol(protocol)?;
            let read = |(key, expectation): (&Spanned<String>, &Expectation)| {
                Ok((self.invariant(key, &[])?, *expectation))
            };
            let of_protocol = invariants.iter().map(read).collect::<Read<Vec<_>>>()?;
            let listed =
                invariants.keys().map(Spanned::span).zip(of_protocol.iter().map(|(check, _)| *check));
            self.no_twice(listed, |check| format!("invariant `{check}`"))?;
            let named =
                of_protocol.into_iter().map(|(check, expectation)| (check.name().to_owned(), expectation));
            expect.insert(protocol.get_ref().clone(), named.collect());
        }
        Ok(expect)
    }

    /// Checks that the matrix fits into memory.
    pub(crate) fn size(&self, seeds: &Spanned<i64>, scenario: &Scenario) -> Read<()> {
        let axes =
            [scenario.protocols.len(), scenario.fault_rates.len().max(1), scenario.delays_ns.len().max(1)];
        let cells = axes.iter().fold(scenario.seeds, |cells, axis| cells.saturating_mul(*axis as u64));
        if cells <= CELLS_MAX {
            return Ok(());
        }
        Err(self.at(seeds.span(), format!("{cells} cells exceed the limit of {CELLS_MAX}; use fewer seeds")))
    }
}
