//! Machines made up of a few texts, and the rows that they give.
use super::super::clock::ClockFacts;
use super::super::error::{Attempt, Remains};
use super::super::place::discovery::Place;
use super::super::vm::Accel;
use super::machine::Trial;
use super::*;
use engines::threads::overhead::Overhead;
use reports::exit::Exit;
use rustix::fs::Access;
use rustix::io::Errno;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

const V1: &str = "\
39 31 0:36 / /sys/fs/cgroup/pids rw,relatime - cgroup cgroup rw,pids
35 31 0:32 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory
41 31 0:38 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw,favordynmods
50 23 0:12 / /sys/kernel/tracing rw,relatime - tracefs tracefs rw
";
const V1_CGROUP: &str = "8:pids:/\n4:memory:/a\n0::/b\n";
const OWN: &str = "/sys/fs/cgroup/user.slice/x.scope";
const V2: &str = "30 23 0:26 / /sys/fs/cgroup rw,nosuid shared:9 - cgroup2 cgroup2 rw,nsdelegate\n";

/// A machine that has what is written down, and refuses what is listed.
#[derive(Default)]
struct Made {
    texts: BTreeMap<PathBuf, String>,
    /// Paths to which nothing may be written, with the answer.
    no_write: BTreeMap<PathBuf, Errno>,
    root: bool,
    /// The answer to mkdir, where it fails.
    mkdir: Option<Errno>,
    /// The answer to the move of a child, where it fails.
    moving: Option<Errno>,
    /// Reason why KVM ran no guest, where it did not.
    kvm: Option<String>,
    /// The kernel that is named.
    kernel: Option<PathBuf>,
    /// A cgroup stays.
    stays: bool,
    /// Path through which a tracefs is reached that is not mounted.
    hidden_tracefs: Option<PathBuf>,
    read_ns: u64,
    cpus: usize,
    threads: bool,
}

impl Made {
    fn new(root: bool, texts: &[(&str, &str)]) -> Self {
        let texts = texts.iter().map(|(path, text)| (path.into(), (*text).to_owned())).collect();
        Self { texts, root, cpus: 2, threads: true, ..Self::default() }
    }

    fn row(&self, check: &str) -> Finding {
        let checkup = examine(self, self.kernel.as_deref());
        checkup.rows.into_iter().find(|row| row.check == check).expect("every check has a row")
    }
}

impl Machine for Made {
    fn read(&self, path: &Path) -> io::Result<String> {
        self.texts.get(path).cloned().ok_or_else(|| Errno::NOENT.into())
    }

    fn list(&self, folder: &Path) -> io::Result<Vec<String>> {
        let names = self.texts.keys().filter_map(|path| path.strip_prefix(folder).ok());
        Ok(names.map(|name| name.display().to_string()).collect())
    }

    fn may(&self, path: &Path, how: Access) -> io::Result<()> {
        if let Some(errno) = self.no_write.get(path).filter(|_| how.contains(Access::WRITE_OK)) {
            return Err((*errno).into());
        }
        let there = self.texts.keys().any(|known| known.starts_with(path));
        if there { Ok(()) } else { Err(Errno::NOENT.into()) }
    }

    fn open(&self, path: &Path) -> io::Result<()> {
        self.may(path, Access::READ_OK | Access::WRITE_OK)
    }

    fn try_cgroups(&self, place: &Place) -> Result<Trial, LinuxError> {
        let path = place.own.join("attach-rig-1-2");
        if let Some(errno) = self.mkdir {
            let attempts = vec![Attempt { doing: "mkdir", path, source: errno.into() }];
            return Err(LinuxError::NotPermitted { attempts, remedy: String::new() });
        }
        if self.stays {
            let remedy = format!("rmdir {}", path.display());
            let remains = vec![Remains { what: "it".into(), why: "busy".into(), remedy }];
            return Err(LinuxError::Leftover { remains, after: None });
        }
        if let Some(errno) = self.moving {
            let doing = format!("move a process into {}", path.display());
            return Err(LinuxError::Setup { doing, source: errno.into() });
        }
        let memory = place.controllers.iter().any(|name| name == "memory");
        Ok(Trial { move_charge: memory.then(|| Err(Errno::INVAL.into())) })
    }

