//! The rig's side of the worker: starts it, asks it, notices its death, ends it.
//!
//! Its pid is written into cgroup files until the end, so it must not become the pid of another process. The watcher
//! waits with NOWAIT, which leaves the dead worker in the process table until [`Worker::stop`] or dropping reaps it.
#![allow(unsafe_code)]
use super::super::error::{Cause, LinuxError, Remains};
use super::child::{FAILED, KEEP, READY, WORKER_ARG};
use super::replies::Replies;
use super::worker_config::WorkerConfig;
use rustix::io::Errno;
use rustix::process::{Pid, WaitId, WaitIdOptions, waitid};
use std::fs::File;
use std::io::{self, Write as _};
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::Duration;

/// Seconds that an answer may take. A busy worker shares the CPUs with its own threads.
const ANSWER_S: u64 = 10;
/// Time that the worker may take to exit by itself, and once more after a SIGKILL.
const EXIT: Duration = Duration::from_secs(3);

/// A running worker.
#[derive(Debug)]
pub(crate) struct Worker {
    child: Child,
    /// Closing it ends the worker.
    commands: Option<ChildStdin>,
    replies: Replies,
    /// Set once by the watcher (Release), read by the mover's loop (Acquire in [`Worker::death_flag`]'s user).
    died: Arc<AtomicBool>,
    /// Gets a message, or is closed, when the worker has died.
    ended: Receiver<()>,
    reaped: Option<ExitStatus>,
}

impl Worker {
    /// Starts the worker and waits until its threads run; `anybody_died` is set, too, when it dies. With `home`, the
    /// `cgroup.procs` of a cgroup, it enters that cgroup before its program begins, so that all of its memory is
    /// charged there.
    ///
    /// # Errors
    /// [`LinuxError::WorkerStart`].
    pub(crate) fn start(
        program: &Path,
        orders: &WorkerConfig,
        anybody_died: &Arc<AtomicBool>,
        home: Option<&File>,
    ) -> Result<Self, LinuxError> {
        let fail = |source: io::Error| LinuxError::WorkerStart {
            cause: source.raw_os_error().map(Cause::Errno),
            reason: source.to_string(),
        };
        let orders = serde_json::to_string(orders).map_err(|error| fail(error.into()))?;
        let mut command = Command::new(program);
        if let Some(home) = home {
            enter(&mut command, home.try_clone().map_err(fail)?);
        }
        let mut child = command
            .arg0("attach-rig")
            .args([WORKER_ARG, &orders])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            // A group of its own: Ctrl-C on the terminal is for the rig, which then ends the worker.
            .process_group(0)
            .spawn()
            .map_err(fail)?;
        let (commands, stdout) = (child.stdin.take(), child.stdout.take());
        let stdout = stdout.ok_or_else(|| fail(io::ErrorKind::BrokenPipe.into()))?;
        let died = Arc::new(AtomicBool::new(false));
        let (tell, ended) = channel();
        let pid = child.id();
        let mut worker = Self {
            child,
            commands,
            replies: Replies::new(stdout),
            died: Arc::clone(&died),
            ended,
            reaped: None,
        };
        thread::Builder::new()
            .name("watcher".into())
            .spawn({
                let anybody_died = Arc::clone(anybody_died);
                move || watch(pid, [&died, &anybody_died], &tell)
            })
            .map_err(fail)?;
        match worker.replies.line(ANSWER_S) {
            Ok(Some(line)) if line == READY => Ok(worker),
            Ok(Some(line)) => Err(failed(&line)),
            Ok(None) => Err(worker.ended_at_start()),
            Err(source) => Err(fail(source)),
        }
    }

    /// Returns the pid of the worker. It belongs to no other process before the worker has been reaped.
    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Becomes true when the worker dies.
    pub(crate) fn death_flag(&self) -> &AtomicBool {
        &self.died
    }

    /// Lets its main thread keep this many pages, all touched.
    ///
    /// # Errors
    /// [`LinuxError::WorkerDied`], [`LinuxError::WorkerSilent`], and [`LinuxError::Setup`] when it cannot.
    pub(crate) fn keep(&mut self, pages: u64) -> Result<(), LinuxError> {
        let wanted = format!("{KEEP} {pages}");
        let asked = self.commands.as_mut().map(|pipe| writeln!(pipe, "{wanted}"));
        if !matches!(asked, Some(Ok(()))) {
            return Err(self.death());
        }
        match self.replies.line(ANSWER_S) {
            Ok(Some(line)) if line == wanted => Ok(()),
            Ok(Some(line)) => Err(LinuxError::Setup {
                doing: format!("let the worker keep {pages} pages"),
                source: io::Error::other(line),
            }),
            Ok(None) => Err(self.death()),
            Err(_) => Err(self.silent()),
        }
    }

