//! Tests of cleaning up after dead runs, with plain folders in place of cgroups.
use super::super::manifest::Manifest;
use super::super::manifest::tests::place;
use super::*;
use std::fs;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::thread;

const DEAD: &str = "attach-rig-4194304-7";

/// A run that has ended: its list, its folders and a process of its.
struct Ended {
    scratch: tempfile::TempDir,
    child: Child,
}

impl Ended {
    fn new() -> Self {
        let scratch = tempfile::tempdir().unwrap();
        let path = scratch.path().canonicalize().unwrap();
        fs::create_dir_all(path.join(DEAD).join("a")).unwrap();
        let child = Command::new("sleep").arg("60").stdin(Stdio::null()).spawn().unwrap();
        let id = RunId::parse(DEAD).unwrap();
        let mut manifest = Manifest::begin(StateFolder::below(&path), id, &place(&path)).unwrap();
        for below in ["", "a", "b"] {
            manifest.cgroup(&path.join(DEAD).join(below)).unwrap();
        }
        manifest.process(child.id()).unwrap();
        Self { scratch, child }
    }

    fn top(&self) -> PathBuf {
        self.scratch.path().join(DEAD)
    }

    fn list(&self) -> PathBuf {
        self.scratch.path().join("attach-rig").join(format!("{DEAD}.toml"))
    }

    /// Lists the process in the folder's `cgroup.procs`, as if it were in that cgroup.
    fn sits(&self) {
        fs::write(self.top().join("a/cgroup.procs"), format!("{}\n", self.child.id())).unwrap();
    }

    fn change(&self, from: &str, to: &str) {
        let text = fs::read_to_string(self.list()).unwrap();
        assert!(text.contains(from), "{text}");
        fs::write(self.list(), text.replace(from, to)).unwrap();
    }

    fn clean(&self) -> Cleaned {
        let mut cleaned = Cleaned::default();
        cleaned.lists(&StateFolder::below(self.scratch.path()), folder).unwrap();
        cleaned
    }

    fn lives(&mut self) -> bool {
        self.child.try_wait().unwrap().is_none()
    }
}