    fn try_kvm(&self, _: &Path) -> kvm::Trial {
        let result = self.kvm.clone().map_or(Ok(()), Err);
        kvm::Trial { guest: "a ROM".into(), result }
    }

    fn try_kernel(&self, _: &Path, kernel: &Path, accels: &[Accel]) -> Result<String, String> {
        if kernel.ends_with("hangs") { Err("under nothing".into()) } else { Ok(format!("tried {accels:?}")) }
    }

    fn tasks_of_user(&self) -> Option<u64> {
        None
    }

    fn hidden_tracefs(&self) -> Option<PathBuf> {
        self.hidden_tracefs.clone()
    }

    fn is_root(&self) -> bool {
        self.root
    }

    fn programs(&self) -> Vec<PathBuf> {
        vec!["/bin".into(), "/usr/bin".into()]
    }

    fn clock(&self) -> ClockFacts {
        ClockFacts { resolution_ns: 1, step_ns: 1, read_ns: self.read_ns }
    }

    fn measuring(&self) -> Result<Overhead, String> {
        let itself = Overhead { lock_ns: 30, observed_lock_ns: 95, late_ns: 60_000, ..Overhead::default() };
        if self.threads { Ok(itself) } else { Err("no thread".to_owned()) }
    }

    fn cpus(&self) -> usize {
        self.cpus
    }

    fn kernel(&self) -> String {
        "Linux 6.18.0 x86_64".into()
    }
}

fn mixed() -> Made {
    let tracing = "/sys/kernel/tracing";
    let mut made = Made::new(
        true,
        &[
            ("/proc/self/mountinfo", V1),
            ("/proc/self/cgroup", V1_CGROUP),
            ("/proc/kallsyms", "0000000000000000 A first\nffffffff81000000 T _text\n"),
            ("/sys/fs/cgroup/memory/a/memory.move_charge_at_immigrate", "0"),
            ("/sys/fs/cgroup/unified/b/cgroup.procs", ""),
            ("/sys/fs/cgroup/unified/b/cgroup.controllers", "\n"),
            ("/sys/fs/cgroup/unified/b/cgroup.subtree_control", "\n"),
            ("/usr/bin/qemu-system-x86_64", ""),
            ("/boot/vmlinuz-6.1", ""),
            ("/dev/kvm", ""),
        ],
    );
    for file in ["available_tracers", "instances/x", "events/cgroup/cgroup_attach_task/format"] {
        made.texts.insert(Path::new(tracing).join(file), "blk function_graph nop".into());
    }
    made
}

#[test]
fn a_mixed_machine_offers_v1_and_v2_and_names_what_is_missing() {
    let checkup = examine_without(&mixed());
    assert_eq!(checkup.movable, ["v1:pids", "v1:memory", "v2"]);
    assert_eq!(checkup.remedy(), None);
    let missing = checkup.rows.iter().filter(|row| row.verdict != Health::Ok);
    assert_eq!(
        missing.map(|row| row.check).collect::<Vec<_>>(),
        [
            "v1:freezer",
            "v1:cpuset",
            "v1:cpu",
            "v2:controllers",
            "move_charge_at_immigrate",
            "event:contention_begin"
        ]
    );
    let made = mixed();
    assert!(
        made.row("v1:freezer").remedy.contains("mount -t cgroup -o freezer cgroup /sys/fs/cgroup/freezer")
    );
    assert!(made.row("move_charge_at_immigrate").finding.contains("refused 1: Invalid argument"));
    assert_eq!(made.row("kernel-image").finding, "/boot/vmlinuz-6.1");
}

