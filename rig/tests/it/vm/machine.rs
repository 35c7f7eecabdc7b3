//! Helpers of the tests of guests: the parts of a machine, the command, and its child.
#![allow(dead_code, reason = "not every file of tests watches the child")]

use crate::support::BINARY;
use reports::schema::Run;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};
use std::{env, fs, thread};

/// The parts of a guest.
pub(crate) struct Parts {
    pub(crate) kernel: PathBuf,
    /// A rig of a release build.
    pub(crate) init: PathBuf,
}

/// Returns the kernel and the rig, or `None` when the test cannot run here.
pub(crate) fn parts(test: &str) -> Option<Parts> {
    let named = |name: &str| env::var_os(name).map(PathBuf::from).filter(|file| file.is_file());
    let path = env::var_os("PATH").unwrap_or_default();
    let reason = match (named("ATTACH_RIG_KERNEL"), named("ATTACH_RIG_INIT")) {
        _ if !env::split_paths(&path).any(|folder| folder.join("qemu-system-x86_64").is_file()) => {
            "needs qemu-system-x86_64"
        }
        (None, _) => "needs a kernel, named by ATTACH_RIG_KERNEL",
        (_, None) => "needs a release build of the rig, named by ATTACH_RIG_INIT",
        (Some(kernel), Some(init)) => {
            crate::skip::skip(test, None);
            return Some(Parts { kernel, init });
        }
    };
    crate::skip::skip(test, Some(&format!("{reason} (see .ci/vm)")));
    None
}

/// Returns the command with these arguments. An emulated guest that is starved of CPUs measures nothing, so guests go before
/// other tests, and no limit of time ends one unless a test gives it. Where that is not permitted, `nice` says so and runs the command.
pub(crate) fn vm(arguments: &[&str], parts: &Parts, out: &Path) -> Command {
    let mut command = Command::new("nice");
    command
        .args(["--adjustment=-15", BINARY, "vm", "--kernel"])
        .arg(&parts.kernel)
        .arg("--init")
        .arg(&parts.init)
        .arg("--out")
        .arg(out);
    if !arguments.contains(&"--timeout") {
        command.args(["--timeout", "30m"]);
    }
    command.args(arguments).stdin(Stdio::null());
    command
}

/// Returns the end of what a command printed, for the message of an assertion.
pub(crate) fn end_of(output: &Output) -> String {
    let end =
        |bytes: &[u8]| String::from_utf8_lossy(&bytes[bytes.len().saturating_sub(2_000)..]).into_owned();
    format!("{}\n{}", end(&output.stdout), end(&output.stderr))
}

/// Starts the command without a reader of its output.
pub(crate) fn started(command: &mut Command) -> Child {
    command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
}

pub(crate) fn run_of(folder: &Path) -> Run {
    serde_json::from_str(&fs::read_to_string(folder.join("run.json")).unwrap()).unwrap()
}

/// Waits until `is_so` returns `true`, within [`PATIENCE`], or fails.
pub(crate) fn until(what: &str, is_so: impl Fn() -> bool) {
    assert!(comes(is_so), "waited in vain: {what}");
}

/// Longest wait for a guest, also on a machine that is busy with other tests.
const PATIENCE: Duration = Duration::from_secs(300);

/// Reports whether `is_so` returns `true` within [`PATIENCE`].
pub(crate) fn comes(is_so: impl Fn() -> bool) -> bool {
    let begin = Instant::now();
    while !is_so() && begin.elapsed() < PATIENCE {
        thread::sleep(Duration::from_millis(20));
    }
    is_so()
}

/// Returns the state, parent and start time of a process.
fn stat(pid: u32) -> Option<(char, u32, u64)> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let fields: Vec<&str> = stat.rsplit_once(") ")?.1.split(' ').collect();
    Some((fields[0].chars().next()?, fields[1].parse().ok()?, fields[19].parse().ok()?))
}

/// Returns the children of a process, by pid and start time.
pub(crate) fn children(parent: u32) -> Vec<(u32, u64)> {
    let pids = fs::read_dir("/proc").unwrap().flatten();
    let pids = pids.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    let own = |pid| stat(pid).filter(|(_, of, _)| *of == parent).map(|(_, _, start)| (pid, start));
    pids.filter_map(own).collect()
}

/// Reports whether the process has ended. The process that inherits it may not have noticed yet.
pub(crate) fn ended((pid, start): (u32, u64)) -> bool {
    stat(pid).is_none_or(|(state, _, now)| now != start || matches!(state, 'Z' | 'X'))
}
