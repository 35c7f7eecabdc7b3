//! The run's own cgroups: `attach-rig-<id>` with the children `a` and `b`, and `c` where threads are scattered. On v2
//! the children get the controllers that the parent has.
//!
//! Every folder that was made is remembered, and only those are removed: with `rmdir`, deepest first, never
//! recursively. [`Groups::remove`] is the ordinary end; dropping does the same for a panic on its way up.
use super::super::error::{Attempt, LinuxError, Remains};
use super::super::workers::workload::MovedUnit;
use super::discovery::Place;
use super::inhabitants;
use super::manifest::Manifest;
use super::run_id::RunId;
use super::state::StateFolder;
use super::subtree;
use super::walk;
use rustix::fd::OwnedFd;
use rustix::fs::FlockOperation;
use rustix::io::Errno;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

/// An emptied cgroup may stay busy for a moment, while the last task's exit is under way: 2 s in all.
const REMOVE_TRIES: u32 = 200;
const REMOVE_PAUSE: Duration = Duration::from_millis(10);
/// Tries after which processes that are still in a cgroup are moved out of it: 0.5 s.
const OWN_TRIES: u32 = 50;
/// Number of attempts to make the top, and the time for which another process may hold its lock.
const MAKE_TRIES: u32 = 10;
const LOCK_PATIENCE: Duration = Duration::from_secs(5);

/// Names of children when whole tasks move, or single threads.
const TWO: [&str; 2] = ["a", "b"];
/// A destination, and two cgroups over which threads are scattered before.
const THREE: [&str; 3] = ["a", "b", "c"];

/// The cgroups of a run. They exist as long as this value.
#[derive(Debug)]
pub(crate) struct Groups {
    /// Cgroups in the order in which they were made; emptied from the end.
    made: Vec<PathBuf>,
    top: PathBuf,
    /// Cgroups between which workers are moved.
    children: Vec<PathBuf>,
    v2: bool,
    /// Controllers of the children, in the kernel's order.
    controllers: Vec<String>,
    manifest: Manifest,
    /// The top, open and locked. Every process that sees the cgroup can see from the lock that its run lives.
    lock: Option<OwnedFd>,
    /// Processes of others that were moved out of the cgroups, in words.
    moved_out: Vec<String>,
}

impl Groups {
    /// Makes the cgroups below `place.own`.
    ///
    /// # Errors
    /// [`LinuxError::NotPermitted`] without a remedy yet, [`LinuxError::NotOurs`], [`LinuxError::Setup`]. Nothing is
    /// left behind then.
    pub(crate) fn make(place: &Place, id: RunId, moves: MovedUnit) -> Result<Self, LinuxError> {
        Self::make_in(StateFolder::begin()?, place, id, moves)
    }

    fn make_in(state: StateFolder, place: &Place, id: RunId, moves: MovedUnit) -> Result<Self, LinuxError> {
        let top = place.own.join(id.to_string());
        let manifest = Manifest::begin(state, id, place)?;
        let names: &[&str] = if moves == MovedUnit::Scattered { &THREE } else { &TWO };
        let children: Vec<PathBuf> = names.iter().map(|name| top.join(name)).collect();
        let (made, controllers) = (Vec::with_capacity(1 + children.len()), Vec::new());
        let (v2, lock, moved_out) = (place.v2, None, Vec::new());
        let mut groups = Self { made, top, children, v2, controllers, manifest, lock, moved_out };
        match groups.make_all(place, moves) {
            Ok(()) => Ok(groups),
            Err(error) => Err(match groups.remove() {
                Ok(_) => error,
                Err(leftover) => LinuxError::join(Some(error), leftover),
            }),
        }
    }

