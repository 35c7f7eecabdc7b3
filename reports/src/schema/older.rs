//! Results of schema 1. Fields that have another name now are read by an alias; the rest is translated here.
use super::{Run, SCHEMA, SCHEMA_1};

impl Run {
    /// Returns the run as this version writes it: a result of [`SCHEMA_1`] is translated, any other is left as it is.
    #[must_use]
    pub fn into_current(mut self) -> Self {
        if self.schema == SCHEMA_1 {
            SCHEMA.clone_into(&mut self.schema);
        }
        self
    }
}
