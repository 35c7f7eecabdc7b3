//! The folder in which lists of what runs make are kept. No other user can put, change or hide anything there.
//!
//! Root has `/run/attach-rig`, whatever its environment says. Others have `attach-rig` below `$XDG_RUNTIME_DIR`, or
//! below `$XDG_STATE_HOME`, which is `~/.local/state` by default. The folder and the one above belong to the effective
//! user (or the one above to root), and no other user may write there. Every folder above belongs to the user or to
//! root and cannot be renamed by others. The path is followed once, by `chase`; from then on everything goes through
//! the descriptor.
use super::super::error::LinuxError;
use super::chase::{Chased, OTHERS_WRITE, above, cannot, chase, quoted};
use super::walk;
use rustix::fd::{AsFd, OwnedFd};
use rustix::fs::{AtFlags, FileType, Mode, OFlags, fchmod, fstat, mkdirat, openat, unlinkat};
use rustix::io::Errno;
use std::ffi::{OsStr, OsString};
use std::fs::{self, File};
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

const NAME: &str = "attach-rig";
/// Largest file that is read: a list of 1,024 workers has a tenth of it.
const FILE_MAX: u64 = 1 << 20;

/// The folder, open.
#[derive(Debug)]
pub(crate) struct StateFolder {
    folder: OwnedFd,
    path: PathBuf,
}

/// A folder below which `attach-rig` may be.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Base {
    path: PathBuf,
    /// True when it is made where it is missing.
    made: bool,
    /// True when new lists are kept there; otherwise it is only searched.
    kept: bool,
}

/// Result of looking at a base.
#[derive(Debug)]
enum Found {
    Fit(StateFolder),
    Absent,
    Unfit(String),
}

impl StateFolder {
    /// Opens the folder for a new list, and makes it where it is missing.
    ///
    /// # Errors
    /// [`LinuxError::NoState`] when there is no folder that others cannot change.
    pub(crate) fn begin() -> Result<Self, LinuxError> {
        let uid = rustix::process::geteuid().as_raw();
        Self::first(&bases(uid, |name| std::env::var_os(name)), uid)
    }

    fn first(bases: &[Base], uid: u32) -> Result<Self, LinuxError> {
        let mut reasons = Vec::new();
        for base in bases.iter().filter(|base| base.kept) {
            match look(base, uid, true) {
                Found::Fit(state) => return Ok(state),
                Found::Unfit(reason) => reasons.push(reason),
                Found::Absent => reasons.push(format!("{} does not exist", quoted(&base.path))),
            }
        }
        Err(unfit(reasons, uid))
    }

    /// Every folder in which this user's lists may be, and the reasons against those that are not used.
    ///
    /// # Errors
    /// [`LinuxError::NoState`] when none may be used.
    pub(crate) fn all() -> Result<(Vec<Self>, Vec<String>), LinuxError> {
        let uid = rustix::process::geteuid().as_raw();
        let (mut states, mut reasons, mut absent) = (Vec::<Self>::new(), Vec::new(), 0);
        for base in bases(uid, |name| std::env::var_os(name)) {
            match look(&base, uid, false) {
                Found::Fit(state) if states.iter().any(|known| state.is(known)) => {}
                Found::Fit(state) => states.push(state),
                Found::Absent => absent += 1,
                Found::Unfit(reason) => reasons.push(reason),
            }
        }
        if states.is_empty() && absent == 0 { Err(unfit(reasons, uid)) } else { Ok((states, reasons)) }
    }

    fn is(&self, other: &Self) -> bool {
        walk::same(&self.folder, &other.folder).unwrap_or(false)
    }

    /// The folder `attach-rig` below this one, for tests.
    #[cfg(test)]
    pub(crate) fn below(base: &Path) -> Self {
        let base = Base { path: base.canonicalize().unwrap(), made: true, kept: true };
        Self::first(&[base], rustix::process::geteuid().as_raw()).unwrap()
    }

