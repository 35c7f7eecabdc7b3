//! A path followed step by step, where no step can be changed by another user between a look and its use.
//!
//! Separate from `walk`, which follows no links at all: a folder of a user may be behind links, such as `/var/run`. Each
//! link is read through a descriptor of the link itself, and the folder that holds it is checked before. So another user
//! can neither swap a link nor put one in the way.
use super::walk;
use rustix::fd::{AsFd, OwnedFd};
use rustix::fs::{FileType, Mode, OFlags, fstat, openat, readlinkat};
use rustix::io::Errno;
use std::ffi::{OsStr, OsString};
use std::io;
use std::os::unix::ffi::OsStringExt as _;
use std::path::{Path, PathBuf};

/// Links of a path, after which it counts as a loop, as in the kernel.
const LINKS_MAX: u32 = 40;
pub(super) const OTHERS_WRITE: u32 = 0o022;
const STICKY: u32 = 0o1000;

/// The end of a path.
#[derive(Debug)]
pub(super) struct Chased {
    /// The last folder that exists, without links.
    pub(super) path: PathBuf,
    /// Descriptor of that folder.
    pub(super) folder: OwnedFd,
    /// Names of the folders below it that are missing.
    pub(super) missing: Vec<OsString>,
}

/// Follows an absolute path.
///
/// # Errors
/// In words: a folder or link on the way belongs neither to `uid` nor to root, or others may rename what a folder holds,
/// or the kernel's answer.
pub(super) fn chase(path: &Path, uid: u32) -> Result<Chased, String> {
    let root = PathBuf::from("/");
    let folder = walk::folder(&root).map_err(|error| cannot(&root, &error))?;
    above(&root, &folder, uid)?;
    let mut way = vec![(root, folder)];
    let mut rest = names(path);
    let mut links = 0;
    while let Some(name) = rest.pop() {
        if name == ".." || name == "/" {
            way.truncate(if name == "/" { 1 } else { way.len().max(2) - 1 });
            continue;
        }
        let (above_it, from) = &way[way.len() - 1];
        let here = above_it.join(&name);
        let Some(link) = link(from, &here, &name, uid)? else {
            rest.push(name);
            break;
        };
        if let Some(target) = link {
            links += 1;
            if links > LINKS_MAX {
                return Err(cannot(path, &Errno::LOOP.into()));
            }
            rest.extend(names(&target));
            continue;
        }
        let next = walk::child(from, &name, false).map_err(|error| cannot(&here, &error))?;
        above(&here, &next, uid)?;
        way.push((here, next));
    }
    rest.reverse();
    if rest.iter().any(|name| name == ".." || name == "/") {
        return Err(cannot(path, &Errno::NOENT.into()));
    }
    way.pop()
        .map(|(path, folder)| Chased { path, folder, missing: rest })
        .ok_or_else(|| cannot(path, &Errno::NOENT.into()))
}

/// Returns the parts of a path, the first one last; `/` stands for the root.
fn names(path: &Path) -> Vec<OsString> {
    path.components().rev().map(|part| part.as_os_str().to_owned()).filter(|name| name != ".").collect()
}

/// Returns the target of an entry that is a link; `Some(None)` for another entry, and `None` where there is none.
fn link(from: &OwnedFd, path: &Path, name: &OsStr, uid: u32) -> Result<Option<Option<PathBuf>>, String> {
    let flags = OFlags::PATH | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let entry = match openat(from, name, flags, Mode::empty()) {
        Ok(entry) => entry,
        Err(Errno::NOENT) => return Ok(None),
        Err(errno) => return Err(cannot(path, &errno.into())),
    };
    let stat = fstat(&entry).map_err(|errno| cannot(path, &errno.into()))?;
    whose(path, stat.st_uid, uid)?;
    if FileType::from_raw_mode(stat.st_mode) != FileType::Symlink {
        return Ok(Some(None));
    }
    let target = readlinkat(&entry, "", Vec::new()).map_err(|errno| cannot(path, &errno.into()))?;
    Ok(Some(Some(OsString::from_vec(target.into_bytes()).into())))
}

