//! Finished cells on disk while a run is still going, so that a kill loses only the cell under way.
//!
//! A folder `cells/` with one file a cell, `00017.json` for the 17th of the plan (counted from 0), each written as soon
//! as its cell has finished, by any worker. [`CellStore::assemble`] reads them in the order of the plan, whatever the
//! order in which they finished. Files are written as in [`crate::json`].
use crate::json::{ReadError, WriteError, read_value, write_value};
use crate::schema::Cell;
use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// The folder of finished cells of one run. Many threads may save at once, each its own cells.
#[derive(Clone, Debug)]
pub struct CellStore {
    folder: PathBuf,
}

impl CellStore {
    /// Opens `out/cells`, which is made when it is not there. Cells already in it stay: a run that goes on keeps them.
    ///
    /// # Errors
    /// [`WriteError::Io`] when the folder cannot be made.
    pub fn open(out: &Path) -> Result<Self, WriteError> {
        let folder = out.join("cells");
        match fs::create_dir_all(&folder) {
            Ok(()) => Ok(Self { folder }),
            Err(source) => Err(WriteError::Io { path: folder, source }),
        }
    }

    /// Writes the finished cell with place `index` in the plan.
    ///
    /// # Errors
    /// See [`WriteError`]; the cell is not on disk then.
    pub fn save(&self, index: usize, cell: &Cell) -> Result<(), WriteError> {
        write_value(&self.path(index), cell)
    }

    /// Places of the cells that are on disk. Temporary files of a kill are not among them.
    ///
    /// # Errors
    /// [`ReadError::Io`].
    pub fn finished(&self) -> Result<BTreeSet<usize>, ReadError> {
        let error = |source: io::Error| ReadError::Io { path: self.folder.clone(), source };
        let mut found = BTreeSet::new();
        for entry in fs::read_dir(&self.folder).map_err(error)? {
            let name = entry.map_err(error)?.file_name();
            let index = name.to_str().and_then(|name| name.strip_suffix(".json"));
            found.extend(index.and_then(|digits| digits.parse::<usize>().ok()));
        }
        Ok(found)
    }

    /// All finished cells, in the order of the plan.
    ///
    /// # Errors
    /// See [`ReadError`], which names the file of the cell.
    pub fn assemble(&self) -> Result<Vec<(usize, Cell)>, ReadError> {
        self.finished()?.into_iter().map(|index| Ok((index, read_value(&self.path(index))?))).collect()
    }

    /// Removes the folder, once `run.json` holds everything.
    ///
    /// # Errors
    /// [`WriteError::Io`].
    pub fn remove(self) -> Result<(), WriteError> {
        fs::remove_dir_all(&self.folder).map_err(|source| WriteError::Io { path: self.folder, source })
    }

    fn path(&self, index: usize) -> PathBuf {
        self.folder.join(format!("{index:05}.json"))
    }
}
