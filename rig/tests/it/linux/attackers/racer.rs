//! The attacker as a process that keeps swapping folders and links while the victim runs.
//!
//! The process is this test program again, as Mallory. Before it races against the command, it has to win against a
//! victim that follows paths: a racer that cannot win proves nothing.
use super::{MALLORY, Scene, VICTIM, mode};
use crate::cgroups::{self, skipped, without_v1};
use std::fs;
use std::io::{BufRead as _, BufReader, ErrorKind, Write as _};
use std::os::unix::fs::{chown, symlink};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::thread::sleep;
use std::time::Duration;

/// Names the folder in which the racer swaps. Where it is set, this program is the racer.
const RACES: &str = "ATTACH_RIG_RACES";
/// Names the file of the victim to which links lead.
const TARGET: &str = "ATTACH_RIG_TARGET";
/// Folders in which every user may make files.
const STICKY: [&str; 3] = ["/tmp", "/dev/shm", "/var/tmp"];
/// The number of runs of the victim.
const RUNS: usize = 6;
/// The tries of a victim that follows paths, after which the racer counts as unable to win.
const CARELESS: usize = 2_000;

/// The body of the racer's process. It is not a test by itself.
#[test]
fn racer() {
    let named = |name: &str| std::env::var_os(name).map(PathBuf::from);
    if let (Some(place), Some(target)) = (named(RACES), named(TARGET)) {
        race(&place, &target);
    }
}

/// Swaps `base` for links and for a planted folder, forever. Each step may fail, because the victim works there as
/// well.
fn race(place: &Path, target: &Path) {
    let (base, away, planted) = (place.join("base"), place.join("away"), place.join("planted"));
    let home = target.parent().unwrap();
    let pause = || std::thread::sleep(Duration::from_micros(150));
    for round in 0_u64.. {
        let _moved = fs::rename(&base, &away);
        for lure in [home, &home.join("private"), &planted] {
            let _made = symlink(lure, &base);
            pause();
            let _gone = fs::remove_file(&base);
        }
        let _moved = fs::rename(&planted, &base);
        links(&base.join("attach-rig"), target);
        pause();
        let _back = fs::rename(&base, &planted);
        let _back = fs::rename(&away, &base);
        for folder in STICKY {
            let name = Path::new(folder).join(format!("attach-rig-{VICTIM}"));
            let _made = symlink(home, &name);
            let _gone = fs::remove_file(&name);
        }
        if round == 0 {
            println!("racing");
        }
    }
}

/// Replaces every manifest in a folder, and the file that becomes one, by a link to the target.
fn links(folder: &Path, target: &Path) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.extension().is_some_and(|end| end == "toml") && !path.is_symlink() {
            let _made = symlink(target, path.with_extension("new"));
        }
    }
}

/// The racer's process. It ends with this value, and then nothing of it is left in folders of others.
struct Racer(Child);

impl Racer {
    fn start(scene: &Scene, place: &Path) -> Self {
        // The program may be in a folder that Mallory cannot enter.
        let program = scene.path("racer");
        fs::copy(std::env::current_exe().unwrap(), &program).unwrap();
        let mut command = Command::new(program);
        command.args(["--exact", "linux::attackers::racer::racer", "--nocapture"]).current_dir("/");
        command.env(RACES, place).env(TARGET, scene.path("home/keys")).uid(MALLORY).gid(MALLORY);
        command.stdin(Stdio::null()).stdout(Stdio::piped());
        let mut child = loop {
            match command.spawn() {
                // A program that another test forks at this moment has the copy open for writing until its exec.
                Err(error) if error.kind() == ErrorKind::ExecutableFileBusy => {
                    sleep(Duration::from_millis(5));
                }
                started => break started.unwrap(),
            }
        };
        let said = BufReader::new(child.stdout.take().unwrap());
        let races = said.lines().any(|line| line.unwrap().contains("racing"));
        assert!(races, "the racer ended: {:?}", child.wait());
        Self(child)
    }

    fn still_races(&mut self) {
        assert!(self.0.try_wait().unwrap().is_none(), "the racer ended early");
    }
}

impl Drop for Racer {
    fn drop(&mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
        for folder in STICKY {
            let _none = fs::remove_file(Path::new(folder).join(format!("attach-rig-{VICTIM}")));
        }
    }
}

