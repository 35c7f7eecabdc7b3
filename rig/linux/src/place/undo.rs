//! Undoes one list of a dead run.
//!
//! The list is believed for three kinds of things. First, cgroups with the run's own name, on the cgroup file system in
//! which the run made them. Second, processes of this boot and this namespace of pids that are in one of these cgroups
//! and whose pid and start are those of the list. Third, the tracing instance of the run's own name. Everything else in
//! the list is kept and reported.
use super::super::error::Remains;
use super::super::trace::{self, Tracefs};
use super::clean::{Cleaned, shell};
use super::discovery::{MOUNTINFO, parse_mountinfo};
use super::group::remove_by;
use super::manifest::{Content, Process};
use super::run_id::{RunId, start_ticks};
use super::{inhabitants, walk};
use input::text::printable;
use rustix::fd::OwnedFd;
use rustix::fs::{AtFlags, fstat, unlinkat};
use rustix::process::{Pid, PidfdFlags, Signal, pidfd_open, pidfd_send_signal};
use std::ffi::OsStr;
use std::fs;
use std::io;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

/// Longest time that a process may take to die of a SIGKILL, or of the end of its run.
const DEATH: Duration = Duration::from_secs(5);
const LOOK: Duration = Duration::from_millis(5);

/// A list on its way out.
pub(super) struct Undo<'a> {
    pub(super) id: RunId,
    pub(super) content: &'a Content,
    /// The namespace in which this process sees pids.
    pub(super) here: Option<u64>,
    pub(super) cleaned: &'a mut Cleaned,
}

/// Opens the mount in which a run has made its cgroups.
///
/// # Errors
/// The reason why it is not to be seen here.
pub(super) fn mount(content: &Content) -> Result<OwnedFd, String> {
    let mounts = fs::read_to_string(MOUNTINFO).map_err(|error| format!("mountinfo: {error}"))?;
    let mounts = parse_mountinfo(&mounts);
    let at = mounts.iter().rev().find(|mount| mount.point == content.mount);
    let (point, hierarchy) = (content.mount.display(), &content.hierarchy);
    if !at.is_some_and(|mount| mount.shows(hierarchy.strip_prefix("v1:"))) {
        return Err(format!("{hierarchy} is not mounted at {point} here"));
    }
    let opened = walk::folder(&content.mount).map_err(|error| format!("{point}: {error}"))?;
    let root = fstat(&opened).map_err(|errno| format!("{point}: {errno}"))?.st_ino;
    match walk::is_cgroup(&opened) {
        Ok(true) if root == content.mount_root => Ok(opened),
        Ok(true) => Err(format!("another part of {hierarchy} is mounted at {point} here")),
        Ok(false) => Err(format!("something else is mounted over {point} here")),
        Err(error) => Err(format!("{point}: {error}")),
    }
}

