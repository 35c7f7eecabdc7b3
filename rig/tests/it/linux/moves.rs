//! `attach-rig linux` on the real kernel: moves happen, and no cgroup and no process remains, whichever way it ends.
//!
//! Most tests need root and a cgroup mount. Elsewhere they say so and are skipped, except with
//! `ATTACH_RIG_REQUIRE=all`. No test bounds a wall-clock time.

use crate::cgroups::{alone, groups_of, mounts, skip, skipped, without_v1};
use crate::support::BINARY;
use linux::{Hierarchy, LinuxOptions, Progress};
use reports::axis::Axis;
use reports::schema::{Cell, LatencyKind, Run};
use rustix::process::{Pid, Signal, kill_process};
use std::fs;
use std::io::{BufRead as _, BufReader, Read as _};
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

/// The uid of a user that owns nothing.
const UNPRIVILEGED: u32 = 65_534;
/// The time within which things must happen.
const PATIENCE: Duration = Duration::from_secs(30);

/// Returns the hierarchy that the tests use: v1 pids where it is mounted, else v2.
fn hierarchy() -> &'static str {
    let pids = |point: &PathBuf| point.join("cgroup.sane_behavior").exists() && point.ends_with("pids");
    if mounts().iter().any(pids) { "v1:pids" } else { "v2" }
}

fn command(arguments: &str, out: &Path) -> Command {
    let mut command = Command::new(BINARY);
    command.arg("linux").args(arguments.split(' ')).arg("--out").arg(out);
    if !arguments.contains("--hierarchy") {
        command.args(["--hierarchy", hierarchy()]);
    }
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// Runs to the end. The pid identifies the cgroups of the run.
fn finish(mut command: Command) -> (u32, Output) {
    let child = command.spawn().unwrap();
    (child.id(), child.wait_with_output().unwrap())
}

fn run_json(out: &Path) -> Run {
    let text = fs::read_to_string(out.join("run.json")).expect("results are on disk");
    serde_json::from_str(&text).unwrap()
}

fn series(cell: &Cell, kind: LatencyKind) -> u64 {
    cell.attach.latency.iter().filter(|s| s.outcome == "moved" && s.kind == kind).map(|s| s.hist.count).sum()
}

fn wait_for<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let begin = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(begin.elapsed() < PATIENCE, "waited in vain for {what}");
        sleep(Duration::from_millis(10));
    }
}

/// Returns the worker that `rig` is moving, once it is being moved.
fn worker_of(rig: &Child) -> u32 {
    wait_for("the worker", || {
        let destinations = groups_of(rig.id()).into_iter().flat_map(|top| [top.join("a"), top.join("b")]);
        let mut listed = destinations.filter_map(|group| fs::read_to_string(group.join("cgroup.procs")).ok());
        listed.find_map(|procs| procs.trim().parse().ok())
    })
}

fn alive(pid: u32) -> bool {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit_once(") ").is_some_and(|(_, rest)| !rest.starts_with('Z'))
}

fn kill(pid: u32, signal: Signal) {
    kill_process(Pid::from_raw(pid.cast_signed()).unwrap(), signal).unwrap();
}

#[test]
fn moves_happen_and_nothing_remains() {
    if skipped("moves_happen_and_nothing_remains") {
        return;
    }
    let out = tempfile::tempdir().unwrap();
    let (pid, output) = finish(command("--duration 300ms --rate 50/s", out.path()));
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let run = run_json(out.path());
    assert!(!run.interrupted);
    let [closed, open, ..] = run.cells.as_slice() else {
        panic!("closed loop and one rate: {}", run.cells.len())
    };
    assert_eq!((closed.point.get(Axis::Rate), open.point.get(Axis::Rate)), (None, Some(50)));
    assert!(closed.subject.parts().protocol.starts_with(hierarchy()), "{}", closed.subject);
    assert!(series(closed, LatencyKind::Raw) > 15);
    assert_eq!(series(closed, LatencyKind::Corrected), 0);
    assert_eq!((series(open, LatencyKind::Raw), series(open, LatencyKind::Corrected)), (15, 15));
    assert_eq!(open.attach.outcomes, [("moved".to_string(), 15)].into());
    assert_eq!(groups_of(pid), [] as [PathBuf; 0]);
}

