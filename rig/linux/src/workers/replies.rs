//! Lines from the worker with a time limit, so that a worker that hangs does not hang the rig.
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use std::io::{self, Read as _};
use std::process::ChildStdout;

/// Lines from the worker's stdout, with a time limit.
#[derive(Debug)]
pub(crate) struct Replies {
    stdout: ChildStdout,
    buffer: Vec<u8>,
}

impl Replies {
    /// Reads from `stdout`.
    pub(crate) fn new(stdout: ChildStdout) -> Self {
        Self { stdout, buffer: Vec::new() }
    }

    /// The next line; `None` at the end of the stream. The limit is per read, and a line is short.
    ///
    /// # Errors
    /// `TimedOut`, or the error of reading.
    pub(crate) fn line(&mut self, limit_s: u64) -> io::Result<Option<String>> {
        loop {
            if let Some(end) = self.buffer.iter().position(|b| *b == b'\n') {
                let line: Vec<u8> = self.buffer.drain(..=end).take(end).collect();
                return Ok(Some(String::from_utf8_lossy(&line).into_owned()));
            }
            let limit = Timespec { tv_sec: limit_s as i64, tv_nsec: 0 };
            match poll(&mut [PollFd::new(&self.stdout, PollFlags::IN)], Some(&limit)) {
                Err(Errno::INTR) => continue,
                Err(errno) => return Err(errno.into()),
                Ok(0) => return Err(io::ErrorKind::TimedOut.into()),
                Ok(_) => {}
            }
            let mut chunk = [0; 256];
            match self.stdout.read(&mut chunk)? {
                0 => return Ok(None),
                read => self.buffer.extend_from_slice(&chunk[..read]),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::{Command, Stdio};

    #[test]
    fn lines_arrive_whole_and_silence_ends_the_wait() {
        let script = "printf 'one\\ntw'; sleep 0.05; printf 'o\\n'; read wait";
        let mut shell = Command::new("sh");
        let mut shell =
            shell.args(["-c", script]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let mut replies = Replies::new(shell.stdout.take().unwrap());
        assert_eq!(replies.line(10).unwrap().as_deref(), Some("one"));
        assert_eq!(replies.line(10).unwrap().as_deref(), Some("two"));
        assert_eq!(replies.line(0).unwrap_err().kind(), io::ErrorKind::TimedOut);
        drop(shell.stdin.take());
        assert_eq!(replies.line(10).unwrap(), None, "the end of the stream");
        shell.wait().unwrap();
    }
}