/// Checks that an entry belongs to the user or to root.
pub(super) fn whose(path: &Path, owner: u32, uid: u32) -> Result<(), String> {
    if owner == uid || owner == 0 {
        return Ok(());
    }
    Err(format!("{} belongs to another user (uid {owner})", quoted(path)))
}

/// Checks a folder on the way: only the owner of an entry can rename it.
pub(super) fn above(path: &Path, folder: impl AsFd, uid: u32) -> Result<(), String> {
    let stat = fstat(folder).map_err(|errno| cannot(path, &errno.into()))?;
    whose(path, stat.st_uid, uid)?;
    if stat.st_mode & OTHERS_WRITE != 0 && stat.st_mode & STICKY == 0 {
        return Err(format!("others may write to {}", quoted(path)));
    }
    Ok(())
}

pub(super) fn cannot(path: &Path, error: &io::Error) -> String {
    format!("{} cannot be opened: {error}", quoted(path))
}

pub(super) fn quoted(path: &Path) -> String {
    input::text::printable(&input::shell::quote(&path.to_string_lossy())).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::os::unix::fs::{PermissionsExt as _, symlink};

    fn uid() -> u32 {
        rustix::process::geteuid().as_raw()
    }

    /// Follows a path, and returns the real path and the number of missing names.
    fn end(path: &Path) -> Result<(PathBuf, usize), String> {
        chase(path, uid()).map(|end| (end.path, end.missing.len()))
    }

    #[test]
    fn links_parents_and_missing_names_lead_where_the_kernel_says() {
        let scratch = tempfile::tempdir().unwrap();
        let top = scratch.path().canonicalize().unwrap();
        fs::create_dir_all(top.join("a/b")).unwrap();
        symlink("a/../a/b", top.join("relative")).unwrap();
        symlink(top.join("relative"), top.join("absolute")).unwrap();
        for (path, real, missing) in [
            ("a/b", "a/b", 0),
            ("absolute", "a/b", 0),
            ("absolute/../b/.", "a/b", 0),
            ("relative/c/d", "a/b", 2),
            ("a/./c", "a", 1),
        ] {
            assert_eq!(end(&top.join(path)), Ok((top.join(real), missing)), "{path}");
        }
        symlink("loop", top.join("loop")).unwrap();
        fs::write(top.join("file"), "").unwrap();
        assert!(end(&top.join("loop")).unwrap_err().contains("symbolic links"));
        assert!(end(&top.join("file/x")).unwrap_err().contains("Not a directory"));
        assert!(end(&top.join("none/../a")).unwrap_err().contains("No such file"));
        assert_eq!(end(Path::new("/../..")), Ok(("/".into(), 0)));
    }

    /// The link is the user's own and so is the folder it leads to, but others may swap the link.
    #[test]
    fn a_link_that_others_may_swap_is_not_followed() {
        let scratch = tempfile::tempdir().unwrap();
        let top = scratch.path().canonicalize().unwrap();
        let (open, private) = (top.join("open"), top.join("private"));
        fs::create_dir(&open).unwrap();
        fs::create_dir(&private).unwrap();
        symlink(&private, open.join("link")).unwrap();
        let with = |mode| fs::set_permissions(&open, fs::Permissions::from_mode(mode)).unwrap();
        with(0o777);
        assert!(end(&open.join("link")).unwrap_err().starts_with("others may write to "));
        // There is a second link on the way.
        symlink(open.join("link"), top.join("outer")).unwrap();
        assert!(end(&top.join("outer")).unwrap_err().starts_with("others may write to "));
        with(0o1777);
        assert_eq!(end(&top.join("outer")), Ok((private, 0)), "the link of another user would be refused");
    }
}
