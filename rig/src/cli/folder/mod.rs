//! The folder of a run: reserved for one command, with each finished cell written to disk at once, on every engine.
//!
//! | file | content |
//! |---|---|
//! | `lock` | the lock that reserves the folder for one command |
//! | `aside` | earlier results, moved aside before the first cell |
//! | `carried` | recordings, copied into the folder |
//! | `shelf` | the folder of `explore`, which has no cells |
//!
//! [`Folder::begin`] writes the request, [`Keeper::keep`] each cell, [`Folder::publish`] the result.
mod aside;
pub(super) mod carried;
mod lock;
mod shelf;

pub(super) use aside::earlier;
pub(super) use lock::{Lock, Taken};
pub(super) use shelf::Shelf;

use super::exit::Failure;
use super::flags::{Format, JsonTo, OutputFlags};
use super::output::{self, Page};
use carried::Copies;
use input::text::printable;
use reports::cells::CellStore;
use reports::exit::Exit;
use reports::json;
use reports::outputs;
use reports::schema::{Cell, Env, Note, Run};
use std::borrow::Cow;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use workloads::Carried;

/// The folder of the recordings that a run replays.
const RECORDINGS: &str = "recordings";
/// The scenario as it runs; its names of recordings are valid within the folder.
const SCENARIO: &str = "scenario.toml";

/// The folder of one run.
pub(super) struct Folder {
    path: PathBuf,
    json: Option<JsonTo>,
    _lock: Lock,
}

impl Folder {
    /// Makes the folder and locks it. A default folder is `NAME/TIME`, and the link `latest` is pointed at it.
    ///
    /// # Errors
    /// Bad usage where it cannot be written to or belongs to another command.
    pub(super) fn make(flags: &OutputFlags, name: &str, time: &str) -> Result<Self, Failure> {
        let path = match &flags.out {
            Some(path) => {
                fs::create_dir_all(path).map(|()| path.clone()).map_err(|error| (path.clone(), error))
            }
            None => place(name, time),
        };
        let path = path.map_err(|(path, error)| not_writable(&path, &error))?;
        let lock = Lock::take(&path)?;
        if flags.out.is_none() {
            link_latest(&path);
        }
        Ok(Self { path, json: flags.json.clone(), _lock: lock })
    }

    /// The path of the folder.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Moves an earlier result aside, and copies recordings and scenario. From here on nothing in the folder is older
    /// than the run.
    ///
    /// # Errors
    /// An output that could not be written.
    pub(super) fn clear(&self, scenario: &str, carried: &[Carried]) -> Result<(), Failure> {
        let copies = Copies::into(&self.path, carried);
        let moved = aside::move_aside(&self.path).map_err(|error| unwritten(&self.path, &error))?;
        if let Some(aside) = &moved {
            output::say(&format!("the earlier result in {} is now in {}", shown(&self.path), shown(aside)));
        }
        copies.make(&self.path, moved.as_deref()).map_err(|(file, error)| unwritten(&file, &error))?;
        if scenario.is_empty() {
            return Ok(());
        }
        json::write_atomic(&self.path.join(SCENARIO), scenario.as_bytes()).map_err(Failure::unwritten)
    }

    /// Writes the request, which is `run` without cells; cells are kept from now on.
    ///
    /// # Errors
    /// An output that could not be written.
    pub(super) fn begin(&self, run: &Run) -> Result<Keeper, Failure> {
        let store = CellStore::begin(&self.path, run).map_err(Failure::unwritten)?;
        Ok(Keeper { store: Some(store), ..Keeper::default() })
    }

    /// Writes the data that would be lost if the command ended here.
    ///
    /// # Errors
    /// An output that could not be written.
    pub(super) fn keep(&self, run: &Run, env: &Env) -> Result<(), Failure> {
        json::write_run(&self.path.join("run.json"), run).map_err(Failure::unwritten)?;
        json::write_env(&self.path.join("env.json"), env).map_err(Failure::unwritten)
    }

    /// Writes all outputs and prints the table, even if nothing can be written. The files of cells are removed once
    /// run.json holds them. Returns the code of the command, which is `code` if nothing failed.
    pub(super) fn publish(&self, run: &Run, env: &Env, keeper: Keeper, code: Exit) -> Exit {
        let bytes = || outputs::json(run).map_err(Failure::internal);
        let copy = self.json.as_ref().map_or(Ok(()), |to| bytes().and_then(|bytes| to.write(&bytes)));
        let kept = self.keep(run, env);
        let page = if kept.is_ok() { Page::At(self.path.join("report.html")) } else { Page::None };
        let rendered = output::render(Format::Text, &page, (&self.path.join("run.json"), run, Some(env)));
        let removed = if kept.is_ok() { keeper.remove() } else { Ok(()) };
        [copy, kept, rendered, removed].into_iter().fold(code, super::streams::also)
    }
}