#[test]
fn a_container_with_read_only_cgroups_has_to_be_privileged() {
    let texts = [
        ("/proc/self/mountinfo", "50 40 0:26 / /sys/fs/cgroup ro,nosuid - cgroup2 cgroup rw\n"),
        ("/proc/self/cgroup", "0::/\n"),
        ("/sys/fs/cgroup/cgroup.controllers", "cpu pids\n"),
        ("/sys/fs/cgroup/cgroup.subtree_control", "\n"),
    ];
    for root in [true, false] {
        let mut made = Made::new(root, &texts);
        made.mkdir = Some(Errno::ROFS);
        made.no_write.insert("/sys/fs/cgroup".into(), Errno::ROFS);
        let row = made.row("v2");
        assert_eq!(row.verdict, Health::NoPermission);
        assert!(row.finding.starts_with("read-only, mounted at /sys/fs/cgroup,"), "{}", row.finding);
        assert!(row.remedy.contains("--privileged --cgroupns=host"), "sudo would not help: {}", row.remedy);
        assert_eq!(made.row("v2:delegation").verdict, Health::NoPermission);
        assert!(made.row("v1:pids").finding.contains("pids sits on v2"));
        let checkup = examine_without(&made);
        assert_eq!(checkup.movable, [""; 0]);
        assert_eq!(checkup.remedy(), Some(row.remedy.as_str()));
    }
}

fn delegated() -> Made {
    let mut made = Made::new(
        false,
        &[
            ("/proc/self/mountinfo", V2),
            ("/proc/self/cgroup", "0::/user.slice/x.scope\n"),
            ("/run/systemd/system", ""),
        ],
    );
    for (file, text) in
        [("cgroup.procs", ""), ("cgroup.controllers", "memory pids\n"), ("cgroup.subtree_control", "\n")]
    {
        made.texts.insert(Path::new(OWN).join(file), text.into());
    }
    made
}

#[test]
fn a_delegated_subtree_works_without_root() {
    let made = delegated();
    assert_eq!(examine_without(&made).movable, ["v2"]);
    assert_eq!(made.row("v2:delegation").verdict, Health::Ok);
    let controllers = made.row("v2:controllers").finding;
    assert_eq!(controllers, "available: memory pids; enabled for children: none");
    let remedy = made.row("favordynmods").remedy;
    assert_eq!(remedy, "sudo mount -o remount,favordynmods /sys/fs/cgroup");
}

#[test]
fn a_cgroup_out_of_which_nobody_may_be_moved_is_no_place() {
    let mut made = delegated();
    made.no_write.insert(Path::new(OWN).join("cgroup.procs"), Errno::ACCESS);
    let row = made.row("v2");
    assert_eq!(row.verdict, Health::NoPermission);
    assert!(row.remedy.starts_with("systemd-run --user --scope -p Delegate=yes"), "{}", row.remedy);
    made.texts.remove(Path::new("/run/systemd/system"));
    assert_eq!(made.row("v2").remedy, "sudo attach-rig doctor");
    for kind in ["threaded", "domain threaded", "domain invalid"] {
        let mut made = delegated();
        made.moving = Some(Errno::OPNOTSUPP);
        made.texts.insert(Path::new(OWN).join("cgroup.type"), format!("{kind}\n"));
        let row = made.row("v2");
        assert!(row.finding.contains(&format!("is `{kind}`")), "{row:?}");
        assert!(row.remedy.contains("systemd-run --scope"), "{row:?}");
    }
}

#[test]
fn a_hierarchy_works_where_a_child_was_moved_and_a_refusal_has_its_reason() {
    assert!(mixed().row("v1:pids").finding.contains("a process moved through them and back"));
    let mut made = mixed();
    made.moving = Some(Errno::AGAIN);
    for (file, text) in [("pids.max", "6\n"), ("pids.current", "6\n")] {
        made.texts.insert(Path::new("/sys/fs/cgroup/pids").join(file), text.into());
    }
    let row = made.row("v1:pids");
    assert_eq!(row.verdict, Health::Missing);
    assert!(row.finding.contains("/sys/fs/cgroup/pids/pids.max is 6, and 6 tasks"), "{row:?}");
    assert_eq!(examine_without(&made).movable, [""; 0]);
}

