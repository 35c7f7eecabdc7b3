//! Removes what runs have left behind that could not do it themselves: after a SIGKILL, a power cut, or exit code 7.
//!
//! What belongs to whom stands in the manifests, and in the names of cgroups and tracing instances, which hold pid and
//! start time of the run that made them. A run that still lives is left alone; so is everything that no run of ours has named.
use super::super::error::{LinuxError, Remains};
use super::super::trace::{self, Tracefs};
use super::discovery;
use super::group::remove_one;
use super::manifest::{self, Content, Found};
use super::run_id::{RunId, start_ticks};
use rustix::process::{Pid, Signal, kill_process};
use std::fs;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

/// How long a process may take to die of a SIGKILL.
const DEATH: Duration = Duration::from_secs(3);
const LOOK: Duration = Duration::from_millis(5);

/// What was done.
#[derive(Debug, Default)]
pub struct Cleaned {
    /// What was removed: folders, processes by pid, tracing instances by name.
    pub removed: Vec<String>,
    /// Runs that are under way and were left alone.
    pub alive: Vec<String>,
    /// What could not be removed.
    pub remains: Vec<Remains>,
}

/// Cleans up after every run that has ended.
///
/// # Errors
/// [`LinuxError::Setup`] when manifests or mounts cannot be read.
pub fn clean() -> Result<Cleaned, LinuxError> {
    clean_in(&manifest::folder())
}

fn clean_in(folder: &Path) -> Result<Cleaned, LinuxError> {
    let unreadable = |source| LinuxError::Setup { doing: format!("read {}", folder.display()), source };
    let mut cleaned = Cleaned::default();
    for found in manifest::all(folder).map_err(unreadable)? {
        cleaned.after(&found);
    }
    for path in manifest::halves(folder) {
        // What cannot be removed says nothing, and is tried again the next time.
        let _stays = fs::remove_file(path);
    }
    for path in strays()? {
        cleaned.remove(&path);
    }
    cleaned.remove_instances();
    Ok(cleaned)
}

impl Cleaned {
    fn after(&mut self, found: &Found) {
        if found.id.is_alive() {
            self.alive.push(found.id.to_string());
            return;
        }
        let before = self.remains.len();
        if let Some(content) = found.content.as_ref().filter(|content| content.boot == manifest::boot()) {
            self.undo(content);
        }
        // Another clean may have come first.
        if self.remains.len() == before
            && let Err(error) = fs::remove_file(&found.path)
            && error.kind() != std::io::ErrorKind::NotFound
        {
            self.keep(found.path.display().to_string(), &error, format!("rm {}", found.path.display()));
        }
    }

    fn undo(&mut self, content: &Content) {
        for (pid, ticks) in &content.processes {
            self.kill(*pid, *ticks);
        }
        for path in content.cgroups.iter().rev().filter(|path| path.exists()) {
            self.remove(path);
        }
        for id in content.instances.iter().filter_map(|name| RunId::parse(name)) {
            match Tracefs::reach() {
                Ok(tracefs) => self.remove_instance(&tracefs, id),
                Err(why) => self.remains.push(trace::remains(id, &std::io::Error::other(why.to_string()))),
            }
        }
    }

    /// Ends a process, if it is still the one that was started.
    fn kill(&mut self, pid: u32, ticks: u64) {
        let is_ours = || start_ticks(pid) == Some(ticks);
        let (true, Some(raw)) = (is_ours(), Pid::from_raw(pid.cast_signed())) else { return };
        // It may be gone by now, which the loop sees.
        let _gone = kill_process(raw, Signal::KILL);
        let until = Instant::now() + DEATH;
        while is_ours() && Instant::now() < until {
            thread::sleep(LOOK);
        }
        if is_ours() {
            let why = std::io::Error::other("it did not end after SIGKILL; is it frozen?");
            self.keep(format!("process {pid}"), &why, format!("thaw its cgroup, then kill -9 {pid}"));
        } else {
            self.removed.push(format!("process {pid}"));
        }
    }

    fn remove(&mut self, path: &Path) {
        match remove_one(path) {
            Ok(()) => self.removed.push(path.display().to_string()),
            Err(error) => self.keep(path.display().to_string(), &error, format!("rmdir {}", path.display())),
        }
    }

    /// Instances of tracefs with the name of a run that has ended, of which no manifest is left.
    fn remove_instances(&mut self) {
        // Who cannot reach it could not have made any.
        let Ok(tracefs) = Tracefs::reach() else { return };
        for id in tracefs.instances().into_iter().filter(|id| !id.is_alive()) {
            self.remove_instance(&tracefs, id);
        }
    }

