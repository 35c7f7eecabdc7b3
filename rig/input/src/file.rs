//! Reading of files that a user names.
//!
//! Opening never waits (`O_NONBLOCK`, so a FIFO without a writer does not hang), only regular files are read, and never
//! more than the caller's bound.
use rustix::fs::{FileType, Mode, OFlags};
use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

/// Most bytes of a file that people write by hand (scenarios, litmus tests, gates, tables of costs, tokens): 8 MiB.
pub const TEXT_MAX: u64 = 8 << 20;

/// Most bytes of a result or a recording: 1 GiB.
pub const DATA_MAX: u64 = 1 << 30;

/// The reason why a file was not read.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// The file system refused.
    #[error("cannot read {}: {source}", crate::text::printable(&path.to_string_lossy()))]
    Io {
        /// The file.
        path: PathBuf,
        /// The error of the system call.
        source: io::Error,
    },
    /// A FIFO, a device, a socket or a folder.
    #[error("{} is a {kind}; give a regular file", crate::text::printable(&path.to_string_lossy()))]
    NotRegular {
        /// The file.
        path: PathBuf,
        /// The kind of the file in plain words, such as `FIFO`.
        kind: &'static str,
    },
    /// Larger than the bound.
    #[error(
        "{} has more than the {max} bytes that are read here; give a smaller file",
        crate::text::printable(&path.to_string_lossy())
    )]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// The bound in bytes.
        max: u64,
    },
    /// Not UTF-8.
    #[error(
        "{} is not UTF-8: byte {at} (counted from 0) is invalid; save it as UTF-8",
        crate::text::printable(&path.to_string_lossy())
    )]
    NotUtf8 {
        /// The file.
        path: PathBuf,
        /// Offset of the first wrong byte.
        at: usize,
    },
}

impl FileError {
    /// Reports whether the file does not exist.
    #[must_use]
    pub fn is_missing(&self) -> bool {
        matches!(self, Self::Io { source, .. } if source.kind() == io::ErrorKind::NotFound)
    }
}

/// Returns the bytes of the regular file `path`, at most `max` of them.
///
/// # Errors
/// [`FileError::Io`], [`FileError::NotRegular`] or [`FileError::TooLarge`].
pub fn read(path: &Path, max: u64) -> Result<Vec<u8>, FileError> {
    let (file, size) = open(path)?;
    let too_large = || FileError::TooLarge { path: path.to_owned(), max };
    if size > max {
        return Err(too_large());
    }
    // One byte above the bound: files in /proc have size 0, and a file may grow while it is read.
    let bytes = first(path, file, max.saturating_add(1))?;
    if bytes.len() as u64 > max { Err(too_large()) } else { Ok(bytes) }
}

/// Returns the first bytes of the regular file `path`, at most `max`, however large the file is.
///
/// # Errors
/// [`FileError::Io`] or [`FileError::NotRegular`].
pub fn head(path: &Path, max: u64) -> Result<Vec<u8>, FileError> {
    let (file, _) = open(path)?;
    first(path, file, max)
}

/// Opens a regular file without waiting; also returns its size.
fn open(path: &Path) -> Result<(File, u64), FileError> {
    let io = |error: rustix::io::Errno| FileError::Io { path: path.to_owned(), source: error.into() };
    let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::CLOEXEC | OFlags::NOCTTY;
    let file = File::from(rustix::fs::open(path, flags, Mode::empty()).map_err(io)?);
    let stat = rustix::fs::fstat(&file).map_err(io)?;
    match other_than_regular(FileType::from_raw_mode(stat.st_mode)) {
        Some(kind) => Err(FileError::NotRegular { path: path.to_owned(), kind }),
        None => Ok((file, u64::try_from(stat.st_size).unwrap_or(0))),
    }
}

fn first(path: &Path, file: File, max: u64) -> Result<Vec<u8>, FileError> {
    let mut bytes = Vec::new();
    let read = file.take(max).read_to_end(&mut bytes);
    read.map_err(|source| FileError::Io { path: path.to_owned(), source })?;
    Ok(bytes)
}

/// Returns the text of the regular file `path`, at most `max` bytes.
///
/// # Errors
/// As [`read`], and [`FileError::NotUtf8`].
pub fn read_text(path: &Path, max: u64) -> Result<String, FileError> {
    String::from_utf8(read(path, max)?)
        .map_err(|error| FileError::NotUtf8 { path: path.to_owned(), at: error.utf8_error().valid_up_to() })
}

/// Returns a word for the kind of file at `path`; `None` for a folder, and if nothing exists there.
#[must_use]
pub fn other_than_folder(path: &Path) -> Option<&'static str> {
    let stat = rustix::fs::stat(path).ok()?;
    match FileType::from_raw_mode(stat.st_mode) {
        FileType::Directory => None,
        kind => Some(other_than_regular(kind).unwrap_or("file")),
    }
}

/// Returns a word for the kind of a file that is not regular.
fn other_than_regular(kind: FileType) -> Option<&'static str> {
    match kind {
        FileType::RegularFile => None,
        FileType::Fifo => Some("FIFO"),
        FileType::CharacterDevice => Some("device"),
        FileType::BlockDevice => Some("block device"),
        FileType::Socket => Some("socket"),
        FileType::Directory => Some("folder"),
        FileType::Symlink => Some("link"),
        FileType::Unknown => Some("file of an unknown kind"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_regular_file_is_read_up_to_the_bound() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        std::fs::write(&path, "12345").unwrap();
        assert_eq!(read(&path, 5).unwrap(), b"12345");
        assert_eq!(read_text(&path, 6).unwrap(), "12345");
        assert!(matches!(read(&path, 4), Err(FileError::TooLarge { max: 4, .. })));
        assert_eq!(head(&path, 4).unwrap(), b"1234");
        std::fs::write(&path, b"ab\xff").unwrap();
        assert!(matches!(read_text(&path, 5), Err(FileError::NotUtf8 { at: 2, .. })));
        assert!(read(&folder.path().join("b"), 1).unwrap_err().is_missing());
    }

    #[test]
    fn a_file_of_proc_has_size_0_and_is_read_all_the_same() {
        assert!(!read_text(Path::new("/proc/self/stat"), TEXT_MAX).unwrap().is_empty());
        assert!(matches!(read(Path::new("/proc/self/stat"), 3), Err(FileError::TooLarge { .. })));
    }

    #[test]
    fn what_is_not_regular_is_an_error_with_its_kind_and_never_waits() {
        let folder = tempfile::tempdir().unwrap();
        let fifo = folder.path().join("fifo");
        rustix::fs::mkfifoat(rustix::fs::CWD, &fifo, Mode::RUSR | Mode::WUSR).unwrap();
        let says = |path: &Path| read(path, 10).unwrap_err().to_string();
        assert!(says(&fifo).ends_with("fifo is a FIFO; give a regular file"), "{}", says(&fifo));
        assert_eq!(says(Path::new("/dev/zero")), "/dev/zero is a device; give a regular file");
        assert!(says(folder.path()).ends_with("is a folder; give a regular file"));
        assert!(matches!(head(&fifo, 1), Err(FileError::NotRegular { kind: "FIFO", .. })));
        assert_eq!(other_than_folder(&fifo), Some("FIFO"));
        assert_eq!(other_than_folder(Path::new("/proc/self/stat")), Some("file"));
        assert_eq!((other_than_folder(folder.path()), other_than_folder(&fifo.join("x"))), (None, None));
    }
}
