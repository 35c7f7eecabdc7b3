//! Commands killed at random moments, some on a full disk: finished cells remain, whole, and nothing else is left.
//!
//! By default there are a few kills. `ATTACH_RIG_KILLS=500` sets their number for each command, and
//! `ATTACH_RIG_KILLS_SEED` their seed.
#![allow(clippy::print_stdout, reason = "a long campaign says what it did")]

use crate::cgroups::{alone, groups_of, skipped};
use crate::support::BINARY;
use rand::{RngExt as _, SeedableRng as _};
use rand_pcg::Pcg64Mcg;
use rustix::process::geteuid;
use serde_json::Value;
use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

/// One kill out of this many meets a full disk.
const FULL_EVERY: u64 = 10;

fn number(name: &str, otherwise: u64) -> u64 {
    env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(otherwise)
}

/// A folder. For root it is in a small file system of a mount namespace of its own where a full disk is wanted.
struct Place {
    scratch: tempfile::TempDir,
    holder: Option<Child>,
}

impl Place {
    fn new(full: bool) -> Self {
        let scratch = tempfile::tempdir().unwrap();
        fs::create_dir(scratch.path().join("disk")).unwrap();
        fs::create_dir(scratch.path().join("tmp")).unwrap();
        let place = Self { holder: (full && geteuid().is_root()).then(|| hold(scratch.path())), scratch };
        if place.holder.is_some() {
            let until = Instant::now() + Duration::from_secs(20);
            while !place.disk().join("mounted").exists() {
                assert!(Instant::now() < until, "no small file system within 20 s");
                sleep(Duration::from_millis(2));
            }
        }
        place
    }

    /// Returns the folder on the disk, as this process sees it.
    fn disk(&self) -> PathBuf {
        let disk = self.scratch.path().join("disk");
        match &self.holder {
            Some(holder) => {
                Path::new(&format!("/proc/{}/root", holder.id())).join(disk.strip_prefix("/").unwrap())
            }
            None => disk,
        }
    }

    /// Returns the program where the disk is, with a folder of its own for temporary files.
    fn rig(&self) -> Command {
        let mut command = match &self.holder {
            Some(holder) => {
                let mut command = Command::new("nsenter");
                // The current folder of the caller is outside the namespace.
                command.args(["-t", &holder.id().to_string(), "-m", "sh", "-c", "cd \"$0\" && exec \"$@\""]);
                command.arg(self.scratch.path()).arg(BINARY);
                command
            }
            None => Command::new(BINARY),
        };
        command.current_dir(self.scratch.path()).env("TMPDIR", self.scratch.path().join("tmp"));
        command.env_remove("GITHUB_ACTIONS").env_remove("GITHUB_STEP_SUMMARY").stdin(Stdio::null());
        command
    }

    fn report(&self) -> Output {
        let args = ["report", "disk/o", "--out", "page.html", "--format", "json"];
        self.rig().args(args).output().unwrap()
    }
}

/// Mounts a small file system that only the child and processes in its namespace see.
fn hold(scratch: &Path) -> Child {
    let script = "mount --make-rprivate / && mount -t tmpfs -o size=256k none disk && : >disk/mounted && exec sleep 600";
    let mut unshare = Command::new("unshare");
    unshare.args(["-m", "sh", "-c", script]).current_dir(scratch).stdin(Stdio::null());
    unshare.spawn().unwrap()
}

impl Drop for Place {
    fn drop(&mut self) {
        if let Some(holder) = &mut self.holder {
            let _ended = holder.kill().and_then(|()| holder.wait());
        }
    }
}

/// Returns every file below `folder`.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        found.extend(if path.is_dir() { files(&path) } else { vec![path] });
    }
    found
}

fn json(path: &Path) -> Option<Value> {
    let text = fs::read_to_string(path).ok()?;
    Some(serde_json::from_str(&text).unwrap_or_else(|error| panic!("{} is torn: {error}", path.display())))
}

/// Returns the finished cells on the disk, by the names of their files.
fn finished(folder: &Path) -> BTreeMap<PathBuf, Value> {
    let all = files(&folder.join("cells")).into_iter();
    let cells = all
        .filter(|path| path.extension().is_some_and(|end| end == "json") && !path.ends_with("request.json"));
    cells.filter_map(|path| Some((path.clone(), json(&path)?["cell"].clone()))).collect()
}