    fn make_all(&mut self, place: &Place, moves: MovedUnit) -> Result<(), LinuxError> {
        self.make_top()?;
        give_cpus(&self.top, place)?;
        let threaded = place.v2 && moves != MovedUnit::Processes;
        self.controllers = match (place.v2, threaded) {
            (false, _) => place.controllers.clone(),
            // A threaded cgroup has no memory controller, and the others are not worth a difference.
            (true, true) => Vec::new(),
            // The top cgroup itself never holds a process, so the kernel lets it hand on every controller that it was
            // given.
            (true, false) => subtree::enable_all(&self.top)
                .map_err(|(doing, source)| LinuxError::Setup { doing, source })?,
        };
        self.children.clone().iter().try_for_each(|child| self.make_one(child, place, threaded))
    }

    /// The place of these cgroups, with the controllers that the destinations have.
    pub(crate) fn settled(&self, place: Place) -> Place {
        Place { controllers: self.controllers.clone(), ..place }
    }

    /// Lets processes that move into the destinations take the charges of anonymous and file pages along.
    ///
    /// # Errors
    /// [`LinuxError::Setup`] where the memory controller of v1 is not there.
    pub(crate) fn move_charges(&self) -> Result<(), LinuxError> {
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
    pub(crate) fn children(&self) -> &[PathBuf] {
        &self.children
    }

    /// Name of the file that takes ids of single threads.
    pub(crate) fn threads_file(&self) -> &'static str {
        if self.v2 { "cgroup.threads" } else { "tasks" }
    }

    /// The run's cgroup, parent of the destinations.
    pub(crate) fn top(&self) -> &Path {
        &self.top
    }

