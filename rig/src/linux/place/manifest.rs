//! What a run has made, on disk before it is made, so that [`super::clean`] can remove it after a SIGKILL or a power cut.
//!
//! One TOML file per run, named after it, in [`folder`]. It is gone when the run has removed everything itself.
use super::super::error::LinuxError;
use super::run_id::RunId;
use serde::{Deserialize, Serialize};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// A file of ours, and what it says.
#[derive(Debug)]
pub(in crate::linux) struct Manifest {
    path: PathBuf,
    content: Content,
}

/// What stands in the file.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::linux) struct Content {
    /// `/proc/sys/kernel/random/boot_id`: cgroups and processes do not survive a boot.
    pub(in crate::linux) boot: String,
    /// Cgroups, in the order in which they are made. The last one may not exist yet.
    pub(in crate::linux) cgroups: Vec<PathBuf>,
    /// Processes that the run has started, by pid and start time in ticks since boot.
    pub(in crate::linux) processes: Vec<(u32, u64)>,
    /// Instances of tracefs, by name.
    #[serde(default)]
    pub(in crate::linux) instances: Vec<String>,
}

/// Where manifests are: `$XDG_RUNTIME_DIR/attach-rig`, else `/run/attach-rig` for root, else below the folder for
/// temporary files.
pub(in crate::linux) fn folder() -> PathBuf {
    let uid = rustix::process::geteuid();
    match std::env::var_os("XDG_RUNTIME_DIR") {
        Some(own) if Path::new(&own).is_dir() => Path::new(&own).join("attach-rig"),
        _ if uid.is_root() => "/run/attach-rig".into(),
        _ => std::env::temp_dir().join(format!("attach-rig-{}", uid.as_raw())),
    }
}

/// The id of this boot.
pub(in crate::linux) fn boot() -> String {
    let id = fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default();
    id.trim().to_owned()
}

impl Manifest {
    /// The empty manifest of a run, on disk.
    ///
    /// # Errors
    /// [`LinuxError::Setup`] when it cannot be written: the run would not be safe.
    pub(in crate::linux) fn begin(folder: &Path, id: RunId) -> Result<Self, LinuxError> {
        fs::create_dir_all(folder).map_err(|source| cannot(folder, source))?;
        let content = Content { boot: boot(), ..Content::default() };
        let manifest = Self { path: folder.join(format!("{id}.toml")), content };
        manifest.write()?;
        Ok(manifest)
    }

    /// A cgroup is about to be made.
    ///
    /// # Errors
    /// As [`Manifest::begin`].
    pub(in crate::linux) fn cgroup(&mut self, path: &Path) -> Result<(), LinuxError> {
        self.content.cgroups.push(path.into());
        self.write()
    }

    /// A process has been started.
    ///
    /// # Errors
    /// As [`Manifest::begin`].
    pub(in crate::linux) fn process(&mut self, pid: u32) -> Result<(), LinuxError> {
        if let Some(ticks) = super::run_id::start_ticks(pid) {
            self.content.processes.push((pid, ticks));
        }
        self.write()
    }

    /// An instance of tracefs is about to be made.
    ///
    /// # Errors
    /// As [`Manifest::begin`].
    pub(in crate::linux) fn instance(&mut self, id: RunId) -> Result<(), LinuxError> {
        self.content.instances.push(id.to_string());
        self.write()
    }

    /// Everything is gone, and so is the file.
    pub(in crate::linux) fn end(&self) {
        // Where it stays, `clean` finds nothing left to do and removes it.
        let _stays = fs::remove_file(&self.path);
    }

    /// Written beside, synced and renamed: a kill leaves the old one or the new one.
    fn write(&self) -> Result<(), LinuxError> {
        use std::io::Write as _;
        let text =
            toml::to_string(&self.content).map_err(|error| cannot(&self.path, io::Error::other(error)))?;
        let fresh = self.path.with_extension("new");
        let written = fs::File::create(&fresh)
            .and_then(|mut file| file.write_all(text.as_bytes()).and_then(|()| file.sync_all()))
            .and_then(|()| fs::rename(&fresh, &self.path));
        written.map_err(|source| cannot(&self.path, source))
    }
}

