//! The places in a run at which a gate finds its figure, and what that figure is compared with.
//!
//! Separate from the verdict, which is arithmetic. This file has all the cases in which there is nothing to judge, each
//! with what the run has instead.
use super::file::{Gate, GateError, Select};
use super::report::Doubt;
use crate::aggregate::{Aggregate, AggregateError, PointSum, aggregate};
use crate::axis::{Axis, Point};
use crate::change::paired::STORED;
use crate::coverage::{Coverage, Share, doubt};
use crate::figure::pairs::{Paired, across, within};
use crate::figure::{Baseline, Measured};
use crate::schema::{Engine, Run};
use crate::units::list;
use crate::verdict::in_order;
use input::nearest::nearest;
use std::collections::BTreeSet;

/// Other results that a run is compared with.
#[derive(Clone, Copy, Debug)]
pub enum Earlier<'a> {
    /// No other result.
    Nothing,
    /// Stored figures.
    Figures(&'a Baseline),
    /// Runs made in turn with the judged runs, A B B A, in the order of time; these are the A.
    Paired(&'a [Run]),
}

/// The run that is judged, or several of one side.
#[derive(Debug)]
pub(super) struct Judged<'a> {
    pub(super) runs: &'a [Run],
    pub(super) earlier: Earlier<'a>,
    /// The judged runs, merged.
    pub(super) all: Aggregate,
    /// The runs that the judged runs were made in turn with, merged.
    base: Option<Aggregate>,
    /// Coverage of each judged run.
    coverages: Vec<Coverage>,
    /// Each judged run, merged on its own.
    pub(super) merged: Vec<Aggregate>,
    /// Each run that the judged runs were made in turn with, merged on its own.
    pub(super) others: Vec<Aggregate>,
}

/// One place of a gate: the cells, their figure, and the value that the figure is compared with.
pub(super) struct Place<'a> {
    pub(super) group: &'a PointSum,
    pub(super) measured: Measured,
    pub(super) base: Option<Measured>,
    /// The other place of the same run, for gates that have one.
    pub(super) against: Option<&'a PointSum>,
}

impl<'a> Judged<'a> {
    pub(super) fn new(runs: &'a [Run], earlier: Earlier<'a>) -> Result<Self, GateError> {
        let Some(first) = runs.first() else {
            return Err(GateError::of(
                "gate",
                "there is no run to judge; name a folder that `run` has written",
            ));
        };
        let own = figures(first)?;
        runs[1..].iter().try_for_each(|run| comparable(&own, run))?;
        let merged: Vec<Aggregate> = runs.iter().map(merged).collect::<Result<_, _>>()?;
        let mut others = Vec::new();
        match earlier {
            Earlier::Nothing => {}
            Earlier::Figures(baseline) => comparable(baseline, first)?,
            Earlier::Paired(paired) => {
                paired.iter().try_for_each(|run| comparable(&own, run))?;
                others = paired.iter().map(self::merged).collect::<Result<_, _>>()?;
            }
        }
        let all = sum(&merged);
        let base = Some(sum(&others)).filter(|_| !others.is_empty());
        let coverages = runs.iter().map(Coverage::of).collect();
        Ok(Self { runs, earlier, all, base, coverages, merged, others })
    }

    /// Returns the reason why nothing can pass, if there is one.
    pub(super) fn doubt(&self) -> Option<Doubt> {
        let paired = if let Earlier::Paired(runs) = self.earlier { runs } else { &[] };
        let runs = || self.runs.iter().chain(paired);
        let stored = if let Earlier::Figures(baseline) = self.earlier { &baseline.missing[..] } else { &[] };
        let missing = !stored.is_empty() || runs().any(|run| !Coverage::of(run).missing.is_empty());
        let stored = (!stored.is_empty())
            .then(|| format!("not all of the run of the baseline is there: {}", list(stored)));
        let why = runs().find_map(doubt).or(stored)?;
        Some(Doubt { why, missing })
    }

