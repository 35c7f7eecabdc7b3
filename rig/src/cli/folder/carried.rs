//! Recordings that a scenario replays, copied into the folder of the result. The copy keeps the result complete: it can
//! be moved, reported on and run again, even if the original files are deleted.
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use workloads::{Carried, TRACE_PREFIX};

/// Returns the recordings in files that `shapes` name relative to `folder`, each once.
pub(crate) fn of<'a>(shapes: impl Iterator<Item = &'a str>, folder: &Path) -> Vec<Carried> {
    let mut all: Vec<Carried> = Vec::new();
    for name in shapes.filter_map(|shape| shape.strip_prefix(TRACE_PREFIX)) {
        if all.iter().all(|known| known.from != name) {
            let into = format!("{}/{}", super::RECORDINGS, all.len() + 1);
            all.extend(workloads::Folder::new(folder).carried(name, &into));
        }
    }
    all
}

/// Files with their destinations in the folder of results. Must be created before earlier results are moved aside.
pub(super) struct Copies(Vec<(PathBuf, PathBuf)>);

impl Copies {
    /// Plans the copies of `carried`.
    pub(super) fn into(folder: &Path, carried: &[Carried]) -> Self {
        let files = carried.iter().flat_map(|carried| &carried.files);
        // By real paths, since a file may be part of the result that is moved aside.
        let real = |file: &Path| file.canonicalize().unwrap_or_else(|_| file.to_owned());
        Self(files.map(|(file, name)| (real(file), folder.join(name))).collect())
    }

    /// Copies the files. `aside` is the folder to which the earlier result of `folder` was moved.
    ///
    /// # Errors
    /// The error of the file system, with the file concerned.
    pub(super) fn make(&self, folder: &Path, aside: Option<&Path>) -> Result<(), (PathBuf, io::Error)> {
        let folder = folder.canonicalize().unwrap_or_else(|_| folder.to_owned());
        let moved = |file: &Path| match (aside, file.strip_prefix(&folder)) {
            (Some(aside), Ok(below)) if !file.exists() => aside.join(below),
            _ => file.to_owned(),
        };
        for (from, to) in &self.0 {
            let made = to.parent().map_or(Ok(()), fs::create_dir_all);
            made.and_then(|()| fs::copy(moved(from), to)).map_err(|error| (to.clone(), error))?;
        }
        Ok(())
    }
}