    /// The path of an entry, to be printed.
    pub(crate) fn path(&self, name: &OsStr) -> PathBuf {
        self.path.join(name)
    }

    /// Names of all entries, sorted.
    ///
    /// # Errors
    /// The kernel's answer.
    pub(crate) fn names(&self) -> io::Result<Vec<OsString>> {
        walk::names(&self.folder)
    }

    /// Makes a file that did not exist, for appending.
    ///
    /// # Errors
    /// The kernel's answer: EEXIST for whatever has that name.
    pub(crate) fn create(&self, name: &str) -> io::Result<File> {
        let flags = OFlags::CREATE | OFlags::EXCL | OFlags::RDWR | OFlags::APPEND;
        let mode = Mode::RUSR | Mode::WUSR;
        Ok(openat(&self.folder, name, flags | OFlags::NOFOLLOW | OFlags::CLOEXEC, mode)?.into())
    }

    /// Opens a file of ours that others cannot have written.
    ///
    /// # Errors
    /// The kernel's answer, or what is wrong with the file.
    pub(crate) fn open(&self, name: &OsStr) -> io::Result<File> {
        // NONBLOCK: a FIFO must not hold up the process that opens it.
        let flags = OFlags::RDWR | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let opened = openat(&self.folder, name, flags, Mode::empty());
        let file: File = opened
            .map_err(|errno| match errno {
                Errno::LOOP => io::Error::other("it is a link"),
                other => other.into(),
            })?
            .into();
        let stat = file.metadata()?;
        let wrong = if FileType::from_raw_mode(stat.mode()) != FileType::RegularFile {
            "it is not a regular file"
        } else if stat.uid() != rustix::process::geteuid().as_raw() {
            "it belongs to another user"
        } else if stat.nlink() != 1 {
            "it has another name elsewhere, or none any more"
        } else if stat.mode() & OTHERS_WRITE != 0 {
            "others may write to it"
        } else if stat.size() > FILE_MAX {
            "it is larger than any list"
        } else {
            return Ok(file);
        };
        Err(io::Error::other(wrong))
    }

    /// Removes a file.
    ///
    /// # Errors
    /// The kernel's answer.
    pub(crate) fn remove(&self, name: &OsStr) -> io::Result<()> {
        Ok(unlinkat(&self.folder, name, AtFlags::empty())?)
    }
}