fn cannot(path: &Path, source: io::Error) -> LinuxError {
    LinuxError::Setup {
        doing: format!(
            "keep a list of what this run makes in {} (set XDG_RUNTIME_DIR or TMPDIR to a folder that can be written)",
            path.display()
        ),
        source,
    }
}

/// A manifest of whoever, with the run that wrote it.
pub(in crate::linux) struct Found {
    /// The file.
    pub(in crate::linux) path: PathBuf,
    /// The run.
    pub(in crate::linux) id: RunId,
    /// What it says; absent when it cannot be read.
    pub(in crate::linux) content: Option<Content>,
}

/// Manifests of dead runs that a kill has left half written, with nothing in them that the whole one has not.
pub(in crate::linux) fn halves(folder: &Path) -> Vec<PathBuf> {
    let paths = fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    let is_half = |path: &PathBuf| {
        let name = path.file_name().and_then(|name| name.to_str());
        name.and_then(|name| RunId::parse(name.strip_suffix(".new")?)).is_some_and(|id| !id.is_alive())
    };
    paths.filter(is_half).collect()
}

/// Every manifest in `folder`, by name.
///
/// # Errors
/// What reading the folder says; one that is not there has none.
pub(in crate::linux) fn all(folder: &Path) -> io::Result<Vec<Found>> {
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries?,
    };
    let mut found = Vec::new();
    for entry in entries {
        let path = entry?.path();
        let name =
            path.file_name().and_then(|name| name.to_str()).and_then(|name| name.strip_suffix(".toml"));
        if let Some(id) = name.and_then(RunId::parse) {
            let content = fs::read_to_string(&path).ok().and_then(|text| toml::from_str(&text).ok());
            found.push(Found { path, id, content });
        }
    }
    found.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_about_to_be_made_is_on_disk_first_and_goes_with_the_end() {
        let scratch = tempfile::tempdir().unwrap();
        let id = RunId::own().unwrap();
        let mut manifest = Manifest::begin(scratch.path(), id).unwrap();
        manifest.cgroup(Path::new("/x/attach-rig-1-2")).unwrap();
        manifest.process(std::process::id()).unwrap();
        let found = all(scratch.path()).unwrap();
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].id, id);
        let content = found[0].content.clone().expect("reads");
        assert_eq!(content.cgroups, [PathBuf::from("/x/attach-rig-1-2")]);
        assert_eq!(content.processes[0].0, std::process::id());
        assert_eq!(content.boot, boot());
        manifest.end();
        assert!(all(scratch.path()).unwrap().is_empty());
        assert!(all(&scratch.path().join("nowhere")).unwrap().is_empty());
    }

    #[test]
    fn instances_are_listed_and_an_older_list_has_none() {
        let scratch = tempfile::tempdir().unwrap();
        let id = RunId::own().unwrap();
        let mut manifest = Manifest::begin(scratch.path(), id).unwrap();
        manifest.instance(id).unwrap();
        let path = scratch.path().join(format!("{id}.toml"));
        let instances = || all(scratch.path()).unwrap()[0].content.clone().expect("reads").instances;
        assert_eq!(instances(), [id.to_string()]);
        let text = fs::read_to_string(&path).unwrap();
        let older: Vec<_> = text.lines().filter(|line| !line.starts_with("instances")).collect();
        fs::write(&path, older.join("\n")).unwrap();
        assert_eq!(instances(), [] as [String; 0]);
    }

    #[test]
    fn other_files_are_left_alone_and_a_damaged_one_is_known() {
        let scratch = tempfile::tempdir().unwrap();
        for name in ["notes.toml", "attach-rig-1-2.txt", "attach-rig-x-2.toml"] {
            fs::write(scratch.path().join(name), "").unwrap();
        }
        fs::write(scratch.path().join("attach-rig-1-2.toml"), "boot = ").unwrap();
        let found = all(scratch.path()).unwrap();
        assert_eq!(found.len(), 1);
        assert!(found[0].content.is_none());
    }
}
