//! Names of policies: `exhaustive`, `random`, `pct:3`, `switches:2`, `depth-first`.
use input::nearest::guess;
use std::fmt;
use std::str::FromStr;

/// The policy by which schedules are chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PolicyName {
    /// One schedule for each trace.
    Exhaustive,
    /// Every interleaving.
    DepthFirst,
    /// Random schedules.
    Random,
    /// Random schedules with that many ordering constraints.
    Pct(u32),
    /// Every interleaving with at most that many preemptions, that is, switches from an actor that could have gone on.
    Switches(u32),
}

/// Largest depth of `pct`.
const PCT_MAX: u32 = 64;

impl FromStr for PolicyName {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if let Some(Ok(switches)) = text.strip_prefix("switches:").map(str::parse) {
            return Ok(Self::Switches(switches));
        }
        match (text, text.strip_prefix("pct:").map(str::parse)) {
            ("exhaustive", _) => Ok(Self::Exhaustive),
            ("depth-first", _) => Ok(Self::DepthFirst),
            ("random", _) => Ok(Self::Random),
            (_, Some(Ok(depth @ 1..=PCT_MAX))) => Ok(Self::Pct(depth)),
            _ => Err(format!(
                "unknown policy `{text}`; {}there are exhaustive, random, pct:D (D from 1 to {PCT_MAX}, such as pct:3), switches:N (such as switches:2) and depth-first",
                guess(
                    text.split(':').next().unwrap_or(text),
                    ["exhaustive", "random", "pct:D", "switches:N", "depth-first"]
                )
            )),
        }
    }
}

impl fmt::Display for PolicyName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exhaustive => f.write_str("exhaustive"),
            Self::DepthFirst => f.write_str("depth-first"),
            Self::Random => f.write_str("random"),
            Self::Pct(depth) => write!(f, "pct:{depth}"),
            Self::Switches(switches) => write!(f, "switches:{switches}"),
        }
    }
}

impl PolicyName {
    /// Reports whether it runs every schedule, unless a limit ends it.
    #[must_use]
    pub fn is_complete(self) -> bool {
        matches!(self, Self::Exhaustive | Self::DepthFirst)
    }
}
