//! Outcomes of attaches: the names that results have for them.
//!
//! A result holds them as text, because another version may have written others. Such names are read, summed and shown
//! unchanged. Only the code that needs a known outcome uses [`AttachOutcome`].
use std::collections::BTreeMap;
use std::fmt;

/// The end of an attach.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum AttachOutcome {
    /// Everything that was to move has moved, and nothing of it was at the destination before.
    Moved,
    /// The rest of a process has moved, of which a part was at the destination already.
    Completed,
    /// Everything was at the destination already, or nothing was left to move.
    Noop,
    /// Refused; nothing has moved.
    Refused,
    /// Refused after a part had moved.
    Partial,
    /// The task exited during the attach.
    Gone,
}

impl AttachOutcome {
    /// Every outcome, in the order of their discriminants.
    pub const ALL: [Self; 6] =
        [Self::Moved, Self::Completed, Self::Noop, Self::Refused, Self::Partial, Self::Gone];

    /// Returns the name, as in `run.json`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Moved => "moved",
            Self::Completed => "completed",
            Self::Noop => "noop",
            Self::Refused => "refused",
            Self::Partial => "partial",
            Self::Gone => "gone",
        }
    }

    /// Returns the outcome of that name; `None` for one of another version.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|outcome| outcome.name() == name)
    }
}

impl fmt::Display for AttachOutcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// Counts the attaches that had something to move: all except no-ops.
#[must_use]
pub fn tried(outcomes: &BTreeMap<String, u64>) -> u64 {
    let others = outcomes.iter().filter(|(name, _)| *name != AttachOutcome::Noop.name());
    others.fold(0, |sum, (_, n)| sum.saturating_add(*n))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_results_and_others_are_none() {
        let names = AttachOutcome::ALL.map(AttachOutcome::name);
        assert_eq!(names, ["moved", "completed", "noop", "refused", "partial", "gone"]);
        for (index, outcome) in AttachOutcome::ALL.into_iter().enumerate() {
            assert_eq!(AttachOutcome::named(outcome.name()), Some(outcome));
            assert_eq!((outcome as usize, outcome.to_string().as_str()), (index, outcome.name()));
        }
        assert_eq!(AttachOutcome::named("swapped"), None);
    }

    #[test]
    fn an_outcome_of_another_version_counts_as_tried() {
        let outcomes = [("noop", 5), ("moved", 2), ("swapped", 1)].map(|(name, n)| (name.to_owned(), n));
        assert_eq!(tried(&outcomes.into()), 3);
    }
}
