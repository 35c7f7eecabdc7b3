//! The lock that reserves a folder of results for one command while it runs.
//!
//! The kernel holds the lock (flock), so a kill releases it. The lock file contains the pid of the owner, which removes
//! the file at its end.
use super::Failure;
use rustix::fs::{Mode, OFlags, open};
use std::fs::{self, File, TryLockError};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

const NAME: &str = ".lock";
/// Longest wait for the pid of an owner that has just taken the lock, in steps.
const STEPS: u32 = 20;
const STEP: Duration = Duration::from_millis(10);

/// A folder reserved for this process.
#[derive(Debug)]
pub(crate) struct Lock {
    file: PathBuf,
    _held: File,
}

/// The outcome of an attempt to lock.
pub(crate) enum Taken {
    Own(Lock),
    /// Pid of the owner; absent where it could not be written.
    Busy(Option<u32>),
}

impl Lock {
    /// Takes the folder, or reports its owner.
    ///
    /// # Errors
    /// Bad usage if another command has it; otherwise as for [`Lock::attempt`].
    pub(crate) fn take(folder: &Path) -> Result<Self, Failure> {
        match Self::attempt(folder).map_err(|error| super::not_writable(folder, &error))? {
            Taken::Own(lock) => Ok(lock),
            Taken::Busy(pid) => {
                let owner =
                    pid.map_or_else(|| "whose pid is not known".to_owned(), |pid| format!("pid {pid}"));
                Err(Failure::usage(format!(
                    "{} is in use by another attach-rig ({owner}); wait until it ends, or choose another folder with --out DIR",
                    super::shown(folder)
                )))
            }
        }
    }

    /// Tries to take the folder.
    ///
    /// # Errors
    /// The kernel's error if the lock file cannot be created.
    pub(crate) fn attempt(folder: &Path) -> io::Result<Taken> {
        let path = folder.join(NAME);
        loop {
            let flags = OFlags::RDWR | OFlags::CREATE | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
            let mut file = File::from(open(&path, flags, Mode::from_raw_mode(0o644))?);
            match file.try_lock() {
                Ok(()) if is(&file, &path) => {
                    // Without room for a pid, the lock still holds.
                    let _unnamed = file.set_len(0).and_then(|()| write!(file, "{}", std::process::id()));
                    return Ok(Taken::Own(Self { file: path, _held: file }));
                }
                // Its owner has just ended and removed the file.
                Ok(()) => {}
                Err(TryLockError::WouldBlock) => return Ok(Taken::Busy(owner(&path))),
                Err(TryLockError::Error(error)) => return Err(error),
            }
        }
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        let _left = fs::remove_file(&self.file);
    }
}

/// Reports whether `path` still refers to the open file.
fn is(file: &File, path: &Path) -> bool {
    let id = |of: io::Result<fs::Metadata>| of.map(|of| (of.dev(), of.ino())).ok();
    id(file.metadata()).is_some_and(|open| id(fs::symlink_metadata(path)) == Some(open))
}

/// Returns the pid in the file, if it is that of a process.
fn owner(path: &Path) -> Option<u32> {
    for _ in 0..STEPS {
        let mut text = String::new();
        let read = File::open(path).and_then(|file| file.take(16).read_to_string(&mut text));
        match text.parse().ok().filter(|_| read.is_ok()) {
            Some(pid) if Path::new(&format!("/proc/{pid}")).exists() => return Some(pid),
            _ => thread::sleep(STEP),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use reports::exit::Exit;

    #[test]
    fn a_folder_has_one_owner_and_is_free_after_it() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join(NAME), "4194305").unwrap();
        let lock = Lock::take(folder.path()).unwrap();
        let refused = Lock::take(folder.path()).unwrap_err();
        assert_eq!(refused.code, Exit::Usage);
        assert!(refused.message.contains(&format!("(pid {})", std::process::id())), "{}", refused.message);
        drop(lock);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
        drop(Lock::take(folder.path()).unwrap());
    }

    #[test]
    fn a_link_in_the_place_of_the_lock_is_not_followed() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("keys"), "precious").unwrap();
        std::os::unix::fs::symlink("keys", folder.path().join(NAME)).unwrap();
        assert!(Lock::take(folder.path()).is_err());
        assert_eq!(fs::read_to_string(folder.path().join("keys")).unwrap(), "precious");
    }
}
