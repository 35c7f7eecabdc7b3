//! Finished cells on disk while a run is still going, so that a kill loses only the cell under way.
//!
//! The folder is `cells/` in a run's folder. It holds `request.json`, which is the run without its cells. This is
//! written before the first cell and says what was asked for. Each cell has a file, such as `00017.json` for the cell
//! with place 17 in the plan, counted from 0. Any worker writes it as soon as the cell has finished. Each file names
//! the digest of the request that it belongs to, so cells of two requests are never taken for one run. The folder is
//! moved and removed as a whole. Files are written as in [`crate::json`].
use crate::json::{
    ReadError, WriteError, decode_run, encode, read_bytes, read_value, write_atomic, write_value,
};
use crate::schema::{Cell, Note, Run};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// Name of the folder.
pub const FOLDER: &str = "cells";
const REQUEST: &str = "request.json";

/// The folder of finished cells of one run. Many threads may save at once, each its own cells.
#[derive(Clone, Debug)]
pub struct CellStore {
    folder: PathBuf,
    request: String,
}

/// The contents of a file of a cell.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Kept<C, N> {
    /// Digest of the request.
    request: String,
    /// Remarks that the cell's own figures do not contain.
    notes: N,
    cell: C,
}

/// Files left by a run that did not finish.
#[derive(Clone, Debug)]
pub struct Salvaged {
    /// The run with its finished cells, marked as interrupted, without verdicts.
    pub run: Run,
    /// Files of cells that belong to another request.
    pub foreign: Vec<PathBuf>,
    /// Reasons why other files of cells were not read.
    pub unreadable: Vec<String>,
}

impl CellStore {
    /// Makes `out/cells` and writes the request, which is `run` without cells and verdicts.
    ///
    /// # Errors
    /// [`WriteError::Io`] when the folder cannot be made or is already there, and as for every file.
    pub fn begin(out: &Path, run: &Run) -> Result<Self, WriteError> {
        let folder = out.join(FOLDER);
        fs::create_dir(&folder).map_err(|source| WriteError::Io { path: folder.clone(), source })?;
        let file = folder.join(REQUEST);
        let asked = Run { cells: Vec::new(), verdicts: Vec::new(), interrupted: true, ..run.clone() };
        let bytes = encode(&file, &asked)?;
        write_atomic(&file, &bytes)?;
        Ok(Self { folder, request: digest(&bytes) })
    }

    /// Writes the finished cell with place `index` in the plan, and the remarks on it.
    ///
    /// # Errors
    /// See [`WriteError`]; the cell is not on disk then.
    pub fn save(&self, index: usize, cell: &Cell, notes: &[Note]) -> Result<(), WriteError> {
        write_value(
            &self.folder.join(format!("{index:05}.json")),
            &Kept { request: self.request.clone(), notes, cell },
        )
    }

    /// Removes the folder, once `run.json` holds everything.
    ///
    /// # Errors
    /// [`WriteError::Io`].
    pub fn remove(self) -> Result<(), WriteError> {
        fs::remove_dir_all(&self.folder).map_err(|source| WriteError::Io { path: self.folder, source })
    }
}

/// Reads the rest of a run in the folder `out`, its cells in the order of the plan; `None` where there is no request.
///
/// # Errors
/// See [`ReadError`], for the request and the folder. A cell that cannot be read is not an error.
pub fn salvage(out: &Path) -> Result<Option<Salvaged>, ReadError> {
    let folder = out.join(FOLDER);
    let file = folder.join(REQUEST);
    if !file.exists() {
        return Ok(None);
    }
    let bytes = read_bytes(&file)?;
    let (request, asked) = (digest(&bytes), decode_run(&file, &bytes)?);
    let run = Run { interrupted: true, ..asked };
    let mut salvaged = Salvaged { run, foreign: Vec::new(), unreadable: Vec::new() };
    for index in finished(&folder)? {
        let file = folder.join(format!("{index:05}.json"));
        match read_value::<Kept<Cell, Vec<Note>>>(&file) {
            Ok(kept) if kept.request == request => {
                salvaged.run.cells.push(kept.cell);
                salvaged.run.notes.extend(kept.notes);
            }
            Ok(_) => salvaged.foreign.push(file),
            Err(error) => salvaged.unreadable.push(error.to_string()),
        }
    }
    // A file of a cell does not say which version wrote it, so the run is converted only here.
    salvaged.run = salvaged.run.into_current();
    Ok(Some(salvaged))
}

/// Returns the places of the cells that are on disk. Temporary files of a kill are not among them.
fn finished(folder: &Path) -> Result<BTreeSet<usize>, ReadError> {
    let error = |source: io::Error| ReadError::Io { path: folder.to_owned(), source };
    let mut found = BTreeSet::new();
    for entry in fs::read_dir(folder).map_err(error)? {
        let name = entry.map_err(error)?.file_name();
        let index = name.to_str().and_then(|name| name.strip_suffix(".json"));
        found.extend(index.and_then(|digits| digits.parse::<usize>().ok()));
    }
    Ok(found)
}

fn digest(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}
