//! Values of a scenario file that have a form of their own: durations, rates, limits.
use serde::{Deserialize, Deserializer};
use std::fmt;

/// A duration with its unit, such as `40ms`; in ns.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Duration(pub(super) u64);

impl<'de> Deserialize<'de> for Duration {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        parse_duration(&text).map(Self).map_err(serde::de::Error::custom)
    }
}

/// ns of a duration text.
///
/// # Errors
/// What is wrong with it and which units there are.
fn parse_duration(text: &str) -> Result<u64, String> {
    workloads::parse_ns(text).map_err(|error| format!("`{text}`: {error}"))
}

impl fmt::Display for Duration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", workloads::ShowNs(self.0))
    }
}

/// How often a mover moves.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Pace {
    /// One attach after the other.
    #[default]
    Closed,
    /// That many a second, with intended start times.
    PerSecond(u64),
}

impl<'de> Deserialize<'de> for Pace {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        if text == "closed" {
            return Ok(Self::Closed);
        }
        let number =
            text.strip_suffix("/s").and_then(|n| n.parse().ok()).filter(|n| (1..=1_000_000_000).contains(n));
        number.map(Self::PerSecond).ok_or_else(|| {
            serde::de::Error::custom(format!(
                "rate `{text}` is neither `closed` nor a number a second such as `1000/s`"
            ))
        })
    }
}

/// A limit in pages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Limit(pub(super) u64);

impl<'de> Deserialize<'de> for Limit {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let pages = i64::deserialize(deserializer)?;
        u64::try_from(pages).map(Self).map_err(|_| {
            serde::de::Error::custom(format!(
                "a limit is a number of pages, 0 or more, not {pages}; leave it out for none"
            ))
        })
    }
}
