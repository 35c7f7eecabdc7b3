//! Where in a run a gate finds its figure, and what that is compared with.
//!
//! Apart from the verdict, which is arithmetic: here are all the ways in which there is nothing to judge, each with what
//! the run has instead.
use super::file::{Against, Gate, GateError, nearest};
use crate::aggregate::{Aggregate, AggregateError, Group, Point, PointSum, aggregate};
use crate::figure::{Baseline, Measured};
use crate::schema::{Engine, Run};
use crate::verdict::in_order;

/// With what a run is compared, besides itself.
#[derive(Clone, Copy, Debug)]
pub enum Earlier<'a> {
    /// Nothing.
    Nothing,
    /// Stored figures.
    Figures(&'a Baseline),
    /// Runs made in turn with those that are judged, A B B A, in the order of time; these are the A.
    Paired(&'a [Run]),
}

/// The run that is judged, or several of one side.
#[derive(Debug)]
pub(super) struct Judged<'a> {
    pub(super) runs: &'a [Run],
    pub(super) earlier: Earlier<'a>,
    /// All of them merged.
    pub(super) all: Aggregate,
}

/// One place of a gate: the cells, their figure, and what it is compared with.
pub(super) struct Place<'a> {
    pub(super) group: &'a PointSum,
    pub(super) measured: Measured,
    pub(super) base: Option<Measured>,
    /// The other place of the same run, of gates that have one.
    pub(super) against: Option<&'a PointSum>,
}

impl<'a> Judged<'a> {
    pub(super) fn new(runs: &'a [Run], earlier: Earlier<'a>) -> Result<Self, GateError> {
        let Some(first) = runs.first() else {
            return Err(error("gate", &"there is no run to judge; name a folder that `run` has written"));
        };
        let mut all = merged(first)?;
        for run in &runs[1..] {
            comparable(&figures(first)?, run)?;
            all.merge(merged(run)?);
        }
        match earlier {
            Earlier::Nothing => {}
            Earlier::Figures(baseline) => comparable(baseline, first)?,
            Earlier::Paired(others) => {
                others.iter().try_for_each(|other| comparable(&figures(other)?, first))?;
            }
        }
        Ok(Self { runs, earlier, all })
    }

    pub(super) fn engine(&self) -> Engine {
        self.runs[0].engine
    }

    /// Whether `gate` is about machine time.
    pub(super) fn is_wall(&self, gate: &Gate) -> bool {
        self.engine() != Engine::Sim && gate.key.is_time()
    }

    /// Where the gate finds a figure.
    pub(super) fn places(&self, gate: &Gate) -> Result<Vec<Place<'_>>, GateError> {
        let wrong = |message: String| GateError { place: gate.place.clone(), message };
        if self.is_wall(gate) && !gate.limits.relative() {
            let why = "wall-clock times are the machine's as much as the kernel's, so they are judged only beside others that were measured in turn; use `max-increase` or `max-ratio`, with `against` or --paired";
            return Err(wrong(why.to_owned()));
        }
        if gate.limits.relative() && gate.against.is_none() && matches!(self.earlier, Earlier::Nothing) {
            let why = "it compares with something; add `against = { protocol = \"...\" }` for another place of the same run, or name an earlier one with --baseline";
            return Err(wrong(why.to_owned()));
        }
        let mut found = Vec::new();
        for group in self.all.groups.iter().filter(|group| selects(gate, group)) {
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
        if found.is_empty() { Err(wrong(nothing(gate, &self.all))) } else { Ok(found) }
    }

    fn base(&self, gate: &Gate, group: &PointSum) -> Option<Measured> {
        match self.earlier {
            Earlier::Nothing => None,
            Earlier::Figures(baseline) => {
                baseline.at(&group.protocol, &group.point)?.get(&gate.key).map(Measured::Figure)
            }
            Earlier::Paired(others) => {
                let sums = others.iter().filter_map(|run| aggregate(run).ok());
                let mine = sums.filter_map(|sum| sum.at(&group.protocol, &group.point).cloned());
                let all = mine.reduce(|mut all: Group, next| {
                    all.merge(next);
                    all
                })?;
                gate.key.measure(&all)
            }
        }
    }

    /// The place that `against` means for `group`.
    fn other(&self, gate: &Gate, group: &PointSum, against: &Against) -> Result<&PointSum, GateError> {
        let point = Point {
            fault_rate_percent: against.fault_rate.or(group.point.fault_rate_percent),
            rate_per_s: against.rate.or(group.point.rate_per_s),
            delay_ns: against.delay.or(group.point.delay_ns),
            ..group.point
        };
        let wanted = against.protocol.as_deref().unwrap_or(&group.protocol);
        let found =
            self.all.groups.iter().find(|sum| is_protocol(wanted, &sum.protocol) && sum.point == point);
        found.ok_or_else(|| {
            let axes = self.all.axes.words(&point);
            let names = self.all.protocols.iter().map(|sum| sum.protocol.as_str());
            let message = format!(
                "`against` means {wanted}{}{axes}, which this run has not; protocols: {}",
                if axes.is_empty() { "" } else { ", " },
                nearest(wanted, names)
            );
            GateError { place: gate.place.clone(), message }
        })
    }
}

fn error(place: &str, message: &dyn std::fmt::Display) -> GateError {
    GateError { place: place.to_owned(), message: message.to_string() }
}

fn merged(run: &Run) -> Result<Aggregate, GateError> {
    aggregate(run).map_err(|wrong: AggregateError| error(&format!("run of {}", run.scenario.name), &wrong))
}

fn figures(run: &Run) -> Result<Baseline, GateError> {
    Baseline::of(run).map_err(|wrong| error(&format!("run of {}", run.scenario.name), &wrong))
}

fn comparable(baseline: &Baseline, run: &Run) -> Result<(), GateError> {
    baseline.comparable(&figures(run)?).map_err(|wrong| error("--baseline", &wrong))
}

/// Whether `wanted`, with options or without, means `protocol`.
fn is_protocol(wanted: &str, protocol: &str) -> bool {
    wanted == protocol || protocol.split(':').next() == Some(wanted)
}

pub(super) fn selects(gate: &Gate, sum: &PointSum) -> bool {
    let select = &gate.select;
    select.protocol.as_deref().is_none_or(|name| is_protocol(name, &sum.protocol))
        && select.fault_rate.is_none_or(|rate| sum.point.fault_rate_percent == Some(rate))
        && select.rate.is_none_or(|rate| sum.point.rate_per_s == Some(rate))
        && select.delay.is_none_or(|delay| sum.point.delay_ns == Some(delay))
}

/// Says what the run has instead of what a gate looks for.
fn nothing(gate: &Gate, all: &Aggregate) -> String {
    let start = format!("gate `{}` matches nothing in this run", gate.name);
    if let Some(name) = &gate.select.protocol
        && !all.groups.iter().any(|sum| is_protocol(name, &sum.protocol))
    {
        let protocols = all.protocols.iter().map(|sum| sum.protocol.as_str());
        return format!("{start}: it has no protocol `{name}`; {}", nearest(name, protocols));
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
