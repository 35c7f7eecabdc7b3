//! Names of figures.
use super::metric::{METRICS, Measured, Metric, Statistic, statistic_names};
use crate::aggregate::Group;
use std::fmt;
use std::str::FromStr;

/// One figure: `attach.latency[moved] p99`, or `fault.fired min` where the metric has no details.
#[derive(Clone, Debug, PartialEq)]
pub struct Key {
    /// Metric of the figure.
    pub metric: Metric,
    /// Detail of the metric: an outcome, an operation, a lock, ...; everything together when absent.
    pub detail: Option<String>,
    /// Statistic of the metric.
    pub statistic: Statistic,
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { metric, detail, statistic } = self;
        match detail {
            Some(detail) => write!(f, "{}[{detail}] {}", metric.name(), statistic.name()),
            None => write!(f, "{} {}", metric.name(), statistic.name()),
        }
    }
}

impl FromStr for Key {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("`{text}` is not a figure; write it as in `attach.latency[moved] p99`");
        let (what, statistic) = text.rsplit_once(' ').ok_or_else(wrong)?;
        let (name, detail) = match what.strip_suffix(']').and_then(|what| what.split_once('[')) {
            Some((name, detail)) => (name, Some(detail.to_owned())),
            None => (what, None),
        };
        let metric = Metric::parse(name).ok_or_else(wrong)?;
        let statistic = Statistic::of(metric, statistic).ok_or_else(wrong)?;
        Ok(Self { metric, detail, statistic })
    }
}

impl Key {
    /// Returns the figure of `group`; `None` where it has no such figure.
    #[must_use]
    pub fn measure(&self, group: &Group) -> Option<Measured> {
        self.metric.measure(self.statistic, self.detail.as_deref(), group)
    }

    /// Reports whether it is a time and not a count.
    #[must_use]
    pub fn is_time(&self) -> bool {
        self.metric.is_time(self.statistic)
    }
}

/// Returns every figure that `group` has, in the order of the metrics; percentiles only where the samples support them.
#[must_use]
pub fn figures(group: &Group) -> Vec<(Key, u64)> {
    let mut all = Vec::new();
    for (_, metric) in METRICS {
        let details = metric.details(group);
        // A latency of attaches is always of one outcome. Without an outcome it would repeat that of moved attaches.
        let together = (metric != Metric::AttachLatency).then_some(None);
        for detail in together.into_iter().chain(details.into_iter().map(Some)) {
            for name in statistic_names(metric) {
                let Some(statistic) = Statistic::of(metric, name) else { continue };
                let key = Key { metric, detail: detail.map(str::to_owned), statistic };
                if let Some(Measured::Figure(value)) = key.measure(group) {
                    all.push((key, value));
                }
            }
        }
    }
    all
}
