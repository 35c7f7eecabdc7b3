//! The folder into which `explore` saves schedules. A folder named by the user is locked from the beginning, and
//! removed if it was created here and nothing was saved. A default folder is made when the first schedule is saved.
use super::{Failure, Lock, made_below, not_writable, shown};
use crate::cli::output;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

const PARENT: &str = "target/attach-rig/explore";

/// The folder of `explore`.
pub(crate) struct Shelf {
    path: OnceLock<Result<PathBuf, String>>,
    time: String,
    made: Option<PathBuf>,
    lock: Option<Lock>,
}

impl Shelf {
    /// Takes the folder `named`.
    ///
    /// # Errors
    /// Bad usage where it cannot be written to or belongs to another command.
    pub(crate) fn new(named: Option<&Path>) -> Result<Self, Failure> {
        let (_, time) = output::now();
        let mut shelf = Self { path: OnceLock::new(), time, made: None, lock: None };
        if let Some(path) = named {
            shelf.made = (!path.exists()).then(|| path.to_owned());
            fs::create_dir_all(path).map_err(|error| not_writable(path, &error))?;
            shelf.lock = Some(Lock::take(path)?);
            shelf.path = OnceLock::from(Ok(path.to_owned()));
        }
        Ok(shelf)
    }

    /// Returns the folder, which now exists.
    ///
    /// # Errors
    /// The error of the file system, in words.
    pub(crate) fn path(&self) -> Result<&Path, String> {
        let made = || made_below(Path::new(PARENT), &self.time).map_err(|(_, error)| error.to_string());
        self.path.get_or_init(made).as_deref().map_err(Clone::clone)
    }

    /// Returns the path of the folder for printing.
    pub(crate) fn shown(&self) -> String {
        self.path().map_or_else(|_| PARENT.to_owned(), shown)
    }
}

impl Drop for Shelf {
    fn drop(&mut self) {
        self.lock = None;
        if let Some(made) = &self.made {
            // Fails if something is in it.
            let _saved = fs::remove_dir(made);
        }
    }
}