    /// Returns the seeds of a place, over all runs.
    pub(super) fn share(&self, sum: &PointSum) -> Share {
        let planned: u64 = self.coverages.iter().map(|one| one.at(&sum.subject, &sum.point).planned).sum();
        Share { have: sum.sum.cells, planned: planned.max(sum.sum.cells) }
    }

    pub(super) fn engine(&self) -> Engine {
        self.runs[0].engine
    }

    /// Reports whether `gate` is about machine time.
    pub(super) fn is_wall(&self, gate: &Gate) -> bool {
        self.engine() != Engine::Sim && gate.key.is_time()
    }

    /// Returns the places at which the gate finds a figure.
    pub(super) fn places(&self, gate: &Gate) -> Result<Vec<Place<'_>>, GateError> {
        let wrong = |message: String| GateError::of(&gate.place, message);
        if self.is_wall(gate) && !gate.limits.relative() {
            let why = "wall-clock times are the machine's as much as the kernel's, so they are judged only together with others that were measured in turn; use `max-increase` or `max-ratio`, with `against` or --paired";
            return Err(wrong(why.to_owned()));
        }
        if gate.limits.relative() && gate.against.is_none() && matches!(self.earlier, Earlier::Nothing) {
            let why = "it compares with something; add `against = { protocol = \"...\" }` for another place of the same run, or name an earlier one with --baseline";
            return Err(wrong(why.to_owned()));
        }
        let mut found = Vec::new();
        for group in self.all.groups.iter().filter(|group| selects(gate, group.subject.label(), &group.point))
        {
            let Some(measured) = gate.key.measure(&group.sum) else { continue };
            let against =
                gate.against.as_ref().map(|against| self.other(gate, group, against)).transpose()?;
            if against.is_some_and(|other| std::ptr::eq(other, group)) {
                continue;
            }
            let base = match against {
                Some(other) => gate.key.measure(&other.sum),
                None => self.base(gate, group),
            };
            found.push(Place { group, measured, base, against });
        }
        let none = found.is_empty() && self.absent(gate).is_empty();
        if none { Err(wrong(nothing(gate, &self.all))) } else { Ok(found) }
    }

    /// Returns the pairs of machine times of a place, or the reason why there are none.
    pub(super) fn pairs(&self, gate: &Gate, place: &Place<'_>) -> Result<Paired, GateError> {
        let spot = (place.group.subject.label(), &place.group.point);
        match (place.against, self.earlier) {
            (Some(other), _) => within(&self.runs[0], (other.subject.label(), &other.point), spot, &gate.key)
                .map_err(|wrong| GateError::of(&gate.place, wrong)),
            (None, Earlier::Paired(_)) => Ok(across(&self.others, &self.merged, spot, &gate.key)),
            _ => Ok(Err(STORED.to_owned())),
        }
    }

    /// Returns the places that the plan or the baseline has for the gate and the run does not have.
    pub(super) fn absent(&self, gate: &Gate) -> BTreeSet<String> {
        let stored = if let Earlier::Figures(baseline) = self.earlier { &baseline.places[..] } else { &[] };
        let stored = stored.iter().filter(|place| place.get(&gate.key).is_some());
        let stored = stored.map(|place| (place.protocol.as_str(), place.point));
        let planned = self.coverages.iter().flat_map(|one| one.places.keys());
        let planned = planned.map(|(subject, point)| (subject.label(), *point));
        let here = |(protocol, point): &(&str, Point)| {
            selects(gate, protocol, point) && self.all.at(protocol, point).is_none()
        };
        let title = |(protocol, point): (&str, Point)| {
            let axes = self.all.axes.words(&point);
            format!("{protocol}{}{axes}", if axes.is_empty() { "" } else { ", " })
        };
        stored.chain(planned).filter(here).map(title).collect()
    }

    fn base(&self, gate: &Gate, group: &PointSum) -> Option<Measured> {
        match self.earlier {
            Earlier::Nothing => None,
            Earlier::Figures(baseline) => {
                baseline.at(group.subject.label(), &group.point)?.get(&gate.key).map(Measured::Figure)
            }
            Earlier::Paired(_) => {
                gate.key.measure(self.base.as_ref()?.at(group.subject.label(), &group.point)?)
            }
        }
    }

    /// Returns the place that `against` means for `group`.
    fn other(&self, gate: &Gate, group: &PointSum, against: &Select) -> Result<&PointSum, GateError> {
        let meant = |point: Point, axis| against.meant(axis).map_or(point, |value| point.with(axis, value));
        let point = Axis::ALL.into_iter().fold(group.point, meant);
        let wanted = against.protocol.as_deref().unwrap_or(group.subject.label());
        let found =
            self.all.groups.iter().find(|sum| is_protocol(wanted, sum.subject.label()) && sum.point == point);
        found.ok_or_else(|| {
            let axes = self.all.axes.words(&point);
            let names = self.all.protocols.iter().map(|sum| sum.subject.label());
            let message = format!(
                "`against` means {wanted}{}{axes}, which this run does not have; protocols: {}",
                if axes.is_empty() { "" } else { ", " },
                nearest(wanted, names)
            );
            GateError::of(&gate.place, message)
        })
    }
}

