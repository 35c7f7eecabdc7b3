//! One rule: its site, its frequency, and its action. `parse.rs` reads its text, and `plan.rs` specifies its meaning.

use std::{fmt, str::FromStr};

use input::units::ShowNs;
use serde::{Deserialize, Serialize};

use crate::{Errno, ParseError, Site, Thrown};

/// The action of a rule that fires.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Fault {
    /// Error that the callback returns, without doing anything.
    ///
    /// Values: [error numbers](#error-numbers). Default: the error of the site.
    Errno(Errno),
    /// Time that the callback takes in addition; it then continues normally.
    ///
    /// Values: 1ns to 3600s. Default: no delay.
    Delay {
        /// Delay in ns: at least 1, at most [`Rule::DELAY_MAX_NS`].
        ns: u64,
    },
    /// This event happens, and the callback continues normally.
    Throw(Thrown),
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Errno(errno) => write!(f, "errno={errno}"),
            Self::Delay { ns } => write!(f, "delay={}", ShowNs(ns)),
            Self::Throw(thrown) => thrown.fmt(f),
        }
    }
}

/// A rule of a fault plan, with attributes as in Linux's `Documentation/fault-injection/fault-injection.rst`.
///
/// Two defaults differ from the kernel's, whose rules are inert until they are set up and then fire once. Here
/// `probability` is 100 (there 0) and `times` is unlimited (there 1), so that `probability=10` means one hit in ten
/// throughout the run. As text, including serde's, a rule is `SITE: ATTRIBUTE=VALUE ...`, with an event as a bare word.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Rule {
    /// The site.
    pub site: Site,
    /// Interval of hits: only every interval-th hit that `space` lets through may fire.
    ///
    /// Unit: hits. Values: 1 to 4294967295. Default: `1`.
    pub interval: u32,
    /// Probability of each hit that may fire.
    ///
    /// Unit: percent. Values: 0 to 100. Default: `100`.
    pub probability: u8,
    /// Budget from which each hit takes 1; nothing fires while more than 1 is left. So `space=5` skips four hits, and
    /// 0 and 1 skip none, as the kernel's `space > size` does with a size of 1.
    ///
    /// Unit: hits. Values: 0 to 4294967295. Default: `0`.
    pub space: u32,
    /// Most times that the rule fires; -1 is unlimited, and `None` here.
    ///
    /// Unit: times. Values: -1 to 4294967295. Default: `-1`.
    pub times: Option<u32>,
    /// Only hit of the site at which the rule fires, counted from 1; all attributes above are then ignored.
    ///
    /// Unit: none. Values: 1 to 4294967295. Default: every hit that the other attributes let fire.
    pub nth: Option<u32>,
    /// The action.
    pub action: Fault,
}

impl Rule {
    /// Longest delay, in ns: one hour.
    pub const DELAY_MAX_NS: u64 = 3_600_000_000_000;

    /// Returns a rule that fires at every hit of `site`.
    #[must_use]
    pub fn new(site: Site, action: Fault) -> Self {
        Self { site, interval: 1, probability: 100, space: 0, times: None, nth: None, action }
    }

    /// Reads a rule: `SITE: ATTRIBUTE=VALUE ...`, or the kernel's `SITE: <interval>,<probability>,<space>,<times>`,
    /// which attributes may follow. An event is a bare word ([`Thrown::name`]) among them. Without `errno=`, `delay=`
    /// and an event, the action is the site's default error.
    ///
    /// # Errors
    /// The [`ParseError`] of the first mistake, with its remedy.
    pub fn parse(text: &str) -> Result<Self, ParseError> {
        crate::parse::rule(text)
    }
}

impl fmt::Display for Rule {
    /// Writes the canonical text: attributes that differ from the default, in the kernel's order, then the action.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:", self.site)?;
        if self.interval != 1 {
            write!(f, " interval={}", self.interval)?;
        }
        if self.probability != 100 {
            write!(f, " probability={}", self.probability)?;
        }
        if self.space != 0 {
            write!(f, " space={}", self.space)?;
        }
        if let Some(times) = self.times {
            write!(f, " times={times}")?;
        }
        if let Some(nth) = self.nth {
            write!(f, " nth={nth}")?;
        }
        write!(f, " {}", self.action)
    }
}

impl FromStr for Rule {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        Self::parse(text)
    }
}

impl TryFrom<String> for Rule {
    type Error = ParseError;

    fn try_from(text: String) -> Result<Self, ParseError> {
        Self::parse(&text)
    }
}

impl From<Rule> for String {
    fn from(rule: Rule) -> Self {
        rule.to_string()
    }
}
