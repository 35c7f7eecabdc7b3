//! tracefs, and instances of it: made and removed only under the names of runs.
//!
//! Where it is mounted, that mount is used. Elsewhere it is mounted for a descriptor alone (`fsmount`). Such a mount is
//! in a nameless namespace of its own and is not visible in any folder. It goes with the descriptor, also after a
//! SIGKILL. Files are reached through `/proc/self/fd`.
use super::super::error::{LinuxError, Remains};
use super::super::place::discovery::MOUNTINFO;
use super::super::place::mountinfo::mount_points;
use super::super::place::run_id::RunId;
use super::why::Unavailable;
use rustix::fd::{AsRawFd as _, OwnedFd};
use rustix::fs::{Mode, OFlags, open};
use rustix::io::Errno;
use rustix::mount::{FsMountFlags, FsOpenFlags, MountAttrFlags, fsconfig_create, fsmount, fsopen};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

/// An instance is busy while a file of it is open, which may last a moment longer than its process: 2 s in all.
const REMOVE_TRIES: u32 = 200;
const REMOVE_PAUSE: Duration = Duration::from_millis(10);
/// Inode of the first namespace of pids, the same on every kernel.
const FIRST_PID_NAMESPACE: &str = "pid:[4026531836]";

/// The file system, reachable as long as this value lives.
#[derive(Debug)]
pub(crate) struct Tracefs {
    folder: OwnedFd,
}

impl Tracefs {
    /// Reaches it.
    ///
    /// # Errors
    /// [`Unavailable`] where it does not exist or is not for us.
    pub(crate) fn reach() -> Result<Self, Unavailable> {
        pids_are_the_kernels()?;
        let mounts = fs::read_to_string(MOUNTINFO).unwrap_or_default();
        let points = mount_points(&mounts, "tracefs").into_iter();
        if let Some((point, _)) = points.into_iter().find(|(_, read_only)| !read_only) {
            let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
            let opened = open(&point, flags, Mode::empty());
            return match opened {
                Ok(folder) => Ok(Self { folder }),
                Err(errno) => Err(Unavailable::file("open", &point, &errno.into())),
            };
        }
        let folder = detached().map_err(|errno| {
            Unavailable::file("mount", Path::new("tracefs, which no folder shows"), &errno.into())
        })?;
        Ok(Self { folder })
    }

    /// Folder of the file system.
    pub(crate) fn path(&self) -> PathBuf {
        format!("/proc/self/fd/{}", self.folder.as_raw_fd()).into()
    }

    /// The folder of the instance of a run.
    pub(crate) fn instance(&self, id: RunId) -> PathBuf {
        self.path().join("instances").join(id.to_string())
    }

    /// Every instance that has the name of a run.
    pub(crate) fn instances(&self) -> Vec<RunId> {
        let entries = fs::read_dir(self.path().join("instances")).into_iter().flatten().flatten();
        entries.filter_map(|entry| RunId::parse(entry.file_name().to_str()?)).collect()
    }

    /// Removes the instance of a run; `false` when it is not there. No file of it may be open here.
    ///
    /// # Errors
    /// The kernel's last answer.
    pub(crate) fn remove(&self, id: RunId) -> io::Result<bool> {
        let folder = self.instance(id);
        // It no longer records anything, whether or not it can be removed.
        let _stays_on = fs::write(folder.join("tracing_on"), "0");
        let mut tries = 1;
        loop {
            match fs::remove_dir(&folder) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
                Err(error) if Errno::from_io_error(&error) == Some(Errno::BUSY) && tries < REMOVE_TRIES => {
                    tries += 1;
                    thread::sleep(REMOVE_PAUSE);
                }
                done => return done.map(|()| true),
            }
        }
    }
}

/// Returns the report on an instance that could not be removed.
pub(crate) fn remains(id: RunId, error: &io::Error) -> Remains {
    Remains {
        what: format!("the tracing instance {id}"),
        why: error.to_string(),
        remedy: format!(
            "as root: mount -t tracefs tracefs /sys/kernel/tracing; rmdir /sys/kernel/tracing/instances/{id}"
        ),
    }
}

/// Returns that report as an error.
pub(super) fn leftover(id: RunId, error: &io::Error) -> LinuxError {
    LinuxError::Leftover { remains: vec![remains(id, error)], after: None }
}

/// A mount that is attached to no folder.
fn detached() -> rustix::io::Result<OwnedFd> {
    let context = fsopen("tracefs", FsOpenFlags::FSOPEN_CLOEXEC)?;
    fsconfig_create(&context)?;
    let flags = MountAttrFlags::MOUNT_ATTR_NOSUID
        | MountAttrFlags::MOUNT_ATTR_NODEV
        | MountAttrFlags::MOUNT_ATTR_NOEXEC;
    fsmount(&context, FsMountFlags::FSMOUNT_CLOEXEC, flags)
}

/// The kernel knows threads by their numbers in the first namespace of pids, which are ours only within it. From
/// another namespace, an instance of a run outside would look dead, too, since there is one tracefs for all.
fn pids_are_the_kernels() -> Result<(), Unavailable> {
    let own = fs::read_link("/proc/self/ns/pid").unwrap_or_default();
    if own == Path::new(FIRST_PID_NAMESPACE) {
        return Ok(());
    }
    let why = "this is a pid namespace of its own, so the kernel's numbers of our threads are not known";
    Err(Unavailable::new(why, "run it on the host, or start the container with --pid=host"))
}
