//! Reasons in a cgroup itself against a move: its type, its controllers, its mount, the scheduling of the moved
//! process.
use super::{Reason, Scene};
use input::proc;
use std::path::{Path, PathBuf};

/// Scheduling policies by number (sched(7)).
const POLICIES: [&str; 7] =
    ["SCHED_OTHER", "SCHED_FIFO", "SCHED_RR", "SCHED_BATCH", "SCHED_ISO", "SCHED_IDLE", "SCHED_DEADLINE"];
/// Cgroups with memory from which on the kernel has no more ids; removed ones count while their pages live.
const MANY_MEMORY_CGROUPS: u64 = 60_000;

fn has(scene: &Scene<'_>, controller: &str) -> bool {
    scene.place.controllers.iter().any(|name| name == controller)
}

/// Field `policy` (41) of /proc/self/stat, which workers inherit.
fn policy(scene: &Scene<'_>) -> Option<&'static str> {
    let stat = scene.look.text(Path::new("/proc/self/stat"))?;
    let number: usize = proc::stat_field(&stat, 41)?.parse().ok()?;
    POLICIES.get(number).copied()
}

/// Explains EINVAL by real-time scheduling. With RT_GROUP_SCHED a cgroup of cpu takes real-time tasks only if it has
/// time for them, and a new one has no such time.
pub(super) fn real_time(scene: &Scene<'_>) -> Option<Reason> {
    const FILE: &str = "cpu.rt_runtime_us";
    let policy = policy(scene).filter(|policy| ["SCHED_FIFO", "SCHED_RR"].contains(policy))?;
    let own = scene.value(&scene.place.own, FILE);
    if own.is_none() && !has(scene, "cpu") {
        return None;
    }
    let of_new =
        scene.groups.first().and_then(|group| scene.value(group, FILE)).unwrap_or_else(|| "0".into());
    let why = format!(
        "this process runs under {policy}, its workers with it, and a new cgroup with the controller cpu takes no real-time \
         task: its {FILE} is {of_new} (CONFIG_RT_GROUP_SCHED; that of the own cgroup is {})",
        own.unwrap_or_else(|| "unknown".into())
    );
    Some(Reason::new(
        why,
        "run it without chrt (chrt --other 0 attach-rig ...), or in a hierarchy without cpu (--hierarchy v1:pids); only \
         the user who makes a cgroup can give it real-time: echo 10000 > cpu.rt_runtime_us",
    ))
}

/// Explains ENOSPC and EINVAL by a cpuset without CPUs or memory nodes.
pub(super) fn no_cpus(scene: &Scene<'_>) -> Option<Reason> {
    let folders = scene.groups.iter().cloned().chain(scene.place.upwards());
    let empty = |folder: PathBuf| {
        let files = ["cpuset.cpus", "cpuset.mems", "cpus", "mems"];
        let is_empty = |file: &&&str| scene.value(&folder, file).is_some_and(|value| value.is_empty());
        let file = folder.join(files.iter().find(is_empty)?).display().to_string();
        let remedy = format!(
            "write the CPUs or nodes of the cgroup above it: echo 0 > {}",
            input::shell::quote(&file)
        );
        Some(Reason::new(
            format!("{file} is empty, and a cpuset without CPUs or nodes takes no process"),
            remedy,
        ))
    };
    folders.filter(|_| !scene.place.v2).find_map(empty)
}

/// Explains ENOSPC by cgroups that were removed and still hold pages.
pub(super) fn too_many(scene: &Scene<'_>) -> Option<Reason> {
    let table = scene.look.text(Path::new("/proc/cgroups"))?;
    let memory = table.lines().find(|line| line.starts_with("memory\t"))?;
    let count: u64 = memory.split('\t').nth(2)?.parse().ok()?;
    (count >= MANY_MEMORY_CGROUPS).then(|| {
        Reason::new(
            format!("the machine has {count} cgroups with the memory controller (/proc/cgroups), and 65535 is the most"),
            "remove cgroups that are not used, then as root: echo 3 > /proc/sys/vm/drop_caches",
        )
    })
}

/// Explains EOPNOTSUPP by the type of a cgroup of v2, here or above.
pub(super) fn threaded(scene: &Scene<'_>) -> Option<Reason> {
    let types = scene.place.upwards().into_iter().filter(|_| scene.place.v2).filter_map(|folder| {
        let kind = scene.value(&folder, "cgroup.type")?;
        (kind != "domain").then_some((folder, kind))
    });
    let (mut odd, mut top) = (None, None);
    for (folder, kind) in types {
        top = Some(folder.clone());
        odd = odd.or(Some((folder, kind)));
    }
    let (folder, kind) = odd?;
    let consequence = match kind.as_str() {
        "domain invalid" => "which takes no process before it is made threaded",
        _ => "and below it only threads are moved, no processes",
    };
    let why = format!("the type of cgroup {} is `{kind}` (cgroup.type), {consequence}", folder.display());
    Some(Reason::new(why, start_elsewhere(scene, top.as_deref().and_then(Path::parent))))
}

/// The command that starts the rig in an ordinary cgroup of v2.
fn start_elsewhere(scene: &Scene<'_>, outside: Option<&Path>) -> String {
    let systemd = scene.look.text(Path::new("/proc/1/comm")).is_some_and(|name| name.trim() == "systemd");
    let scope = "systemd-run --scope -p Delegate=yes attach-rig ...";
    let outside = outside.filter(|folder| folder.starts_with(&scene.place.mount_point));
    let Some(outside) = outside.filter(|_| !systemd) else {
        return format!("start it in a cgroup of type `domain`, for example: {scope}");
    };
    let folder = outside.join("plain").display().to_string();
    let (folder, procs) = (
        input::shell::quote(&folder).into_owned(),
        input::shell::quote(&format!("{folder}/cgroup.procs")).into_owned(),
    );
    format!(
        "start it in a cgroup of type `domain`: mkdir {folder} && echo $$ > {procs}, and again; or {scope}"
    )
}

/// Explains EBUSY: on v2 a cgroup that hands controllers on takes no process, and one with processes hands none on.
pub(super) fn in_the_way(scene: &Scene<'_>) -> Option<Reason> {
    let folders = scene.groups.iter().cloned().chain(scene.place.upwards()).filter(|_| scene.place.v2);
    let hands_on = |folder: PathBuf| {
        let controllers = scene.value(&folder, "cgroup.subtree_control").filter(|names| !names.is_empty())?;
        let (shown, leaf) = (folder.display(), folder.join("leaf").display().to_string());
        let why = format!(
            "cgroup {shown} hands controllers on to its children ({controllers} in cgroup.subtree_control), so no process may \
             be in it next to them (no internal processes)"
        );
        let leaf = input::shell::quote(&leaf).into_owned();
        Some(Reason::new(
            why,
            format!("start it in a leaf: mkdir {leaf} && echo $$ > {leaf}/cgroup.procs, and again"),
        ))
    };
    folders.into_iter().find_map(hands_on).or_else(|| {
        policy(scene).filter(|policy| *policy == "SCHED_DEADLINE").map(|policy| {
            let why =
                format!("this process runs under {policy}, and the destination has no bandwidth left for it");
            Reason::new(why, "run it without chrt: chrt --other 0 attach-rig ...")
        })
    })
}

/// Explains ENOENT and ENODEV: the own cgroup is not where its mount says, or was removed.
pub(super) fn gone(scene: &Scene<'_>) -> Option<Reason> {
    let hidden = scene
        .hierarchies
        .mounts
        .iter()
        .find(|mount| mount.point == scene.place.mount_point)
        .and_then(|mount| mount.hidden_by.clone());
    if let Some(by) = hidden {
        let point = scene.place.mount_point.display();
        return Some(Reason::new(
            format!("the hierarchy is mounted at {point}, but {by} was mounted over it later and hides it"),
            format!("umount {}, or mount the hierarchy elsewhere", by.rsplit(' ').next().unwrap_or_default()),
        ));
    }
    let own = &scene.place.own;
    scene.value(own, "cgroup.procs").is_none().then(|| {
        Reason::new(
            format!("the own cgroup {} is not there any more", own.display()),
            format!("start it from a cgroup that exists: echo $$ > {}/cgroup.procs", scene.place.mount_point.display()),
        )
    }).or_else(|| {
        Some(Reason::new(
            "a cgroup of this run was removed while it ran",
            "run it again, and look for what removes cgroups here (attach-rig clean of another run, a service manager)",
        ))
    })
}

/// Explains EROFS by the mount.
pub(super) fn read_only(scene: &Scene<'_>) -> Option<Reason> {
    let point = scene.place.mount_point.display().to_string();
    let mounts = scene.hierarchies.mounts.iter().rev();
    let mount = mounts.into_iter().find(|mount| mount.point == scene.place.mount_point && mount.read_only)?;
    let kind = if mount.v2 { "cgroup2" } else { "cgroup" };
    let quoted = input::shell::quote(&point).into_owned();
    Some(Reason::new(
        format!("the {kind} mount at {point} is read-only"),
        format!(
            "as root: mount -o remount,bind,rw {quoted}; in a container, start it with --privileged --cgroupns=host, or run it \
             on the host"
        ),
    ))
}
