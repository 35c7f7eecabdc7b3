//! Machines made up of a few files, and the reasons that are found on them.
use super::super::error::Attempt;
use super::*;
use reports::exit::Exit;
use std::collections::BTreeMap;
use std::io;
use std::os::unix::process::ExitStatusExt as _;

/// A hybrid machine with v1 pids, memory and cpu, and v2, whose own cgroups are `/jobs/x`.
#[derive(Default)]
pub(crate) struct Made(BTreeMap<PathBuf, String>, Option<u64>);

impl Made {
    /// A machine with these files.
    pub(crate) fn of(files: &[(&str, &str)]) -> Self {
        Self(files.iter().map(|(path, text)| (path.into(), (*text).to_owned())).collect(), None)
    }
}

impl Look for Made {
    fn text(&self, path: &Path) -> Option<String> {
        self.0.get(path).cloned()
    }
    fn tasks_of_user(&self) -> Option<u64> {
        self.1
    }
}

const MOUNTS: &str = "\
31 23 0:28 / /c rw - tmpfs tmpfs rw
39 31 0:36 / /c/pids rw - cgroup cgroup rw,pids
40 31 0:37 / /c/memory rw - cgroup cgroup rw,memory
41 31 0:38 / /c/cpu rw - cgroup cgroup rw,cpu
42 31 0:39 / /c/v2 rw - cgroup2 cgroup2 rw
";
const CGROUPS: &str = "4:pids:/jobs/x\n3:memory:/jobs/x\n2:cpu:/jobs/x\n0::/jobs/x\n";
/// A process of policy 2, SCHED_RR.
const REAL_TIME: &str =
    "7 (a b) R 1 7 7 0 -1 4194304 1 1 1 1 1 1 1 1 20 0 1 0 99 9 9 9 9 9 9 9 9 9 9 9 9 9 9 9 17 0 1 2 0 0 0";

fn made(files: &[(&str, &str)]) -> Made {
    let base = [("/proc/self/mountinfo", MOUNTS), ("/proc/self/cgroup", CGROUPS)];
    Made::of(&[&base, files].concat())
}

fn place(hierarchy: &str) -> Place {
    let name = hierarchy.strip_prefix("v1:").unwrap_or(hierarchy);
    let mount_point = PathBuf::from("/c").join(name);
    let (v2, own) = (hierarchy == "v2", mount_point.join("jobs/x"));
    let controllers = if v2 { Vec::new() } else { vec![name.to_owned()] };
    Place { hierarchy: hierarchy.into(), v2, controllers, mount_point, own, favordynmods: false }
}

fn setup(errno: Errno) -> LinuxError {
    LinuxError::Setup { doing: "do it".into(), source: errno.into() }
}

fn start(cause: Cause) -> LinuxError {
    LinuxError::WorkerStart { reason: "it failed".into(), cause: Some(cause) }
}

/// The whole text of an error at a place of a machine.
fn text(error: LinuxError, hierarchy: &str, machine: &Made) -> String {
    let (place, before) = (place(hierarchy), Before::default());
    explain(error, &Scene::new(machine, &place, (&[], &before))).to_string()
}

#[test]
fn a_lack_of_tasks_names_the_limit_that_has_the_least_left() {
    let machine = made(&[
        ("/c/pids/jobs/x/pids.max", "max\n"),
        ("/c/pids/jobs/x/pids.current", "3\n"),
        ("/c/pids/jobs/pids.max", "6\n"),
        ("/c/pids/jobs/pids.current", "5\n"),
        ("/proc/sys/kernel/threads-max", "100000\n"),
        ("/proc/loadavg", "0.1 0.1 0.1 1/90000 7\n"),
    ]);
    let said = text(start(Cause::Errno(11)), "v1:pids", &machine);
    assert!(said.contains("/c/pids/jobs/pids.max is 6, and 5 tasks count towards it"), "{said}");
    assert!(said.contains("try: echo max > /c/pids/jobs/pids.max"), "{said}");
    let machine = made(&[("/c/v2/jobs/x/pids.max", "4"), ("/c/v2/jobs/x/pids.current", "4")]);
    let said = text(setup(Errno::AGAIN), "v2", &machine);
    assert!(said.contains("/c/v2/jobs/x/pids.max is 4, and 4"), "{said}");
    let machine = made(&[("/proc/sys/kernel/pid_max", "400"), ("/proc/loadavg", "0 0 0 1/399 7")]);
    assert!(text(setup(Errno::AGAIN), "v2", &machine).contains("kernel.pid_max is 400, and 399 tasks"));
}

