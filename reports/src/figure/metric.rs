//! The figures that there are, and how each is taken from merged cells.
//!
//! Separate, because it is the one table that has to grow with the schema. All figures are integers.
use crate::aggregate::{Group, LockSum, TimeSum};
use crate::outcome::AttachOutcome;
use crate::percentile::{LEVELS, Samples};
use crate::schema::LatencyKind;
use crate::units::grouped;
use crate::verdict::in_order;
use std::fmt;

/// A kind of figure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Metric {
    /// Latency of attaches in ns, from their real start.
    AttachLatency,
    /// Number of attaches.
    AttachCount,
    /// Latency of the workload's operations in ns.
    BystanderLatency,
    /// Waits for locks in ns.
    LockWait,
    /// Holds of locks in ns.
    LockHold,
    /// Drift that stays, beyond the tolerance.
    DriftFinal,
    /// Violated invariants.
    InvariantViolated,
    /// Fired faults.
    FaultFired,
}

/// Names in a file of gates.
pub const METRICS: [(&str, Metric); 8] = [
    ("attach.latency", Metric::AttachLatency),
    ("attach.count", Metric::AttachCount),
    ("bystander.latency", Metric::BystanderLatency),
    ("lock.wait", Metric::LockWait),
    ("lock.hold", Metric::LockHold),
    ("drift.final", Metric::DriftFinal),
    ("invariant.violated", Metric::InvariantViolated),
    ("fault.fired", Metric::FaultFired),
];

/// Statistic of a metric.
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
    /// Number of samples.
    Count,
    /// The sum in ns.
    Total,
}

/// Direction of a change for the worse.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Worse {
    /// A larger figure, as of a latency.
    More,
    /// A smaller one, as of attaches that moved.
    Less,
    /// Neither: it is other work, such as more refusals.
    Neither,
}

/// A figure, or the reason why there is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Measured {
    /// The figure in ns, or the count.
    Figure(u64),
    /// Not enough samples for the percentile: (have, need).
    TooFew(u64, u64),
}

impl Measured {
    /// Returns the figure, if there is one.
    #[must_use]
    pub fn value(self) -> Option<u64> {
        if let Self::Figure(value) = self { Some(value) } else { None }
    }
}

/// Writes the figure, or the samples that it lacks and the way to get them.
impl fmt::Display for Measured {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Figure(value) => write!(f, "{value}"),
            Self::TooFew(have, needs) => {
                let (have, needs) = (grouped(*have), grouped(*needs));
                write!(f, "{have} samples, {needs} are needed; run longer or with more seeds")
            }
        }
    }
}

const TIMES: [&str; 4] = ["max", "mean", "count", "total"];

/// Returns the names of the statistics of `metric`.
pub fn statistic_names(metric: Metric) -> impl Iterator<Item = &'static str> {
    let levels = matches!(metric, Metric::AttachLatency | Metric::BystanderLatency);
    let rest: &[&str] = match metric {
        Metric::AttachLatency | Metric::BystanderLatency | Metric::LockWait | Metric::LockHold => &TIMES,
        Metric::AttachCount | Metric::InvariantViolated => &["count"],
        Metric::DriftFinal => &["max"],
        Metric::FaultFired => &["count", "min"],
    };
    LEVELS.iter().filter(move |_| levels).map(|level| level.name).chain(rest.iter().copied())
}

impl Statistic {
    pub(crate) fn of(metric: Metric, name: &str) -> Option<Self> {
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

    /// Returns the name.
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
    /// Returns the metric of that name; `promise.broken` is what older files call `invariant.violated`.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        let name = if name == "promise.broken" { "invariant.violated" } else { name };
        METRICS.iter().find(|(known, _)| *known == name).map(|(_, metric)| *metric)
    }

