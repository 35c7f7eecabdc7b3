//! Cgroups that have the name of a run without a list here, for example those of a container that is gone.
//!
//! A run holds a lock on its cgroup, which every process that sees the cgroup can see. A cgroup is removed only if it
//! is not locked and holds no process. It must also belong to this user, unless this user is root. No process is killed
//! or moved.
use super::super::error::LinuxError;
use super::clean::{Cleaned, shell};
use super::discovery;
use super::group::remove_by;
use super::run_id::RunId;
use super::{inhabitants, walk};
use rustix::fd::OwnedFd;
use rustix::fs::{AtFlags, FlockOperation, fstat, unlinkat};
use std::ffi::OsStr;
use std::io;
use std::path::Path;
use std::time::Duration;

/// Longest time for which the lock of a cgroup may be held whose run has no process here, as by another `clean`.
const PATIENCE: Duration = Duration::from_secs(1);

/// Removes those directly below the own cgroups.
///
/// # Errors
/// [`LinuxError::Setup`] when the own cgroups cannot be found out.
pub(super) fn remove(cleaned: &mut Cleaned) -> Result<(), LinuxError> {
    for own in discovery::own_folders()? {
        // A hierarchy that cannot be read is not one in which this user makes cgroups.
        let Ok(folder) = walk::folder(&own) else { continue };
        if walk::is_cgroup(&folder).unwrap_or(false) {
            remove_in(cleaned, &own, &folder);
        }
    }
    Ok(())
}

fn remove_in(cleaned: &mut Cleaned, path: &Path, folder: &OwnedFd) {
    for name in walk::names(folder).unwrap_or_default() {
        let Some(id) = name.to_str().and_then(RunId::parse) else { continue };
        if cleaned.living.contains(&id) {
            continue;
        }
        let path = path.join(&name);
        match remove_one(folder, &name, id) {
            Ok(After::Removed) => cleaned.removed.push(path.display().to_string()),
            Ok(After::Lives) => cleaned.leave(id),
            Ok(After::Gone) => {}
            Err(error) => cleaned.keep(
                path.display().to_string(),
                &error,
                format!("rmdir {}/* {}", shell(&path), shell(&path)),
            ),
        }
    }
}

enum After {
    Removed,
    Lives,
    /// It belongs to another user, or another clean was faster.
    Gone,
}

fn remove_one(folder: &OwnedFd, name: &OsStr, id: RunId) -> io::Result<After> {
    let top = match walk::child(folder, name, true) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(After::Gone),
        opened => opened?,
    };
    let user = rustix::process::geteuid();
    if !user.is_root() && fstat(&top)?.st_uid != user.as_raw() {
        return Ok(After::Gone);
    }
    let patience = if id.is_alive() { Duration::ZERO } else { PATIENCE };
    if !walk::lock(&top, FlockOperation::NonBlockingLockExclusive, patience)? || id.is_alive() {
        return Ok(After::Lives);
    }
    // Held until the end of this function: no run can take the cgroup for its own.
    let mut below = Vec::new();
    for name in walk::names(&top)? {
        // Files are not folders.
        if let Ok(child) = walk::child(&top, &name, true) {
            below.push((name, child));
        }
    }
    let cgroups = below.iter().map(|(_, child)| child).chain([&top]);
    let there: Vec<String> = cgroups.flat_map(inhabitants::of).map(inhabitants::words).collect();
    if !there.is_empty() {
        return Err(io::Error::other(format!("no list says whose it is, and in it: {}", there.join(", "))));
    }
    for (name, _) in &below {
        remove_by(|| Ok(unlinkat(&top, name, AtFlags::REMOVEDIR)?), || {})?;
    }
    remove_by(|| Ok(unlinkat(folder, name, AtFlags::REMOVEDIR)?), || {})?;
    Ok(After::Removed)
}
