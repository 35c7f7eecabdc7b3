//! The list of what a run has made, on disk before it is made, so that [`super::clean`] can remove it after a SIGKILL.
//!
//! One file per run, named after it, in the folder of [`super::state`]. It is TOML to which entries are only appended.
//! An empty line ends each entry, so an entry that a kill has cut off is about a thing that had not been made yet. The
//! run holds a lock on the file for as long as it lives, which every other process sees, in whatever namespace. The
//! file is gone when the run has removed everything.
use super::super::error::LinuxError;
use super::discovery::Place;
use super::run_id::{self, RunId};
use super::state::StateFolder;
use super::walk;
use rustix::fs::{FlockOperation, fstat};
use serde::{Deserialize, Serialize};
use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Component, Path, PathBuf};
use std::time::Duration;

/// Longest time for which a `clean` may hold the lock on a list that it found just as it was made.
const PATIENCE: Duration = Duration::from_secs(5);
const TRIES: u32 = 10;
const EXTENSION: &str = ".toml";

/// A file of ours, locked.
#[derive(Debug)]
pub(crate) struct Manifest {
    state: StateFolder,
    name: String,
    file: File,
    mount: PathBuf,
}

/// The content of the file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Content {
    /// `/proc/sys/kernel/random/boot_id`: cgroups and processes do not survive a boot.
    pub(crate) boot: String,
    /// The namespace to which the pids of the list belong.
    pub(crate) pid_namespace: u64,
    /// The hierarchy in which cgroups are made: `v1:pids`, `v2`.
    pub(crate) hierarchy: String,
    /// Mount point of the hierarchy, where the run saw it.
    pub(crate) mount: PathBuf,
    /// Inode of the cgroup that is mounted there.
    pub(crate) mount_root: u64,
    /// Cgroups, in the order in which they are made. The last one may not exist yet.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) cgroup: Vec<Cgroup>,
    /// Processes that the run has started.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) process: Vec<Process>,
    /// Instances of tracefs.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) instance: Vec<Instance>,
}

/// A cgroup of the run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Cgroup {
    /// Path of the cgroup below the mount.
    pub(crate) path: PathBuf,
}

/// A process of the run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Process {
    /// Pid of the process.
    pub(crate) pid: u32,
    /// Start of the process, in ticks since boot.
    pub(crate) start_ticks: u64,
}

/// An instance of tracefs of the run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Instance {
    /// Name of the instance.
    pub(crate) name: String,
}

/// The id of this boot.
pub(crate) fn boot() -> String {
    let id = fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default();
    id.trim().to_owned()
}

impl Manifest {
    /// Makes the list of a run that is about to make cgroups at `place`, and locks it.
    ///
    /// # Errors
    /// [`LinuxError::Setup`] when it cannot be written: the run would not be safe.
    pub(crate) fn begin(state: StateFolder, id: RunId, place: &Place) -> Result<Self, LinuxError> {
        let name = format!("{id}{EXTENSION}");
        let path = state.path(OsStr::new(&name));
        let header = || {
            let pid_namespace = run_id::pid_namespace().ok_or(io::ErrorKind::NotFound)?;
            let hierarchy = place.hierarchy.clone();
            let (mount, mount_root) = (place.mount_point.clone(), fs::metadata(&place.mount_point)?.ino());
            let (cgroup, process, instance) = Default::default();
            Ok(Content {
                boot: boot(),
                pid_namespace,
                hierarchy,
                mount,
                mount_root,
                cgroup,
                process,
                instance,
            })
        };
        let begun = header().and_then(|content| {
            let file = locked(&state, &name)?;
            let mount = place.mount_point.clone();
            let mut manifest = Self { state, name, file, mount };
            manifest.append(&content)?;
            Ok(manifest)
        });
        begun.map_err(|source| cannot(&path, source))
    }

    /// Records a cgroup that is about to be made.
    ///
    /// # Errors
    /// As [`Manifest::begin`].
    pub(crate) fn cgroup(&mut self, path: &Path) -> Result<(), LinuxError> {
        let path = path.strip_prefix(&self.mount).unwrap_or(path).to_owned();
        self.entry("cgroup", &Cgroup { path })
    }

