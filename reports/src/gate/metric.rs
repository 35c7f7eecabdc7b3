//! Which figures gates can be about, and how each is taken from merged cells.
//!
//! Apart, because it is the one table that has to grow with the schema. Integers only.
use super::file::Select;
use crate::aggregate::{Group, TimeSum};
use crate::percentile::{LEVELS, Samples};
use crate::schema::LatencyKind;

/// A kind of figure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Metric {
    /// Latency of attaches in ns, from their real start.
    AttachLatency,
    /// Attaches.
    AttachCount,
    /// Latency of the workload's operations in ns.
    BystanderLatency,
    /// Waits for locks in ns.
    LockWait,
    /// Holds of locks in ns.
    LockHold,
    /// Drift that stays, beyond what is tolerated.
    DriftFinal,
    /// Broken promises.
    PromiseBroken,
    /// Fired faults.
    FaultFired,
}

/// Names in a file of gates.
pub(super) const METRICS: [(&str, Metric); 8] = [
    ("attach.latency", Metric::AttachLatency),
    ("attach.count", Metric::AttachCount),
    ("bystander.latency", Metric::BystanderLatency),
    ("lock.wait", Metric::LockWait),
    ("lock.hold", Metric::LockHold),
    ("drift.final", Metric::DriftFinal),
    ("promise.broken", Metric::PromiseBroken),
    ("fault.fired", Metric::FaultFired),
];

/// Which figure of many.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Statistic {
    /// Place in [`LEVELS`].
    Level(usize),
    /// The largest.
    Max,
    /// The smallest: of `fault.fired` that of any rule.
    Min,
    /// The mean, rounded down.
    Mean,
    /// How many.
    Count,
    /// The sum in ns.
    Total,
}

/// What was measured for one gate in one place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Measured {
    /// The figure in ns, or the count.
    Figure(u64),
    /// So many samples, too few for the percentile, which needs so many.
    TooFew(u64, u64),
}

const TIMES: [&str; 4] = ["max", "mean", "count", "total"];

/// Outcomes of attaches that are counted, also where there was none.
const OUTCOMES: [&str; 5] = ["moved", "noop", "refused", "partial", "gone"];

/// Names of what `metric` has.
pub(super) fn statistic_names(metric: Metric) -> impl Iterator<Item = &'static str> {
    let levels = matches!(metric, Metric::AttachLatency | Metric::BystanderLatency);
    let rest: &[&str] = match metric {
        Metric::AttachLatency | Metric::BystanderLatency | Metric::LockWait | Metric::LockHold => &TIMES,
        Metric::AttachCount | Metric::PromiseBroken => &["count"],
        Metric::DriftFinal => &["max"],
        Metric::FaultFired => &["count", "min"],
    };
    LEVELS.iter().filter(move |_| levels).map(|level| level.name).chain(rest.iter().copied())
}

impl Statistic {
    pub(super) fn of(metric: Metric, name: &str) -> Option<Self> {
        let name = statistic_names(metric).find(|known| *known == name)?;
        Some(match name {
            "max" => Self::Max,
            "min" => Self::Min,
            "mean" => Self::Mean,
            "count" => Self::Count,
            "total" => Self::Total,
            level => Self::Level(LEVELS.iter().position(|known| known.name == level)?),
        })
    }

    /// Its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Level(n) => LEVELS[n].name,
            Self::Max => "max",
            Self::Min => "min",
            Self::Mean => "mean",
            Self::Count => "count",
            Self::Total => "total",
        }
    }
}

