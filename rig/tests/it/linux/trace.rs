//! Traced cells of `attach-rig linux` on this machine: the kernel reports as many attaches as moves happened, and no
//! instance of tracefs and no mount remains, whichever way a run ends.
//!
//! These tests are separate from `linux.rs`, since they need tracefs as well as root and a cgroup mount. Elsewhere
//! they are skipped with a note, and fail with `ATTACH_RIG_REQUIRE=all`.
#![allow(clippy::print_stderr, reason = "a skipped test has to be seen")]

use crate::cgroups::{alone, groups_of, skipped};
use crate::support::BINARY;
use linux::{LinuxOptions, Progress};
use reports::axis::Axis;
use reports::schema::{Env, Note, NoteKind, Run};
use rustix::mount::{FsMountFlags, FsOpenFlags, MountAttrFlags, fsconfig_create, fsmount, fsopen};
use std::fs;
use std::os::fd::AsRawFd as _;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

/// The time within which things must happen.
const PATIENCE: Duration = Duration::from_secs(30);

/// Returns the names of the instances that the process `pid` made. The file system is mounted only for a descriptor
/// of ours.
fn instances_of(pid: u32) -> Vec<String> {
    let context = fsopen("tracefs", FsOpenFlags::FSOPEN_CLOEXEC).unwrap();
    fsconfig_create(&context).unwrap();
    let mount = fsmount(&context, FsMountFlags::FSMOUNT_CLOEXEC, MountAttrFlags::MOUNT_ATTR_NOEXEC).unwrap();
    let folder = PathBuf::from(format!("/proc/self/fd/{}/instances", mount.as_raw_fd()));
    let names = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    names.filter(|name| name.starts_with(&format!("attach-rig-{pid}-"))).collect()
}

/// Returns all mounts of this namespace.
fn mounts() -> String {
    fs::read_to_string("/proc/self/mountinfo").unwrap()
}