/// Asserts that every file is whole, and that none is temporary.
fn nothing_is_torn(folder: &Path, kill: &str) {
    for path in files(folder) {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        assert!(!name.starts_with(".tmp") && !name.ends_with(".tmp"), "{kill}: {}", path.display());
        if name.ends_with(".json") {
            assert!(json(&path).is_some(), "{kill}: {}", path.display());
        } else if name.ends_with(".html") {
            assert!(fs::read_to_string(&path).unwrap().trim_end().ends_with("</html>"), "{kill}: {name}");
        }
    }
}

/// Asserts that the report has every cell of `before`. Returns the number of its cells.
fn report_has(place: &Place, before: &BTreeMap<PathBuf, Value>, kill: &str) -> usize {
    let there =
        place.disk().join("o/run.json").exists() || place.disk().join("o/cells/request.json").exists();
    let out = place.report();
    let words = String::from_utf8_lossy(&out.stderr);
    if !there {
        assert_eq!((out.status.code(), before.len()), (Some(2), 0), "{kill}: {words}");
        return 0;
    }
    assert!(matches!(out.status.code(), Some(0 | 1 | 5)), "{kill}: {:?} {words}", out.status.code());
    let run: Value = serde_json::from_slice(&out.stdout).unwrap();
    let cells = run["cells"].as_array().unwrap();
    for (file, cell) in before {
        assert!(cells.contains(cell), "{kill}: {} is not in the report: {words}", file.display());
    }
    cells.len()
}

/// Returns the processes that `pid` has started, with their start times.
fn children(pid: u32) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    for entry in fs::read_dir("/proc").unwrap().flatten() {
        let path = entry.path().join("stat");
        let Ok(stat) = fs::read_to_string(&path) else { continue };
        let fields: Vec<&str> = stat.rsplit_once(") ").unwrap().1.split(' ').collect();
        if fields[1] == pid.to_string() {
            found.push((path, fields[19].to_owned()));
        }
    }
    found
}

fn lives((stat, started): &(PathBuf, String)) -> bool {
    let Ok(text) = fs::read_to_string(stat) else { return false };
    let fields: Vec<&str> = text.rsplit_once(") ").unwrap().1.split(' ').collect();
    fields[19] == started && fields[0] != "Z" && fields[0] != "X"
}

/// Asserts that after a clean nothing of the killed process is left on the machine.
fn nothing_is_left(place: &Place, pid: u32, workers: &[(PathBuf, String)], mounts: &str, kill: &str) {
    let cleaned = place.rig().arg("clean").output().unwrap();
    let words = String::from_utf8_lossy(&cleaned.stderr);
    assert_eq!(cleaned.status.code(), Some(0), "{kill}: {words}");
    assert_eq!(groups_of(pid), [] as [PathBuf; 0], "{kill}: {words}");
    let prefix = format!("attach-rig-{pid}-");
    let lists = files(Path::new("/run/attach-rig")).into_iter();
    let lists: Vec<PathBuf> =
        lists.filter(|path| path.file_name().unwrap().to_string_lossy().starts_with(&prefix)).collect();
    assert_eq!(lists, [] as [PathBuf; 0], "{kill}: {words}");
    let until = Instant::now() + Duration::from_secs(20);
    while workers.iter().any(lives) {
        assert!(Instant::now() < until, "{kill}: a worker lives on: {workers:?}");
        sleep(Duration::from_millis(2));
    }
    assert_eq!(fs::read_to_string("/proc/self/mountinfo").unwrap(), mounts, "{kill}");
    assert_eq!(files(&place.scratch.path().join("tmp")), [] as [PathBuf; 0], "{kill}");
}

/// Returns the time of a command that is not killed, and a fifth more.
fn longest(args: &[&str], prepare: &dyn Fn(&Place)) -> Duration {
    let place = Place::new(false);
    prepare(&place);
    let begin = Instant::now();
    place.rig().args(args).stdout(Stdio::null()).stderr(Stdio::null()).status().unwrap();
    begin.elapsed() * 6 / 5
}