    /// Makes one more cgroup next to `a` and `b`, with the CPUs of its parent or, where cpuset is on the hierarchy,
    /// with none.
    ///
    /// # Errors
    /// As [`Groups::make`].
    pub(crate) fn make_extra(
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
    pub(crate) fn remove_extra(&mut self) -> Result<(), LinuxError> {
        let Some(path) = self.made.pop() else { return Ok(()) };
        self.remove_one(&path)
            .map_err(|error| LinuxError::Leftover { remains: vec![remains(&path, &error)], after: None })
    }

    /// Records a process that the run has started: after a SIGKILL of the run it has to go, too.
    ///
    /// # Errors
    /// [`LinuxError::Setup`] when that cannot be written down.
    pub(crate) fn started(&mut self, pid: u32) -> Result<(), LinuxError> {
        self.manifest.process(pid)
    }

    /// Records that a tracing instance of this name is about to be made: after a SIGKILL of the run it has to go, too.
    ///
    /// # Errors
    /// [`LinuxError::Setup`] when that cannot be written down.
    pub(crate) fn traced(&mut self, id: RunId) -> Result<(), LinuxError> {
        self.manifest.instance(id)
    }

    /// Removes the cgroups; the run's processes have to be gone. Returns the processes of others that had to be moved
    /// out of them, in words.
    ///
    /// # Errors
    /// [`LinuxError::Leftover`] naming what is still there after a bounded number of tries.
    pub(crate) fn remove(mut self) -> Result<Vec<String>, LinuxError> {
        let remains = self.remove_made();
        let moved_out = std::mem::take(&mut self.moved_out);
        if remains.is_empty() { Ok(moved_out) } else { Err(LinuxError::Leftover { remains, after: None }) }
    }

    /// Makes the top and locks it. A `clean` elsewhere that finds it in between removes it; then this tries again.
    fn make_top(&mut self) -> Result<(), LinuxError> {
        let top = self.top.clone();
        let setup = |source| LinuxError::Setup { doing: format!("lock {}", top.display()), source };
        for _ in 0..MAKE_TRIES {
            self.make_plain(&top)?;
            match lock_top(&top).map_err(setup)? {
                Some(lock) => {
                    self.lock = Some(lock);
                    return Ok(());
                }
                None => self.made.clear(),
            }
        }
        Err(setup(io::Error::other(
            "another process removes it each time; is attach-rig clean run in a loop?",
        )))
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
            // A path that is missing below a mount, or a file system that is full of cgroups, is not a question of
            // permission either.
            Some(Errno::ACCESS | Errno::PERM | Errno::ROFS) => LinuxError::NotPermitted {
                attempts: vec![Attempt { doing: "mkdir", path: path.into(), source }],
                remedy: String::new(),
            },
            _ => LinuxError::Setup { doing: format!("mkdir {}", path.display()), source },
        })?;
        self.made.push(path.into());
        Ok(())
    }

    /// Removes a cgroup. Processes of others that were moved into it go to the cgroup of the run itself, and live on.
    fn remove_one(&mut self, path: &Path) -> io::Result<()> {
        let levels = if path == self.top { 1 } else { 2 };
        let moved_out = &mut self.moved_out;
        remove_by(|| fs::remove_dir(path), || moved_out.extend(inhabitants::move_up(path, levels)))
    }

    fn remove_made(&mut self) -> Vec<Remains> {
        let mut remains = Vec::new();
        while let Some(path) = self.made.pop() {
            if let Err(error) = self.remove_one(&path) {
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
        // Empty after `remove`. Otherwise a panic or an early error is under way, which is reported instead.
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

/// The lock on a cgroup that was just made; `None` when it was removed in between.
fn lock_top(top: &Path) -> io::Result<Option<OwnedFd>> {
    let gone = |error: io::Error| match error.kind() {
        io::ErrorKind::NotFound => Ok(None),
        _ => Err(error),
    };
    let lock = match walk::folder(top) {
        Ok(lock) => lock,
        Err(error) => return gone(error),
    };
    if !walk::lock(&lock, FlockOperation::NonBlockingLockShared, LOCK_PATIENCE)? {
        return Err(io::Error::other("another process has locked it"));
    }
    match walk::folder(top) {
        Ok(now) => Ok(walk::same(&lock, &now)?.then_some(lock)),
        Err(error) => gone(error),
    }
}

/// Removes a cgroup by `rmdir`; `busy` is called once, when it does not become empty by itself.
pub(crate) fn remove_by(mut rmdir: impl FnMut() -> io::Result<()>, busy: impl FnOnce()) -> io::Result<()> {
    let mut busy = Some(busy);
    for tried in 1..REMOVE_TRIES {
        match rmdir() {
            Err(error) if error.raw_os_error() == Some(Errno::BUSY.raw_os_error()) => {
                if tried >= OWN_TRIES
                    && let Some(busy) = busy.take()
                {
                    busy();
                }
                thread::sleep(REMOVE_PAUSE);
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            done => return done,
        }
    }
    rmdir()
}

#[cfg(test)]
mod tests {
    use super::super::manifest::tests::place;
    use super::*;
    use reports::exit::Exit;

    fn id() -> RunId {
        RunId::parse("attach-rig-12-345").unwrap()
    }

    fn make(scratch: &Path) -> Result<Groups, LinuxError> {
        Groups::make_in(StateFolder::below(scratch), &place(scratch), id(), MovedUnit::Processes)
    }

    #[test]
    fn an_existing_folder_is_neither_used_nor_removed() {
        let scratch = tempfile::tempdir().unwrap();
        let foreign = scratch.path().join(id().to_string());
        fs::create_dir(&foreign).unwrap();
        let error = make(scratch.path()).unwrap_err();
        assert!(matches!(error, LinuxError::NotOurs { .. }), "{error}");
        assert!(foreign.exists());
    }

    #[test]
    fn the_cgroups_go_on_success_and_on_panic() {
        let scratch = tempfile::tempdir().unwrap();
        // All except the folder of manifests.
        let left = || fs::read_dir(scratch.path()).unwrap().count() - 1;
        let groups = make(scratch.path()).unwrap();
        assert!(groups.top().join("b").is_dir());
        groups.remove().unwrap();
        assert_eq!(left(), 0);
        let panicked = std::panic::catch_unwind(|| {
            let _groups = make(scratch.path()).unwrap();
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
        let groups = make(scratch.path()).unwrap();
        let planted = groups.top().join("a").join("planted");
        fs::create_dir(&planted).unwrap();
        let error = groups.remove().unwrap_err();
        assert_eq!(error.exit_code(), Exit::Left);
        assert!(error.to_string().contains(&format!("{}/a: ", id())), "{error}");
    }
}