#[test]
fn every_hierarchy_of_this_machine_works() {
    if skipped("every_hierarchy_of_this_machine_works") {
        return;
    }
    for hierarchy in ["v1:pids", "v1:freezer", "v1:cpuset", "v1:cpu", "v2"] {
        let out = tempfile::tempdir().unwrap();
        let (pid, output) = finish(command(&format!("--hierarchy {hierarchy} --duration 100ms"), out.path()));
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        let is_absent = output.status.code() == Some(4) && text.contains("no cgroup hierarchy");
        let part = format!("every_hierarchy_of_this_machine_works ({hierarchy})");
        if !skip(&part, is_absent.then_some("needs a mount of it")) {
            assert_eq!(output.status.code(), Some(0), "{hierarchy}: {text}");
            assert_eq!(run_json(out.path()).cells[0].subject.parts().protocol, hierarchy);
        }
        assert_eq!(groups_of(pid), [] as [PathBuf; 0], "{hierarchy}");
    }
}

#[test]
fn a_signal_keeps_what_was_measured_and_leaves_nothing() {
    if skipped("a_signal_keeps_what_was_measured_and_leaves_nothing") {
        return;
    }
    for (signal, code) in [(Signal::INT, 130), (Signal::TERM, 143)] {
        let out = tempfile::tempdir().unwrap();
        let rig = command("--duration 60m --rate 20/s", out.path()).spawn().unwrap();
        let (pid, worker) = (rig.id(), worker_of(&rig));
        assert_eq!(groups_of(pid).len(), 1, "the search below finds what is there");
        sleep(Duration::from_millis(300));
        kill(pid, signal);
        let output = rig.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(code), "{output:?}");
        assert_eq!(groups_of(pid), [] as [PathBuf; 0]);
        assert!(!alive(worker));
        let run = run_json(out.path());
        assert!(run.interrupted);
        assert_eq!(run.cells.len(), 1, "the closed loop was cut short, the rate never begun");
        assert!(series(&run.cells[0], LatencyKind::Raw) > 0);
        assert!(run.cells[0].ended.as_deref().unwrap().contains("interrupted by SIG"));
    }
}

#[test]
fn a_worker_that_dies_is_an_error_and_no_hang() {
    if skipped("a_worker_that_dies_is_an_error_and_no_hang") {
        return;
    }
    for loops in ["--rate 1/s --no-closed-loop", "--rate 20/s"] {
        let out = tempfile::tempdir().unwrap();
        let mut rig = command(&format!("--duration 60m {loops}"), out.path()).spawn().unwrap();
        let pid = rig.id();
        // A worker that dies earlier was never ready, which is another error.
        let (mut stderr, mut text) = (BufReader::new(rig.stderr.take().unwrap()), String::new());
        while !text.contains("moves within") {
            assert!(stderr.read_line(&mut text).unwrap() > 0, "{loops}: {text}");
        }
        kill(worker_of(&rig), Signal::KILL);
        stderr.read_to_string(&mut text).unwrap();
        let output = rig.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(5), "{loops}: {text}");
        assert!(text.contains("died during the run: signal: 9 (SIGKILL)"), "{text}");
        assert_eq!(groups_of(pid), [] as [PathBuf; 0]);
    }
}

#[test]
fn the_worker_dies_with_the_rig() {
    if skipped("the_worker_dies_with_the_rig") {
        return;
    }
    let _alone = alone();
    let out = tempfile::tempdir().unwrap();
    let mut rig = command("--duration 60m", out.path()).spawn().unwrap();
    let (pid, worker) = (rig.id(), worker_of(&rig));
    rig.kill().unwrap();
    rig.wait().unwrap();
    wait_for("the worker's end", || (!alive(worker)).then_some(()));
    // No process can clean up after its own SIGKILL.
    clean();
    assert_eq!(groups_of(pid), [] as [PathBuf; 0]);
}

