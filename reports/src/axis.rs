//! The axes of a run in addition to protocol and seed, in one table. Everything that names an axis, shows it or selects by it asks
//! here.
use crate::units::{count, grouped, ns};
use schemars::JsonSchema;
use serde::ser::SerializeMap as _;
use serde::{Deserialize, Serialize, Serializer};

/// An axis on which the cells of a run differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Axis {
    /// Fault rate in percent at every prepare site; a cell without one has the rules of its plan alone.
    FaultRate,
    /// Intended attaches per second; a cell without one is a closed loop.
    Rate,
    /// Delay between switch and attach in ns.
    Delay,
    /// Touched pages that the moved process keeps beyond those of its start.
    ResidentPages,
}

/// The facts about an axis.
struct About {
    /// Name in run.json and in every form for other programs, with the unit.
    key: &'static str,
    /// Title of its column.
    title: &'static str,
    /// Begin of its value in a sentence.
    prefix: &'static str,
    /// A cell that has no value.
    absent: &'static str,
    /// A value with its unit.
    words: fn(u64) -> String,
}

impl Axis {
    /// All axes, in the order in which outputs show them.
    pub const ALL: [Self; 4] = [Self::FaultRate, Self::Rate, Self::Delay, Self::ResidentPages];

    fn about(self) -> About {
        match self {
            Self::FaultRate => About {
                key: "fault_rate_percent",
                title: "faults",
                prefix: "faults ",
                absent: "own rules",
                words: |percent| format!("{percent} %"),
            },
            Self::Rate => About {
                key: "rate_per_s",
                title: "rate",
                prefix: "",
                absent: "closed loop",
                words: |rate| format!("{} /s", grouped(rate)),
            },
            Self::Delay => {
                About { key: "delay_ns", title: "delay", prefix: "delay ", absent: "none", words: ns }
            }
            Self::ResidentPages => About {
                key: "resident_pages",
                title: "resident",
                prefix: "",
                absent: "as it comes",
                words: |pages| count(pages, "page"),
            },
        }
    }

    /// Returns its name in run.json and in the forms for other programs, with the unit.
    #[must_use]
    pub fn key(self) -> &'static str {
        self.about().key
    }

    /// Returns the title of its column.
    #[must_use]
    pub fn title(self) -> &'static str {
        self.about().title
    }
}

/// A position on every axis: that of a cell, or of all cells that differ in their seed only.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(from = "Keys", into = "Keys")]
pub struct Point([Option<u64>; Axis::ALL.len()]);

impl Point {
    /// Returns the value on `axis`.
    #[must_use]
    pub fn get(&self, axis: Axis) -> Option<u64> {
        self.0[axis as usize]
    }

    /// Returns the same point with another value on `axis`.
    #[must_use]
    pub fn with(mut self, axis: Axis, value: impl Into<Option<u64>>) -> Self {
        self.0[axis as usize] = value.into();
        self
    }

    /// Returns the value on `axis` with its unit, or what its absence means: `10 %`, `closed loop`.
    #[must_use]
    pub fn words(&self, axis: Axis) -> String {
        let about = axis.about();
        self.get(axis).map_or_else(|| about.absent.to_owned(), about.words)
    }

    /// Returns the axes on which it has a value, with the value.
    pub fn given(self) -> impl Iterator<Item = (Axis, u64)> {
        Axis::ALL.into_iter().filter_map(move |axis| Some((axis, self.get(axis)?)))
    }

    /// Reports whether neither faults nor delays are put in.
    #[must_use]
    pub fn is_plain(&self) -> bool {
        [Axis::FaultRate, Axis::Delay].into_iter().all(|axis| self.get(axis).unwrap_or(0) == 0)
    }
}

