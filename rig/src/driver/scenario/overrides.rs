//! What the command line changes in a scenario.
use super::file::{Admin, AdminValue, Entry, File};
use super::source::{Read, Source};
use crate::driver::fields::Duration;
use model::seam::costs;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use toml::Spanned;

/// What the command line changes in a scenario; each replaces what the file says.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Overrides {
    /// `--protocol`.
    pub protocols: Vec<String>,
    /// `--fault`.
    pub faults: Vec<String>,
    /// `--fault-rate`.
    pub fault_rates: Option<Vec<u8>>,
    /// `--delay`, with units.
    pub delays: Option<Vec<String>>,
    /// `--seed`.
    pub seed: Option<i64>,
    /// `--seeds`.
    pub seeds: Option<u32>,
    /// `--cpus`.
    pub cpus: Option<u32>,
    /// `--duration`, with its unit.
    pub duration: Option<String>,
    /// `--costs`: what differs from the built-in table. Costs that the file names are replaced as well.
    pub costs: Option<costs::Table>,
    /// `--lenient`: recordings are accepted however little of them was understood.
    #[serde(default)]
    pub lenient: bool,
}

impl Overrides {
    /// Puts them into what was read from the file. What is wrong with them is blamed on the flag.
    pub(super) fn put(&self, file: &mut File, source: &mut Source<'_>) -> Read<()> {
        let mut texts = |flag: &str, list: &[String]| -> Vec<_> {
            list.iter()
                .map(|text| Spanned::new(source.flag(format!("{flag} {text}")), text.clone()))
                .collect()
        };
        if !self.protocols.is_empty() {
            file.protocols = Spanned::new(0..0, texts("--protocol", &self.protocols));
        }
        if !self.faults.is_empty() {
            file.faults = texts("--fault", &self.faults);
        }
        if let Some(rates) = &self.fault_rates {
            let mut rate = |rate: &u8| number(source, "--fault-rate", i64::from(*rate));
            file.fault_rates = rates.iter().map(&mut rate).collect();
        }
        if let Some(delays) = &self.delays {
            let delays = delays.iter().map(|delay| duration(source, "--delay", delay));
            file.delays = delays.collect::<Read<_>>()?;
        }
        if let Some(table) = &self.costs {
            file.costs = written(source, table);
        }
        if let Some(text) = &self.duration {
            file.duration = duration(source, "--duration", text)?;
        }
        let mut put = |flag: &str, value: Option<i64>, field: &mut Spanned<i64>| {
            if let Some(value) = value {
                *field = number(source, flag, value);
            }
        };
        put("--seed", self.seed, &mut file.seed);
        put("--seeds", self.seeds.map(i64::from), &mut file.seeds);
        if self.lenient {
            let recorded = |entry: &&mut Spanned<Entry>| is_recording(entry.get_ref());
            for entry in file.workloads.get_mut().iter_mut().filter(recorded) {
                let span = source.flag("--lenient".to_owned());
                let value = Spanned::new(span.clone(), toml::Value::Boolean(true));
                entry.get_mut().insert(Spanned::new(span, LENIENT.to_owned()), value);
            }
        }
        if let Some(cpus) = self.cpus.map(i64::from) {
            let written = *file.cpus.get_ref();
            file.cpus = number(source, "--cpus", cpus);
            for cpuset in file.cgroups.get_mut().values_mut().filter_map(|cgroup| cgroup.cpuset.as_mut()) {
                let span = cpuset.cpus.span();
                let listed: Vec<i64> = cpuset.cpus.get_ref().iter().map(|cpu| *cpu.get_ref()).collect();
                let share = share(&listed, written, cpus).into_iter();
                *cpuset.cpus.get_mut() = share.map(|cpu| Spanned::new(span.clone(), cpu)).collect();
            }
            file.admins.iter_mut().for_each(|admin| admins_share(admin.get_mut(), written, cpus));
        }
        Ok(())
    }

    /// The scenario's text with the overrides in it; the text itself when there are none.
    pub(super) fn text(&self, source: &Source<'_>) -> Read<String> {
        let mut table: toml::Table = toml::from_str(source.text())
            .map_err(|error| source.at(error.span().unwrap_or_default(), error.message()))?;
        let built_in = self.costs.as_ref().is_some_and(BTreeMap::is_empty);
        let kept = table.contains_key("costs") && built_in;
        if !kept && *self == (Self { costs: self.costs.clone().filter(|_| built_in), ..Self::default() }) {
            return Ok(source.text().to_owned());
        }
        let mut set = |key: &str, value: Option<toml::Value>| {
            if let Some(value) = value {
                table.insert(key.to_owned(), value);
            }
        };
        let texts = |list: &[String]| (!list.is_empty()).then(|| toml::Value::from(list.to_vec()));
        let rates = |rates: &Vec<u8>| rates.iter().map(|rate| i64::from(*rate)).collect::<Vec<_>>().into();
        set("protocols", texts(&self.protocols));
        set("faults", texts(&self.faults));
        set("fault-rates", self.fault_rates.as_ref().map(rates));
        set("delays", self.delays.clone().map(toml::Value::from));
        set("seed", self.seed.map(toml::Value::from));
        set("seeds", self.seeds.map(toml::Value::from));
        set("duration", self.duration.clone().map(toml::Value::from));
        if let Some(costs) = &self.costs {
            table.remove("costs");
            if !costs.is_empty() {
                let costs = toml::Value::try_from(costs).map_err(|error| source.at(0..0, error))?;
                table.insert("costs".to_owned(), costs);
            }
        }
        if self.lenient {
            let entries =
                table.get_mut("workloads").and_then(toml::Value::as_array_mut).into_iter().flatten();
            for entry in entries.filter_map(toml::Value::as_table_mut) {
                if entry.get("shape").and_then(toml::Value::as_str).is_some_and(is_trace) {
                    entry.insert(LENIENT.to_owned(), true.into());
                }
            }
        }
        if let Some(cpus) = self.cpus {
            scale(&mut table, i64::from(cpus));
        }
        toml::to_string(&table).map_err(|error| source.at(0..0, error))
    }
}