    /// Records a process that has been started.
    ///
    /// # Errors
    /// As [`Manifest::begin`].
    pub(crate) fn process(&mut self, pid: u32) -> Result<(), LinuxError> {
        match run_id::start_ticks(pid) {
            Some(start_ticks) => self.entry("process", &Process { pid, start_ticks }),
            None => Ok(()),
        }
    }

    /// Records an instance of tracefs that is about to be made.
    ///
    /// # Errors
    /// As [`Manifest::begin`].
    pub(crate) fn instance(&mut self, id: RunId) -> Result<(), LinuxError> {
        self.entry("instance", &Instance { name: id.to_string() })
    }

    /// Removes the file, once everything that it lists is gone.
    pub(crate) fn end(&self) {
        // Where it stays, `clean` finds nothing left to do and removes it.
        let _stays = self.state.remove(OsStr::new(&self.name));
    }

    fn entry(&mut self, kind: &str, entry: &impl Serialize) -> Result<(), LinuxError> {
        let path = self.state.path(OsStr::new(&self.name));
        let table = std::collections::BTreeMap::from([(kind, [entry])]);
        self.append(&table).map_err(|source| cannot(&path, source))
    }

    /// Appends one part. If the disk is full, a part that was written incompletely is cut off again.
    fn append(&mut self, part: &impl Serialize) -> io::Result<()> {
        let text = toml::to_string(part).map_err(io::Error::other)?;
        let whole = self.file.metadata()?.size();
        let written = self.file.write_all(format!("{}\n\n", text.trim_end()).as_bytes());
        if written.is_err() {
            self.file.set_len(whole)?;
        }
        written
    }
}

/// Makes and locks a file. A `clean` that finds it in between takes it for a dead run's and removes it; then once more.
fn locked(state: &StateFolder, name: &str) -> io::Result<File> {
    for _ in 0..TRIES {
        let file = state.create(name)?;
        let got = walk::lock(&file, FlockOperation::NonBlockingLockExclusive, PATIENCE)?;
        if got && fstat(&file)?.st_nlink == 1 {
            return Ok(file);
        }
    }
    Err(io::Error::other("another process removes it each time; is attach-rig clean run in a loop?"))
}

fn cannot(path: &Path, source: io::Error) -> LinuxError {
    let held = source.kind() == io::ErrorKind::AlreadyExists;
    let remedy = if held { " (try: attach-rig clean)" } else { "" };
    LinuxError::Setup {
        doing: format!("keep a list of what this run makes, {}{remedy}", path.display()),
        source,
    }
}

/// The run whose list has this name.
pub(crate) fn run_of(name: &OsStr) -> Option<RunId> {
    RunId::parse(name.to_str()?.strip_suffix(EXTENSION)?)
}

/// Reads a list; `None` for one that has no entries yet.
///
/// # Errors
/// The reason why nothing in it can be believed.
pub(crate) fn read(file: &mut File) -> io::Result<Option<Content>> {
    let mut text = String::new();
    file.read_to_string(&mut text)?;
    let Some((whole, _cut_off)) = text.rsplit_once("\n\n") else {
        let earlier = text.lines().any(|line| line.starts_with("cgroups = "));
        if earlier && text.contains(&boot()) {
            return Err(io::Error::other(
                "an earlier version wrote it, without the namespace in which its pids are meant",
            ));
        }
        return Ok(None);
    };
    toml::from_str(whole).map(Some).map_err(|error| io::Error::other(error.message().to_owned()))
}

impl Content {
    /// Cgroups of the list that a run of this id can have made: its top, or a child of that.
    pub(crate) fn cgroups_of(&self, id: RunId) -> impl DoubleEndedIterator<Item = &Path> {
        let own = id.to_string();
        let is_own = move |path: &&Path| {
            let names: Option<Vec<&OsStr>> = path
                .components()
                .map(|component| if let Component::Normal(name) = component { Some(name) } else { None })
                .collect();
            let Some(names) = names else { return false };
            let at = names.iter().position(|name| *name == own.as_str());
            at.is_some_and(|at| at + 2 >= names.len())
        };
        self.cgroup.iter().map(|cgroup| cgroup.path.as_path()).filter(is_own)
    }
}

#[cfg(test)]
#[path = "manifest_tests.rs"]
pub(crate) mod tests;