/// Runs `attach-rig clean`, which has to succeed.
fn clean() -> String {
    let output = Command::new(BINARY).arg("clean").output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

/// Returns the number of manifests of the runs of `pid`.
fn manifests_of(pid: u32) -> usize {
    let name = format!("attach-rig-{pid}-");
    let folders = [Some("/run".into()), std::env::var_os("XDG_RUNTIME_DIR")];
    let folders = folders.into_iter().flatten().map(|folder| PathBuf::from(folder).join("attach-rig"));
    let entries = folders.flat_map(|folder| fs::read_dir(folder).into_iter().flatten().flatten());
    entries.filter(|entry| entry.file_name().to_string_lossy().starts_with(&name)).count()
}

/// Returns processes whose command line says that they are workers of a dead rig: their parent is 1.
fn workers() -> Vec<u32> {
    let pids = fs::read_dir("/proc").unwrap().flatten().filter_map(|e| e.file_name().to_str()?.parse().ok());
    let is_worker = |pid: &u32| {
        let line = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        line.starts_with(b"attach-rig\0__worker\0") && alive(*pid)
    };
    pids.filter(is_worker).collect()
}

/// Kills a run at moments of every kind. `ATTACH_RIG_KILLS=200` takes a longer look.
#[test]
fn whatever_a_killed_run_leaves_is_cleaned_up() {
    if skipped("whatever_a_killed_run_leaves_is_cleaned_up") {
        return;
    }
    let _alone = alone();
    let kills: u32 = std::env::var("ATTACH_RIG_KILLS").ok().and_then(|n| n.parse().ok()).unwrap_or(10);
    let (mut left, mut mounts_before) = (0, mounts());
    for kill in 0..kills {
        let out = tempfile::tempdir().unwrap();
        // The kill comes between the time before the first cgroup and well into the measurement, or during cells of
        // every kind.
        let (arguments, longest_us) = match kill % 2 {
            0 => ("--duration 60m --threads 2", 250_000),
            _ => {
                ("--duration 20ms --rate 100/s --resident-pages 0,64 --fault core.find:errno=ENODEV", 900_000)
            }
        };
        let mut rig = command(arguments, out.path()).spawn().unwrap();
        sleep(Duration::from_micros(u64::from(kill) * 79_193 % longest_us));
        rig.kill().unwrap();
        rig.wait().unwrap();
        left += groups_of(rig.id()).len() + manifests_of(rig.id());
        let said = clean();
        assert_eq!(groups_of(rig.id()), [] as [PathBuf; 0], "kill {kill}: {said}");
        assert_eq!(manifests_of(rig.id()), 0, "kill {kill}: {said}");
        assert_eq!(std::mem::replace(&mut mounts_before, mounts()), mounts(), "kill {kill}");
    }
    assert!(left > 0, "no kill came while there was something to leave");
    wait_for("the end of every worker without a rig", || {
        let orphans = workers().into_iter().filter(|pid| parent(*pid) == Some(1)).count();
        (orphans == 0).then_some(())
    });
}

fn parent(pid: u32) -> Option<u32> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    stat.rsplit_once(") ")?.1.split(' ').nth(1)?.parse().ok()
}

#[test]
fn a_panic_leaves_nothing() {
    if skipped("a_panic_leaves_nothing") {
        return;
    }
    let options = LinuxOptions {
        hierarchy: hierarchy().parse::<Hierarchy>().unwrap(),
        duration: Duration::from_millis(50),
        worker_program: Some(BINARY.into()),
        ..LinuxOptions::default()
    };
    let (mut top, mut worker) = (PathBuf::new(), 0);
    let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        linux::run(&options, &engines::Interrupt::never(), &mut |progress| match progress {
            Progress::Ready { folder, worker: pid, .. } => {
                assert!(folder.is_dir() && alive(pid));
                (top, worker) = (folder, pid);
            }
            Progress::Finished { .. } => panic!("on purpose"),
            _ => {}
        })
    }));
    assert!(panicked.is_err());
    assert!(top.is_absolute() && !top.exists() && !alive(worker), "{}", top.display());
}