fn merged(run: &Run) -> Result<Aggregate, GateError> {
    aggregate(run)
        .map_err(|wrong: AggregateError| GateError::of(format!("run of {}", run.scenario.name), wrong))
}

fn sum(runs: &[Aggregate]) -> Aggregate {
    let mut all = Aggregate::default();
    runs.iter().cloned().for_each(|run| all.merge(run));
    all
}

fn figures(run: &Run) -> Result<Baseline, GateError> {
    Baseline::of(run).map_err(|wrong| GateError::of(format!("run of {}", run.scenario.name), wrong))
}

fn comparable(baseline: &Baseline, run: &Run) -> Result<(), GateError> {
    baseline.comparable(&figures(run)?).map_err(|wrong| GateError::of("--baseline", wrong))
}

/// Reports whether `wanted` means `protocol`: that name exactly, or with `:*` behind it also with any options.
fn is_protocol(wanted: &str, protocol: &str) -> bool {
    match wanted.strip_suffix(":*") {
        Some(family) => {
            protocol.strip_prefix(family).is_some_and(|rest| rest.is_empty() || rest.starts_with(':'))
        }
        None => wanted == protocol,
    }
}

pub(super) fn selects(gate: &Gate, protocol: &str, point: &Point) -> bool {
    let select = &gate.select;
    select.protocol.as_deref().is_none_or(|name| is_protocol(name, protocol))
        && Axis::ALL.into_iter().all(|axis| select.meant(axis).is_none_or(|value| point.get(axis) == value))
}

/// Names the places that the run has instead of those that a gate looks for.
fn nothing(gate: &Gate, all: &Aggregate) -> String {
    let start = format!("gate `{}` matches nothing in this run", gate.name);
    if let Some(name) = &gate.select.protocol
        && !all.groups.iter().any(|sum| is_protocol(name, sum.subject.label()))
    {
        let protocols = all.protocols.iter().map(|sum| sum.subject.label());
        let family = format!("{name}:*");
        let options = protocols.clone().any(|protocol| is_protocol(&family, protocol));
        let hint =
            if options { format!("; write `{family}` for it with any options") } else { String::new() };
        return format!("{start}: it has no protocol `{name}`{hint}; {}", nearest(name, protocols));
    }
    if let (Some(wanted), Some(kind)) = (&gate.key.detail, gate.key.metric.detail()) {
        let names = all.protocols.iter().flat_map(|sum| gate.key.metric.details(&sum.sum));
        let names = in_order(names);
        if !names.contains(&wanted.as_str()) {
            return format!("{start}: it has no {kind} `{wanted}`; {}", nearest(wanted, names.into_iter()));
        }
    }
    let points: Vec<String> = all.points.iter().map(|point| all.axes.words(point)).collect();
    format!("{start}; it has the points: {}; change `select`", points.join("; "))
}
