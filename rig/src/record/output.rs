//! The lines of strace as they come, through a FIFO in a folder of the rig's own. There is no temporary copy of a large
//! recording, and every new pid is known at once.
use super::error::RecordError;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{CWD, Mode, OFlags, mkfifoat, open};
use std::fs::{self, DirBuilder, File};
use std::io::{self, Read as _, Write};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Bytes of a line that are searched for its pid.
const HEAD_MAX: usize = 16;

/// The reading end of the FIFO.
pub(super) struct Output {
    folder: PathBuf,
    fifo: PathBuf,
    file: File,
    buffer: Vec<u8>,
    /// The beginning of a line that is not complete yet.
    head: Vec<u8>,
    ends_line: bool,
    lines: u64,
    first_pid: Option<u32>,
}

impl Output {
    /// Makes the FIFO.
    pub(super) fn make() -> Result<Self, RecordError> {
        let setup = |doing| {
            move |source| RecordError::Setup {
                doing,
                source,
                remedy: "set TMPDIR to a folder in which a FIFO can be made",
            }
        };
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO);
        let name = format!("attach-rig-record-{}-{}", std::process::id(), since.as_nanos());
        let folder = std::env::temp_dir().join(name);
        DirBuilder::new().mode(0o700).create(&folder).map_err(setup("make a folder for strace's output"))?;
        let fifo = folder.join("strace");
        let made = mkfifoat(CWD, &fifo, Mode::RUSR | Mode::WUSR)
            .and_then(|()| open(&fifo, OFlags::RDONLY | OFlags::NONBLOCK | OFlags::CLOEXEC, Mode::empty()));
        match made {
            Ok(file) => Ok(Self {
                folder,
                fifo,
                file: file.into(),
                buffer: vec![0; 64 << 10],
                head: Vec::new(),
                ends_line: true,
                lines: 0,
                first_pid: None,
            }),
            Err(error) => {
                let _ = fs::remove_dir_all(&folder);
                Err(setup("make a FIFO for strace's output")(error.into()))
            }
        }
    }

    pub(super) fn path(&self) -> &Path {
        &self.fifo
    }

    /// Returns the number of lines so far.
    pub(super) fn lines(&self) -> u64 {
        self.lines
    }

    /// Returns the pid of the first line.
    pub(super) fn first_pid(&self) -> Option<u32> {
        self.first_pid
    }

    /// Waits for output up to `wait`, writes it to `out`, and collects the pids of its lines; reports whether there was
    /// any.
    pub(super) fn take(
        &mut self,
        wait: Duration,
        out: &mut dyn Write,
        saw: &mut dyn FnMut(u32),
    ) -> io::Result<bool> {
        let wait = Timespec { tv_sec: 0, tv_nsec: i64::from(wait.subsec_nanos()) };
        let ready = {
            let mut fds = [PollFd::new(&self.file, PollFlags::IN)];
            // A signal ends the wait.
            poll(&mut fds, Some(&wait)).unwrap_or(0) > 0 && fds[0].revents().contains(PollFlags::IN)
        };
        if !ready {
            return Ok(false);
        }
        let count = match self.file.read(&mut self.buffer) {
            Ok(count) => count,
            Err(error) if matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted) => 0,
            Err(error) => return Err(error),
        };
        out.write_all(&self.buffer[..count])?;
        self.look(count, saw);
        Ok(count > 0)
    }

    /// Ends a last line that strace left incomplete.
    pub(super) fn flush(&mut self, out: &mut dyn Write) -> io::Result<()> {
        if self.ends_line { Ok(()) } else { out.write_all(b"\n") }
    }

    fn look(&mut self, count: usize, saw: &mut dyn FnMut(u32)) {
        for byte in &self.buffer[..count] {
            self.ends_line = *byte == b'\n';
            if self.ends_line {
                self.lines += 1;
                let digits = self.head.split(|byte| !byte.is_ascii_digit()).next().unwrap_or_default();
                if let Some(pid) = std::str::from_utf8(digits).ok().and_then(|digits| digits.parse().ok()) {
                    self.first_pid = self.first_pid.or(Some(pid));
                    saw(pid);
                }
                self.head.clear();
            } else if self.head.len() < HEAD_MAX {
                self.head.push(*byte);
            }
        }
    }
}

impl Drop for Output {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.fifo);
        let _ = fs::remove_dir(&self.folder);
    }
}
