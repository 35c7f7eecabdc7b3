//! Workers that the system does not start. Fewer of them do the same work, and a command that needs threads gives the
//! reason for which it cannot run.
use crate::cgroups::{mounts, skipped};
use crate::support::BINARY;
use crate::support::said;
use std::fs;
use std::path::PathBuf;
use std::process::Command;

/// A cgroup that allows only a few tasks. Removed when dropped.
struct Few(PathBuf);

impl Few {
    fn new(tasks: u32) -> Option<Self> {
        let mount = mounts().into_iter().find(|mount| mount.ends_with("pids"))?;
        let folder = mount.join(format!("attach-rig-test-{}-{tasks}", std::process::id()));
        fs::create_dir(&folder).ok()?;
        fs::write(folder.join("pids.max"), tasks.to_string()).ok()?;
        Some(Self(folder))
    }

    /// Runs the program with these arguments in this cgroup.
    fn run(&self, arguments: &str) -> (Option<i32>, String) {
        let folder = tempfile::tempdir().unwrap();
        let script = format!("echo 0 > '{}/cgroup.procs' && exec \"$RIG\" {arguments}", self.0.display());
        let mut command = Command::new("sh");
        command.args(["-c", &script]).current_dir(folder.path()).env("RIG", BINARY);
        said(&command.output().unwrap())
    }
}

impl Drop for Few {
    fn drop(&mut self) {
        let _left = fs::remove_dir(&self.0);
    }
}

#[test]
fn with_fewer_workers_it_goes_on_and_without_threads_the_limit_is_named() {
    if skipped("with_fewer_workers_it_goes_on_and_without_threads_the_limit_is_named") {
        return;
    }
    let Some(few) = Few::new(3) else { return };
    let limit = "pids.max is 3";
    for (command, code) in [
        ("run idle --duration 1ms --seeds 8 --jobs 8 --out o", 5),
        ("explore r01-charge-fails-in-attach --jobs 8 --out o", 0),
        ("selftest --random 8 --jobs 8", 0),
        ("run five --engine threads --duration 20ms --seeds 1 --out o", 4),
    ] {
        let (status, text) = few.run(command);
        assert_eq!(status, Some(code), "{command}: {text}");
        assert!(text.contains(limit) && !text.contains("panicked"), "{command}: {text}");
        assert_eq!(text.contains("continuing with"), code != 4, "{command}: {text}");
    }
}

#[test]
fn jobs_beyond_sense_are_fewer_and_said() {
    let scratch = tempfile::tempdir().unwrap();
    let script = "\"$RIG\" run idle --duration 1ms --seeds 1 --jobs 65535 --out o";
    let (status, text) = said(&super::sh(scratch.path(), script));
    assert_eq!(status, Some(5), "{text}");
    assert!(text.contains("--jobs 65535: using ") && text.contains(", 4 per CPU"), "{text}");
}