/// Makes a folder that every user may write to, with the victim's `base` and a folder of Mallory's with planted
/// manifests.
fn racecourse(scene: &Scene, below: &Path) -> tempfile::TempDir {
    let place = tempfile::tempdir_in(below).unwrap();
    mode(place.path(), 0o777);
    for (name, owner) in [("base", scene.user), ("planted", MALLORY)] {
        let folder = place.path().join(name);
        fs::create_dir(&folder).unwrap();
        chown(&folder, Some(owner), Some(owner)).unwrap();
        mode(&folder, if owner == MALLORY { 0o777 } else { 0o700 });
    }
    scene.plant(&place.path().join("planted"));
    let private = scene.path("home/private");
    if fs::create_dir(&private).is_ok() {
        chown(&private, Some(scene.user), Some(scene.user)).unwrap();
        mode(&private, 0o700);
    }
    place
}

/// Runs the command as the user, in a cgroup of its own where one is given.
fn run(scene: &Scene, words: &str, base: &Path, group: Option<&Path>) -> Output {
    let mut shell = Command::new("/bin/sh");
    let script = format!("read go && exec {} {words}", scene.path("attach-rig").display());
    shell.args(["-c", &script]).current_dir(scene.path("home")).env_clear().env("PATH", "/usr/bin:/bin");
    shell.env("XDG_RUNTIME_DIR", base).env("TMPDIR", base).env("HOME", scene.path("home"));
    shell.uid(scene.user).gid(scene.user);
    let shell = shell.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
    let mut shell = shell.unwrap();
    if let Some(group) = group {
        fs::write(group.join("cgroup.procs"), shell.id().to_string()).unwrap();
    }
    let pid = shell.id();
    shell.stdin.take().unwrap().write_all(b"go\n").unwrap();
    let output = shell.wait_with_output().unwrap();
    assert_eq!(cgroups::groups_of(pid), [] as [PathBuf; 0], "{output:?}");
    output
}

/// A cgroup in which the user may make others.
struct Delegated(PathBuf);

impl Delegated {
    fn new(user: u32) -> Self {
        let mounts = cgroups::mounts();
        let pids = mounts.iter().find(|mount| mount.ends_with("pids")).unwrap();
        let group = pids.join(format!("attach-rig-racer-{}-{user}", std::process::id()));
        fs::create_dir(&group).unwrap();
        for file in ["", "cgroup.procs", "tasks"] {
            chown(group.join(file), Some(user), Some(user)).unwrap();
        }
        Self(group)
    }
}

impl Drop for Delegated {
    fn drop(&mut self) {
        fs::remove_dir(&self.0).unwrap();
    }
}

/// Races against a shell that writes to a list by its path, as the victim, until the racer has won.
fn wins_against_the_careless(scene: &Scene, place: &Path) {
    let private = scene.path("home/private");
    let script = format!(
        "i=0; while [ $i -lt {CARELESS} ]; do i=$((i+1)); [ -d base ] && echo x > base/list; done 2>/dev/null; true"
    );
    let mut shell = Command::new("/bin/sh");
    shell.args(["-c", &script]).current_dir(place).uid(scene.user).gid(scene.user).stdin(Stdio::null());
    assert!(shell.status().unwrap().success());
    let led = [private.join("list"), scene.path("home/list")];
    assert!(led.iter().any(|list| list.exists()), "the racer never won, so it proves nothing");
    for list in led {
        let _none = fs::remove_file(list);
    }
}

#[test]
fn folders_and_links_that_are_swapped_during_the_run_lead_nowhere() {
    let test = "folders_and_links_that_are_swapped_during_the_run_lead_nowhere";
    if skipped(test) || without_v1(test, "pids") {
        return;
    }
    for (user, below) in [(VICTIM, "/tmp"), (VICTIM, "/dev/shm"), (VICTIM, "/var/tmp"), (0, "/dev/shm")] {
        let below = Path::new(below);
        if !below.is_dir() {
            continue;
        }
        let mut scene = Scene::new(user);
        let place = racecourse(&scene, below);
        let group = (user == VICTIM).then(|| Delegated::new(user));
        let mut racer = Racer::start(&scene, place.path());
        wins_against_the_careless(&scene, place.path());
        let base = place.path().join("base");
        for number in 0..RUNS {
            let words = "linux --hierarchy v1:pids --no-trace --duration 30ms --out out";
            let words = if number % 3 == 0 { "clean" } else { words };
            let said = run(&scene, words, &base, group.as_ref().map(|group| group.0.as_path()));
            let text = String::from_utf8_lossy(&said.stderr);
            assert!(matches!(said.status.code(), Some(0 | 4)), "{user} {words}: {:?} {text}", said.status);
            scene.nothing_has_changed(&said);
            let private: Vec<_> = fs::read_dir(scene.path("home/private")).unwrap().flatten().collect();
            assert!(private.is_empty(), "{user} {words}: {private:?} {text}");
            assert!(!scene.path("home/attach-rig").exists(), "{user} {words}: {text}");
        }
        racer.still_races();
        drop(racer);
    }
}
