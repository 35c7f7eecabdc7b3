//! The reasons why a recording cannot be replayed. Each says what was found, in which line, and what to do. Bytes of
//! the file are always escaped before printing.

use std::io;

use super::report::{Drops, TraceReport};

/// The reason why a recording cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TraceError {
    /// The compressed data is damaged or cut short.
    #[error("the {format} data is damaged or cut short ({source}); copy or record the file again")]
    Damaged {
        /// The format that the first bytes name, such as `gzip`.
        format: &'static str,
        /// The error of the decoder.
        source: io::Error,
    },
    /// The data unpacks to more than the limit.
    #[error(
        "it unpacks to more than {limit_bytes} bytes; record a shorter run, or fewer calls \
         (`-e trace=%memory,%process`)"
    )]
    TooBig {
        /// Most bytes that are read.
        limit_bytes: u64,
    },
    /// An archive of files.
    #[error("it is a {kind} archive; unpack it and give the file, or the folder, that strace wrote")]
    Archive {
        /// `zip` or `tar`.
        kind: &'static str,
    },
    /// The recording contains no call that can be replayed.
    #[error(
        "none of its {lines} lines ({encoding}) is a call that can be replayed; {missing} (line {line} is `{excerpt}`); \
         record with `attach-rig record -- PROGRAM`, or `strace -f -ttt -o FILE -e trace=%memory,%process PROGRAM` \
         (a running service: `-p PID` instead of PROGRAM)"
    )]
    NothingUsable {
        /// Lines in the recording.
        lines: u64,
        /// The encoding, such as `UTF-16 LE` or `gzip, UTF-8`.
        encoding: String,
        /// The part that is missing.
        missing: &'static str,
        /// Number of the first line that is not blank, from 1.
        line: u64,
        /// The beginning of that line, safe to print.
        excerpt: String,
    },
    /// Too many lines could not be read.
    #[error(
        "{dropped} of {lines} lines cannot be read ({kinds}), more than {limit_percent} %; \
         record with `-o FILE` so that nothing else is written into the recording, or allow it with --lenient \
         (`trace_lenient = true`)"
    )]
    TooManyDropped {
        /// Lines that were dropped.
        dropped: u64,
        /// Lines that are not blank.
        lines: u64,
        /// Largest allowed share of dropped lines, in percent.
        limit_percent: u64,
        /// Each kind with its count, first line and excerpt.
        kinds: Drops,
    },
}

/// Largest share of dropped lines before a recording is refused, in percent.
pub(super) const DROPPED_PERCENT_MAX: u64 = 20;

/// Refuses a recording in which too many lines could not be read.
pub(super) fn check_dropped(report: &TraceReport) -> Result<(), TraceError> {
    let (dropped, lines) = (report.dropped(), report.lines_filled());
    if dropped * 100 <= lines * DROPPED_PERCENT_MAX {
        return Ok(());
    }
    let kinds = Drops(report.drops.clone());
    Err(TraceError::TooManyDropped { dropped, lines, limit_percent: DROPPED_PERCENT_MAX, kinds })
}
