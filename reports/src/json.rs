//! `run.json` and `env.json` on disk: a reader never sees half a file, and an error says where it is.
//!
//! Separate from [`crate::schema`], which is plain data. Finished cells of a run that is still going are in
//! [`crate::cells`], which uses the same functions.
use crate::layout;
use crate::safe;
use crate::schema::{Env, Run, SCHEMA, SCHEMA_1};
use input::text::printable;
use rustix::fs::{AtFlags, CWD, Mode, OFlags, linkat, open};
use rustix::io::Errno;
use serde::{Serialize, de::DeserializeOwned};
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::os::fd::AsRawFd as _;
use std::path::{Path, PathBuf};

/// Error when a file could not be written.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// The file system returned an error.
    #[error("cannot write {}: {source}", printable(&path.to_string_lossy()))]
    Io {
        /// The file.
        path: PathBuf,
        /// Error of the file system.
        source: io::Error,
    },
    /// The value has no JSON form.
    #[error("cannot write {} as JSON: {source}", printable(&path.to_string_lossy()))]
    Encode {
        /// The file.
        path: PathBuf,
        /// Cause.
        source: serde_json::Error,
    },
}

/// Error when a file could not be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The file system returned an error.
    #[error("cannot read {}: {source}", printable(&path.to_string_lossy()))]
    Io {
        /// The file.
        path: PathBuf,
        /// Error of the file system.
        source: io::Error,
    },
    /// Not a regular file, too large, or refused by the file system.
    #[error(transparent)]
    File(#[from] input::file::FileError),
    /// Not JSON, or not of the expected form; serde_json's message ends with line and column.
    #[error("cannot read {}: {source}", printable(&path.to_string_lossy()))]
    Decode {
        /// The file.
        path: PathBuf,
        /// Cause, with line and column.
        source: serde_json::Error,
    },
    /// A `run.json` of another version, or no `run.json` at all.
    #[error(
        "{}: schema is {found}, this attach-rig reads only \"{SCHEMA}\" and \"{SCHEMA_1}\"; use the version that wrote the file",
        printable(&path.to_string_lossy())
    )]
    ForeignSchema {
        /// The file.
        path: PathBuf,
        /// Value of its field `schema`, quoted, or `missing`.
        found: String,
    },
}

/// Writes `run` to `path`, see [`write_atomic`].
///
/// # Errors
/// See [`WriteError`].
pub fn write_run(path: &Path, run: &Run) -> Result<(), WriteError> {
    write_value(path, run)
}

/// Reads a run. Histograms are not decoded here, see [`crate::aggregate`].
///
/// # Errors
/// See [`ReadError`].
pub fn read_run(path: &Path) -> Result<Run, ReadError> {
    decode_run(path, &read_bytes(path)?).map(Run::into_current)
}

/// Returns the run in the `bytes` of the file `path` as its version wrote it.
pub(crate) fn decode_run(path: &Path, bytes: &[u8]) -> Result<Run, ReadError> {
    let foreign = || foreign_schema(path, bytes);
    match decode::<Run>(path, bytes) {
        Ok(run) if [SCHEMA, SCHEMA_1].contains(&run.schema.as_str()) => Ok(run),
        // A foreign version usually fails on a field first, but its version is the better reason.
        Ok(_) => Err(foreign().expect("the schema differs")),
        Err(error) => Err(foreign().unwrap_or(error)),
    }
}

/// Writes `env` to `path`, see [`write_atomic`].
///
/// # Errors
/// See [`WriteError`].
pub fn write_env(path: &Path, env: &Env) -> Result<(), WriteError> {
    write_value(path, env)
}

/// Reads the facts about the machine.
///
/// # Errors
/// See [`ReadError`].
pub fn read_env(path: &Path) -> Result<Env, ReadError> {
    decode(path, &read_bytes(path)?)
}

/// Returns the published JSON Schema of `run.json`, as in `schema/run.schema.json`.
#[must_use]
pub fn schema_json() -> String {
    let mut text = serde_json::to_string_pretty(&schemars::schema_for!(Run)).expect("a schema is plain JSON");
    text.push('\n');
    text
}