impl Drop for Ended {
    fn drop(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

/// Opens the folder that takes the place of the mount.
fn folder(content: &Content) -> Result<OwnedFd, String> {
    walk::folder(&content.mount).map_err(|error| error.to_string())
}

#[test]
fn what_a_dead_run_has_made_goes_and_what_it_had_not_made_yet_is_no_matter() {
    let mut run = Ended::new();
    run.sits();
    let file = run.top().join("a/cgroup.procs");
    // A cgroup's files go with it, which those of a folder do not.
    let remover = thread::spawn(move || {
        thread::sleep(Duration::from_millis(200));
        fs::remove_file(file).unwrap();
    });
    let cleaned = run.clean();
    remover.join().unwrap();
    // ENOTEMPTY does not mean a busy cgroup; the second call removes the rest.
    let again = run.clean();
    assert_eq!(again.exit_code(), Exit::AsExpected, "{:?}", again.remains);
    assert_eq!(cleaned.removed.first(), Some(&format!("process {}", run.child.id())), "{cleaned:?}");
    assert!(!run.lives() && !run.top().exists() && !run.list().exists());
}

#[test]
fn a_process_that_does_not_sit_in_the_cgroups_is_not_ended() {
    let mut run = Ended::new();
    let cleaned = run.clean();
    assert!(run.lives());
    assert_eq!(cleaned.exit_code(), Exit::Left);
    assert!(cleaned.remains[0].why.contains("does not sit in the run's cgroups"), "{:?}", cleaned.remains);
    assert!(run.list().exists());
}

#[test]
fn a_process_of_another_start_or_namespace_is_not_ended() {
    for (from, to) in [("start_ticks = ", "start_ticks = 1"), ("pid_namespace = ", "pid_namespace = 1")] {
        let mut run = Ended::new();
        run.sits();
        run.change(from, to);
        let _remains = run.clean();
        assert!(run.lives(), "{to}");
    }
}

#[test]
fn after_another_boot_only_the_list_goes() {
    let mut run = Ended::new();
    run.sits();
    run.change(&manifest::boot(), "another");
    let cleaned = run.clean();
    assert!(run.top().exists() && run.lives());
    assert!(cleaned.remains.is_empty() && !run.list().exists());
}

#[test]
fn a_mount_that_is_not_to_be_seen_keeps_the_list() {
    let run = Ended::new();
    let mut cleaned = Cleaned::default();
    cleaned.lists(&StateFolder::below(run.scratch.path()), undo::mount).unwrap();
    assert_eq!(cleaned.exit_code(), Exit::Left);
    assert!(cleaned.remains[0].why.contains("v2 is not mounted at"), "{:?}", cleaned.remains);
    assert!(run.list().exists() && run.top().join("a").exists());
}

#[test]
fn a_lock_means_that_the_run_lives_whatever_its_pid_says() {
    let mut run = Ended::new();
    run.sits();
    let held = fs::File::open(run.list()).unwrap();
    rustix::fs::flock(&held, FlockOperation::LockExclusive).unwrap();
    assert_eq!(run.clean().alive, [DEAD]);
    run.change("pid_namespace = ", "pid_namespace = 1");
    assert_eq!(run.clean().alive, [DEAD]);
    assert!(run.lives() && run.top().exists() && run.list().exists());
}

#[test]
fn a_living_process_of_that_name_is_left_alone_without_a_lock() {
    let run = Ended::new();
    let own = RunId::own().unwrap().to_string();
    fs::rename(run.list(), run.list().with_file_name(format!("{own}.toml"))).unwrap();
    assert_eq!(run.clean().alive, [own]);
}

#[test]
fn entries_of_other_things_are_not_believed() {
    for (path, what) in
        [("system.slice", "cgroup"), ("attach-rig-4194304-7/../x", "cgroup"), ("x", "instance")]
    {
        let run = Ended::new();
        fs::create_dir_all(run.scratch.path().join(path)).unwrap();
        let key = if what == "cgroup" { "path" } else { "name" };
        let text = fs::read_to_string(run.list()).unwrap();
        let header = text.split("[[").next().unwrap();
        fs::write(run.list(), format!("{header}[[{what}]]\n{key} = \"{path}\"\n\n")).unwrap();
        let cleaned = run.clean();
        assert_eq!(cleaned.exit_code(), Exit::Left, "{path}");
        assert!(cleaned.remains[0].why.contains("so nothing was done"), "{:?}", cleaned.remains);
        assert!(run.scratch.path().join(path).exists() && run.list().exists());
    }
}

#[test]
fn a_link_in_place_of_a_cgroup_is_not_followed() {
    let run = Ended::new();
    let elsewhere = run.scratch.path().join("elsewhere");
    fs::create_dir_all(elsewhere.join("b")).unwrap();
    fs::remove_dir_all(run.top()).unwrap();
    std::os::unix::fs::symlink(&elsewhere, run.top()).unwrap();
    assert_eq!(run.clean().exit_code(), Exit::Left);
    assert!(elsewhere.join("b").exists());
}

#[test]
fn damaged_lists_and_other_files_are_reported_and_the_rest_is_done() {
    let run = Ended::new();
    let folder = run.list().parent().unwrap().to_owned();
    fs::write(folder.join("notes.txt"), "").unwrap();
    std::os::unix::fs::symlink("/etc/passwd", folder.join("attach-rig-4194304-8.toml")).unwrap();
    fs::write(folder.join("attach-rig-4194304-9.toml"), "boot = \n\n").unwrap();
    fs::write(folder.join("attach-rig-4194304-10.toml"), "").unwrap();
    run.change("[[process]]", "");
    run.change("pid = ", "#");
    run.change("start_ticks = ", "#");
    let cleaned = run.clean();
    let notes = cleaned.notes.join("\n");
    assert!(notes.contains("notes.txt is passed over: it is not a list"), "{notes}");
    assert!(notes.contains("-8.toml is passed over: it is a link"), "{notes}");
    assert_eq!(cleaned.remains.len(), 1, "{:?}", cleaned.remains);
    assert!(cleaned.remains[0].what.contains("-9.toml"), "{:?}", cleaned.remains);
    assert!(!run.list().exists() && !folder.join("attach-rig-4194304-10.toml").exists());
}