#[test]
fn a_limit_of_the_user_holds_for_users_without_rights_only() {
    let limits = "Limit                     Soft Limit           Hard Limit           Units\n\
                  Max processes             40                   50                   processes\n";
    for (capabilities, named) in [("0000000000000000", true), ("000001ffffffffff", false)] {
        let status = format!("Name:\tx\nCapEff:\t{capabilities}\n");
        let mut machine = made(&[("/proc/self/limits", limits), ("/proc/self/status", &status)]);
        machine.1 = Some(39);
        let said = text(start(Cause::Errno(11)), "v1:pids", &machine);
        assert_eq!(said.contains("RLIMIT_NPROC of this user (ulimit -u) is 40, and 39"), named, "{said}");
        assert!(said.contains("reason: ") && said.contains("try: "), "{said}");
    }
}

#[test]
fn limits_of_cgroups_are_named() {
    for (file, value) in [("cgroup.max.descendants", "2"), ("cgroup.max.depth", "0")] {
        let machine = made(&[(&format!("/c/v2/jobs/{file}"), value)]);
        assert!(text(setup(Errno::AGAIN), "v2", &machine).contains(&format!("/c/v2/jobs/{file} is {value}")));
    }
}

#[test]
fn a_kill_is_the_memory_limits_where_a_count_rose_and_else_somebodys() {
    let died = || LinuxError::WorkerDied { pid: 7, status: std::process::ExitStatus::from_raw(9) };
    let files = |kills: &str| {
        made(&[
            ("/c/memory/jobs/memory.limit_in_bytes", "25165824"),
            ("/c/memory/jobs/memory.max_usage_in_bytes", "25165824"),
            ("/c/memory/jobs/x/memory.limit_in_bytes", "9223372036854771712"),
            (
                "/c/memory/jobs/x/memory.oom_control",
                &format!("oom_kill_disable 0\nunder_oom 0\noom_kill {kills}\n"),
            ),
        ])
    };
    let (place, before) = (place("v1:pids"), Before::take(&files("2"), &place("v1:pids")));
    let said = |kills: &str| explain(died(), &Scene::new(&files(kills), &place, (&[], &before))).to_string();
    let limit = said("3");
    assert!(limit.contains("rose by 1): /c/memory/jobs/memory.limit_in_bytes is 24.0 MiB"), "{limit}");
    assert!(limit.contains("echo SIZE > /c/memory/jobs/memory.limit_in_bytes"), "{limit}");
    assert!(said("2").contains("another process sent SIGKILL"), "{}", said("2"));
    let early = text(start(Cause::Signal(9)), "v1:pids", &files("1"));
    assert!(early.contains("oom_kill in /c/memory/jobs/x rose by 1"), "{early}");
    let v2 = made(&[
        ("/c/v2/jobs/x/memory.max", "1048576"),
        ("/c/v2/jobs/x/memory.current", "1048000"),
        ("/c/v2/jobs/x/memory.events", "low 0\noom 1\noom_kill 1\n"),
    ]);
    assert!(
        text(died(), "v2", &v2).contains("/c/v2/jobs/x/memory.max is 1.0 MiB"),
        "{}",
        text(died(), "v2", &v2)
    );
}

#[test]
fn silence_is_explained_by_memory_high_or_a_frozen_cgroup() {
    let silent = || LinuxError::WorkerSilent { pid: 7, waited_s: 10 };
    let high = made(&[("/c/v2/jobs/memory.high", "1048576"), ("/c/v2/jobs/memory.current", "2097152")]);
    assert!(text(silent(), "v2", &high).contains("/c/v2/jobs/memory.high is 1.0 MiB, and 2.0 MiB are used"));
    let frozen = made(&[("/c/v2/jobs/cgroup.freeze", "1")]);
    assert!(text(silent(), "v2", &frozen).contains("/c/v2/jobs/cgroup.freeze says that it is frozen"));
}

