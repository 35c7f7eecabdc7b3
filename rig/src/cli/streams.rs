//! Standard output and standard error: the only writer of each. No failure of a stream becomes a panic.
//!
//! A line on stderr that cannot be written is dropped: it is for people, and a run must not end because no one reads
//! it. A result on stdout that cannot be written is an error, unless the reader has closed the pipe.
use super::exit::Failure;
use input::text::printable_lines;
use reports::exit::Exit;
use rustix::event::{PollFd, PollFlags, poll};
use rustix::io::{Errno, retry_on_intr, write};
use std::os::fd::AsFd;

/// Writes a line for people to stderr.
pub(super) fn say(line: &str) {
    let line = format!("{}\n", printable_lines(line));
    let _ = all(&std::io::stderr(), line.as_bytes());
}

/// Writes an error to stderr.
pub(super) fn complain(message: &str) {
    say(&format!("attach-rig: {message}"));
}

/// Writes text of a result to stdout.
///
/// # Errors
/// [`Failure`] with the code for an output that could not be written.
pub(super) fn result(text: &str) -> Result<(), Failure> {
    bytes(printable_lines(text).as_bytes())
}

/// Writes bytes of a result to stdout unchanged. A reader that has closed the pipe is not an error.
///
/// # Errors
/// As [`result`].
pub(super) fn bytes(bytes: &[u8]) -> Result<(), Failure> {
    match all(&std::io::stdout(), bytes) {
        Ok(()) | Err(Errno::PIPE) => Ok(()),
        Err(error) => Err(Failure::unwritten(format!(
            "cannot write the result to standard output: {}; redirect it to a file on a disk with room",
            std::io::Error::from(error)
        ))),
    }
}

/// Writes the last text of a command that ends with `code`, and returns the code of the command.
pub(super) fn finish(text: &str, code: Exit) -> Exit {
    also(code, result(text))
}

/// Reports a failure that `code` does not cover, if there is one, and returns the combined code.
pub(super) fn also(code: Exit, result: Result<(), Failure>) -> Exit {
    let failed = result.err();
    failed.iter().for_each(|failure| complain(&failure.message));
    code.worst(failed.map(|failure| failure.code))
}

/// Writes without std, which treats a closed descriptor as success and buffers a text that does not end in a newline.
fn all(stream: &impl AsFd, mut bytes: &[u8]) -> Result<(), Errno> {
    while !bytes.is_empty() {
        match retry_on_intr(|| write(stream, bytes)) {
            Ok(0) => return Err(Errno::IO),
            Ok(written) => bytes = &bytes[written..],
            Err(Errno::AGAIN) => {
                retry_on_intr(|| poll(&mut [PollFd::new(stream, PollFlags::OUT)], None))?;
            }
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs::{File, OpenOptions};

    #[test]
    fn every_byte_is_written_or_the_reason_is_returned() {
        let full = OpenOptions::new().write(true).open("/dev/full").unwrap();
        assert_eq!(all(&full, b"a"), Err(Errno::NOSPC));
        let read_only = File::open("/dev/null").unwrap();
        assert_eq!(all(&read_only, b"a"), Err(Errno::BADF));
        let file = tempfile::NamedTempFile::new().unwrap();
        assert_eq!(all(file.as_file(), &[7; 100_000]), Ok(()));
        assert_eq!(std::fs::read(file.path()).unwrap(), [7; 100_000]);
    }

    #[test]
    fn a_reader_that_has_gone_gives_its_own_error() {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        assert_eq!(all(&writer, b"a"), Err(Errno::PIPE));
    }
}