/// Kills a command that writes to `disk/o` at random moments of its life, each time in a new place, which `prepare` fills.
/// Returns the number of kills with finished cells on disk, and of those that came before the end.
fn campaign(stream: u64, args: &[&str], prepare: &dyn Fn(&Place)) -> (u64, u64) {
    let _alone = alone();
    let longest = longest(args, prepare);
    let seed = number("ATTACH_RIG_KILLS_SEED", 1);
    let mut random = Pcg64Mcg::seed_from_u64(seed.wrapping_mul(1000) + stream);
    let (mut with_cells, mut in_time, mut full) = (0, 0, 0);
    let (kills, begin) = (number("ATTACH_RIG_KILLS", 6), Instant::now());
    let mut shown = 0;
    for kill in 0..kills {
        let place = Place::new(kill % FULL_EVERY == FULL_EVERY / 2);
        full += u64::from(place.holder.is_some());
        prepare(&place);
        let mounts = fs::read_to_string("/proc/self/mountinfo").unwrap();
        let after = Duration::from_micros(random.random_range(0..longest.as_micros() as u64));
        let kill = format!("seed {seed}, kill {kill} of {} after {after:?}", args[0]);
        let mut rig = place.rig();
        let mut rig = rig.args(args).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        sleep(after);
        let before = finished(&place.disk().join("o"));
        let workers = children(rig.id());
        in_time += u64::from(rig.try_wait().unwrap().is_none());
        rig.kill().unwrap();
        rig.wait().unwrap();
        nothing_is_torn(&place.disk(), &kill);
        with_cells += u64::from(!before.is_empty());
        shown += report_has(&place, &before, &kill);
        nothing_is_left(&place, rig.id(), &workers, &mounts, &kill);
    }
    println!(
        "{}: {kills} kills, {in_time} before the end, {with_cells} with finished cells, {full} on a full disk, {shown} cells \
         reported, {:?}",
        args[0],
        begin.elapsed()
    );
    (with_cells, in_time)
}

#[test]
fn a_killed_run_keeps_every_finished_cell() {
    let args = ["run", "idle", "--duration", "1ms", "--seeds", "64", "--out", "disk/o"];
    let (with_cells, in_time) = campaign(1, &args, &|_| {});
    assert!(with_cells > 0 && in_time > 0, "{with_cells} with cells, {in_time} in time");
}

#[test]
fn a_killed_measurement_of_the_kernel_keeps_every_finished_cell() {
    if skipped("a_killed_measurement_of_the_kernel_keeps_every_finished_cell") {
        return;
    }
    let args = "linux --no-trace --no-closed-loop --duration 20ms --rate 500/s --rate 300/s --repeat 20 \
                --out disk/o";
    let args: Vec<&str> = args.split_whitespace().collect();
    let (with_cells, in_time) = campaign(2, &args, &|_| {});
    assert!(with_cells > 0 && in_time > 0, "{with_cells} with cells, {in_time} in time");
}

#[test]
fn a_killed_report_damages_nothing() {
    // The leftovers of a run that was killed before its end.
    let killed = Place::new(false);
    let args = ["run", "idle", "--duration", "1ms", "--seeds", "64", "--out", "disk/o"];
    let mut rig = killed.rig().args(args).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let (folder, until) = (killed.disk().join("o"), Instant::now() + Duration::from_secs(60));
    while finished(&folder).len() < 8 {
        assert!(Instant::now() < until && rig.try_wait().unwrap().is_none(), "no cells, or all of them");
        sleep(Duration::from_millis(1));
    }
    rig.kill().unwrap();
    rig.wait().unwrap();
    let prepare = |place: &Place| {
        let to = place.disk().join("o");
        fs::create_dir_all(to.join("cells")).unwrap();
        let mut left = files(&folder);
        left.retain(|file| !file.ends_with(".lock"));
        // The request is on disk before any cell. Some of these may find no room.
        left.sort_by_key(|file| !file.ends_with("request.json"));
        for file in &left {
            let to = to.join(file.strip_prefix(&folder).unwrap());
            if fs::copy(file, &to).is_err() {
                fs::remove_file(to).unwrap();
            }
        }
    };
    let (with_cells, in_time) = campaign(3, &["report", "disk/o"], &prepare);
    assert!(with_cells > 0 && in_time > 0, "{with_cells} with cells, {in_time} in time");
}