#[test]
fn kvm_works_where_a_guest_ran() {
    assert!(mixed().row("kvm").finding.contains("a guest ran under it (a ROM)"));
    let mut made = mixed();
    made.kvm = Some("opens, but a guest says nothing for 5 s".into());
    let row = made.row("kvm");
    assert_eq!(row.verdict, Health::Missing);
    assert!(row.finding.starts_with("no: opens, but a guest says nothing for 5 s"), "{row:?}");
    assert!(row.finding.contains("vm uses emulation") && row.remedy.contains("--accel tcg"), "{row:?}");
    made.texts.remove(Path::new("/usr/bin/qemu-system-x86_64"));
    assert!(made.row("kvm").finding.contains("was not tried"));
}

#[test]
fn a_hidden_mount_names_what_hides_it_and_a_bare_cpuset_works() {
    let hidden = format!("{V1}60 31 0:9 / /sys/fs/cgroup rw - tmpfs t rw\n");
    let made = Made::new(true, &[("/proc/self/mountinfo", &hidden), ("/proc/self/cgroup", V1_CGROUP)]);
    let row = made.row("v1:pids");
    assert!(row.finding.contains("hidden by a later mount of tmpfs at /sys/fs/cgroup"), "{row:?}");
    assert_eq!(row.remedy, "as root: umount /sys/fs/cgroup");
    let bare = "39 31 0:36 / /cpuset rw - cgroup cgroup rw,cpuset,noprefix\n";
    let made = Made::new(true, &[("/proc/self/mountinfo", bare), ("/proc/self/cgroup", "8:cpuset:/\n")]);
    let row = made.row("v1:cpuset");
    assert!(row.verdict == Health::Ok && row.finding.contains("mounted noprefix"), "{row:?}");
}

#[test]
fn where_nothing_is_mounted_every_row_says_so() {
    let made = Made::new(false, &[("/proc/self/mountinfo", ""), ("/proc/self/cgroup", "")]);
    let checkup = examine_without(&made);
    assert_eq!(checkup.rows.len(), examine_without(&mixed()).rows.len(), "nothing is left out");
    assert!(checkup.remedy().unwrap().starts_with("sudo sh -c 'mkdir -p /sys/fs/cgroup/pids"));
    for row in checkup.rows.iter().filter(|row| row.verdict != Health::Ok) {
        assert!(!row.finding.is_empty() && !row.remedy.is_empty(), "{row:?}");
    }
    let of = |check| made.row(check).finding;
    assert_eq!(of("v2"), "not mounted");
    assert_eq!(of("v2:controllers"), "cannot be looked at: not mounted");
    assert_eq!(of("move_charge_at_immigrate"), "cannot be looked at: not mounted");
    assert_eq!(of("event:contention_begin"), "cannot be looked at: tracefs is not mounted");
    let without_proc = Made::new(true, &[]);
    assert!(without_proc.row("v1:pids").finding.contains("/proc/self/cgroup cannot be read"));
}

#[test]
fn a_hidden_own_cgroup_differs_from_one_that_is_not_mounted() {
    let texts = [("/proc/self/mountinfo", V1), ("/proc/self/cgroup", "8:pids:/../x\n")];
    let row = Made::new(true, &texts).row("v1:pids");
    assert!(
        row.finding.contains("/sys/fs/cgroup/pids, which does not show the own cgroup"),
        "{}",
        row.finding
    );
}