/// A point as run.json has it.
#[derive(Serialize, Deserialize, JsonSchema)]
pub(crate) struct Keys {
    /// Axis: fault rate in percent at every prepare site; absent when the plan names its own rules only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    fault_rate_percent: Option<u32>,
    /// Axis: intended attaches per second; absent for a closed loop.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    rate_per_s: Option<u64>,
    /// Axis: extra delay between switch and attach in ns; absent when there is no such axis.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    delay_ns: Option<u64>,
    /// Axis of `linux`: touched pages that the moved process keeps beyond those of its start; absent when there is no such
    /// axis.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    resident_pages: Option<u64>,
}

impl From<Keys> for Point {
    fn from(keys: Keys) -> Self {
        Self([keys.fault_rate_percent.map(u64::from), keys.rate_per_s, keys.delay_ns, keys.resident_pages])
    }
}

impl From<Point> for Keys {
    fn from(Point([faults, rate_per_s, delay_ns, resident_pages]): Point) -> Self {
        let fault_rate_percent = faults.map(|percent| u32::try_from(percent).unwrap_or(u32::MAX));
        Self { fault_rate_percent, rate_per_s, delay_ns, resident_pages }
    }
}

/// Writes the point of a cell: of the axes that every engine has, their absence is written as well.
pub(crate) fn cell_axes<S: Serializer>(point: &Point, serializer: S) -> Result<S::Ok, S::Error> {
    let mut map = serializer.serialize_map(None)?;
    for axis in Axis::ALL {
        let value = point.get(axis);
        if value.is_some() || axis != Axis::ResidentPages {
            map.serialize_entry(axis.key(), &value)?;
        }
    }
    map.end()
}

/// Some of the axes: those that a run has, or on which points differ.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Axes([bool; Axis::ALL.len()]);

impl Axes {
    /// Returns the axes of which `is_there` is true.
    #[must_use]
    pub fn of(is_there: impl FnMut(Axis) -> bool) -> Self {
        Self(Axis::ALL.map(is_there))
    }

    /// Returns the axes on which `points` differ.
    #[must_use]
    pub fn varying(points: &[Point]) -> Self {
        Self::of(|axis| points.windows(2).any(|pair| pair[0].get(axis) != pair[1].get(axis)))
    }

    /// Returns these axes and those of `other`.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self::of(|axis| self.has(axis) || other.has(axis))
    }

    /// Reports whether `axis` is one of them.
    #[must_use]
    pub fn has(self, axis: Axis) -> bool {
        self.0[axis as usize]
    }

    /// Returns them in order.
    pub fn iter(self) -> impl Iterator<Item = Axis> {
        Axis::ALL.into_iter().filter(move |axis| self.has(*axis))
    }

    /// Returns the position of `point` on them: `faults 10 %, 20 /s`; empty when there is none.
    #[must_use]
    pub fn words(self, point: &Point) -> String {
        let part = |axis: Axis| format!("{}{}", axis.about().prefix, point.words(axis));
        self.iter().map(part).collect::<Vec<_>>().join(", ")
    }
}

impl From<Point> for Axes {
    /// The axes on which the point has a value.
    fn from(point: Point) -> Self {
        Self::of(|axis| point.get(axis).is_some())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_axis_is_kept_under_its_key() {
        for (at, axis) in Axis::ALL.into_iter().enumerate() {
            assert_eq!(axis as usize, at);
            let point = Point::default().with(axis, 7);
            let json = serde_json::to_value(point).unwrap();
            assert_eq!(json, serde_json::json!({ axis.key(): 7 }));
            assert_eq!(serde_json::from_value::<Point>(json).unwrap(), point);
            assert_eq!(Axes::from(point).iter().collect::<Vec<_>>(), [axis]);
        }
    }

    #[test]
    fn values_have_units_and_their_absence_has_a_meaning() {
        let point =
            Point::default().with(Axis::FaultRate, 10).with(Axis::Rate, 2_000).with(Axis::Delay, 1_000);
        assert_eq!(Axes::from(point).words(&point), "faults 10 %, 2,000 /s, delay 1.00 µs");
        let absent: Vec<String> = Axis::ALL.iter().map(|axis| Point::default().words(*axis)).collect();
        assert_eq!(absent, ["own rules", "closed loop", "none", "as it comes"]);
    }
}
