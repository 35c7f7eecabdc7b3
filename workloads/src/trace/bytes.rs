//! From the bytes of a file to text: gzip or plain, told by content. Apart because only here can a recording
//! be refused; every later stage takes whatever lines there are.

use std::borrow::Cow;
use std::io::Read;

use flate2::read::MultiGzDecoder;

use super::TraceReport;

/// No recording unpacks to more; a small file that does is a mistake or worse.
const UNPACKED_BYTES_MAX: u64 = 256 << 20;
const GZIP_MAGIC: [u8; 2] = [0x1f, 0x8b];
/// How much of a line that is no strace line an error shows.
const SHOWN_CHARS_MAX: usize = 60;

/// Why a file cannot be replayed.
#[derive(Debug, thiserror::Error)]
pub enum TraceError {
    /// It begins like gzip and is damaged or cut short.
    #[error("the gzip data is damaged or cut short ({0}); copy or record the file again")]
    Gzip(std::io::Error),
    /// It unpacks to more than fits.
    #[error("it unpacks to more than {limit_bytes} bytes; record a shorter run")]
    TooBig {
        /// Most bytes that are read.
        limit_bytes: u64,
    },
    /// The first task of it does nothing that can be replayed.
    #[error(
        "none of its {lines} lines is a call that its first task can replay (the first is `{first_line}`); \
         record with `strace -f -ttt -o FILE -e trace=%memory,%process PROGRAM`"
    )]
    NothingUsable {
        /// Lines in the file.
        lines: u64,
        /// The beginning of the first.
        first_line: String,
    },
}

/// The text of a recording; bytes that are not UTF-8 become replacement characters.
pub(super) fn text(bytes: &[u8]) -> Result<Cow<'_, str>, TraceError> {
    let too_big = TraceError::TooBig { limit_bytes: UNPACKED_BYTES_MAX };
    if !bytes.starts_with(&GZIP_MAGIC) {
        let fits = bytes.len() as u64 <= UNPACKED_BYTES_MAX;
        return if fits { Ok(String::from_utf8_lossy(bytes)) } else { Err(too_big) };
    }
    let mut unpacked = Vec::new();
    let mut decoder = MultiGzDecoder::new(bytes).take(UNPACKED_BYTES_MAX + 1);
    decoder.read_to_end(&mut unpacked).map_err(TraceError::Gzip)?;
    if unpacked.len() as u64 > UNPACKED_BYTES_MAX {
        return Err(too_big);
    }
    Ok(Cow::Owned(String::from_utf8_lossy(&unpacked).into_owned()))
}

/// The error for a text of which nothing was left.
pub(super) fn nothing_usable(text: &str, report: &TraceReport) -> TraceError {
    let first_line = text.lines().next().unwrap_or_default().chars().take(SHOWN_CHARS_MAX).collect();
    TraceError::NothingUsable { lines: report.lines, first_line }
}
