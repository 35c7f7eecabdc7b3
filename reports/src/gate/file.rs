//! The form of a file of gates, and its reader, which makes [`Gate`]s with their places.
//!
//! Separate from the judgement, because everything here can be decided from the file alone: unknown names, missing
//! conditions, expired waivers. Every error names file, line and column, what is wrong and what would be right.
use crate::axis::Axis;
use crate::change::Limits;
use crate::figure::Key;
use crate::figure::metric::{METRICS, Metric, Statistic, statistic_names};
use crate::outcome::AttachOutcome;
pub use input::mistake::Mistake as GateError;
use input::nearest::nearest;
use input::wording::explain;
use serde::{Deserialize, Serialize};
use std::fmt::Display;
use std::ops::Range;
use toml::Spanned;

/// Class of a gate: the meaning of a breach, and so the exit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Class {
    /// Something is wrong: 1.
    Correctness,
    /// Something is slow: 3.
    Performance,
}

/// Cells of a gate, and the figures of them. An absent field matches anything.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Select {
    /// Protocol with its options; `name:*` is that protocol with any options or none.
    ///
    /// Values: the name as tables show it. Default: any, each judged separately.
    pub protocol: Option<String>,
    /// Fault rate.
    ///
    /// Unit: percent. Values: a number on the axis. Default: any, each judged separately.
    pub fault_rate: Option<u64>,
    /// Attaches per second; 0 is the closed loop.
    ///
    /// Unit: attaches per second. Values: a number on the axis. Default: any, each judged separately.
    pub rate: Option<u64>,
    /// Delay between the switch and attach().
    ///
    /// Unit: ns. Values: a number on the axis. Default: any, each judged separately.
    pub delay: Option<u64>,
    /// Pages that the moved process keeps.
    ///
    /// Unit: pages. Values: a number on the axis. Default: any, each judged separately.
    pub resident_pages: Option<u64>,
    /// Outcome of attaches, for `attach.latency` and `attach.count`.
    ///
    /// Values: an outcome, such as `moved` or `refused`. Default: `moved` for latencies, all for counts.
    pub outcome: Option<String>,
    /// Operation of the workload, for `bystander.latency`.
    ///
    /// Values: an operation as tables show it. Default: all.
    pub op: Option<String>,
    /// Class of locks, for `lock.wait` and `lock.hold`.
    ///
    /// Values: a class such as `mmap_sem`. Default: all.
    pub lock: Option<String>,
    /// Invariant, for `invariant.violated`; `promise` in older files.
    ///
    /// Values: [invariants](#invariants). Default: all.
    #[serde(alias = "promise")]
    pub invariant: Option<String>,
    /// Controller of a counter, for `drift.final`.
    ///
    /// Values: [controllers](#controllers). Default: all.
    pub controller: Option<String>,
}

impl Select {
    /// Returns the value that is meant on `axis`, which may be the absence of one; `None` where any value matches.
    pub(super) fn meant(&self, axis: Axis) -> Option<Option<u64>> {
        let written = match axis {
            Axis::FaultRate => self.fault_rate,
            Axis::Rate => self.rate,
            Axis::Delay => self.delay,
            Axis::ResidentPages => self.resident_pages,
        }?;
        // The closed loop has no rate.
        Some((written > 0 || axis != Axis::Rate).then_some(written))
    }

    /// Returns the details that are named, each with its key.
    fn details(&self) -> impl Iterator<Item = (&'static str, &String)> {
        let all = [
            ("outcome", &self.outcome),
            ("op", &self.op),
            ("lock", &self.lock),
            ("invariant", &self.invariant),
            ("controller", &self.controller),
        ];
        all.into_iter().filter_map(|(key, name)| Some((key, name.as_ref()?)))
    }
}

/// One gate.
#[derive(Clone, Debug)]
pub struct Gate {
    /// Name of the gate.
    pub name: String,
    /// Cells and detail that the gate judges.
    pub select: Select,
    /// Figure that the gate is about.
    pub key: Key,
    /// The other place of the same run that it compares with, if not with a baseline. An absent field is as in the
    /// place that is judged.
    pub against: Option<Select>,
    /// Limits that the gate demands.
    pub limits: Limits,
    /// Class of a breach.
    pub class: Class,
    /// Reason for which a breach is let through for now.
    pub waived: Option<String>,
    pub(super) place: String,
}