    /// Returns the name.
    #[must_use]
    pub fn name(self) -> &'static str {
        METRICS.iter().find(|(_, metric)| *metric == self).map_or("", |(name, _)| name)
    }

    /// Returns the statistic of a metric that is a count.
    pub(crate) fn default_statistic(self) -> Option<Statistic> {
        match self {
            Self::AttachCount | Self::InvariantViolated | Self::FaultFired => Some(Statistic::Count),
            Self::DriftFinal => Some(Statistic::Max),
            _ => None,
        }
    }

    /// Reports whether `statistic` of it is a time and not a count.
    #[must_use]
    pub fn is_time(self, statistic: Statistic) -> bool {
        let times = [Self::AttachLatency, Self::BystanderLatency, Self::LockWait, Self::LockHold];
        times.contains(&self) && statistic != Statistic::Count
    }

    /// Returns the direction in which this metric gets worse.
    #[must_use]
    pub fn worse(self, statistic: Statistic, detail: Option<&str>) -> Worse {
        match (self, statistic) {
            (Self::DriftFinal | Self::InvariantViolated, _) => Worse::More,
            (Self::AttachCount, _) if detail == Some(AttachOutcome::Moved.name()) => Worse::Less,
            (Self::BystanderLatency, Statistic::Count) => Worse::Less,
            (Self::AttachCount | Self::FaultFired, _) | (_, Statistic::Count | Statistic::Total) => {
                Worse::Neither
            }
            _ => Worse::More,
        }
    }

    /// Reports whether the metric shows that something is wrong, and not that it is slow.
    #[must_use]
    pub fn is_correctness(self) -> bool {
        matches!(self, Self::DriftFinal | Self::InvariantViolated)
    }

    /// Returns the key by which a gate selects one detail of this metric: `outcome`, `op`, `lock`, `invariant`,
    /// `controller`.
    #[must_use]
    pub fn detail(self) -> Option<&'static str> {
        match self {
            Self::AttachLatency | Self::AttachCount => Some("outcome"),
            Self::BystanderLatency => Some("op"),
            Self::LockWait | Self::LockHold => Some("lock"),
            Self::DriftFinal => Some("controller"),
            Self::InvariantViolated => Some("invariant"),
            Self::FaultFired => None,
        }
    }

    /// Returns the details that `group` has.
    pub(crate) fn details(self, group: &Group) -> Vec<&str> {
        match self {
            Self::AttachLatency => in_order(group.latency.iter().map(|series| series.outcome.as_str())),
            Self::AttachCount => group.outcomes.keys().map(String::as_str).collect(),
            Self::BystanderLatency => group.ops(),
            Self::LockWait | Self::LockHold => in_order(group.locks.iter().map(|lock| lock.class.as_str())),
            Self::DriftFinal => in_order(group.drift.iter().map(|drift| drift.controller.as_str())),
            Self::InvariantViolated => {
                group.invariants.iter().map(|invariant| invariant.name.as_str()).collect()
            }
            Self::FaultFired => Vec::new(),
        }
    }

    /// Returns the figure of `group`: of `detail`, or of everything together (latencies of attaches: of those that
    /// moved). Returns `None` where there is no such figure.
    pub(crate) fn measure(
        self,
        statistic: Statistic,
        detail: Option<&str>,
        group: &Group,
    ) -> Option<Measured> {
        let is = |found: &str| detail.is_none_or(|wanted| wanted == found);
        match self {
            Self::AttachLatency => {
                let outcome = detail.unwrap_or(AttachOutcome::Moved.name());
                of_samples(group.latency_named(outcome, LatencyKind::Raw)?, statistic)
            }
            Self::BystanderLatency => {
                let mut all = group.bystanders.iter().filter(|b| is(&b.op));
                let mut samples = all.next()?.samples.clone();
                all.for_each(|more| samples.merge(more.samples.clone()));
                of_samples(&samples, statistic)
            }
            Self::AttachCount => {
                let counted = group.outcomes.iter().filter(|(name, _)| is(name));
                let none = detail.and_then(AttachOutcome::named).map(|_| 0);
                figure(counted.map(|(_, n)| *n).reduce(u64::saturating_add).or(none))
            }
            Self::LockWait | Self::LockHold => self.of_locks(statistic, group, is),
            Self::DriftFinal => {
                let drifts = group.drift.iter().filter(|drift| is(&drift.controller));
                figure(drifts.map(crate::aggregate::DriftSum::beyond).max())
            }
            Self::InvariantViolated => {
                let kept = group.invariants.iter().filter(|invariant| is(&invariant.name));
                figure(kept.map(|invariant| invariant.violated).reduce(u64::saturating_add))
            }
            Self::FaultFired => {
                let fired = group.rules.iter().map(|rule| rule.fired);
                figure(match statistic {
                    Statistic::Min => fired.min(),
                    _ => fired.reduce(u64::saturating_add),
                })
            }
        }
    }

    fn of_locks(self, statistic: Statistic, group: &Group, is: impl Fn(&str) -> bool) -> Option<Measured> {
        let times = |lock: &LockSum| if self == Self::LockWait { lock.wait } else { lock.hold };
        let locks = group.locks.iter().filter(|lock| is(&lock.class)).map(times);
        let sum = locks.reduce(|mut sum, next| {
            sum.merge(next);
            sum
        })?;
        of_times(sum, statistic)
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
