//! Standard output and standard error: the only writer of each. No failure of a stream becomes a panic.
//!
//! A line on stderr that cannot be written is dropped: it is for people, and a run must not end because no one reads
//! it. A result on stdout that cannot be written is an error, unless the reader has closed the pipe.
//!
//! [`Printing`] is chosen by flags. It belongs to the process, as the streams do, and is set once, before a command begins.
use super::exit::Failure;
use anstream::{AutoStream, ColorChoice};
use anstyle::AnsiColor;
use input::text::printable_lines;
use reports::exit::Exit;
use rustix::event::{PollFd, PollFlags, poll};
use rustix::io::{Errno, retry_on_intr, write};
use std::os::fd::AsFd;
use std::sync::OnceLock;

/// The parts of a command's output that are printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Printing {
    /// Verdict lines, data and errors.
    Quiet,
    /// Also results in short, and progress.
    #[default]
    Normal,
    /// Every result in full.
    Verbose,
}

/// The stream of a result's text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Text {
    /// Standard output.
    #[default]
    Stdout,
    /// Standard error, because JSON goes to standard output.
    Stderr,
}

static PRINTING: OnceLock<(Printing, Text)> = OnceLock::new();

impl Printing {
    /// Chooses this for the rest of the process, with text on the stream `text` and colours as `color` says.
    pub(super) fn choose(self, text: Text, color: ColorChoice) {
        color.write_global();
        let _chosen_before = PRINTING.set((self, text));
    }

    /// Returns the choice of this process.
    pub(super) fn chosen() -> Self {
        PRINTING.get().copied().unwrap_or_default().0
    }
}

fn text_stream() -> Text {
    PRINTING.get().copied().unwrap_or_default().1
}

/// Reports whether the text of a result has colours: by `--color`, `NO_COLOR`, `CLICOLOR_FORCE`, and the terminal.
pub(super) fn has_colors() -> bool {
    let choice = match text_stream() {
        Text::Stdout => AutoStream::choice(&std::io::stdout()),
        Text::Stderr => AutoStream::choice(&std::io::stderr()),
    };
    choice != ColorChoice::Never
}

/// Writes a line for people to stderr.
pub(super) fn say(line: &str) {
    if Printing::chosen() != Printing::Quiet {
        line_on_stderr(line);
    }
}

fn line_on_stderr(line: &str) {
    let line = format!("{}\n", printable_lines(line));
    let _ = all(&std::io::stderr(), line.as_bytes());
}

/// Writes an error to stderr.
pub(super) fn complain(message: &str) {
    line_on_stderr(&format!("attach-rig: {message}"));
}

/// Writes the text of a result, without control characters.
///
/// # Errors
/// [`Failure`] with the code for an output that could not be written.
pub(super) fn result(text: &str) -> Result<(), Failure> {
    raw_text(printable_lines(text).as_bytes())
}

/// Writes the text of a result unchanged: to stdout, or to stderr if JSON goes to stdout.
///
/// # Errors
/// As [`result`].
pub(super) fn raw_text(text: &[u8]) -> Result<(), Failure> {
    match text_stream() {
        Text::Stdout => bytes(text),
        Text::Stderr => {
            let _for_people = all(&std::io::stderr(), text);
            Ok(())
        }
    }
}

/// Writes text that a verdict line sums up; nothing if quiet.
///
/// # Errors
/// As [`result`].
pub(super) fn detail(text: &str) -> Result<(), Failure> {
    if Printing::chosen() == Printing::Quiet { Ok(()) } else { result(text) }
}

/// Writes a result that ends with its verdict line, which has the colour of `code`. Only that line if quiet.
///
/// # Errors
/// As [`result`].
pub(super) fn judged(text: &str, code: Exit) -> Result<(), Failure> {
    let (before, verdict) = verdict_line(text);
    detail(before)?;
    let verdict = printable_lines(verdict);
    let color = match code {
        Exit::AsExpected => AnsiColor::Green,
        Exit::Violated | Exit::Slower | Exit::NotRepeated => AnsiColor::Red,
        _ => AnsiColor::Yellow,
    };
    let style = if has_colors() { color.on_default() } else { anstyle::Style::new() };
    raw_text(format!("{style}{verdict}{style:#}\n").as_bytes())
}

/// Returns the text before its last line, and the last line.
pub(super) fn verdict_line(text: &str) -> (&str, &str) {
    let text = text.trim_end_matches('\n');
    text.split_at(text.rfind('\n').map_or(0, |end| end + 1))
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

/// Writes the verdict of a command that ends with `code`, as [`judged`], and returns the code of the command.
pub(super) fn conclude(text: &str, code: Exit) -> Exit {
    also(code, judged(text, code))
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
    fn the_verdict_is_the_last_line() {
        for (text, before, verdict) in
            [("a\nb\n", "a\n", "b"), ("a\n\nb", "a\n\n", "b"), ("b\n", "", "b"), ("", "", "")]
        {
            assert_eq!(verdict_line(text), (before, verdict));
        }
    }

    #[test]
    fn a_reader_that_has_gone_gives_its_own_error() {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        assert_eq!(all(&writer, b"a"), Err(Errno::PIPE));
    }
}