fn start(arguments: &str, out: &Path) -> Child {
    let mut command = Command::new(BINARY);
    command.arg("linux").args(arguments.split(' ')).arg("--out").arg(out);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

fn run_json(out: &Path) -> Run {
    serde_json::from_str(&fs::read_to_string(out.join("run.json")).unwrap()).unwrap()
}

fn says(run: &Run, words: &str) -> bool {
    run.notes.iter().any(|note| note.text.contains(words))
}

#[test]
fn the_kernel_reports_every_move_of_the_traced_cells() {
    if skipped("the_kernel_reports_every_move_of_the_traced_cells") {
        return;
    }
    let (out, before) = (tempfile::tempdir().unwrap(), mounts());
    let rig = start("--duration 300ms --rate 50/s --rate 1000/s", out.path());
    let pid = rig.id();
    let output = rig.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let run = run_json(out.path());
    let [.., loose, low] = run.cells.as_slice() else { panic!("{}", run.cells.len()) };
    assert_eq!(run.cells.len(), 5, "a closed loop and two rates; two of them traced");
    assert!(run.cells[..3].iter().all(|cell| !cell.subject.parts().traced && cell.locks.is_empty()));
    assert!(loose.subject.parts().traced && low.subject == loose.subject, "{}", low.subject);
    assert_eq!((loose.point.get(Axis::Rate), low.point.get(Axis::Rate)), (None, Some(50)));
    let env: Env = serde_json::from_str(&fs::read_to_string(out.path().join("env.json")).unwrap()).unwrap();
    for (cell, label, moves) in [(loose, "closed loop", 200), (low, "50/s", 20)] {
        assert_eq!(cell.attach.outcomes, [("moved".to_owned(), moves)].into());
        assert_eq!(
            env.facts.get(&format!("trace.attaches[{label} traced]")),
            Some(&moves.to_string()),
            "{label}"
        );
        assert!(cell.attach.phases.iter().all(|phase| phase.hist.count <= moves));
        assert!(
            cell.locks
                .iter()
                .all(|lock| lock.contentions == lock.wait.count && lock.acquisitions == lock.hold.count)
        );
    }
    // Other tests may load the machine, which a run warns of.
    let is_noise = |text: &str| {
        ["load of the machine", "starts came later", "stolen"].iter().any(|words| text.contains(words))
    };
    let warns = |note: &&Note| note.kind != NoteKind::Info && !is_noise(&note.text);
    assert_eq!(run.notes.iter().find(warns), None);
    assert!(says(&run, "with tracing on") && says(&run, "Lock waits are those"), "{:?}", run.notes);
    let graph = !loose.attach.phases.is_empty();
    assert_eq!(says(&run, "no function graph"), !graph, "either it is there, or why it is not");
    assert_eq!(instances_of(pid), [] as [String; 0]);
    assert_eq!(mounts(), before);
}

#[test]
fn who_wants_none_gets_none() {
    if skipped("who_wants_none_gets_none") {
        return;
    }
    let out = tempfile::tempdir().unwrap();
    let output = start("--duration 50ms --no-trace", out.path()).wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let run = run_json(out.path());
    assert_eq!(run.cells.len(), 1);
    assert!(says(&run, "--no-trace") && run.command.contains(" --no-trace "), "{}", run.command);
}

#[test]
fn a_killed_run_leaves_an_instance_and_clean_removes_it() {
    if skipped("a_killed_run_leaves_an_instance_and_clean_removes_it") {
        return;
    }
    let _alone = alone();
    let before = mounts();
    // First with its manifest, then without it, where the name of the instance has to suffice.
    for listed in [true, false] {
        let out = tempfile::tempdir().unwrap();
        let mut rig = start("--duration 50ms --rate 20/s", out.path());
        let begin = Instant::now();
        while instances_of(rig.id()).is_empty() {
            assert!(begin.elapsed() < PATIENCE, "no instance was made");
            sleep(Duration::from_millis(2));
        }
        rig.kill().unwrap();
        rig.wait().unwrap();
        let left = instances_of(rig.id());
        assert_eq!(left.len(), 1, "killed while it was there");
        let manifest = manifests().into_iter().find(|path| path.ends_with(format!("{}.toml", left[0])));
        let manifest = manifest.expect("it is listed");
        assert!(fs::read_to_string(&manifest).unwrap().contains(&format!("name = \"{}\"", left[0])));
        if !listed {
            fs::remove_file(manifest).unwrap();
        }
        let output = Command::new(BINARY).arg("clean").output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{output:?}");
        assert!(String::from_utf8_lossy(&output.stdout).contains(&format!("tracing instance {}", left[0])));
        assert_eq!(instances_of(rig.id()), [] as [String; 0]);
        assert_eq!(groups_of(rig.id()), [] as [PathBuf; 0]);
    }
    assert_eq!(mounts(), before);
}

/// Returns every file in the folders of manifests.
fn manifests() -> Vec<PathBuf> {
    let folders = [Some("/run".into()), std::env::var_os("XDG_RUNTIME_DIR")];
    let folders = folders.into_iter().flatten().map(|folder| PathBuf::from(folder).join("attach-rig"));
    folders
        .flat_map(|folder| fs::read_dir(folder).into_iter().flatten().flatten())
        .map(|entry| entry.path())
        .collect()
}

#[test]
fn a_panic_and_a_signal_leave_no_instance() {
    if skipped("a_panic_and_a_signal_leave_no_instance") {
        return;
    }
    let own = std::process::id();
    let options = LinuxOptions {
        duration: Duration::from_millis(20),
        worker_program: Some(BINARY.into()),
        ..LinuxOptions::default()
    };
    let mut during = Vec::new();
    let panicked = catch_unwind(AssertUnwindSafe(|| {
        linux::run(&options, &engines::Interrupt::never(), &mut |progress| {
            if matches!(&progress, Progress::Started { label, .. } if label.contains("traced")) {
                during = instances_of(own);
                panic!("on purpose");
            }
        })
    }));
    assert!(panicked.is_err());
    assert_eq!((during.len(), instances_of(own).len()), (1, 0));

    let out = tempfile::tempdir().unwrap();
    let rig = start("--duration 1s --rate 1/s --no-closed-loop", out.path());
    let (pid, begin) = (rig.id(), Instant::now());
    while instances_of(pid).is_empty() {
        assert!(begin.elapsed() < PATIENCE, "no instance was made");
        sleep(Duration::from_millis(2));
    }
    rustix::process::kill_process(
        rustix::process::Pid::from_raw(pid.cast_signed()).unwrap(),
        rustix::process::Signal::INT,
    )
    .unwrap();
    let output = rig.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(130), "{output:?}");
    assert_eq!(instances_of(pid), [] as [String; 0]);
    assert!(run_json(out.path()).interrupted);
}
