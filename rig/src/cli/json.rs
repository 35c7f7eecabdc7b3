//! Machine-readable results, written to a file or to standard output.
use super::exit::Failure;
use super::streams;
use reports::json::write_atomic;
use serde::Serialize;
use std::ffi::OsString;
use std::path::PathBuf;

/// The destination of a machine-readable result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum JsonTo {
    /// Standard output, written as `-`. Text for people goes to standard error then.
    Stdout,
    /// This file.
    File(PathBuf),
}

impl From<OsString> for JsonTo {
    fn from(name: OsString) -> Self {
        if name == "-" { Self::Stdout } else { Self::File(name.into()) }
    }
}

impl JsonTo {
    /// Writes the bytes of a result.
    ///
    /// # Errors
    /// [`Failure`] with the code for an output that could not be written.
    pub(crate) fn write(&self, bytes: &[u8]) -> Result<(), Failure> {
        match self {
            Self::Stdout => streams::bytes(bytes),
            Self::File(file) => write_atomic(file, bytes).map_err(Failure::unwritten),
        }
    }

    /// Writes a value, an entry a line.
    ///
    /// # Errors
    /// As [`JsonTo::write`].
    pub(crate) fn write_value(&self, value: &impl Serialize) -> Result<(), Failure> {
        let text = serde_json::to_string_pretty(value).map_err(Failure::internal)?;
        self.write((text + "\n").as_bytes())
    }
}