#[test]
fn a_cgroup_that_stays_is_an_error_and_a_row() {
    let mut made = mixed();
    made.stays = true;
    let checkup = examine_without(&made);
    assert_eq!(checkup.leftovers.iter().map(LinuxError::exit_code).collect::<Vec<_>>(), [Exit::Left; 3]);
    assert_eq!(made.row("v1:pids").remedy, "rmdir /sys/fs/cgroup/pids/attach-rig-1-2");
}

#[test]
fn hidden_addresses_dear_clocks_and_a_single_cpu_are_missing() {
    let mut made = mixed();
    made.texts.insert("/proc/kallsyms".into(), "0000000000000000 T _text\n".into());
    (made.read_ns, made.cpus) = (3000, 1);
    assert_eq!(made.row("kallsyms").verdict, Health::NoPermission);
    assert!(made.row("clock").remedy.starts_with("echo tsc"));
    assert_eq!(made.row("cpus").verdict, Health::Missing);
}

#[test]
fn tracefs_that_no_folder_shows_is_looked_into_as_a_run_does() {
    let mut made = delegated();
    assert_eq!(made.row("tracefs").verdict, Health::Missing);
    let folder = Path::new("/proc/self/fd/7");
    made.hidden_tracefs = Some(folder.into());
    made.texts.insert(folder.join("available_tracers"), "function_graph nop".into());
    let row = made.row("tracefs");
    assert!(row.verdict == Health::Ok && row.finding.contains("for this process alone"), "{row:?}");
    assert_eq!(made.row("tracer:function_graph").verdict, Health::Ok);
    assert_eq!(made.row("event:contention_begin").verdict, Health::Missing, "no such event there");
}

#[test]
fn what_measuring_costs_is_said_and_why_it_is_unknown() {
    let mut made = mixed();
    assert!(made.row("statistics").finding.starts_with("65 ns of statistics per acquisition"));
    assert!(made.row("starts").finding.starts_with("late by 60000 ns (median)"));
    made.threads = false;
    for check in ["statistics", "starts"] {
        let row = made.row(check);
        assert_eq!((row.verdict, row.finding.as_str()), (Health::Missing, "no thread"));
        assert!(row.remedy.contains("ulimit"), "{row:?}");
    }
}

/// The rows without a kernel that is named.
fn examine_without(machine: &dyn Machine) -> Checkup {
    examine(machine, None)
}

#[test]
fn a_kernel_that_is_named_is_booted_as_a_guest_of_vm_is() {
    assert!(examine_without(&mixed()).rows.iter().all(|row| row.check != BOOTS), "only where one is named");
    let named = |kernel: &str, made: Made| Made { kernel: Some(kernel.into()), ..made };
    let row = named("/boot/vmlinuz-6.1", mixed()).row(BOOTS);
    assert_eq!((row.verdict, row.finding.as_str()), (Health::Ok, "tried [Kvm, Tcg]"));
    let without = Made { kvm: Some("opens, but a guest says nothing for 5 s".into()), ..mixed() };
    assert_eq!(named("/boot/vmlinuz-6.1", without).row(BOOTS).finding, "tried [Tcg]");
    let mut hangs = mixed();
    hangs.texts.insert("/boot/hangs".into(), String::new());
    let checkup = examine(&hangs, Some(Path::new("/boot/hangs")));
    assert!(checkup.kernel_fails());
    let row = checkup.rows.into_iter().find(|row| row.check == BOOTS).unwrap();
    assert!(row.finding == "does not boot under nothing" && row.remedy.contains("bzImage"), "{row:?}");
    let mut bare = mixed();
    bare.texts.remove(Path::new("/usr/bin/qemu-system-x86_64"));
    assert!(named("/boot/vmlinuz-6.1", bare).row(BOOTS).finding.contains("was not tried"));
    let absent = named("/boot/absent", mixed()).row(BOOTS);
    assert!(
        absent.finding.contains("No such file") && absent.remedy.contains("/boot/vmlinuz-*"),
        "{absent:?}"
    );
}
