//! Values in a scenario file with a syntax of their own: durations, rates, limits.
use input::units::{DurationError, Rate, ShowNs, parse_ns};
use serde::de::{Deserialize, Deserializer, Error, Visitor};
use std::fmt;

/// The syntax of a text: the words for serde if there is no text, and the function that reads it.
struct Form<T>(&'static str, fn(&str) -> Result<T, String>);

impl<T> Visitor<'_> for Form<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<T, E> {
        (self.1)(text).map_err(E::custom)
    }
}

/// The longest time in a scenario: an hour.
pub(crate) const TIME_MAX_NS: u64 = 3_600_000_000_000;

/// A duration with its unit, such as `40ms`; in ns.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Duration(pub(crate) u64);

impl Duration {
    fn parse(text: &str) -> Result<Self, String> {
        // Each field has its own bounds, and this range includes all of them.
        let range_ns = Some(1..=TIME_MAX_NS);
        parse_ns(text).map(Self).map_err(|error| DurationError { range_ns, ..error }.to_string())
    }
}

impl<'de> Deserialize<'de> for Duration {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(Form("a time in quotes with its unit, such as \"40ms\"", Self::parse))
    }
}

impl fmt::Display for Duration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", ShowNs(self.0))
    }
}

/// The pace of a mover.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Pace {
    /// One attach after the other.
    #[default]
    Closed,
    /// That many attaches per second, with intended start times.
    PerSecond(Rate),
}

/// Highest rate: one act per nanosecond.
const RATE_MAX_PER_S: u64 = 1_000_000_000;

impl Pace {
    fn parse(text: &str) -> Result<Self, String> {
        if text == "closed" {
            return Ok(Self::Closed);
        }
        let rate = Rate::parse(text, RATE_MAX_PER_S).map(Self::PerSecond);
        rate.map_err(|error| format!("rate {error}, or `closed`"))
    }
}

impl<'de> Deserialize<'de> for Pace {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(Form("\"closed\" or a rate in quotes, such as \"1000/s\"", Self::parse))
    }
}

/// A limit in pages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Limit(pub(crate) u64);

struct Pages;

impl Visitor<'_> for Pages {
    type Value = Limit;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a number of pages (numtasks: of tasks), 0 or more")
    }

    fn visit_i64<E: Error>(self, pages: i64) -> Result<Limit, E> {
        u64::try_from(pages).map(Limit).map_err(|_| {
            E::custom(format!(
                "a limit is a number of pages (numtasks: of tasks), 0 or more, not {pages}; remove it for no limit"
            ))
        })
    }
}

impl<'de> Deserialize<'de> for Limit {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_i64(Pages)
    }
}
