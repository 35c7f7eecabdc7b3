//! Mistakes in a `Spec`. Each variant names what was found, what would be right, and the field, so that the caller can
//! add file and line.

use input::nearest::nearest;
use input::units::DurationError;

use crate::shapes::shapes;
use crate::trace::TraceError;

/// The reason why a [`Spec`](crate::Spec) cannot become a plan.
#[derive(Debug, thiserror::Error)]
pub enum SpecError {
    /// A number outside its range.
    #[error("`{field}` is {value}; it must be from {min} to {max}")]
    OutOfRange {
        /// The field of the spec.
        field: &'static str,
        /// The value of the field.
        value: u64,
        /// Smallest allowed value.
        min: u64,
        /// Largest allowed value.
        max: u64,
    },
    /// No preset has this name.
    #[error("there is no shape `{shape}`; {}", nearest(shape, shapes().iter().map(|known| known.name)))]
    UnknownShape {
        /// The shape that was requested.
        shape: String,
    },
    /// One field exceeds another that bounds it; either may come from the preset.
    #[error(
        "`{low_field}` is {low} and above `{high_field}`, which is {high}; lower the first or raise \
         the second"
    )]
    Above {
        /// The field that is too high.
        low_field: &'static str,
        /// The value of that field, with its unit.
        low: String,
        /// The field that bounds it.
        high_field: &'static str,
        /// The value of that bound, with its unit.
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
        /// The mistake in the text.
        source: DurationError,
    },
    /// An option for drawn shapes given for a recording, or one for recordings given for a drawn shape.
    #[error("`{field}` has no effect on the shape `{shape}`: {reason}; remove it")]
    NoEffect {
        /// The field of the spec.
        field: &'static str,
        /// The shape of the spec.
        shape: String,
        /// The reason why it has no effect.
        reason: &'static str,
    },
    /// The recording could not be read.
    #[error("cannot read the recording `{name}`: {source}")]
    TraceMissing {
        /// The name after `trace:`.
        name: String,
        /// The error of reading it.
        source: std::io::Error,
    },
    /// The recording was read, but cannot be replayed.
    #[error("the recording `{name}` cannot be used: {source}")]
    TraceUnusable {
        /// The name after `trace:`.
        name: String,
        /// The reason why it cannot be replayed.
        source: TraceError,
    },
}

impl SpecError {
    /// Returns the field of the [`Spec`](crate::Spec) to point at. If the scenario does not set it, its value is the
    /// preset's, and [`other_field`](SpecError::other_field) is the field that the scenario set.
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

    /// Returns the second field of a contradiction.
    pub fn other_field(&self) -> Option<&'static str> {
        match self {
            SpecError::Above { high_field, .. } => Some(high_field),
            _ => None,
        }
    }
}
