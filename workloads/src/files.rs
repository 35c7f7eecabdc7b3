//! The door through which recordings come in. Built-in ones and files on disk use the same one, so that
//! whoever makes a plan never asks where a trace lies; what the bytes mean is the business of `trace`.

use std::borrow::Cow;
use std::io;
use std::path::{Path, PathBuf};

/// A recording that is part of the crate. How each was made stands in `recordings/README.md`.
pub(crate) struct Recording {
    /// The name after `trace:`.
    pub(crate) name: &'static str,
    pub(crate) shape: &'static str,
    pub(crate) about: &'static str,
    bytes: &'static [u8],
}

pub(crate) const RECORDINGS: [Recording; 2] = [
    Recording {
        name: "parallel-build",
        shape: "trace:parallel-build",
        about: "recorded: `make -j4` of nine C files with gcc; many short processes that exec",
        bytes: include_bytes!("../recordings/parallel-build.strace.gz"),
    },
    Recording {
        name: "python-threads",
        shape: "trace:python-threads",
        about: "recorded: a Python thread pool of eight that allocates, touches and frees blocks",
        bytes: include_bytes!("../recordings/python-threads.strace.gz"),
    },
];

/// Reads a recording by the name that follows `trace:`.
pub trait Files {
    /// The bytes of the recording, plain or gzip.
    ///
    /// # Errors
    ///
    /// As reading a file; `NotFound` when there is no such recording.
    fn read(&self, name: &str) -> io::Result<Cow<'static, [u8]>>;
}

/// Only the recordings that are part of the crate.
#[derive(Clone, Copy, Debug, Default)]
pub struct BuiltIn;

impl Files for BuiltIn {
    fn read(&self, name: &str) -> io::Result<Cow<'static, [u8]>> {
        let found = RECORDINGS.iter().find(|recording| recording.name == name);
        found.map(|recording| Cow::Borrowed(recording.bytes)).ok_or_else(|| {
            let known: Vec<&str> = RECORDINGS.iter().map(|recording| recording.name).collect();
            io::Error::new(io::ErrorKind::NotFound, format!("not one of the built-in {}", known.join(", ")))
        })
    }
}

/// The built-in recordings, and files relative to a folder: that of the scenario. A built-in name wins over a
/// file.
#[derive(Clone, Debug)]
pub struct Folder {
    path: PathBuf,
}

impl Folder {
    /// Files are looked up relative to `path`; absolute names stay as they are.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Folder { path: path.into() }
    }

    /// The folder.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl Files for Folder {
    fn read(&self, name: &str) -> io::Result<Cow<'static, [u8]>> {
        BuiltIn.read(name).or_else(|_| {
            let path = self.path.join(name);
            let named =
                |error: io::Error| io::Error::new(error.kind(), format!("{}: {error}", path.display()));
            std::fs::read(&path).map(Cow::Owned).map_err(named)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_gives_files_and_built_in_recordings() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("mine.strace"), b"hello").unwrap();
        let folder = Folder::new(dir.path());
        assert_eq!(folder.read("mine.strace").unwrap().as_ref(), b"hello");
        assert!(folder.read("parallel-build").unwrap().len() > 1000);
        assert_eq!(folder.read("other").unwrap_err().kind(), io::ErrorKind::NotFound);
        assert_eq!(BuiltIn.read("mine.strace").unwrap_err().kind(), io::ErrorKind::NotFound);
    }
}