/// Writes `bytes` to `path` in full or not at all. The file has no name at first. It is synced, then linked or renamed
/// to `path` in the same folder, and the folder is synced. A crash leaves the old file or the new one.
///
/// # Errors
/// [`WriteError::Io`]; the temporary file is gone then.
pub fn write_atomic(path: &Path, bytes: &[u8]) -> Result<(), WriteError> {
    let inner = || -> io::Result<()> {
        let folder = match path.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent,
            _ => Path::new("."),
        };
        if !write_unnamed(folder, path, bytes)? {
            let mut file = temporary().tempfile_in(folder)?;
            fill(file.as_file_mut(), bytes)?;
            file.persist(path).map_err(|error| error.error)?;
        }
        File::open(folder)?.sync_all()
    };
    inner().map_err(|source| WriteError::Io { path: path.to_owned(), source })
}

/// Writes to a file that has no name until it is whole, so that a kill leaves no trace of it. Returns `false` where the
/// file system has no such files, or `/proc` is missing.
fn write_unnamed(folder: &Path, path: &Path, bytes: &[u8]) -> io::Result<bool> {
    let flags = OFlags::TMPFILE | OFlags::WRONLY | OFlags::CLOEXEC;
    let Ok(file) = open(folder, flags, Mode::RUSR | Mode::WUSR) else { return Ok(false) };
    let mut file = File::from(file);
    fill(&mut file, bytes)?;
    let unnamed = format!("/proc/self/fd/{}", file.as_raw_fd());
    let link = |to: &Path| linkat(CWD, &unnamed, CWD, to, AtFlags::SYMLINK_FOLLOW);
    match link(path) {
        Ok(()) => Ok(true),
        // A link replaces nothing. A rename does, and needs a name for a moment.
        Err(Errno::EXIST) => {
            let named = temporary().make_in(folder, |to| Ok(link(to)?))?;
            named.persist(path).map(|()| true).map_err(|error| error.error)
        }
        Err(_) => Ok(false),
    }
}

fn temporary() -> tempfile::Builder<'static, 'static> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(".tmp-");
    builder
}

fn fill(file: &mut File, bytes: &[u8]) -> io::Result<()> {
    file.write_all(bytes)?;
    file.set_permissions(readable_by_all())?;
    file.sync_all()
}

/// Returns the permissions of a result, because temporary files are private by default.
fn readable_by_all() -> fs::Permissions {
    use std::os::unix::fs::PermissionsExt as _;
    fs::Permissions::from_mode(0o644)
}

pub(crate) fn write_value<T: Serialize>(path: &Path, value: &T) -> Result<(), WriteError> {
    write_atomic(path, &encode(path, value)?)
}

/// Returns `value` as the bytes of the file `path`.
pub(crate) fn encode<T: Serialize>(path: &Path, value: &T) -> Result<Vec<u8>, WriteError> {
    layout::to_vec(value).map_err(|source| WriteError::Encode { path: path.to_owned(), source })
}

pub(crate) fn read_value<T: DeserializeOwned>(path: &Path) -> Result<T, ReadError> {
    decode(path, &read_bytes(path)?)
}

pub(crate) fn read_bytes(path: &Path) -> Result<Vec<u8>, ReadError> {
    Ok(input::file::read(path, input::file::DATA_MAX)?)
}

fn decode<T: DeserializeOwned>(path: &Path, bytes: &[u8]) -> Result<T, ReadError> {
    match serde_json::from_slice(&safe::json(bytes)) {
        Ok(value) => Ok(value),
        // The bytes are parsed once more, so that line and column are those of the file.
        Err(_) => serde_json::from_slice(bytes)
            .map_err(|source| ReadError::Decode { path: path.to_owned(), source }),
    }
}

/// Returns the error that names a foreign schema, when `bytes` are JSON with a `schema` other than this version's, or
/// none.
fn foreign_schema(path: &Path, bytes: &[u8]) -> Option<ReadError> {
    let value: serde_json::Value = serde_json::from_slice(bytes).ok()?;
    let schema = value.get("schema");
    if schema.and_then(serde_json::Value::as_str).is_some_and(|known| [SCHEMA, SCHEMA_1].contains(&known)) {
        return None;
    }
    let found = schema.map_or_else(|| "missing".to_owned(), ToString::to_string);
    Some(ReadError::ForeignSchema { path: path.to_owned(), found })
}
