//! The run's own cgroups: `attach-rig-<id>` with the children `a` and `b`, and `c` where threads are scattered, which on v2
//! get the controllers that it has.
//!
//! Every folder that was made is remembered, and only those are removed: with `rmdir`, deepest first, never
//! recursively. [`Groups::remove`] is the ordinary end; dropping does the same for a panic on its way up.
use super::super::error::{Attempt, LinuxError, Remains};
use super::super::workers::workload::Moves;
use super::discovery::Place;
use super::manifest::{self, Manifest};
use super::run_id::RunId;
use super::subtree;
use rustix::io::Errno;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

/// An emptied cgroup may stay busy for a moment, while the last task's exit is under way: 2 s in all.
const REMOVE_TRIES: u32 = 200;
const REMOVE_PAUSE: Duration = Duration::from_millis(10);

/// Names of children when whole tasks move, or single threads.
const TWO: [&str; 2] = ["a", "b"];
/// A destination, and two cgroups over which threads are scattered before.
const THREE: [&str; 3] = ["a", "b", "c"];

/// The cgroups of a run. They exist as long as this value.
#[derive(Debug)]
pub(in crate::linux) struct Groups {
    /// In the order of making; emptied from the end.
    made: Vec<PathBuf>,
    top: PathBuf,
    /// Between which workers are moved.
    children: Vec<PathBuf>,
    v2: bool,
    /// Of the children, in the kernel's order.
    controllers: Vec<String>,
    manifest: Manifest,
}

impl Groups {
    /// Makes the cgroups below `place.own`.
    ///
    /// # Errors
    /// [`LinuxError::NotPermitted`] without a remedy yet, [`LinuxError::NotOurs`], [`LinuxError::Setup`]. Nothing is
    /// left behind then.
    pub(in crate::linux) fn make(place: &Place, id: RunId, moves: Moves) -> Result<Self, LinuxError> {
        Self::make_in(&manifest::folder(), place, id, moves)
    }

    fn make_in(manifests: &Path, place: &Place, id: RunId, moves: Moves) -> Result<Self, LinuxError> {
        let top = place.own.join(id.to_string());
        let manifest = Manifest::begin(manifests, id)?;
        let names: &[&str] = if moves == Moves::Scattered { &THREE } else { &TWO };
        let children: Vec<PathBuf> = names.iter().map(|name| top.join(name)).collect();
        let (made, controllers) = (Vec::with_capacity(1 + children.len()), Vec::new());
        let mut groups = Self { made, top, children, v2: place.v2, controllers, manifest };
        match groups.make_all(place, moves) {
            Ok(()) => Ok(groups),
            Err(error) => Err(match groups.remove() {
                Ok(()) => error,
                Err(leftover) => LinuxError::join(Some(error), leftover),
            }),
        }
    }

    fn make_all(&mut self, place: &Place, moves: Moves) -> Result<(), LinuxError> {
        self.make_one(&self.top.clone(), place, false)?;
        let threaded = place.v2 && moves != Moves::Processes;
        self.controllers = match (place.v2, threaded) {
            (false, _) => place.controllers.clone(),
            // A threaded cgroup has no memory controller, and the others are not worth a difference.
            (true, true) => Vec::new(),
            // No process ever sits in the top itself, so the kernel lets it hand on whatever it was given.
            (true, false) => subtree::enable_all(&self.top)
                .map_err(|(doing, source)| LinuxError::Setup { doing, source })?,
        };
        self.children.clone().iter().try_for_each(|child| self.make_one(child, place, threaded))
    }

    /// The place of these cgroups, with the controllers that the destinations have.
    pub(in crate::linux) fn settled(&self, place: Place) -> Place {
        Place { controllers: self.controllers.clone(), ..place }
    }

    /// Lets whoever moves into the destinations take the charges of anonymous and file pages along.
    ///
    /// # Errors
    /// [`LinuxError::Setup`] where the memory controller of v1 is not there.
    pub(in crate::linux) fn move_charges(&self) -> Result<(), LinuxError> {
        for child in &self.children {
            let file = child.join("memory.move_charge_at_immigrate");
            fs::write(&file, "3").map_err(|source| {
                let doing = format!(
                    "let charges move, by {} (Linux up to 6.12 does, on a v1 hierarchy with memory; try attach-rig vm \
                     --hierarchy v1:charges)",
                    file.display()
                );
                LinuxError::Setup { doing, source }
            })?;
        }
        Ok(())
    }

    /// The cgroups between which workers are moved; at least two.
    pub(in crate::linux) fn children(&self) -> &[PathBuf] {
        &self.children
    }