/// The field of a workload that `--lenient` sets.
const LENIENT: &str = "trace_lenient";

fn is_trace(shape: &str) -> bool {
    shape.starts_with(workloads::TRACE_PREFIX)
}

fn is_recording(entry: &Entry) -> bool {
    entry.get("shape").and_then(|shape| shape.get_ref().as_str()).is_some_and(is_trace)
}

/// The CPUs that an admin names, in proportion.
fn admins_share(admin: &mut Admin, written: i64, cpus: i64) {
    if let Some(list) = &mut admin.cpus {
        let span = list.span();
        let listed: Vec<i64> = list.get_ref().iter().map(|cpu| *cpu.get_ref()).collect();
        let share = share(&listed, written, cpus).into_iter();
        *list.get_mut() = share.map(|cpu| Spanned::new(span.clone(), cpu)).collect();
    }
    for value in admin.values.iter_mut().flat_map(Spanned::get_mut) {
        if let AdminValue::Cpus(list) = value.get_mut() {
            *list = share(list, written, cpus);
        }
    }
}

/// Puts `cpus` into the text of a scenario, and the cpusets in proportion.
fn scale(table: &mut toml::Table, cpus: i64) {
    let written = table.insert("cpus".to_owned(), cpus.into()).and_then(|value| value.as_integer());
    let Some(written) = written else { return };
    let cgroups = table.get_mut("cgroups").and_then(toml::Value::as_table_mut);
    for (_, cgroup) in cgroups.into_iter().flatten() {
        let list = cgroup.get_mut("cpuset").and_then(|cpuset| cpuset.get_mut("cpus"));
        list.into_iter().for_each(|list| scale_list(list, written, cpus));
    }
    let admins = table.get_mut("admins").and_then(toml::Value::as_array_mut);
    for admin in admins.into_iter().flatten() {
        admin.get_mut("cpus").into_iter().for_each(|list| scale_list(list, written, cpus));
        let values = admin.get_mut("values").and_then(toml::Value::as_array_mut);
        values.into_iter().flatten().for_each(|list| scale_list(list, written, cpus));
    }
}

/// A list of CPUs, in proportion; what is no list stays.
fn scale_list(list: &mut toml::Value, written: i64, cpus: i64) {
    if let toml::Value::Array(list) = list {
        let listed: Vec<i64> = list.iter().filter_map(toml::Value::as_integer).collect();
        *list = share(&listed, written, cpus).into_iter().map(toml::Value::from).collect();
    }
}

/// The same share of `cpus` CPUs as `listed` is of `written`; at least one CPU for each that was listed. What is no CPU
/// at all stays, to be refused.
fn share(listed: &[i64], written: i64, cpus: i64) -> Vec<i64> {
    if written == cpus || listed.iter().any(|cpu| !(0..written).contains(cpu)) {
        return listed.to_vec();
    }
    let part = |cpu: &i64| {
        let low = cpu * cpus / written;
        low..((cpu + 1) * cpus / written).max(low + 1)
    };
    let mut all: Vec<i64> = listed.iter().flat_map(part).collect();
    all.sort_unstable();
    all.dedup();
    all
}

/// The entries of `table`, blamed on the flag.
fn written(source: &mut Source<'_>, table: &costs::Table) -> costs::Written {
    let span = source.flag("--costs".to_owned());
    let name = |name: &String| Spanned::new(span.clone(), name.clone());
    let entry =
        |(known, entry): (&String, &costs::Entry)| (name(known), Spanned::new(span.clone(), entry.clone()));
    table.iter().map(|(group, entries)| (name(group), entries.iter().map(entry).collect())).collect()
}

fn number(source: &mut Source<'_>, flag: &str, value: i64) -> Spanned<i64> {
    Spanned::new(source.flag(format!("{flag} {value}")), value)
}

fn duration(source: &mut Source<'_>, flag: &str, text: &str) -> Read<Spanned<Duration>> {
    let span = source.flag(format!("{flag} {text}"));
    match Duration::parse(text) {
        Ok(duration) => Ok(Spanned::new(span, duration)),
        Err(message) => Err(source.at(span, message)),
    }
}

#[cfg(test)]
mod tests {
    use super::share;

    #[test]
    fn cpusets_keep_their_share_of_the_cpus() {
        assert_eq!(share(&[4, 5, 6, 7], 8, 16), [8, 9, 10, 11, 12, 13, 14, 15]);
        assert_eq!(share(&[4, 5, 6, 7], 8, 2), [1]);
        assert_eq!(share(&[4, 5, 6, 7], 8, 1), [0]);
        assert_eq!(share(&[], 8, 2), [0; 0]);
        assert_eq!(share(&[9], 8, 2), [9], "no CPU of the scenario: refused later, as written");
    }
}