/// Places of the folder, best first. Of two that fit, the first gets new lists, and both are searched.
fn bases(uid: u32, variable: impl Fn(&str) -> Option<OsString>) -> Vec<Base> {
    let base = |path: PathBuf, made, kept| Base { path, made, kept };
    if uid == 0 {
        return vec![base("/run".into(), true, true)];
    }
    let absolute = |name: &str| variable(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let owned = |home: &PathBuf| fs::metadata(home).is_ok_and(|home| home.is_dir() && home.uid() == uid);
    let home = absolute("HOME").filter(owned).or_else(|| home_of(uid).filter(owned));
    let runtime = absolute("XDG_RUNTIME_DIR").map(|path| base(path, false, true));
    // Without the variable, as under cron, a run of a session may still have been there.
    let usual = base(format!("/run/user/{uid}").into(), false, false);
    let state = absolute("XDG_STATE_HOME").map(|path| base(path, true, true));
    let usual_state = home.map(|home| base(home.join(".local/state"), true, true));
    runtime.into_iter().chain([usual]).chain(state).chain(usual_state).collect()
}

/// The home folder of a user by `/etc/passwd`.
fn home_of(uid: u32) -> Option<PathBuf> {
    let passwd = input::file::read_text(Path::new("/etc/passwd"), FILE_MAX).ok()?;
    let home = |line: &str| {
        let mut fields = line.split(':').skip(2);
        (fields.next()?.parse() == Ok(uid)).then(|| fields.nth(2).map(PathBuf::from))?
    };
    passwd.lines().find_map(home)
}

fn look(base: &Base, uid: u32, make: bool) -> Found {
    match reach(base, uid, make) {
        Ok(Some(state)) => Found::Fit(state),
        Ok(None) => Found::Absent,
        Err(reason) => Found::Unfit(reason),
    }
}

/// Opens `attach-rig` below a base; `None` when it or the base is missing and not to be made.
fn reach(base: &Base, uid: u32, make: bool) -> Result<Option<StateFolder>, String> {
    let missing = |error: &io::Error| error.kind() == io::ErrorKind::NotFound;
    let Chased { mut path, folder: mut last, missing: tail } = chase(&base.path, uid)?;
    let may_make = make && base.made;
    if !(tail.is_empty() || may_make) {
        return Ok(None);
    }
    for name in tail {
        path.push(&name);
        last = made(&last, &name, false).map_err(|error| cannot(&path, &error))?;
        above(&path, &last, uid)?;
    }
    alone(&path, &last)?;
    path.push(NAME);
    let opened =
        if make { made(&last, OsStr::new(NAME), true) } else { walk::child(&last, OsStr::new(NAME), true) };
    match opened {
        Ok(folder) => own(&path, &folder, uid).map(|()| Some(StateFolder { folder, path })),
        Err(error) if missing(&error) => Ok(None),
        Err(error) if error.raw_os_error() == Some(Errno::NOTDIR.raw_os_error()) => {
            Err(format!("{} is a link or a file", quoted(&path)))
        }
        Err(error) => Err(cannot(&path, &error)),
    }
}

/// Opens a folder, after making it where it is missing.
fn made(from: &OwnedFd, name: &OsStr, readable: bool) -> io::Result<OwnedFd> {
    match mkdirat(from, name, Mode::RWXU) {
        Ok(()) | Err(Errno::EXIST) => walk::child(from, name, readable),
        Err(errno) => Err(errno.into()),
    }
}

/// The folder above ours: no other user can put anything in it.
fn alone(path: &Path, folder: impl AsFd) -> Result<(), String> {
    let stat = fstat(folder).map_err(|errno| format!("{}: {errno}", quoted(path)))?;
    let shared = stat.st_mode & OTHERS_WRITE != 0;
    if shared { Err(format!("others may write to {}", quoted(path))) } else { Ok(()) }
}

/// Our folder: it belongs to this user, and no other user may enter.
fn own(path: &Path, folder: impl AsFd, uid: u32) -> Result<(), String> {
    let stat = fstat(&folder).map_err(|errno| format!("{}: {errno}", quoted(path)))?;
    if stat.st_uid != uid {
        return Err(format!("{} belongs to another user (uid {})", quoted(path), stat.st_uid));
    }
    if stat.st_mode & OTHERS_WRITE != 0 {
        return Err(format!("others may write to {}", quoted(path)));
    }
    if stat.st_mode & 0o777 != 0o700 {
        fchmod(folder, Mode::RWXU).map_err(|errno| format!("cannot close {}: {errno}", quoted(path)))?;
    }
    Ok(())
}

fn unfit(reasons: Vec<String>, uid: u32) -> LinuxError {
    let remedy = if uid == 0 {
        "mv /run/attach-rig /run/attach-rig.other; mkdir -p /run && chown 0:0 /run && chmod go-w /run (where /run is \
         read-only: mount -t tmpfs -o mode=755 tmpfs /run)"
    } else {
        "export XDG_STATE_HOME=\"$(mktemp -d)\", and the same for attach-rig clean"
    };
    if reasons.is_empty() {
        let none =
            "neither XDG_RUNTIME_DIR nor XDG_STATE_HOME is set, and there is no home folder of this user";
        return LinuxError::NoState { reasons: vec![none.into()], remedy: remedy.into() };
    }
    LinuxError::NoState { reasons, remedy: remedy.into() }
}

#[cfg(test)]
#[path = "state_tests.rs"]
mod tests;