    fn remove_instance(&mut self, tracefs: &Tracefs, id: RunId) {
        match tracefs.remove(id) {
            Ok(true) => self.removed.push(format!("tracing instance {id}")),
            Ok(false) => {}
            Err(error) => self.remains.push(trace::remains(id, &error)),
        }
    }

    fn keep(&mut self, what: String, why: &std::io::Error, remedy: String) {
        self.remains.push(Remains { what, why: why.to_string(), remedy });
    }

    /// 7 when something remains.
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        if self.remains.is_empty() { 0 } else { 7 }
    }
}

/// Cgroups with the name of a run that has ended, of which no manifest is left, deepest first.
fn strays() -> Result<Vec<PathBuf>, LinuxError> {
    let mut found = Vec::new();
    for own in discovery::own_folders()? {
        for entry in fs::read_dir(&own).into_iter().flatten().flatten() {
            let name = entry.file_name();
            let id = name.to_str().and_then(RunId::parse);
            if id.is_some_and(|id| !id.is_alive()) {
                let top = entry.path();
                let below = fs::read_dir(&top).into_iter().flatten().flatten();
                found.extend(below.map(|entry| entry.path()).filter(|path| path.is_dir()));
                found.push(top);
            }
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::super::manifest::Manifest;
    use super::*;
    use std::process::{Command, Stdio};

    /// A run that has ended: its folder, its cgroups as plain folders, and a process of its.
    fn ended(scratch: &Path, boot: &str) -> (PathBuf, u32, std::process::Child) {
        let id = RunId::parse("attach-rig-4194304-7").unwrap();
        let top = scratch.join(id.to_string());
        fs::create_dir_all(top.join("a")).unwrap();
        let child = Command::new("sleep").arg("60").stdin(Stdio::null()).spawn().unwrap();
        let mut manifest = Manifest::begin(&scratch.join("manifests"), id).unwrap();
        for path in [&top, &top.join("a"), &top.join("b")] {
            manifest.cgroup(path).unwrap();
        }
        manifest.process(child.id()).unwrap();
        let file = scratch.join("manifests").join(format!("{id}.toml"));
        let text = fs::read_to_string(&file).unwrap().replace(&manifest::boot(), boot);
        fs::write(&file, text).unwrap();
        (top, child.id(), child)
    }

    #[test]
    fn what_a_dead_run_has_made_goes_and_what_it_had_not_made_yet_is_no_matter() {
        let scratch = tempfile::tempdir().unwrap();
        let (top, pid, mut child) = ended(scratch.path(), &manifest::boot());
        // The child is ours here, and stays a zombie until somebody waits for it.
        let reaper = thread::spawn(move || child.wait());
        let cleaned = clean_in(&scratch.path().join("manifests")).unwrap();
        reaper.join().unwrap().unwrap();
        assert_eq!(cleaned.exit_code(), 0, "{:?}", cleaned.remains);
        assert!(cleaned.removed.contains(&format!("process {pid}")), "{:?}", cleaned.removed);
        assert!(!top.exists());
        assert!(manifest::all(&scratch.path().join("manifests")).unwrap().is_empty());
    }

    #[test]
    fn after_another_boot_only_the_manifest_goes() {
        let scratch = tempfile::tempdir().unwrap();
        let (top, pid, mut child) = ended(scratch.path(), "another");
        let cleaned = clean_in(&scratch.path().join("manifests")).unwrap();
        assert!(top.exists() && start_ticks(pid).is_some());
        assert!(cleaned.remains.is_empty());
        assert!(manifest::all(&scratch.path().join("manifests")).unwrap().is_empty());
        child.kill().unwrap();
        child.wait().unwrap();
    }

    #[test]
    fn a_living_run_and_what_is_not_ours_stay() {
        let scratch = tempfile::tempdir().unwrap();
        let folder = scratch.path().join("manifests");
        let mut manifest = Manifest::begin(&folder, RunId::own().unwrap()).unwrap();
        let foreign = scratch.path().join("system.slice");
        fs::create_dir(&foreign).unwrap();
        manifest.cgroup(&foreign).unwrap();
        assert_eq!(clean_in(&folder).unwrap().alive, [RunId::own().unwrap().to_string()]);
        // The same list by a run that is dead: the folder is none that a run makes.
        let dead = folder.join("attach-rig-4194304-7.toml");
        fs::rename(folder.join(format!("{}.toml", RunId::own().unwrap())), dead).unwrap();
        let cleaned = clean_in(&folder).unwrap();
        assert!(foreign.exists());
        assert_eq!(cleaned.exit_code(), 7);
        assert!(cleaned.remains[0].why.contains("not a cgroup that a run"), "{:?}", cleaned.remains);
    }
}