    /// The error for a worker that has died or is dying.
    pub(crate) fn death(&mut self) -> LinuxError {
        match self.reap() {
            Some(status) => LinuxError::WorkerDied { pid: self.pid(), status },
            None => self.silent(),
        }
    }

    /// Ends the worker and reaps it.
    ///
    /// # Errors
    /// [`LinuxError::WorkerDied`] when it had not ended well, [`LinuxError::Leftover`] when it cannot be ended.
    pub(crate) fn stop(mut self) -> Result<(), LinuxError> {
        self.commands = None;
        match self.reap() {
            Some(status) if status.success() => Ok(()),
            Some(status) => Err(LinuxError::WorkerDied { pid: self.pid(), status }),
            None => self.kill(),
        }
    }

    fn ended_at_start(&mut self) -> LinuxError {
        match self.reap() {
            Some(status) => LinuxError::WorkerStart {
                reason: format!("it ended at once: {status}"),
                cause: status.signal().map(Cause::Signal),
            },
            None => LinuxError::WorkerStart { reason: "it closed its output".into(), cause: None },
        }
    }

    /// Returns the error for a worker that lives and does not do as it is asked.
    pub(crate) fn silent(&self) -> LinuxError {
        LinuxError::WorkerSilent { pid: self.pid(), waited_s: ANSWER_S }
    }

    /// Returns the exit status once the watcher has seen the end; `None` when that does not come in time.
    fn reap(&mut self) -> Option<ExitStatus> {
        if self.reaped.is_none() && self.ended.recv_timeout(EXIT) != Err(RecvTimeoutError::Timeout) {
            // Does not block: the watcher returns only after the end.
            self.reaped = self.child.wait().ok();
        }
        self.reaped
    }

    fn kill(&mut self) -> Result<(), LinuxError> {
        // It has not been reaped yet, so the pid is still the worker's. If this fails, the worker does not end, which
        // is noticed.
        let _sent = self.child.kill();
        if self.reap().is_some() {
            return Ok(());
        }
        let pid = self.pid();
        Err(LinuxError::Leftover {
            remains: vec![Remains {
                what: format!("process {pid}"),
                why: "it did not end after SIGKILL; is it frozen?".into(),
                remedy: format!("thaw its cgroup, then kill -9 {pid}"),
            }],
            after: None,
        })
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        // After `stop` there is nothing to do. Otherwise a panic or an error is under way, which is reported instead. A
        // worker that stays makes its cgroup busy, and that is reported as well.
        if self.reaped.is_none() {
            let _remains = self.kill();
        }
    }
}

/// Lets the child move itself between fork and exec. Where it may not, the mover will not be able to move it either,
/// and says so with the remedy.
fn enter(command: &mut Command, home: File) {
    let enter = move || {
        let _stays = rustix::io::write(&home, b"0");
        Ok(())
    };
    // SAFETY: after the fork it does one system call on a file that is open, and allocates nothing.
    unsafe { command.pre_exec(enter) };
}

/// The error for a worker whose first line is not that it is ready: an errno and words, or something else.
fn failed(line: &str) -> LinuxError {
    let said = line.strip_prefix(FAILED).and_then(|rest| rest.trim().split_once(' '));
    match said.and_then(|(errno, words)| Some((errno.parse().ok()?, words))) {
        Some((errno, words)) => {
            LinuxError::WorkerStart { reason: words.to_owned(), cause: Some(Cause::Errno(errno)) }
        }
        None => LinuxError::WorkerStart { reason: format!("it wrote `{line}`"), cause: None },
    }
}

/// Waits for the end of `pid` without reaping it.
fn watch(pid: u32, died: [&AtomicBool; 2], tell: &Sender<()>) {
    if let Some(pid) = Pid::from_raw(pid as i32) {
        let dead_but_not_reaped = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT;
        while matches!(waitid(WaitId::Pid(pid), dead_but_not_reaped), Err(Errno::INTR)) {}
    }
    died.iter().for_each(|died| died.store(true, Ordering::Release));
    // The rig may have given up waiting.
    let _unheard = tell.send(());
}

#[cfg(test)]
mod tests {
    use super::*;
    use workloads::Spec;

    fn start(program: &str) -> Result<Worker, LinuxError> {
        let spec = Spec::new("steady", 1, 1);
        let orders =
            WorkerConfig { spec, seed: 1, process: 0, memory: 999, families: 1, family: 0, resume: None };
        Worker::start(Path::new(program), &orders, &Arc::default(), None)
    }

    #[test]
    fn a_program_that_is_no_worker_is_an_error_and_no_hang() {
        let reason = |program| start(program).unwrap_err().to_string();
        assert!(reason("/nonexistent").contains("No such file"));
        assert!(reason("/bin/false").contains("ended at once: exit status: 1"));
        assert!(reason("/bin/echo").contains("it wrote `__worker"));
    }
}
