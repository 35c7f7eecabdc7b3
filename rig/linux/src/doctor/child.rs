//! A child of the doctor that does nothing but be moved: into each cgroup of a trial and back.
//!
//! A module of its own, since this is unsafe code: a fork without an exec. So a machine that allows exactly one more
//! process can still be examined.
#![allow(unsafe_code)]
use super::super::error::{Attempt, LinuxError};
use super::super::place::group::Groups;
use rustix::io::Errno;
use std::fs;
use std::io;
use std::os::fd::{AsRawFd as _, IntoRawFd as _};
use std::path::Path;

/// A process that waits for the end of a pipe.
#[derive(Debug)]
struct Child {
    pid: libc::pid_t,
    /// Closing it ends the child.
    _pipe: io::PipeWriter,
}

impl Child {
    fn start() -> io::Result<Self> {
        let (read, write) = io::pipe()?;
        let write_raw = write.as_raw_fd();
        // SAFETY: the child calls only prctl, close, read and _exit, all async-signal-safe. It touches neither the heap
        // nor memory of other threads.
        let pid = unsafe { libc::fork() };
        if pid == 0 {
            let read = read.into_raw_fd();
            // SAFETY: as above; the buffer is one byte on the child's own stack, and both files are open.
            unsafe {
                libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL);
                libc::close(write_raw);
                let mut byte = 0_u8;
                libc::read(read, (&raw mut byte).cast(), 1);
                libc::_exit(0);
            }
        }
        if pid < 0 { Err(io::Error::last_os_error()) } else { Ok(Self { pid, _pipe: write }) }
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        let mut status = 0;
        // SAFETY: the pid is of a child that has not been waited for yet, so no other process can have it.
        unsafe {
            libc::kill(self.pid, libc::SIGKILL);
            libc::waitpid(self.pid, &raw mut status, 0);
        }
    }
}

/// Moves a child through the cgroups of a trial and back to the own one, and looks each time whether it arrived.
///
/// # Errors
/// [`LinuxError::NotPermitted`] without a remedy yet, [`LinuxError::Setup`], [`LinuxError::Misplaced`].
pub(super) fn move_through(groups: &mut Groups, own: &Path) -> Result<(), LinuxError> {
    let setup = |source| LinuxError::Setup { doing: "start a process that is to be moved".into(), source };
    let child = Child::start().map_err(setup)?;
    groups.started(child.pid.cast_unsigned())?;
    let stations: Vec<_> = groups.children().iter().cloned().chain([own.to_path_buf()]).collect();
    stations.iter().try_for_each(|folder| attach(child.pid.cast_unsigned(), folder))
}

fn attach(pid: u32, folder: &Path) -> Result<(), LinuxError> {
    let procs = folder.join("cgroup.procs");
    fs::write(&procs, pid.to_string()).map_err(|source| match Errno::from_io_error(&source) {
        Some(Errno::ACCESS | Errno::PERM | Errno::ROFS) => LinuxError::NotPermitted {
            attempts: vec![Attempt { doing: "move a process into", path: procs.clone(), source }],
            remedy: String::new(),
        },
        _ => LinuxError::Setup { doing: format!("move a process into {}", procs.display()), source },
    })?;
    let reading = |source| LinuxError::Setup { doing: format!("read {}", procs.display()), source };
    let listed = fs::read_to_string(&procs).map_err(reading)?;
    let arrived = listed.lines().any(|line| line.parse() == Ok(pid));
    if arrived { Ok(()) } else { Err(LinuxError::Misplaced { pid, expected: procs }) }
}