    /// Name of the file that takes ids of single threads.
    pub(in crate::linux) fn threads_file(&self) -> &'static str {
        if self.v2 { "cgroup.threads" } else { "tasks" }
    }

    /// The run's cgroup, parent of the destinations.
    pub(in crate::linux) fn top(&self) -> &Path {
        &self.top
    }

    /// One more cgroup beside `a` and `b`, with the CPUs of its parent or, where cpuset is on the hierarchy, with none.
    ///
    /// # Errors
    /// As [`Groups::make`].
    pub(in crate::linux) fn make_extra(
        &mut self,
        name: &str,
        place: &Place,
        with_cpus: bool,
    ) -> Result<PathBuf, LinuxError> {
        let path = self.top.join(name);
        self.make_plain(&path)?;
        if with_cpus {
            give_cpus(&path, place)?;
        }
        Ok(path)
    }

    /// Removes the cgroup that was made last.
    ///
    /// # Errors
    /// [`LinuxError::Leftover`].
    pub(in crate::linux) fn remove_extra(&mut self) -> Result<(), LinuxError> {
        let Some(path) = self.made.pop() else { return Ok(()) };
        remove_one(&path)
            .map_err(|error| LinuxError::Leftover { remains: vec![remains(&path, &error)], after: None })
    }

    /// A process of the run has been started; after a SIGKILL of the run it has to go, too.
    ///
    /// # Errors
    /// [`LinuxError::Setup`] when that cannot be written down.
    pub(in crate::linux) fn started(&mut self, pid: u32) -> Result<(), LinuxError> {
        self.manifest.process(pid)
    }

    /// A tracing instance of this name is about to be made; after a SIGKILL of the run it has to go, too.
    ///
    /// # Errors
    /// [`LinuxError::Setup`] when that cannot be written down.
    pub(in crate::linux) fn traced(&mut self, id: RunId) -> Result<(), LinuxError> {
        self.manifest.instance(id)
    }

    /// Removes the cgroups; whoever lived in them has to be gone.
    ///
    /// # Errors
    /// [`LinuxError::Leftover`] naming what is still there after a bounded number of tries.
    pub(in crate::linux) fn remove(mut self) -> Result<(), LinuxError> {
        let remains = self.remove_made();
        if remains.is_empty() { Ok(()) } else { Err(LinuxError::Leftover { remains, after: None }) }
    }

    fn make_one(&mut self, path: &Path, place: &Place, threaded: bool) -> Result<(), LinuxError> {
        self.make_plain(path)?;
        if threaded {
            let file = path.join("cgroup.type");
            fs::write(&file, "threaded")
                .map_err(|source| LinuxError::Setup { doing: format!("write {}", file.display()), source })?;
        }
        give_cpus(path, place)
    }

    fn make_plain(&mut self, path: &Path) -> Result<(), LinuxError> {
        self.manifest.cgroup(path)?;
        fs::create_dir(path).map_err(|source| match Errno::from_io_error(&source) {
            Some(Errno::EXIST) => LinuxError::NotOurs { path: path.into() },
            // A path that is missing below a mount, or a file system that is full of cgroups, is no permission either.
            Some(Errno::ACCESS | Errno::PERM | Errno::ROFS) => LinuxError::NotPermitted {
                attempts: vec![Attempt { doing: "mkdir", path: path.into(), source }],
                remedy: String::new(),
            },
            _ => LinuxError::Setup { doing: format!("mkdir {}", path.display()), source },
        })?;
        self.made.push(path.into());
        Ok(())
    }

    fn remove_made(&mut self) -> Vec<Remains> {
        let mut remains = Vec::new();
        while let Some(path) = self.made.pop() {
            if let Err(error) = remove_one(&path) {
                remains.push(self::remains(&path, &error));
            }
        }
        if remains.is_empty() {
            self.manifest.end();
        }
        remains
    }
}

impl Drop for Groups {
    fn drop(&mut self) {
        // Empty after `remove`. Here only when a panic or an early error is under way, which is reported instead.
        if !self.made.is_empty() {
            self.remove_made();
        }
    }
}

fn remains(path: &Path, error: &io::Error) -> Remains {
    let remedy = format!("rmdir {}", path.display());
    Remains { what: path.display().to_string(), why: error.to_string(), remedy }
}

fn give_cpus(path: &Path, place: &Place) -> Result<(), LinuxError> {
    if !place.v2 && place.controllers.iter().any(|c| c == "cpuset") { inherit_cpuset(path) } else { Ok(()) }
}

