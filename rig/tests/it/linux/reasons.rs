//! Exit code 4 on the real kernel: a refusal is brought about, the reason names its cause, and the remedy works.
//!
//! Needs root and cgroup mounts, as `linux.rs` does. EBUSY of v2 is left to the tests of `linux::reason`: a cgroup
//! that hands controllers on cannot contain a process, so no run can start there.

use crate::cgroups::{groups_of, mounts, skip, skipped, without_v1};
use crate::support::BINARY;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

const SHORT: &str = "--no-trace --duration 30ms";

/// A cgroup of this test, removed with this value.
struct Group(PathBuf);

impl Group {
    fn new(above: &Path, name: &str) -> Self {
        let path = above.join(format!("attach-rig-{name}-{}", std::process::id()));
        fs::create_dir(&path).unwrap();
        Self(path)
    }

    fn write(&self, file: &str, text: &str) {
        fs::write(self.0.join(file), text).unwrap();
    }

    /// Returns the start of a shell script that enters this cgroup; the shell becomes the command that follows.
    fn within(&self) -> String {
        format!("echo $$ > {}/cgroup.procs && exec", self.0.display())
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        fs::remove_dir(&self.0).unwrap();
    }
}

/// Returns the mount point of a v1 hierarchy that is not hidden, or of v2.
fn mount(name: &str) -> Option<PathBuf> {
    let is_v2 = |mount: &PathBuf| mount.join("cgroup.controllers").exists();
    mounts().into_iter().find(|mount| if name == "v2" { is_v2(mount) } else { mount.ends_with(name) })
}

/// Runs the command in a shell after `before`, which may end in words that begin its last command.
fn run(before: &str, arguments: &str) -> Output {
    let out = tempfile::tempdir().unwrap();
    let script = format!("{before} {BINARY} linux {SHORT} --out {} {arguments}", out.path().display());
    let mut shell = Command::new("/bin/sh");
    shell.args(["-c", &script]).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let shell = shell.spawn().unwrap();
    // The shell becomes the rig.
    let pid = shell.id();
    let output = shell.wait_with_output().unwrap();
    assert_eq!(groups_of(pid), [] as [PathBuf; 0], "{output:?}");
    output
}

/// Asserts that a refusal has these words in this order. The last ones are those of the remedy.
fn refused(output: &Output, parts: &[&str]) {
    let text = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(4), "{text}");
    let mut rest = &*text;
    for part in parts {
        let at =
            rest.find(part).unwrap_or_else(|| panic!("`{part}` is missing, or not in its place: {text}"));
        rest = &rest[at + part.len()..];
    }
}

fn works(output: &Output) {
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn a_limit_of_tasks_above_the_own_cgroup_is_named_and_lifted() {
    let test = "a_limit_of_tasks_above_the_own_cgroup_is_named_and_lifted";
    if skipped(test) || without_v1(test, "pids") {
        return;
    }
    let above = Group::new(&mount("pids").unwrap(), "reasons");
    let own = Group::new(&above.0, "own");
    above.write("pids.max", "6");
    let arguments = "--hierarchy v1:pids --threads 8";
    let file = above.0.join("pids.max").display().to_string();
    let reason = format!("reason: {file} is 6, and ");
    let remedy = format!("echo max > {file}");
    refused(&run(&own.within(), arguments), &["Resource temporarily unavailable", &reason, "try: ", &remedy]);
    works(&run(&format!("{remedy}; {}", own.within()), arguments));
    drop(own);
}

#[test]
fn a_real_time_task_that_cpu_takes_no_more_is_named() {
    let test = "a_real_time_task_that_cpu_takes_no_more_is_named";
    if skipped(test) || without_v1(test, "cpu") {
        return;
    }
    let group = Group::new(&mount("cpu").unwrap(), "reasons");
    let of_new = fs::read_to_string(group.0.join("cpu.rt_runtime_us")).ok();
    let is_refused = of_new.is_some_and(|runtime| runtime.trim() == "0");
    if skip(test, (!is_refused).then_some("needs a kernel with CONFIG_RT_GROUP_SCHED")) {
        return;
    }
    let can_chrt = Command::new("chrt").args(["-r", "1", "true"]).output().is_ok_and(|o| o.status.success());
    if skip(test, (!can_chrt).then_some("needs chrt, and the right to real-time scheduling")) {
        return;
    }
    let output = run("exec chrt -r 1", "--hierarchy v1:cpu");
    let parts = [
        "Invalid argument",
        "reason: ",
        "SCHED_RR",
        "cpu.rt_runtime_us is 0",
        "try: ",
        "chrt --other 0",
        "--hierarchy v1:",
    ];
    refused(&output, &parts);
    works(&run("exec chrt -r 1 chrt --other 0", "--hierarchy v1:cpu"));
    if !without_v1(&format!("{test} (another hierarchy)"), "pids") {
        works(&run("exec chrt -r 1", "--hierarchy v1:pids"));
    }
}

#[test]
fn a_cgroup_that_became_threaded_is_named_with_a_way_out() {
    let test = "a_cgroup_that_became_threaded_is_named_with_a_way_out";
    let Some(v2) = mount("v2") else {
        assert!(skipped(test) || skip(test, Some("needs a mount of cgroup2")));
        return;
    };
    if skipped(test) {
        return;
    }
    let own = Group::new(&v2, "reasons");
    let below = Group::new(&own.0, "below");
    below.write("cgroup.type", "threaded");
    let kind = format!("reason: the type of cgroup {} is `domain threaded`", own.0.display());
    let parts = ["Operation not supported", &kind, "try: start it in a cgroup of type `domain`"];
    refused(&run(&own.within(), "--hierarchy v2"), &parts);
    let plain = Group::new(&v2, "plain");
    works(&run(&plain.within(), "--hierarchy v2"));
    // Deepest first.
    drop(below);
}

#[test]
fn a_mount_that_a_later_one_hides_is_named_and_uncovered() {
    let test = "a_mount_that_a_later_one_hides_is_named_and_uncovered";
    if skipped(test) || without_v1(test, "pids") {
        return;
    }
    let can_unshare = Command::new("unshare").args(["-m", "true"]).output().is_ok_and(|o| o.status.success());
    if skip(test, (!can_unshare).then_some("needs unshare, and the right to mount")) {
        return;
    }
    let point = mount("pids").unwrap();
    // The shell that mounts is another one, in a namespace of its own. Both become the command after them.
    let private = |then: &str| {
        let hide = format!("mount --make-rprivate / && mount -t tmpfs attach-rig {} && ", point.display());
        format!("exec unshare -m /bin/sh -c '{hide}{then} exec \"$@\"' sh")
    };
    let by = format!("hidden by a later mount of tmpfs at {}", point.display());
    let remedy = format!("umount {}", point.display());
    refused(&run(&private(""), "--hierarchy v1:pids"), &[&by, "try: as root: ", &remedy]);
    works(&run(&private(&format!("{remedy} && ")), "--hierarchy v1:pids"));
}
