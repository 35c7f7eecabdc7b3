//! Ties a child to this process, so that it ends when this process is killed and can no longer clean up.
//!
//! A module of its own, since this is unsafe code: it runs in the child between fork and exec.
#![allow(unsafe_code)]
use rustix::process::{Pid, Signal, getppid, set_parent_process_death_signal};
use std::io;
use std::os::unix::process::CommandExt as _;
use std::process::Command;

/// The child gets a SIGKILL when its parent ends. The kernel means the parent's thread: spawn from one that lives on
/// until the child has ended.
pub(super) fn tie(command: &mut Command) {
    let parent = Pid::from_raw(std::process::id().cast_signed());
    let tied = move || {
        set_parent_process_death_signal(Some(Signal::KILL))?;
        // A parent that ended before that call would not send a signal.
        if getppid() == parent { Ok(()) } else { Err(io::ErrorKind::BrokenPipe.into()) }
    };
    // SAFETY: between fork and exec only what is async-signal-safe may be called. The closure makes two system calls,
    // prctl and getppid, neither allocates nor locks, and builds an error that lives in a word without the heap.
    unsafe { command.pre_exec(tied) };
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::Stdio;
    use std::thread;
    use std::time::{Duration, Instant};

    #[test]
    fn a_child_ends_with_the_thread_that_spawned_it_and_not_before() {
        let (sender, receiver) = std::sync::mpsc::channel();
        let (end, until) = std::sync::mpsc::channel::<()>();
        let parent = thread::spawn(move || {
            let mut command = Command::new("sleep");
            command.arg("60").stdin(Stdio::null());
            tie(&mut command);
            sender.send(command.spawn().unwrap()).unwrap();
            until.recv().unwrap();
        });
        let mut child = receiver.recv().unwrap();
        assert!(child.try_wait().unwrap().is_none(), "it lives as long as its parent");
        let begin = Instant::now();
        end.send(()).unwrap();
        parent.join().unwrap();
        let status = child.wait().unwrap();
        assert_eq!(std::os::unix::process::ExitStatusExt::signal(&status), Some(9));
        assert!(begin.elapsed() < Duration::from_secs(50), "it did not run to its own end");
    }
}
