//! Names of checks, and sets of checks. A run may have only some checks on.
use super::{Check, Excuse, Needs};
use std::fmt;

impl Check {
    /// Returns its name in scenarios, litmus tests and results.
    #[must_use]
    pub const fn name(self) -> &'static str {
        self.about().name
    }

    /// Returns the names of all checks, in the order of reports.
    pub fn names() -> impl Iterator<Item = &'static str> + Clone {
        Self::ALL.iter().map(|check| check.name())
    }

    /// Returns the check of that name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|check| check.name() == name)
    }

    /// Reports whether a violation is what reserving costs: it is shown, and fails only a test that lists it as `never`.
    #[must_use]
    pub fn is_price_of_reserving(self) -> bool {
        self.about().excuse == Excuse::Reserves
    }
}

impl fmt::Display for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// The set of checks that are on, a bit each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CheckSet(u32);

impl CheckSet {
    /// All checks.
    pub const ALL: Self = Self((1 << Check::ALL.len()) - 1);

    /// Creates the set of `checks`.
    #[must_use]
    pub fn of(checks: &[Check]) -> Self {
        Self(checks.iter().fold(0, |set, check| set | (1 << *check as u32)))
    }

    /// Returns the checks of the set that one actor's own events decide, which need no total order of events.
    #[must_use]
    pub fn own(self) -> Self {
        let own = Check::ALL.iter().copied().filter(|check| check.about().needs == Needs::OwnEvents);
        Self(self.0 & Self::of(&own.collect::<Vec<_>>()).0)
    }

    /// Returns the set without `checks`.
    #[must_use]
    pub fn without(self, checks: &[Check]) -> Self {
        Self(self.0 & !Self::of(checks).0)
    }

    /// Reports whether a check is on.
    #[inline]
    #[must_use]
    pub const fn has(self, check: Check) -> bool {
        self.0 & (1 << check as u32) != 0
    }
}