impl Undo<'_> {
    /// Ends the processes, removes the cgroups and the tracing instance.
    pub(super) fn undo(mut self, mount: super::clean::Mount) {
        let (content, own) = (self.content, self.id.to_string());
        let listed = content.cgroup.iter().map(|cgroup| cgroup.path.as_path());
        let believed: Vec<&Path> = content.cgroups_of(self.id).collect();
        for path in listed.filter(|path| !believed.contains(path)) {
            self.unbelieved(&path.display().to_string(), "it is not a cgroup that this run can have made");
        }
        for instance in content.instance.iter().filter(|one| one.name != own) {
            self.unbelieved(&instance.name, "it is not a tracing instance that this run can have made");
        }
        match mount(content) {
            Ok(root) => self.all(&root, &believed),
            Err(why) => believed.first().into_iter().for_each(|path| self.unseen(path, &why)),
        }
        if content.instance.iter().any(|instance| instance.name == own) {
            match Tracefs::reach() {
                Ok(tracefs) => self.cleaned.remove_instance(&tracefs, self.id),
                Err(why) => {
                    let why = io::Error::other(why.to_string());
                    self.cleaned.remains.push(trace::remains(self.id, &why));
                }
            }
        }
    }

    fn all(&mut self, root: &OwnedFd, believed: &[&Path]) {
        let mut cgroups = Vec::new();
        for path in believed {
            match open(root, path) {
                Ok(Some(cgroup)) => cgroups.push((*path, cgroup)),
                Ok(None) => {}
                Err(error) => self.stays(path, &error),
            }
        }
        if self.here == Some(self.content.pid_namespace) {
            for process in &self.content.process {
                self.end(*process, &cgroups);
            }
        }
        for (path, cgroup) in cgroups.iter().rev() {
            self.remove(root, path, cgroup);
        }
    }

    /// Ends a process, if it is still the one that was started, and is where the run has put it.
    fn end(&mut self, process: Process, cgroups: &[(&Path, OwnedFd)]) {
        let Process { pid, start_ticks: ticks } = process;
        let Some(raw) = i32::try_from(pid).ok().and_then(Pid::from_raw) else { return };
        // Taken before the process is examined: a later process with the same pid is not signalled.
        let Ok(handle) = pidfd_open(raw, PidfdFlags::empty()) else { return };
        let is_ours = || start_ticks(pid) == Some(ticks);
        let sits = || cgroups.iter().any(|(_, cgroup)| inhabitants::of(cgroup).contains(&pid));
        let (until, mut killed) = (Instant::now() + DEATH, false);
        while is_ours() {
            if !killed && sits() && is_ours() {
                killed = pidfd_send_signal(&handle, Signal::KILL).is_ok();
            }
            if Instant::now() >= until {
                let why = if killed {
                    "it did not end after SIGKILL; is it frozen?"
                } else {
                    "it does not sit in the run's cgroups, so it is not ended"
                };
                let remedy = if killed { "thaw its cgroup, then " } else { "" };
                let remedy = format!("{remedy}kill -9 {pid}");
                self.cleaned.keep(inhabitants::words(pid), &io::Error::other(why), remedy);
                return;
            }
            thread::sleep(LOOK);
        }
        if killed {
            self.cleaned.removed.push(format!("process {pid}"));
        }
    }

    fn remove(&mut self, root: &OwnedFd, path: &Path, cgroup: &OwnedFd) {
        let own = self.id.to_string();
        // Folder above the run's top: the place of the run itself.
        let above = path.ancestors().find(|above| above.file_name() == Some(OsStr::new(&own)));
        let outside = above.and_then(Path::parent).unwrap_or(Path::new(""));
        let mut moved = Vec::new();
        let rmdir = || {
            let parent = walk::below(root, path.parent().unwrap_or(Path::new("")))?;
            Ok(unlinkat(&parent, path.file_name().unwrap_or_default(), AtFlags::REMOVEDIR)?)
        };
        let busy = || {
            moved = walk::below(root, outside)
                .map(|outside| inhabitants::move_out(cgroup, &outside))
                .unwrap_or_default();
        };
        let removed = remove_by(rmdir, busy);
        let place = self.content.mount.join(outside);
        let moved =
            moved.into_iter().map(|who| format!("{who} was moved to {}, out of {own}", place.display()));
        self.cleaned.notes.extend(moved);
        match removed {
            Ok(()) => self.cleaned.removed.push(self.content.mount.join(path).display().to_string()),
            Err(error) => {
                let there: Vec<String> =
                    inhabitants::of(cgroup).into_iter().map(inhabitants::words).collect();
                let who =
                    if there.is_empty() { String::new() } else { format!(", in it: {}", there.join(", ")) };
                self.stays(path, &io::Error::other(format!("{error}{who}")));
            }
        }
    }

    fn stays(&mut self, path: &Path, error: &io::Error) {
        let path = self.content.mount.join(path);
        self.cleaned.keep(path.display().to_string(), error, format!("rmdir {}", shell(&path)));
    }

    fn unseen(&mut self, path: &Path, why: &str) {
        let path = self.content.mount.join(path);
        self.cleaned.remains.push(Remains {
            what: path.display().to_string(),
            why: format!("{why}, so the list is kept"),
            remedy: "attach-rig clean, where the hierarchy is mounted as it was for the run".into(),
        });
    }

    fn unbelieved(&mut self, what: &str, why: &str) {
        let what = printable(what).into_owned();
        let remedy = format!("remove it by hand if it is yours, and the list of {}", self.id);
        self.cleaned.keep(what, &io::Error::other(format!("{why}, so nothing was done")), remedy);
    }
}

/// Opens a cgroup of the list; `None` when it is gone, or was never made.
fn open(root: &OwnedFd, path: &Path) -> io::Result<Option<OwnedFd>> {
    match walk::below(root, path) {
        Ok(cgroup) => Ok(Some(cgroup)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}