#[test]
fn without_permission_the_error_has_the_remedy() {
    if skipped("without_permission_the_error_has_the_remedy") {
        return;
    }
    // The copy is where every user may go, since the build folder may be below a private one.
    let folder = tempfile::tempdir().unwrap();
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
    let binary = folder.path().join("attach-rig");
    fs::copy(BINARY, &binary).unwrap();
    // Manifests are kept only where no other user may write.
    let home = folder.path().join("home");
    fs::create_dir(&home).unwrap();
    std::os::unix::fs::chown(&home, Some(UNPRIVILEGED), Some(UNPRIVILEGED)).unwrap();
    for hierarchy in [hierarchy(), "auto"] {
        let mut unprivileged = Command::new(&binary);
        unprivileged.args([
            "linux",
            "--hierarchy",
            hierarchy,
            "--duration",
            "300ms",
            "--rate",
            "50/s",
            "--out",
        ]);
        unprivileged.arg(home.join("out")).current_dir(&home).uid(UNPRIVILEGED).gid(UNPRIVILEGED);
        unprivileged.env_remove("XDG_RUNTIME_DIR").env("XDG_STATE_HOME", &home);
        unprivileged.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let (pid, output) = finish(unprivileged);
        let text = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(4), "{text}");
        assert!(text.contains("Permission denied") && text.contains("sudo attach-rig linux"), "{text}");
        assert_eq!(groups_of(pid), [] as [PathBuf; 0]);
    }
}

#[test]
fn bad_options_say_what_would_be_right() {
    let out = tempfile::tempdir().unwrap();
    for (arguments, right) in [
        ("--hierarchy v3", "v1:freezer"),
        ("--rate 20/h", "1/s to 1000000/s, for example 20/s"),
        ("--rate 0/s", "20/s"),
        (
            "--duration 0s",
            "'--duration <T>': `0s` is out of range; write a whole number of ns, us, ms, s, m or h, from 1us to 86400s",
        ),
        ("--threads 0", "1 to 1024"),
        ("--rate 1/s --duration 300ms", "longer --duration"),
        ("--no-closed-loop", "closed loop"),
    ] {
        let (_, output) = finish(command(arguments, out.path()));
        let text = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{arguments}: {text}");
        assert!(text.contains(right), "{arguments}: {text}");
    }
}

#[test]
fn the_kernel_refuses_as_expected_and_everything_stays_as_it_was() {
    if skipped("the_kernel_refuses_as_expected_and_everything_stays_as_it_was") {
        return;
    }
    for (rule, code) in [
        ("cpuset.can_attach: errno=ENOSPC", 0),
        ("core.exit: errno=ESRCH times=3", 0),
        ("core.find: errno=ENODEV", 0),
        ("cpuset.can_attach: errno=EBUSY", 1),
    ] {
        let out = tempfile::tempdir().unwrap();
        let cpuset = mounts().iter().any(|mount| mount.ends_with("cpuset"));
        let part = format!("the_kernel_refuses_as_expected_and_everything_stays_as_it_was ({rule})");
        if rule.starts_with("cpuset") && without_v1(&part, "cpuset") {
            continue;
        }
        let place = if cpuset { "v1:cpuset" } else { hierarchy() };
        let mut rig = command(&format!("--hierarchy {place} --duration 50ms"), out.path());
        rig.args(["--fault", rule]);
        let (pid, output) = finish(rig);
        assert_eq!(output.status.code(), Some(code), "{rule}: {output:?}");
        let run = run_json(out.path());
        let cell = run.cells.last().unwrap();
        let invariant = |name| cell.invariants.iter().find(|invariant| invariant.name == name).unwrap();
        assert!(invariant("rollback").examined >= 3, "{rule}");
        assert_eq!(invariant("rollback").violated, 0, "{rule}: {:?}", invariant("rollback").first);
        assert_eq!(invariant("refused-as-expected").violated > 0, code == 1, "{rule}");
        assert_eq!(groups_of(pid), [] as [PathBuf; 0], "{rule}");
    }
    // A hierarchy that cannot have the refusal, and a site where the kernel cannot be made to refuse.
    for (rule, right) in [
        ("memory.can_attach: errno=ENOMEM", "attach-rig vm"),
        ("memory.prepare_sleep: errno=ENOMEM", "there are cpuset.can_attach, memory.can_attach"),
    ] {
        let out = tempfile::tempdir().unwrap();
        let mut rig = command("--duration 50ms", out.path());
        rig.args(["--fault", rule]);
        let (_, output) = finish(rig);
        assert_eq!(output.status.code(), Some(2), "{rule}");
        assert!(String::from_utf8_lossy(&output.stderr).contains(right), "{rule}: {output:?}");
    }
}
