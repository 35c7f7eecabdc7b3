//! The lines over which a result leaves the guest: a marker, a length, and JSON. The last one is the whole result.
//! Those before it are the cells as they end, so that a guest that is killed loses only the cell under way.
//!
//! Messages are lines, since a terminal may add a carriage return at the end of a line but nothing within. They have a
//! length, since a guest that dies while it writes must not look like one that has finished.
use super::belief::code_of_failure;
use super::error::VmError;
use reports::exit::Exit;
use reports::schema::{Cell, Noise, Note, Run};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

const MARKER: &str = "attach-rig-result";

/// The result of a guest.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct GuestResult {
    /// The run, labelled once it is out.
    pub run: Run,
    /// Facts for `facts` of [`reports::schema::Env`].
    pub facts: BTreeMap<String, String>,
    /// Noise of the guest; absent before its end, and from guests of earlier versions.
    #[serde(default)]
    pub noise: Option<Noise>,
    /// `uname -srm` of the guest.
    pub kernel: String,
    /// Model name of the guest's CPU.
    pub cpu: String,
    /// CPUs of the guest.
    pub cpus: u32,
    /// Exit code that the measurement would have had as a command.
    #[serde(with = "number")]
    pub code: Exit,
    /// Reason why the run ended early, although there are results.
    pub failure: Option<String>,
}

#[cfg(test)]
impl GuestResult {
    /// Returns the result of a guest with Linux 6.1.0 and two CPUs.
    pub(super) fn of(run: Run) -> Self {
        Self {
            run,
            facts: BTreeMap::new(),
            noise: None,
            kernel: "Linux 6.1.0 x86_64".to_owned(),
            cpu: String::new(),
            cpus: 2,
            code: Exit::AsExpected,
            failure: None,
        }
    }
}

/// A message of a guest: the request that it begins, a cell, a result, or the reason for having none.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Said {
    /// It begins; the delivery has no cells.
    Asked(Box<GuestResult>),
    /// A cell has ended.
    Cell {
        /// The cell.
        cell: Box<Cell>,
        /// Remarks on it.
        notes: Vec<Note>,
    },
    /// It measured.
    Measured(Box<GuestResult>),
    /// The measurement failed, with the exit code for that.
    Failed {
        /// The exit code.
        #[serde(with = "number")]
        code: Exit,
        /// The words.
        message: String,
    },
}

/// An exit code as its number; one that means nothing is an internal error of the guest.
mod number {
    use super::{Deserialize as _, Exit};

    pub(super) fn serialize<S: serde::Serializer>(code: &Exit, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_u8(code.number())
    }

    pub(super) fn deserialize<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Exit, D::Error> {
        Ok(Exit::from_code(u8::deserialize(from)?).unwrap_or(Exit::Internal))
    }
}

/// The line for `said`.
pub(super) fn line(said: &Said) -> serde_json::Result<String> {
    let json = serde_json::to_string(said)?;
    Ok(format!("\n{MARKER} {} {json}\n", json.len()))
}

/// Returns the result in the output of the guest; `None` when it has no whole one.
pub(super) fn read(text: &str) -> Option<Said> {
    let is_last = |said: &Said| matches!(said, Said::Measured(_) | Said::Failed { .. });
    text.lines().filter_map(parse).find(is_last)
}

/// Reads one line; `None` if it is not whole.
pub(super) fn parse(line: &str) -> Option<Said> {
    let (length, json) = line.strip_prefix(MARKER)?.strip_prefix(' ')?.split_once(' ')?;
    if length.parse() != Ok(json.len()) {
        return None;
    }
    serde_json::from_str(json).ok()
}

impl Said {
    /// Turns the message into the result or error that the host uses.
    pub(super) fn into_result(self) -> Result<GuestResult, VmError> {
        match self {
            Self::Measured(delivery) => Ok(*delivery),
            Self::Asked(_) | Self::Cell { .. } => Err(VmError::NoResult { console: String::new() }),
            Self::Failed { code, message } => {
                let message = input::text::printable_lines(&message).into_owned();
                Err(VmError::Guest { code: code_of_failure(code), message })
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::result::record::tests::empty_cell;

    #[test]
    fn a_line_is_read_back_whole_or_not_at_all() {
        let failed = Said::Failed { code: Exit::CannotRun, message: "über\nzwei".into() };
        let text = format!("noise\r{}", line(&failed).unwrap().replace('\n', "\r\n"));
        let Some(Said::Failed { code: Exit::CannotRun, message }) = read(&text) else { panic!("{text}") };
        assert_eq!(message, "über\nzwei");
        assert!(read(&text[..text.len() - 4]).is_none());
        assert!(read("").is_none());
        let unknown = line(&failed).unwrap().replace("\"code\":4", "\"code\":9");
        assert!(matches!(read(&unknown), Some(Said::Failed { code: Exit::Internal, .. })), "{unknown}");
        let cell = Said::Cell { cell: Box::new(empty_cell()), notes: Vec::new() };
        let begun = line(&cell).unwrap();
        assert!(read(&begun).is_none() && read(&format!("{begun}{text}")).is_some());
        assert!(matches!(begun.lines().find_map(parse), Some(Said::Cell { .. })));
    }
}