/// A file of gates.
#[derive(Clone, Debug)]
pub struct Gates {
    /// Gates, in the order of the file.
    pub gates: Vec<Gate>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawFile {
    /// Gates; at least one.
    ///
    /// Default: none, which is an error.
    #[serde(default)]
    gate: Vec<Spanned<RawGate>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct RawGate {
    /// Name of the gate, which its result repeats.
    ///
    /// Values: a text of one line.
    name: Spanned<String>,
    /// Cells that the gate judges. Each place on the axes is judged separately, over all its seeds.
    ///
    /// Default: all cells.
    select: Option<Spanned<Select>>,
    /// Other place of the same run, with which the figure is compared.
    ///
    /// Values: the keys of `select` that name a protocol or a position; an absent one is as in the place that is judged. Default: the place of the same name in `--baseline` or in the other runs.
    against: Option<Spanned<Select>>,
    /// Figure that the gate is about.
    ///
    /// Values: [metrics](#metrics).
    metric: Spanned<String>,
    /// Statistic of the figure.
    ///
    /// Values: those of the [metric](#metrics). Default: the only one of the metric, or `count`; required for times.
    statistic: Option<Spanned<String>>,
    /// Value that the figure must equal.
    ///
    /// Unit: that of the metric. Values: from 0. Default: not demanded.
    equals: Option<u64>,
    /// Least value that passes.
    ///
    /// Unit: that of the metric. Values: from 0. Default: not demanded.
    min: Option<u64>,
    /// Largest value that passes.
    ///
    /// Unit: that of the metric. Values: from 0. Default: not demanded.
    max: Option<u64>,
    /// Value above which the gate passes with a warning.
    ///
    /// Unit: that of the metric. Values: from 0. Default: no warning.
    warn: Option<u64>,
    /// Largest increase over the figure that it is compared with.
    ///
    /// Unit: percent. Values: from 0. Default: not demanded.
    max_increase: Option<u64>,
    /// Largest ratio to the figure that it is compared with.
    ///
    /// Unit: none. Values: from 0.001 on, such as 1.25. Default: not demanded.
    max_ratio: Option<Spanned<f64>>,
    /// Largest change from the figure that it is compared with, in either direction; 0 means exactly the same.
    ///
    /// Unit: percent. Values: from 0. Default: not demanded.
    change: Option<u64>,
    /// Difference up to which `max-increase`, `max-ratio` and `change` pass.
    ///
    /// Unit: that of the metric. Values: from 0. Default: `0`.
    floor: Option<Spanned<u64>>,
    /// Meaning of a breach, and so the exit code: 1 for `correctness`, 3 for `performance`.
    ///
    /// Values: `correctness`, `performance`.
    class: Class,
    /// Waiver: a breach is reported and lets the gate pass until a date.
    ///
    /// Default: none.
    waive: Option<RawWaive>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawWaive {
    /// Last day of the waiver; a file with a waiver that has ended is an error.
    ///
    /// Values: a date such as 2027-01-31.
    until: Spanned<String>,
    /// Reason for the waiver.
    ///
    /// Values: a text that is not empty.
    reason: Spanned<String>,
}

struct Source<'a> {
    file: &'a str,
    text: &'a str,
}

impl Source<'_> {
    fn at(&self, span: &Range<usize>, message: impl Display) -> GateError {
        GateError::at(self.file, self.text, span.clone(), message)
    }
}

impl Gates {
    /// Reads `text` of `file`; `today` is a date such as `2026-12-31`, against which the ends of waivers are checked.
    ///
    /// # Errors
    /// [`GateError`] names the place.
    pub fn parse(file: &str, text: &str, today: &str) -> Result<Self, GateError> {
        let source = Source { file, text };
        let raw: RawFile = toml::from_str(text)
            .map_err(|error| source.at(&error.span().unwrap_or(0..0), explain(error.message(), &[])))?;
        let gates: Vec<Gate> =
            raw.gate.into_iter().map(|gate| read(&source, gate, today)).collect::<Result<_, _>>()?;
        if gates.is_empty() {
            return Err(source.at(&(0..0), "there is no gate in it; add one, with [[gate]]"));
        }
        Ok(Self { gates })
    }
}

fn read(source: &Source<'_>, gate: Spanned<RawGate>, today: &str) -> Result<Gate, GateError> {
    let gate = gate.into_inner();
    input::text::check_name(gate.name.get_ref()).map_err(|error| source.at(&gate.name.span(), error))?;
    let span = gate.select.as_ref().map_or(gate.name.span(), Spanned::span);
    let select = gate.select.as_ref().map(|select| select.get_ref().clone()).unwrap_or_default();
    let (metric, statistic) = figure(source, &gate)?;
    let detail = detail(&select, metric).map_err(|what| source.at(&span, what))?;
    let limits = limits(source, &gate)?;
    let waived = gate.waive.map(|waive| waiver(source, &waive, today)).transpose()?;
    let (place, key) = (source.at(&gate.name.span(), "").place, Key { metric, detail, statistic });
    let (name, against, class) =
        (gate.name.into_inner(), gate.against.map(|other| against(source, other)).transpose()?, gate.class);
    Ok(Gate { name, select, key, against, limits, class, waived, place })
}

fn figure(source: &Source<'_>, gate: &RawGate) -> Result<(Metric, Statistic), GateError> {
    let (name, span) = (gate.metric.get_ref(), gate.metric.span());
    let metric = Metric::parse(name);
    let metric = metric.ok_or_else(|| {
        let known = nearest(name, METRICS.iter().map(|(name, _)| *name));
        source.at(&span, format!("unknown metric `{name}`; {known}"))
    })?;
    let statistic = match &gate.statistic {
        Some(wanted) => Statistic::of(metric, wanted.get_ref()).ok_or_else(|| {
            let known = nearest(wanted.get_ref(), statistic_names(metric));
            source.at(&wanted.span(), format!("{name} has no statistic `{}`; {known}", wanted.get_ref()))
        })?,
        None => metric.default_statistic().ok_or_else(|| {
            let known: Vec<_> = statistic_names(metric).collect();
            source.at(&span, format!("missing `statistic`; add one of {}", known.join(", ")))
        })?,
    };
    Ok((metric, statistic))
}

/// Returns the one name in `select` that selects a detail of `metric`. Any other name is an error, since it would have
/// no effect.
fn detail(select: &Select, metric: Metric) -> Result<Option<String>, String> {
    if let Some((name, _)) = select.details().find(|(name, _)| metric.detail() != Some(name)) {
        let known = metric.detail().map_or_else(String::new, |detail| format!("; it has `{detail}`"));
        return Err(format!("`{name}` says nothing about {}{known}", metric.name()));
    }
    let moved = (metric == Metric::AttachLatency).then(|| AttachOutcome::Moved.name().to_owned());
    Ok(select.details().next().map(|(_, name)| name.clone()).or(moved))
}

/// Returns the other place; the figure there is the same one, so it names no detail.
fn against(source: &Source<'_>, against: Spanned<Select>) -> Result<Select, GateError> {
    let span = against.span();
    let against = against.into_inner();
    if let Some((name, _)) = against.details().next() {
        let what = format!("`{name}` is the same on both sides; write it in `select` and not in `against`");
        return Err(source.at(&span, what));
    }
    Ok(against)
}

fn limits(source: &Source<'_>, gate: &RawGate) -> Result<Limits, GateError> {
    let name = gate.name.span();
    let ratio = |ratio: &Spanned<f64>| {
        let thousandths = (ratio.get_ref() * 1_000.0).round();
        let fits = (1.0..=1e9).contains(&thousandths);
        let wrong = || source.at(&ratio.span(), "`max-ratio` is a number from 0.001 on, such as 1.25");
        if fits { Ok(thousandths as u64) } else { Err(wrong()) }
    };
    let limits = Limits {
        equals: gate.equals,
        min: gate.min,
        max: gate.max,
        warn: gate.warn,
        max_increase: gate.max_increase,
        max_ratio: gate.max_ratio.as_ref().map(ratio).transpose()?,
        change: gate.change,
        floor: gate.floor.as_ref().map_or(0, |floor| *floor.get_ref()),
    };
    let relative = limits.relative();
    if [limits.equals, limits.min, limits.max].iter().all(Option::is_none) && !relative {
        let what = "it demands nothing that could fail; add `equals`, `min`, `max`, `max-increase`, `max-ratio` or `change`";
        return Err(source.at(&name, what));
    }
    let relatives = "add `max-increase`, `max-ratio` or `change`, or take it away";
    if let Some(floor) = gate.floor.as_ref().filter(|_| !relative) {
        return Err(source.at(&floor.span(), format!("`floor` is about differences; {relatives}")));
    }
    if gate.against.is_some() && !relative {
        return Err(source.at(&name, format!("`against` is what a figure is compared with; {relatives}")));
    }
    Ok(limits)
}

/// Returns the words of a waiver that has not expired.
fn waiver(source: &Source<'_>, waive: &RawWaive, today: &str) -> Result<String, GateError> {
    let until = waive.until.get_ref();
    let shape: String = until.chars().map(|c| if c.is_ascii_digit() { '0' } else { c }).collect();
    let part = |from: usize, most: u32| {
        until.get(from..from + 2).and_then(|n| n.parse().ok()).is_some_and(|n| (1..=most).contains(&n))
    };
    if shape != "0000-00-00" || !part(5, 12) || !part(8, 31) {
        let what = format!("`{until}` is not a date; write it as in \"2026-12-31\"");
        return Err(source.at(&waive.until.span(), what));
    }
    if until.as_str() < today {
        let what = format!("this waiver ended on {until}; fix what it waives, or remove the gate");
        return Err(source.at(&waive.until.span(), what));
    }
    if waive.reason.get_ref().trim().is_empty() {
        return Err(source.at(&waive.reason.span(), "a waiver needs a reason; write one"));
    }
    Ok(format!("until {until}: {}", waive.reason.get_ref()))
}
