//! The subject of a cell: a protocol, and the facts that make the cell special.
//!
//! Each fact is a field, so that nothing has to be read out of a name. The name for people is made here and nowhere else.
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::fmt;

/// The facts about the subject of a cell, as run.json has them. A fact that does not hold is not written.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct SubjectParts {
    /// Axis: protocol with its options (`transactional`, `prepare-undo:hold=locks`), or on `linux` the hierarchy
    /// (`v1:pids`, `v2`).
    pub protocol: String,
    /// `true` on a hierarchy of `linux` that is mounted with `favordynmods`: moves need not wait for a grace period of RCU.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub favordynmods: bool,
    /// `true` on a hierarchy of `linux` where a moved process takes its memory charges along.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub charges: bool,
    /// Subtree in which a user without rights measured; absent when the user had rights.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subtree: Option<Subtree>,
    /// `true` for the kernel of a virtual machine.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub guest: bool,
    /// `true` when moved processes were idle and kept their pages.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub still: bool,
    /// `true` when moves were traced, which makes each of them slower.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub traced: bool,
    /// Rule of the refusals that the kernel was brought to on purpose; absent in cells of moves.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refusal: Option<String>,
}

/// A subtree in which a user without rights measures.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Subtree {
    /// The subtree was handed to the user.
    Delegated,
    /// The subtree was not handed over, which shows the errors that such a user gets.
    Undelegated,
}

/// The subject of a cell, with its name for people: `v1:pids`, `vm:v1+charges traced`. Subjects sort by that name.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(from = "SubjectParts", into = "SubjectParts")]
pub struct Subject {
    label: String,
    parts: SubjectParts,
}

impl Subject {
    /// Returns the subject of a cell that has nothing special except its protocol.
    pub fn of(protocol: impl Into<String>) -> Self {
        SubjectParts { protocol: protocol.into(), ..SubjectParts::default() }.into()
    }

    /// Returns the name that tables, pages and gates show. No program reads a fact out of it.
    #[must_use]
    pub fn label(&self) -> &str {
        &self.label
    }

    /// Returns the facts.
    #[must_use]
    pub fn parts(&self) -> &SubjectParts {
        &self.parts
    }

    /// Returns a subject that differs by `change`.
    #[must_use]
    pub fn with(&self, change: impl FnOnce(&mut SubjectParts)) -> Self {
        let mut parts = self.parts.clone();
        change(&mut parts);
        parts.into()
    }
}

impl SubjectParts {
    /// Returns the protocol without what follows its first colon: the id of a simulated one, the version of a hierarchy.
    #[must_use]
    pub fn family(&self) -> &str {
        self.protocol.split(':').next().unwrap_or_default()
    }
}

impl fmt::Display for SubjectParts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words = [
            (self.guest, "vm:"),
            (true, self.protocol.as_str()),
            (self.favordynmods, ":favordynmods"),
            (self.charges, "+charges"),
            (self.subtree == Some(Subtree::Delegated), ":delegated"),
            (self.subtree == Some(Subtree::Undelegated), ":undelegated"),
            (self.still, " still"),
            (self.traced, " traced"),
        ];
        words.into_iter().filter(|(holds, _)| *holds).try_for_each(|(_, word)| f.write_str(word))?;
        self.refusal.as_ref().map_or(Ok(()), |rule| write!(f, " {rule}"))
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.label)
    }
}

impl From<SubjectParts> for Subject {
    fn from(parts: SubjectParts) -> Self {
        Self { label: parts.to_string(), parts }
    }
}

impl From<Subject> for SubjectParts {
    fn from(subject: Subject) -> Self {
        subject.parts
    }
}
