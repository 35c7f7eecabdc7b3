//! Changes to a scenario by the command line.
use super::file::File;
use super::source::{Read, Source};
use input::wording::explain;
use model::seam::costs;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ops::Range;
use toml::Spanned;
use toml::de::{DeString, DeTable, DeValue, Deserializer};

/// Changes to a scenario by the command line; each replaces a value of the file.
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
    /// `--costs`: entries that differ from the built-in table. Costs in the file are replaced as well.
    pub costs: Option<costs::Table>,
    /// `--lenient`: recordings are accepted even if much of them cannot be read.
    #[serde(default)]
    pub lenient: bool,
}

impl Overrides {
    /// Returns the scenario's text with the overrides in it; the unchanged text if they change nothing.
    pub(super) fn text<'a>(&self, source: &Source<'a>) -> Read<Cow<'a, str>> {
        let mut table: toml::Table = toml::from_str(source.text())
            .map_err(|error| source.at(error.span().unwrap_or_default(), error.message()))?;
        let built_in = self.costs.as_ref().is_some_and(BTreeMap::is_empty);
        let kept = table.contains_key("costs") && built_in;
        if !kept && *self == (Self { costs: self.costs.clone().filter(|_| built_in), ..Self::default() }) {
            return Ok(Cow::Borrowed(source.text()));
        }
        for (key, _, value) in self.values() {
            table.insert(key.to_owned(), value);
        }
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
        toml::to_string(&table).map(Cow::Owned).map_err(|error| source.at(0..0, error))
    }

    /// Returns the values that flags set: key of the scenario, flag and value.
    fn values(&self) -> impl Iterator<Item = (&'static str, &'static str, toml::Value)> {
        let texts = |list: &[String]| (!list.is_empty()).then(|| toml::Value::from(list.to_vec()));
        let rates = |rates: &Vec<u8>| rates.iter().map(|rate| i64::from(*rate)).collect::<Vec<_>>().into();
        let all = [
            ("protocols", "--protocol", texts(&self.protocols)),
            ("faults", "--fault", texts(&self.faults)),
            ("fault-rates", "--fault-rate", self.fault_rates.as_ref().map(rates)),
            ("delays", "--delay", self.delays.clone().map(toml::Value::from)),
            ("seed", "--seed", self.seed.map(toml::Value::from)),
            ("seeds", "--seeds", self.seeds.map(toml::Value::from)),
            ("duration", "--duration", self.duration.clone().map(toml::Value::from)),
        ];
        all.into_iter().filter_map(|(key, flag, value)| value.map(|value| (key, flag, value)))
    }

    /// Reads `text`, the scenario's text with the overrides in it. An error blames a place in the scenario's text, or a
    /// flag.
    pub(super) fn read(&self, text: &str, source: &mut Source<'_>) -> Read<File> {
        let parse = |text| DeTable::parse(text);
        let wrong = |source: &Source<'_>, error: toml::de::Error| {
            source.at(error.span().unwrap_or_default(), explain(error.message(), &[]))
        };
        let written = parse(source.text()).map_err(|error| wrong(source, error))?;
        let mut table = placed_table(parse(text).map_err(|error| wrong(source, error))?, &written);
        let cpus = self.cpus.map(|cpus| ("cpus", "--cpus", toml::Value::from(cpus)));
        for (key, flag, value) in self.values().chain(cpus) {
            if let Some(given) = table.get_mut().get_mut(key) {
                blame(given, flag, &value, source);
            }
        }
        if let (Some(_), Some(costs)) = (&self.costs, table.get_mut().get_mut("costs")) {
            let span = source.flag("--costs".to_owned());
            *costs = all_at(costs.clone(), &span);
        }
        File::deserialize(Deserializer::from(table)).map_err(|error| wrong(source, error))
    }
}

/// Gives a value the span of its flag; each element of a list gets a span of its own.
fn blame(given: &mut Spanned<DeValue<'_>>, flag: &str, value: &toml::Value, source: &mut Source<'_>) {
    let mut label = |value: &toml::Value| {
        let plain = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        source.flag(format!("{flag} {plain}"))
    };
    match (given.get_mut(), value) {
        (DeValue::Array(list), toml::Value::Array(values)) => {
            for (element, value) in list.iter_mut().zip(values) {
                *element = all_at(element.clone(), &label(value));
            }
        }
        _ => *given = all_at(given.clone(), &label(value)),
    }
}

/// Returns a value with this span everywhere.
fn all_at<'i>(value: Spanned<DeValue<'i>>, span: &Range<usize>) -> Spanned<DeValue<'i>> {
    let value = match value.into_inner() {
        DeValue::Array(list) => DeValue::Array(list.into_iter().map(|value| all_at(value, span)).collect()),
        DeValue::Table(table) => {
            let entry = |(key, value): (Spanned<_>, _)| {
                (Spanned::new(span.clone(), key.into_inner()), all_at(value, span))
            };
            DeValue::Table(table.into_iter().map(entry).collect())
        }
        plain => plain,
    };
    Spanned::new(span.clone(), value)
}

/// Returns a value with the spans of the same places in `written`. Parts that only `new` has get the span of the part
/// around them.
fn placed<'i>(new: Spanned<DeValue<'i>>, written: &Spanned<DeValue<'_>>) -> Spanned<DeValue<'i>> {
    let span = written.span();
    let value = match (new.into_inner(), written.get_ref()) {
        (DeValue::Table(new), DeValue::Table(written)) => DeValue::Table(placed_entries(new, written, &span)),
        (DeValue::Array(new), DeValue::Array(written)) => {
            let place = |(at, value)| match written.get::<usize>(at) {
                Some(written) => placed(value, written),
                None => all_at(value, &span),
            };
            DeValue::Array(new.into_iter().enumerate().map(place).collect())
        }
        (plain, _) => plain,
    };
    Spanned::new(span, value)
}

fn placed_table<'i>(new: Spanned<DeTable<'i>>, written: &Spanned<DeTable<'_>>) -> Spanned<DeTable<'i>> {
    let span = written.span();
    Spanned::new(span.clone(), placed_entries(new.into_inner(), written.get_ref(), &span))
}

fn placed_entries<'i>(new: DeTable<'i>, written: &DeTable<'_>, span: &Range<usize>) -> DeTable<'i> {
    let place = |(key, value): (Spanned<DeString<'i>>, Spanned<DeValue<'i>>)| match written
        .get_key_value(key.get_ref().as_ref())
    {
        Some((old, written)) => (Spanned::new(old.span(), key.into_inner()), placed(value, written)),
        None => (Spanned::new(span.clone(), key.into_inner()), all_at(value, span)),
    };
    new.into_iter().map(place).collect()
}

/// The field of a workload that `--lenient` sets.
const LENIENT: &str = "trace_lenient";

fn is_trace(shape: &str) -> bool {
    shape.starts_with(workloads::TRACE_PREFIX)
}

/// Sets `cpus` in a scenario, and scales its cpusets in proportion.
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

/// Scales a list of CPUs; a value that is not a list is left alone.
fn scale_list(list: &mut toml::Value, written: i64, cpus: i64) {
    if let toml::Value::Array(list) = list {
        let listed: Vec<i64> = list.iter().filter_map(toml::Value::as_integer).collect();
        *list = share(&listed, written, cpus).into_iter().map(toml::Value::from).collect();
    }
}

/// Returns the share of `cpus` CPUs that corresponds to `listed` out of `written`, with at least one CPU for each
/// listed one. Lists with a CPU that does not exist are returned as they are, and refused later.
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
