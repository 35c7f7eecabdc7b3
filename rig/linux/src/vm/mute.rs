//! Memory of a KVM that opened and ran no guest, until the next boot.
//!
//! A series of guests knows it by its machine, and later commands know it by a file in the user's cache. A command that
//! finds the opposite (`--accel kvm`) removes the file.
use super::super::place::manifest;
use rustix::fs::{AtFlags, CWD, FileType, Mode, OFlags};
use rustix::io::Errno;
use std::fs::File;
use std::io::{Read as _, Write as _};
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};

const FOLDER: &str = "attach-rig";
const FILE: &str = "kvm-is-mute";

/// The memory; without a folder that belongs to this user alone it is empty and stays so.
#[derive(Debug)]
pub(super) struct Memory {
    folder: Option<OwnedFd>,
    path: PathBuf,
}

impl Memory {
    /// Opens `$XDG_CACHE_HOME/attach-rig`, else `~/.cache/attach-rig`.
    pub(super) fn open() -> Self {
        let named = |name: &str| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
        let cache = named("XDG_CACHE_HOME").or_else(|| Some(named("HOME")?.join(".cache")));
        cache.map_or_else(|| Self { folder: None, path: PathBuf::new() }, |cache| Self::within(&cache))
    }

    fn within(cache: &Path) -> Self {
        let path = cache.join(FOLDER);
        let folder = own_folder(cache, &path).ok();
        Self { folder, path: path.join(FILE) }
    }

    /// The file, for messages.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Reports whether KVM ran no guest since this boot.
    pub(super) fn is_mute(&self) -> bool {
        self.boot().is_some_and(|boot| !boot.is_empty() && boot == manifest::boot())
    }

    fn boot(&self) -> Option<String> {
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let file = rustix::fs::openat(self.folder.as_ref()?, FILE, flags, Mode::empty()).ok()?;
        let stat = rustix::fs::fstat(&file).ok()?;
        let ours = stat.st_uid == rustix::process::geteuid().as_raw();
        if FileType::from_raw_mode(stat.st_mode) != FileType::RegularFile || !ours {
            return None;
        }
        let mut text = String::new();
        File::from(file).take(64).read_to_string(&mut text).ok()?;
        Some(text.trim().to_owned())
    }

    /// Remembers it; reports whether a later command will know.
    pub(super) fn remember(&self) -> bool {
        self.forget();
        let Some(folder) = &self.folder else { return false };
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let file = rustix::fs::openat(folder, FILE, flags, Mode::RUSR | Mode::WUSR);
        file.is_ok_and(|file| writeln!(File::from(file), "{}", manifest::boot()).is_ok())
    }

    /// Forgets it.
    pub(super) fn forget(&self) {
        if let Some(folder) = &self.folder {
            // Where it cannot be removed it is not read either, or it is wrong only until the next boot.
            let _stays = rustix::fs::unlinkat(folder, FILE, AtFlags::empty());
        }
    }
}

/// Opens a folder that belongs to this user, that only this user may write to, and that is not a link.
fn own_folder(cache: &Path, path: &Path) -> Result<OwnedFd, Errno> {
    let private = Mode::RWXU;
    for folder in [cache, path] {
        match rustix::fs::mkdirat(CWD, folder, private) {
            Ok(()) | Err(Errno::EXIST) => {}
            Err(error) => return Err(error),
        }
    }
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let folder = rustix::fs::open(path, flags, Mode::empty())?;
    let stat = rustix::fs::fstat(&folder)?;
    let others_write = stat.st_mode & 0o022 != 0;
    if stat.st_uid != rustix::process::geteuid().as_raw() || others_write {
        return Err(Errno::PERM);
    }
    Ok(folder)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::os::unix::fs::{PermissionsExt as _, symlink};

    #[test]
    fn it_is_remembered_for_this_boot_and_forgotten() {
        let cache = tempfile::tempdir().unwrap();
        let memory = || Memory::within(cache.path());
        assert!(!memory().is_mute());
        assert!(memory().remember() && memory().is_mute());
        fs::write(memory().path(), "another-boot\n").unwrap();
        assert!(!memory().is_mute(), "a boot may change it");
        assert!(memory().remember() && memory().is_mute());
        memory().forget();
        assert!(!memory().is_mute());
    }

    #[test]
    fn a_folder_or_file_that_others_made_is_neither_read_nor_written() {
        let (cache, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        symlink(other.path(), cache.path().join(FOLDER)).unwrap();
        assert!(!Memory::within(cache.path()).remember(), "a link");
        fs::remove_file(cache.path().join(FOLDER)).unwrap();
        fs::create_dir(cache.path().join(FOLDER)).unwrap();
        fs::set_permissions(cache.path().join(FOLDER), fs::Permissions::from_mode(0o777)).unwrap();
        assert!(!Memory::within(cache.path()).remember(), "others may write");
        fs::set_permissions(cache.path().join(FOLDER), fs::Permissions::from_mode(0o700)).unwrap();
        let target = other.path().join("precious");
        fs::write(&target, manifest::boot()).unwrap();
        symlink(&target, cache.path().join(FOLDER).join(FILE)).unwrap();
        let memory = Memory::within(cache.path());
        assert!(!memory.is_mute(), "a link is not followed");
        assert!(memory.remember());
        assert_eq!(fs::read_to_string(&target).unwrap(), manifest::boot(), "and not written through");
    }
}