/// A v1 cpuset starts without CPUs and refuses every task with ENOSPC until it has some.
fn inherit_cpuset(path: &Path) -> Result<(), LinuxError> {
    let parent = path.parent().unwrap_or(path);
    // Mounted with noprefix the files lack the controller's name.
    let is_bare = parent.join("cpus").exists() && !parent.join("cpuset.cpus").exists();
    for file in if is_bare { ["cpus", "mems"] } else { ["cpuset.cpus", "cpuset.mems"] } {
        fs::read(parent.join(file)).and_then(|value| fs::write(path.join(file), value)).map_err(
            |source| LinuxError::Setup { doing: format!("copy {file} to {}", path.display()), source },
        )?;
    }
    Ok(())
}

pub(in crate::linux) fn remove_one(path: &Path) -> io::Result<()> {
    // Belt and braces: no path without a run's name in it is ever removed.
    let ours = |p: &Path| p.file_name().and_then(|n| n.to_str()).is_some_and(|n| RunId::parse(n).is_some());
    if !ours(path) && !path.parent().is_some_and(ours) {
        return Err(io::Error::other("not a cgroup that a run of attach-rig made"));
    }
    for _ in 1..REMOVE_TRIES {
        match fs::remove_dir(path) {
            Err(error) if error.raw_os_error() == Some(Errno::BUSY.raw_os_error()) => {
                thread::sleep(REMOVE_PAUSE);
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            done => return done,
        }
    }
    fs::remove_dir(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id() -> RunId {
        RunId::parse("attach-rig-12-345").unwrap()
    }

    fn place(own: &Path) -> Place {
        Place {
            label: "v2".into(),
            v2: true,
            controllers: Vec::new(),
            mount_point: own.into(),
            own: own.into(),
            favordynmods: false,
        }
    }

    #[test]
    fn removal_refuses_foreign_folders() {
        let scratch = tempfile::tempdir().unwrap();
        for name in ["system.slice", "attach-rig-mine", "attach-rig-12-345x"] {
            let path = scratch.path().join(name);
            fs::create_dir(&path).unwrap();
            assert!(remove_one(&path).unwrap_err().to_string().contains("not a cgroup"), "{name}");
            assert!(path.exists(), "{name}");
        }
    }

    #[test]
    fn an_existing_folder_is_neither_used_nor_removed() {
        let scratch = tempfile::tempdir().unwrap();
        let foreign = scratch.path().join(id().to_string());
        fs::create_dir(&foreign).unwrap();
        let error =
            Groups::make_in(&scratch.path().join("m"), &place(scratch.path()), id(), Moves::Processes)
                .unwrap_err();
        assert!(matches!(error, LinuxError::NotOurs { .. }), "{error}");
        assert!(foreign.exists());
    }

    #[test]
    fn the_cgroups_go_on_success_and_on_panic() {
        let scratch = tempfile::tempdir().unwrap();
        // All but the folder of manifests.
        let left = || fs::read_dir(scratch.path()).unwrap().count() - 1;
        let groups =
            Groups::make_in(&scratch.path().join("m"), &place(scratch.path()), id(), Moves::Processes)
                .unwrap();
        assert!(groups.top().join("b").is_dir());
        groups.remove().unwrap();
        assert_eq!(left(), 0);
        let panicked = std::panic::catch_unwind(|| {
            let _groups =
                Groups::make_in(&scratch.path().join("m"), &place(scratch.path()), id(), Moves::Processes)
                    .unwrap();
            panic!("on purpose");
        });
        assert!(panicked.is_err());
        assert_eq!(left(), 0);
    }

    #[test]
    fn a_cpuset_gets_cpus_and_nodes_with_and_without_a_prefix() {
        for prefix in ["cpuset.", ""] {
            let scratch = tempfile::tempdir().unwrap();
            for (file, value) in [("cpus", "0-1"), ("mems", "0")] {
                fs::write(scratch.path().join(format!("{prefix}{file}")), value).unwrap();
            }
            let child = scratch.path().join("child");
            fs::create_dir(&child).unwrap();
            inherit_cpuset(&child).unwrap();
            assert_eq!(fs::read_to_string(child.join(format!("{prefix}cpus"))).unwrap(), "0-1", "{prefix}");
            assert_eq!(fs::read_to_string(child.join(format!("{prefix}mems"))).unwrap(), "0", "{prefix}");
        }
    }

    #[test]
    fn what_remains_is_named() {
        let scratch = tempfile::tempdir().unwrap();
        let groups =
            Groups::make_in(&scratch.path().join("m"), &place(scratch.path()), id(), Moves::Processes)
                .unwrap();
        let planted = groups.top().join("a").join("planted");
        fs::create_dir(&planted).unwrap();
        let error = groups.remove().unwrap_err();
        assert_eq!(error.exit_code(), 7);
        assert!(error.to_string().contains(&format!("{}/a: ", id())), "{error}");
    }
}
