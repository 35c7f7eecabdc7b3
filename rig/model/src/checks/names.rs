//! Names of the checks, and sets of them: a run may have just some of them on.
use std::fmt;

/// A check, in the order of [`NAMES`]. Drift is followed in any case, for its figures.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Name {
    LeftBehind = 1,
    Overrun,
    Underflow,
    StaleDecision,
    PartialMove,
    Rollback,
    LeakedReservation,
    Contract,
    LockShared,
    SleepInAtomic,
    LockOrder,
    Deadlock,
    LostWakeup,
    WrongGroup,
    NoProgress,
    Ledger,
}

/// Names of all checks, in the order of reports.
pub const NAMES: [&str; 17] = [
    "drift",
    "left-behind",
    "overrun",
    "underflow",
    "stale-decision",
    "partial-move",
    "rollback",
    "leaked-reservation",
    "contract",
    "lock-shared",
    "sleep-in-atomic",
    "lock-order",
    "deadlock",
    "lost-wakeup",
    "wrong-group",
    "no-progress",
    "ledger",
];

/// Checks of which each actor's own events say everything.
const OWN: [&str; 8] = [
    "overrun",
    "underflow",
    "rollback",
    "leaked-reservation",
    "contract",
    "lock-shared",
    "sleep-in-atomic",
    "lock-order",
];

/// Which checks are on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CheckSet {
    on: [bool; NAMES.len()],
}

/// There is no check of that name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownCheck(pub String);

impl fmt::Display for UnknownCheck {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "unknown check `{}`; there are {}", self.0, NAMES.join(", "))
    }
}

impl std::error::Error for UnknownCheck {}

impl CheckSet {
    /// All of them.
    pub const ALL: Self = Self { on: [true; NAMES.len()] };

    /// Those of these names.
    ///
    /// # Errors
    /// When there is no check of a name.
    pub fn only(names: &[&str]) -> Result<Self, UnknownCheck> {
        let mut on = [false; NAMES.len()];
        for name in names {
            let at = NAMES.iter().position(|known| known == name);
            on[at.ok_or_else(|| UnknownCheck((*name).to_owned()))?] = true;
        }
        Ok(Self { on })
    }

    /// Those of them that one actor's own events decide: no order of everybody's events is needed.
    #[must_use]
    pub fn own(self) -> Self {
        Self { on: std::array::from_fn(|at| self.on[at] && OWN.contains(&NAMES[at])) }
    }

    /// Those of them that are not named.
    #[must_use]
    pub fn without(self, names: &[&str]) -> Self {
        Self { on: std::array::from_fn(|at| self.on[at] && !names.contains(&NAMES[at])) }
    }

    pub(super) fn has(&self, name: Name) -> bool {
        self.on[name as usize]
    }

    /// Names of those that are on, with their positions in [`NAMES`].
    pub(super) fn names(&self) -> impl Iterator<Item = (usize, &'static str)> + '_ {
        NAMES.into_iter().enumerate().filter(|(at, _)| self.on[*at])
    }
}
