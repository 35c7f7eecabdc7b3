//! Removes what runs have left behind when they could not do it themselves: after a SIGKILL or exit code 7.
//!
//! A run is dead when the lock on its list is no longer held. Where there is no list, the lock on its cgroup counts.
//! That holds in every namespace. The list of a dead run says what the run has made; it is believed only as far as
//! `undo` says. A thing that cannot be removed or judged is kept, and reported.
use super::super::error::{LinuxError, Remains};
use super::super::trace::{self, Tracefs};
use super::manifest::{self, Content};
use super::run_id::{self, RunId};
use super::state::StateFolder;
use super::undo::{self, Undo};
use super::{strays, walk};
use input::shell::quote;
use input::text::printable;
use reports::exit::Exit;
use rustix::fd::OwnedFd;
use rustix::fs::FlockOperation;
use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, Seek as _};
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::time::Duration;

/// Longest time for which the lock on the list of a run without a process may be held, by another `clean` or by a
/// process that the run was just starting.
const PATIENCE: Duration = Duration::from_secs(3);

/// Opens the mount in which a run has made its cgroups, or says why it is not to be seen here.
pub(super) type Mount = fn(&Content) -> Result<OwnedFd, String>;

/// The report of a clean-up.
#[derive(Debug, Default)]
pub struct Cleaned {
    /// Things that were removed: folders, processes by pid, tracing instances by name.
    pub removed: Vec<String>,
    /// Runs that are under way and were left alone.
    pub alive: Vec<String>,
    /// Entries that were passed over and processes that were moved away, with the reason.
    pub notes: Vec<String>,
    /// Things that could not be removed.
    pub remains: Vec<Remains>,
    /// Ids of `alive`.
    pub(super) living: BTreeSet<RunId>,
}

/// Cleans up after every run that has ended.
///
/// # Errors
/// [`LinuxError::NoState`] when this user has no safe folder, [`LinuxError::Setup`] when lists or mounts cannot be
/// read.
pub fn clean() -> Result<Cleaned, LinuxError> {
    let (states, unfit) = StateFolder::all()?;
    let notes = unfit.into_iter().map(|reason| format!("no lists are read there: {reason}")).collect();
    let mut cleaned = Cleaned { notes, ..Cleaned::default() };
    for state in &states {
        cleaned.lists(state, undo::mount)?;
    }
    strays::remove(&mut cleaned)?;
    cleaned.instances();
    Ok(cleaned)
}

impl Cleaned {
    /// Every list in a folder.
    fn lists(&mut self, state: &StateFolder, mount: Mount) -> Result<(), LinuxError> {
        let unreadable = |source| LinuxError::Setup {
            doing: format!("read {}", state.path(OsStr::new("")).display()),
            source,
        };
        for name in state.names().map_err(unreadable)? {
            let path = state.path(&name);
            let shown = printable(&path.to_string_lossy()).into_owned();
            let Some(id) = manifest::run_of(&name) else {
                self.notes.push(format!("{shown} is passed over: it is not a list"));
                continue;
            };
            match state.open(&name) {
                Ok(file) => {
                    if let Err(error) = self.list(state, &name, (id, file), mount) {
                        self.keep(format!("the list {shown}"), &error, format!("rm {}", shell(&path)));
                    }
                }
                // Another clean was faster.
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => self.notes.push(format!("{shown} is passed over: {error}")),
            }
        }
        Ok(())
    }

    fn list(
        &mut self,
        state: &StateFolder,
        name: &OsStr,
        (id, mut file): (RunId, File),
        mount: Mount,
    ) -> io::Result<()> {
        // Only the lock says something about a pid of another namespace.
        let here = run_id::pid_namespace();
        let first = manifest::read(&mut file);
        let elsewhere = matches!(&first, Ok(Some(content)) if Some(content.pid_namespace) != here);
        let patience = if elsewhere || id.is_alive() { Duration::ZERO } else { PATIENCE };
        let free = walk::lock(&file, FlockOperation::NonBlockingLockExclusive, patience)?;
        if !free || (!elsewhere && id.is_alive()) {
            self.leave(id);
            return Ok(());
        }
        // Another clean has removed it.
        if file.metadata()?.nlink() == 0 {
            return Ok(());
        }
        // Read again, since the run may have gone on until the lock became free.
        file.rewind()?;
        let before = self.remains.len();
        if let Some(content) = manifest::read(&mut file)?.filter(|content| content.boot == manifest::boot()) {
            Undo { id, content: &content, here, cleaned: self }.undo(mount);
        }
        if self.remains.len() == before { state.remove(name) } else { Ok(()) }
    }

    /// Reports that a run lives.
    pub(super) fn leave(&mut self, id: RunId) {
        if self.living.insert(id) {
            self.alive.push(id.to_string());
        }
    }

    /// Removes instances of tracefs with the name of a run that has ended and left no list.
    fn instances(&mut self) {
        // A user that cannot reach it could not have made any instance.
        let Ok(tracefs) = Tracefs::reach() else { return };
        let dead = |id: &RunId| !id.is_alive() && !self.living.contains(id);
        let dead: Vec<RunId> = tracefs.instances().into_iter().filter(dead).collect();
        for id in dead {
            self.remove_instance(&tracefs, id);
        }
    }

    pub(super) fn remove_instance(&mut self, tracefs: &Tracefs, id: RunId) {
        match tracefs.remove(id) {
            Ok(true) => self.removed.push(format!("tracing instance {id}")),
            Ok(false) => {}
            Err(error) => self.remains.push(trace::remains(id, &error)),
        }
    }

    pub(super) fn keep(&mut self, what: String, why: &io::Error, remedy: String) {
        self.remains.push(Remains { what, why: why.to_string(), remedy });
    }

    /// Returns the exit code: left when something remains.
    #[must_use]
    pub fn exit_code(&self) -> Exit {
        if self.remains.is_empty() { Exit::AsExpected } else { Exit::Left }
    }
}

/// Returns a path as a word of a command.
pub(super) fn shell(path: &Path) -> String {
    printable(&quote(&path.to_string_lossy())).into_owned()
}

#[cfg(test)]
#[path = "clean_tests.rs"]
mod tests;
