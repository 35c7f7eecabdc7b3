//! What can be wrong with a `Spec`. Each variant says what was found, what would be right, and in which
//! field, so that the caller can add file and line.

use input::nearest::nearest;
use input::units::DurationError;

use crate::shapes::shapes;
use crate::trace::TraceError;

/// Why a [`Spec`](crate::Spec) is not a plan.
#[derive(Debug, thiserror::Error)]
pub enum SpecError {
    /// A number outside its range.
    #[error("`{field}` is {value}; it must be from {min} to {max}")]
    OutOfRange {
        /// The field of the spec.
        field: &'static str,
        /// What it holds.
        value: u64,
        /// Smallest right value.
        min: u64,
        /// Largest right value.
        max: u64,
    },
    /// No preset has this name.
    #[error("there is no shape `{shape}`; {}", nearest(shape, shapes().iter().map(|known| known.name)))]
    UnknownShape {
        /// What was asked for.
        shape: String,
    },
    /// One field must not be above another, and is; either may come from the preset.
    #[error(
        "`{low_field}` is {low} and above `{high_field}`, which is {high}; lower the first or raise \
         the second"
    )]
    Above {
        /// The field that is too high.
        low_field: &'static str,
        /// Its value, with unit.
        low: String,
        /// The field that bounds it.
        high_field: &'static str,
        /// Its value, with unit.
        high: String,
    },
    /// Every weight of the mix is 0.
    #[error(
        "every weight in `mix` is 0; give at least one operation a weight, for example mix = {{ mmap = 1 }}"
    )]
    NoWeight,
    /// A text is not a duration.
    #[error("`{field}`: {source}")]
    Duration {
        /// The field of the spec.
        field: &'static str,
        /// What is wrong with the text.
        source: DurationError,
    },
    /// An option of drawn shapes given for a recording, or the other way round.
    #[error("`{field}` has no effect on the shape `{shape}`: {reason}; leave it out")]
    NoEffect {
        /// The field of the spec.
        field: &'static str,
        /// The shape of the spec.
        shape: String,
        /// Why not.
        reason: &'static str,
    },
    /// The recording could not be read.
    #[error("cannot read the recording `{name}`: {source}")]
    TraceMissing {
        /// The name after `trace:`.
        name: String,
        /// What reading gave.
        source: std::io::Error,
    },
    /// The recording was read, but is none.
    #[error("the recording `{name}` cannot be used: {source}")]
    TraceUnusable {
        /// The name after `trace:`.
        name: String,
        /// What is wrong with it.
        source: TraceError,
    },
}

impl SpecError {
    /// The field of the [`Spec`](crate::Spec) to point at; if the scenario does not hold it, its value is the
    /// preset's, and [`other_field`](SpecError::other_field) is the one that was written.
    pub fn field(&self) -> &'static str {
        match self {
            SpecError::OutOfRange { field, .. }
            | SpecError::Duration { field, .. }
            | SpecError::NoEffect { field, .. }
            | SpecError::Above { low_field: field, .. } => field,
            SpecError::NoWeight => "mix",
            SpecError::UnknownShape { .. }
            | SpecError::TraceMissing { .. }
            | SpecError::TraceUnusable { .. } => "shape",
        }
    }

    /// The second field of a contradiction.
    pub fn other_field(&self) -> Option<&'static str> {
        match self {
            SpecError::Above { high_field, .. } => Some(high_field),
            _ => None,
        }
    }
}