#[test]
fn real_time_is_named_where_cpu_refuses_it() {
    let machine = made(&[("/proc/self/stat", REAL_TIME), ("/c/cpu/jobs/x/cpu.rt_runtime_us", "0\n")]);
    let said = text(setup(Errno::INVAL), "v1:cpu", &machine);
    for part in ["SCHED_RR", "cpu.rt_runtime_us is 0", "chrt --other 0"] {
        assert!(said.contains(part), "{part}: {said}");
    }
    let ordinary = made(&[("/proc/self/stat", &REAL_TIME.replace(" 1 2 0 0 0", " 1 0 0 0 0"))]);
    assert!(!text(setup(Errno::INVAL), "v1:cpu", &ordinary).contains("SCHED"));
    assert!(!text(setup(Errno::INVAL), "v1:pids", &machine).contains("SCHED"), "pids does not mind");
}

#[test]
fn an_empty_cpuset_is_named() {
    for file in ["cpuset.cpus", "mems"] {
        let path = format!("/c/cpuset/jobs/x/{file}");
        let said = text(setup(Errno::NOSPC), "v1:cpuset", &made(&[(&path, "\n")]));
        assert!(said.contains(&format!("{path} is empty")), "{said}");
    }
}

#[test]
fn types_of_cgroups_that_take_no_process_are_named_with_a_way_out() {
    for (own, above) in [
        ("domain threaded", "domain"),
        ("threaded", "domain threaded"),
        ("domain invalid", "domain threaded"),
    ] {
        let machine = made(&[("/c/v2/jobs/x/cgroup.type", own), ("/c/v2/jobs/cgroup.type", above)]);
        let said = text(setup(Errno::OPNOTSUPP), "v2", &machine);
        let outside = if above == "domain" { "/c/v2/jobs/plain" } else { "/c/v2/plain" };
        for part in [
            &format!("cgroup /c/v2/jobs/x is `{own}`"),
            &format!("mkdir {outside} && echo $$ > {outside}/cgroup.procs"),
        ] {
            assert!(said.contains(part), "{part}: {said}");
        }
    }
}

#[test]
fn controllers_in_the_way_are_named() {
    let machine = made(&[("/c/v2/jobs/x/cgroup.subtree_control", "memory pids\n")]);
    let said = text(setup(Errno::BUSY), "v2", &machine);
    assert!(
        said.contains("no internal processes") && said.contains("memory pids") && said.contains("/leaf"),
        "{said}"
    );
}

#[test]
fn what_is_hidden_or_gone_or_read_only_is_named() {
    let mut hidden = made(&[]);
    let mounts = format!("{MOUNTS}50 31 0:9 / /c rw - tmpfs t rw\n");
    hidden.0.insert("/proc/self/mountinfo".into(), mounts);
    assert!(text(setup(Errno::NOENT), "v1:pids", &hidden).contains("tmpfs at /c was mounted over it"));
    let gone = text(setup(Errno::NOENT), "v1:pids", &made(&[]));
    assert!(gone.contains("/c/pids/jobs/x is not there any more"), "{gone}");
    let removed = text(setup(Errno::NODEV), "v1:pids", &made(&[("/c/pids/jobs/x/cgroup.procs", "1")]));
    assert!(removed.contains("was removed while it ran"), "{removed}");
    let mut frozen = made(&[]);
    frozen.0.insert("/proc/self/mountinfo".into(), MOUNTS.replace("/c/pids rw", "/c/pids ro"));
    assert!(text(setup(Errno::ROFS), "v1:pids", &frozen).contains("mount at /c/pids is read-only"));
}

#[test]
fn every_exit_code_4_has_a_reason_and_a_remedy() {
    let machine = made(&[]);
    for raw in 1..=133 {
        for error in
            [setup(Errno::from_raw_os_error(raw)), start(Cause::Errno(raw)), start(Cause::Signal(raw))]
        {
            assert_eq!(error.exit_code(), Exit::CannotRun);
            let said = text(error, "v2", &machine);
            assert!(said.contains("\n  reason: ") && said.contains("\n  try: "), "{raw}: {said}");
        }
    }
    let attempts = vec![Attempt { doing: "mkdir", path: "/x".into(), source: io::Error::other("no") }];
    let permitted = LinuxError::NotPermitted { attempts, remedy: "ask".into() };
    assert!(!text(permitted, "v2", &machine).contains("reason:"), "it has its own");
}
