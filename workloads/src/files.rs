//! The source of recordings. Built-in ones and files on disk are read in the same way, so that the maker of a plan need
//! not know where a recording is stored; `trace` interprets the bytes.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};

use input::nearest::nearest;

use crate::trace::Part;

/// A recording that is part of the crate. `recordings/README.md` says how each was made.
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
    /// Returns the bytes of the recording, packed or not.
    ///
    /// # Errors
    ///
    /// Those of reading a file; `NotFound` if the recording does not exist.
    fn read(&self, name: &str) -> io::Result<Cow<'static, [u8]>>;

    /// Returns the files of the recording: one, or those that `strace -ff` wrote.
    ///
    /// # Errors
    ///
    /// Those of [`read`](Files::read).
    fn parts(&self, name: &str) -> io::Result<Vec<Part>> {
        Ok(vec![Part::whole(self.read(name)?)])
    }
}

/// The recordings that are part of the crate, and no others.
#[derive(Clone, Copy, Debug, Default)]
pub struct BuiltIn;

impl Files for BuiltIn {
    fn read(&self, name: &str) -> io::Result<Cow<'static, [u8]>> {
        let found = RECORDINGS.iter().find(|recording| recording.name == name);
        found.map(|recording| Cow::Borrowed(recording.bytes)).ok_or_else(|| {
            let known = nearest(name, RECORDINGS.iter().map(|recording| recording.name));
            io::Error::new(io::ErrorKind::NotFound, format!("it is not built in; {known}"))
        })
    }
}

/// The built-in recordings, and files relative to a folder, which is that of the scenario. A built-in name takes
/// precedence over a file.
#[derive(Clone, Debug)]
pub struct Folder {
    path: PathBuf,
}

impl Folder {
    /// Returns a source that looks up files relative to `path`; absolute names are not changed.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Folder { path: path.into() }
    }

    /// Returns the folder.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Returns the files of a recording that is not built in, with the pids at the ends of their names: one file, or
    /// those that `strace -ff` wrote into the folder `name` or with the prefix `name`. Does not check whether a single
    /// file exists.
    ///
    /// # Errors
    ///
    /// If a folder has no such files, or those of several recordings.
    pub fn paths(&self, name: &str) -> io::Result<Vec<(Option<u32>, PathBuf)>> {
        let path = self.path.join(name);
        if path.is_dir() {
            return by_pid(&path, None);
        }
        let prefix = path.file_name().and_then(|name| name.to_str()).filter(|_| !path.exists());
        let folder =
            path.parent().map(|folder| if folder.as_os_str().is_empty() { Path::new(".") } else { folder });
        let found = match (folder, prefix) {
            (Some(folder), Some(prefix)) if folder.is_dir() => by_pid(folder, Some(prefix)).ok(),
            _ => None,
        };
        Ok(found.unwrap_or_else(|| vec![(None, path)]))
    }
}

/// A recording that is copied elsewhere: its names and its files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Carried {
    /// The name before, as it follows `trace:`.
    pub from: String,
    /// The name after.
    pub to: String,
    /// Each file with its path after the copy.
    pub files: Vec<(PathBuf, String)>,
}

impl Folder {
    /// Returns the copy of the recording `name` below `folder`, which no other recording may share; `None` if it is
    /// built in or its files are not found.
    #[must_use]
    pub fn carried(&self, name: &str, folder: &str) -> Option<Carried> {
        let files = if BuiltIn.read(name).is_ok() { None } else { self.paths(name).ok() }?;
        let named =
            |file: &PathBuf| format!("{folder}/{}", file.file_name().unwrap_or_default().to_string_lossy());
        let single = files.iter().find(|(pid, _)| pid.is_none());
        let to = single.map_or_else(|| folder.to_owned(), |(_, file)| named(file));
        let files = files.into_iter().map(|(_, file)| (file.clone(), named(&file))).collect();
        Some(Carried { from: name.to_owned(), to, files })
    }
}