/// Finished cells on their way to disk. Failing to write a cell does not end the run: the cell is still part of the
/// result.
#[derive(Default)]
pub(super) struct Keeper {
    store: Option<CellStore>,
    kept: usize,
    failed: bool,
}

impl Keeper {
    /// Returns a keeper that keeps nothing, after `failure` has shown that nothing can be written; the run goes on.
    pub(super) fn without(failure: &Failure) -> Self {
        let mut keeper = Self::default();
        keeper.say(&failure.message);
        keeper
    }

    /// Writes the cell at place `index` of the plan, with the notes about it.
    pub(super) fn keep(&mut self, index: usize, cell: &Cell, notes: &[Note]) {
        match self.store.as_ref().map(|store| store.save(index, cell, notes)) {
            Some(Ok(())) => self.kept += 1,
            Some(Err(error)) => self.say(&error.to_string()),
            None => {}
        }
    }

    /// Writes a cell after those kept before.
    pub(super) fn keep_next(&mut self, cell: &Cell, notes: &[Note]) {
        self.keep(self.kept, cell, notes);
    }

    fn say(&mut self, problem: &str) {
        if !std::mem::replace(&mut self.failed, true) {
            output::complain(&format!(
                "{problem}; the run goes on and its table will be printed, but a kill would lose what is not on disk: make room"
            ));
        }
    }

    /// Number of cells on disk.
    pub(super) fn kept(&self) -> usize {
        self.kept
    }

    /// Removes the cells, which are now part of run.json or of no result.
    pub(super) fn remove(self) -> Result<(), Failure> {
        let removed = self.store.map_or(Ok(()), CellStore::remove);
        removed.map_err(|error| Failure { code: Exit::Left, message: error.to_string() })
    }

    /// Removes the request of a run that measured nothing; finished cells stay.
    pub(super) fn give_up(self) -> Result<(), Failure> {
        if self.kept == 0 { self.remove() } else { Ok(()) }
    }
}

/// The path, safe to print.
pub(super) fn shown(path: &Path) -> String {
    printable(&path.to_string_lossy()).into_owned()
}

fn unwritten(path: &Path, error: &io::Error) -> Failure {
    Failure::unwritten(format!("cannot write {}: {error}; choose another folder with --out DIR", shown(path)))
}

fn not_writable(path: &Path, error: &io::Error) -> Failure {
    let message = format!("cannot write to {}: {error}; choose another folder with --out DIR", shown(path));
    let is_full = matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded);
    if is_full { Failure::unwritten(message) } else { Failure::usage(message) }
}

/// Returns the name of a default folder: the engine, and the scenario if there is one. Results of two engines are never
/// in one folder, where `latest` would be either.
pub(super) fn named(engine: &str, scenario: Option<&str>) -> String {
    scenario.map_or_else(|| engine.to_owned(), |scenario| format!("{engine}-{scenario}"))
}

/// Makes a new folder named `name` and after the time.
fn place(name: &str, time: &str) -> Result<PathBuf, (PathBuf, io::Error)> {
    let name: String =
        name.chars().map(|c| if c.is_ascii_alphanumeric() || c == '-' { c } else { '_' }).collect();
    made_below(&Path::new("target/attach-rig").join(name), time)
}

/// Makes the folder `time` below `parent`, or `time-2` and so on if it exists.
fn made_below(parent: &Path, time: &str) -> Result<PathBuf, (PathBuf, io::Error)> {
    fs::create_dir_all(parent).map_err(|error| (parent.to_owned(), error))?;
    let names = std::iter::once(Cow::Borrowed(time)).chain((2..).map(|n| format!("{time}-{n}").into()));
    for name in names {
        let path = parent.join(name.as_ref());
        match fs::create_dir(&path) {
            Ok(()) => return Ok(path),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err((path, error)),
        }
    }
    unreachable!("the names have no end")
}

/// Points `latest` at the newest run. The link is a convenience; failing to make it is ignored.
fn link_latest(path: &Path) {
    let (Some(parent), Some(name)) = (path.parent(), path.file_name()) else { return };
    let (link, fresh) = (parent.join("latest"), parent.join(format!(".latest-{}", std::process::id())));
    if std::os::unix::fs::symlink(name, &fresh).is_ok() && fs::rename(&fresh, &link).is_err() {
        let _ = fs::remove_file(&fresh);
    }
}