impl Metric {
    /// Its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        METRICS.iter().find(|(_, metric)| *metric == self).map_or("", |(name, _)| name)
    }

    /// The statistic of a metric that is a count.
    pub(super) fn default_statistic(self) -> Option<Statistic> {
        match self {
            Self::AttachCount | Self::PromiseBroken | Self::FaultFired => Some(Statistic::Count),
            Self::DriftFinal => Some(Statistic::Max),
            _ => None,
        }
    }

    /// Whether `statistic` of it is a time and not a count.
    #[must_use]
    pub fn is_time(self, statistic: Statistic) -> bool {
        let times = [Self::AttachLatency, Self::BystanderLatency, Self::LockWait, Self::LockHold];
        times.contains(&self) && statistic != Statistic::Count
    }

    /// The figure of `group`; `None` where there is nothing that `select` means.
    pub(super) fn measure(self, statistic: Statistic, select: &Select, group: &Group) -> Option<Measured> {
        let is = |wanted: &Option<String>, found: &str| wanted.as_deref().is_none_or(|w| w == found);
        match self {
            Self::AttachLatency => {
                let outcome = select.outcome.as_deref().unwrap_or("moved");
                of_samples(group.latency(outcome, LatencyKind::Raw)?, statistic)
            }
            Self::BystanderLatency => {
                let mut all = group.bystanders.iter().filter(|b| is(&select.op, &b.op));
                let mut samples = all.next()?.samples.clone();
                all.for_each(|more| samples.merge(more.samples.clone()));
                of_samples(&samples, statistic)
            }
            Self::AttachCount => {
                let counted = group.outcomes.iter().filter(|(name, _)| is(&select.outcome, name));
                let none = select.outcome.as_deref().filter(|name| OUTCOMES.contains(name)).map(|_| 0);
                figure(counted.map(|(_, n)| *n).reduce(u64::saturating_add).or(none))
            }
            Self::LockWait | Self::LockHold => {
                let of = |lock: &crate::aggregate::LockSum| {
                    if self == Self::LockWait { lock.wait } else { lock.hold }
                };
                let locks = group.locks.iter().filter(|lock| is(&select.lock, &lock.class)).map(of);
                of_times(
                    locks.reduce(|mut sum, next| {
                        sum.merge(next);
                        sum
                    })?,
                    statistic,
                )
            }
            Self::DriftFinal => {
                let drifts = group.drift.iter().filter(|drift| is(&select.controller, &drift.controller));
                figure(drifts.map(crate::aggregate::DriftSum::beyond).max())
            }
            Self::PromiseBroken => {
                let kept = group.promises.iter().filter(|promise| is(&select.promise, &promise.name));
                figure(kept.map(|promise| promise.broken).reduce(u64::saturating_add))
            }
            Self::FaultFired => {
                let fired = group.rules.iter().map(|rule| rule.fired);
                figure(if statistic == Statistic::Min {
                    fired.min()
                } else {
                    fired.reduce(u64::saturating_add)
                })
            }
        }
    }
}

fn figure(value: Option<u64>) -> Option<Measured> {
    value.map(Measured::Figure)
}

fn of_samples(samples: &Samples, statistic: Statistic) -> Option<Measured> {
    match statistic {
        Statistic::Level(n) => {
            let too_few = Measured::TooFew(samples.n(), LEVELS[n].needs);
            Some(samples.quantile(LEVELS[n].q).map_or(too_few, Measured::Figure))
        }
        Statistic::Count => figure(Some(samples.n())),
        _ if samples.n() == 0 => Some(Measured::TooFew(0, 1)),
        Statistic::Max => figure(samples.max()),
        Statistic::Min => figure(samples.min()),
        Statistic::Mean => figure(samples.mean()),
        Statistic::Total => figure(Some(samples.total())),
    }
}

fn of_times(times: TimeSum, statistic: Statistic) -> Option<Measured> {
    match statistic {
        Statistic::Level(_) => None,
        Statistic::Min => figure(Some(times.min_ns)),
        Statistic::Max => figure(Some(times.max_ns)),
        Statistic::Mean => figure(Some(times.avg_ns())),
        Statistic::Count => figure(Some(times.count)),
        Statistic::Total => figure(Some(times.total_ns)),
    }
}