impl Files for Folder {
    fn read(&self, name: &str) -> io::Result<Cow<'static, [u8]>> {
        BuiltIn.read(name).or_else(|_| read_file(&self.path.join(name)))
    }

    fn parts(&self, name: &str) -> io::Result<Vec<Part>> {
        if let Ok(bytes) = BuiltIn.read(name) {
            return Ok(vec![Part::whole(bytes)]);
        }
        self.paths(name)?.into_iter().map(|(pid, path)| Ok(Part { pid, bytes: read_file(&path)? })).collect()
    }
}

fn read_file(path: &Path) -> io::Result<Cow<'static, [u8]>> {
    input::file::read(path, input::file::DATA_MAX).map(Cow::Owned).map_err(|error| {
        let kind = if error.is_missing() { io::ErrorKind::NotFound } else { io::ErrorKind::InvalidInput };
        io::Error::new(kind, error.to_string())
    })
}

/// Returns the files `PREFIX.PID` of a folder, as `strace -ff -o PREFIX` writes them, by pid.
fn by_pid(folder: &Path, prefix: Option<&str>) -> io::Result<Vec<(Option<u32>, PathBuf)>> {
    let mut found: BTreeMap<(String, u32), PathBuf> = BTreeMap::new();
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name();
        let Some((stem, pid)) = name.to_str().and_then(stem_and_pid) else { continue };
        if prefix.is_none_or(|prefix| prefix == stem) {
            found.insert((stem.to_owned(), pid), entry.path());
        }
    }
    let invalid = |what: String| {
        let folder = input::text::printable(&folder.to_string_lossy()).into_owned();
        io::Error::new(io::ErrorKind::InvalidInput, format!("{folder} holds {what}"))
    };
    let stems: BTreeSet<&str> = found.keys().map(|(stem, _)| stem.as_str()).collect();
    match stems.len() {
        0 => {
            return Err(invalid(
                "no file NAME.PID, as `strace -ff -o NAME` writes them; give such a folder, or a file".into(),
            ));
        }
        1 => {}
        _ => {
            let names: Vec<String> =
                stems.iter().map(|stem| input::text::printable(stem).into_owned()).collect();
            return Err(invalid(format!(
                "several recordings ({}); give FOLDER/NAME of one",
                names.join(", ")
            )));
        }
    }
    if found.len() > PARTS_MAX {
        return Err(invalid(format!(
            "{} files exceed the limit of {PARTS_MAX}; record a shorter run",
            found.len()
        )));
    }
    Ok(found.into_iter().map(|((_, pid), path)| (Some(pid), path)).collect())
}

/// Splits `NAME.PID`, or `NAME.PID.gz` with the extension of any packer.
fn stem_and_pid(name: &str) -> Option<(&str, u32)> {
    let packed = [".gz", ".xz", ".zst", ".bz2"].iter().find_map(|end| name.strip_suffix(end));
    let (stem, pid) = packed.unwrap_or(name).rsplit_once('.')?;
    Some((stem, pid.parse().ok().filter(|pid| *pid > 0)?))
}

/// Most files of one recording.
const PARTS_MAX: usize = 65_536;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_or_a_prefix_gives_the_files_of_strace_ff_by_pid() {
        let dir = tempfile::tempdir().unwrap();
        for name in ["log.12", "log.7", "log.100.gz", "notes.txt"] {
            std::fs::write(dir.path().join(name), name).unwrap();
        }
        let folder = Folder::new(dir.path());
        for name in [".", "log", "./log"] {
            let pids: Vec<_> = folder.parts(name).unwrap().iter().map(|part| part.pid.unwrap()).collect();
            assert_eq!(pids, [7, 12, 100], "{name}");
        }
        assert_eq!(folder.parts("log.12").unwrap()[0].pid, None);
        assert_eq!(folder.parts("lo").unwrap_err().kind(), io::ErrorKind::NotFound);
        std::fs::write(dir.path().join("other.12"), "").unwrap();
        assert!(folder.parts(".").unwrap_err().to_string().contains("several recordings (log, other)"));
    }

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
