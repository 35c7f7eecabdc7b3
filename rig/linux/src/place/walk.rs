//! Folders by descriptor: opened without following links, locked, listed. Separate from `state` and `clean`, which both
//! must not be led elsewhere by a path that changes between two calls.
use rustix::fd::{AsFd, OwnedFd};
use rustix::fs::{CWD, Dir, FlockOperation, Mode, OFlags, flock, fstat, fstatfs, openat};
use rustix::io::Errno;
use std::ffi::{OsStr, OsString};
use std::io;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Component, Path};
use std::thread;
use std::time::{Duration, Instant};

/// Magic numbers of cgroup file systems, from `linux/magic.h`.
const CGROUP_SUPER_MAGIC: u64 = 0x0027_e0eb;
const CGROUP2_SUPER_MAGIC: u64 = 0x6367_7270;
const LOOK: Duration = Duration::from_millis(5);

/// Opens a folder by its absolute path, of which no component may be a link.
///
/// # Errors
/// The kernel's answer: ENOTDIR or ELOOP for a link.
pub(crate) fn folder(path: &Path) -> io::Result<OwnedFd> {
    let relative = path.strip_prefix("/").map_err(|_| io::Error::from(io::ErrorKind::InvalidInput))?;
    below(&child(CWD, OsStr::new("/"), false)?, relative)
}

/// Opens a folder by its path relative to another one, likewise; an empty path opens that one again.
///
/// # Errors
/// As [`folder`]; `InvalidInput` for a path with `..` in it.
pub(crate) fn below(from: &OwnedFd, relative: &Path) -> io::Result<OwnedFd> {
    let mut last = child(from, OsStr::new("."), relative.as_os_str().is_empty())?;
    let mut names = relative.components().peekable();
    while let Some(component) = names.next() {
        let Component::Normal(name) = component else { return Err(io::ErrorKind::InvalidInput.into()) };
        last = child(&last, name, names.peek().is_none())?;
    }
    Ok(last)
}

/// Opens a folder directly below another one; to be read and locked when `readable`, else only to go on from there.
///
/// # Errors
/// As [`folder`].
pub(crate) fn child(from: impl AsFd, name: &OsStr, readable: bool) -> io::Result<OwnedFd> {
    let access = if readable { OFlags::RDONLY } else { OFlags::PATH };
    let flags = access | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    Ok(openat(from, name, flags, Mode::empty())?)
}

/// Names of the entries of a folder, sorted.
///
/// # Errors
/// The kernel's answer.
pub(crate) fn names(folder: &OwnedFd) -> io::Result<Vec<OsString>> {
    let mut names = Vec::new();
    for entry in Dir::read_from(folder)? {
        let name = entry?.file_name().to_owned();
        if !matches!(name.to_bytes(), b"." | b"..") {
            names.push(OsStr::from_bytes(name.to_bytes()).to_owned());
        }
    }
    names.sort();
    Ok(names)
}

/// Reports whether two descriptors are of one file.
///
/// # Errors
/// The kernel's answer.
pub(crate) fn same(one: impl AsFd, other: impl AsFd) -> io::Result<bool> {
    let (one, other) = (fstat(one)?, fstat(other)?);
    Ok((one.st_dev, one.st_ino) == (other.st_dev, other.st_ino))
}

/// Reports whether a folder is a cgroup.
///
/// # Errors
/// The kernel's answer.
pub(crate) fn is_cgroup(folder: &OwnedFd) -> io::Result<bool> {
    // The type of the field differs between machines; the magic number has 32 bits on all.
    let magic = fstatfs(folder)?.f_type as u64 & 0xffff_ffff;
    Ok(matches!(magic, CGROUP_SUPER_MAGIC | CGROUP2_SUPER_MAGIC))
}

/// Locks a file or a folder, and tries again for `patience` while another holds it; `false` when it still does.
///
/// # Errors
/// The kernel's answer.
pub(crate) fn lock(file: impl AsFd, how: FlockOperation, patience: Duration) -> io::Result<bool> {
    let until = Instant::now() + patience;
    loop {
        match flock(&file, how) {
            Ok(()) => return Ok(true),
            Err(Errno::WOULDBLOCK) if Instant::now() >= until => return Ok(false),
            Err(Errno::WOULDBLOCK) => thread::sleep(LOOK),
            Err(Errno::INTR) => {}
            Err(errno) => return Err(errno.into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::os::unix::fs::symlink;

    #[test]
    fn no_component_may_be_a_link_or_lead_upwards() {
        let scratch = tempfile::tempdir().unwrap();
        let top = scratch.path().canonicalize().unwrap();
        fs::create_dir_all(top.join("a/b/c")).unwrap();
        symlink("b", top.join("a/link")).unwrap();
        let opened = folder(&top.join("a/b")).unwrap();
        assert_eq!(names(&opened).unwrap(), ["c"]);
        assert!(folder(&top.join("a/link")).is_err());
        assert!(folder(&top.join("a/link/c")).is_err());
        assert!(folder(Path::new("a")).is_err());
        assert!(below(&opened, Path::new("../b")).is_err());
        assert!(same(&opened, below(&opened, Path::new("")).unwrap()).unwrap());
        assert!(!is_cgroup(&opened).unwrap());
    }

    #[test]
    fn a_lock_is_seen_by_another_descriptor_until_it_goes() {
        let scratch = tempfile::tempdir().unwrap();
        let open = || folder(&scratch.path().canonicalize().unwrap()).unwrap();
        let (holder, other) = (open(), open());
        let locked = |file: &OwnedFd, how| lock(file, how, Duration::from_millis(1)).unwrap();
        assert!(locked(&holder, FlockOperation::NonBlockingLockShared));
        assert!(!locked(&other, FlockOperation::NonBlockingLockExclusive));
        drop(holder);
        assert!(locked(&other, FlockOperation::NonBlockingLockExclusive));
    }
}
