//! Limits of tasks, memory and files: the own cgroups' up the tree, this user's, and the machine's.
use super::{Look, Reason, Scene};
use input::proc;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Number of free tasks below every limit, from which on a lack of tasks is ruled out.
const AMPLE_TASKS: u64 = 20_000;
/// Value of a limit on v1, in bytes, from which on it means no limit.
const NO_LIMIT: u64 = 1 << 60;
/// Bits of CAP_SYS_ADMIN and CAP_SYS_RESOURCE, for which RLIMIT_NPROC does not hold.
const EXEMPT: u64 = 1 << 21 | 1 << 24;

/// Counts of kills for lack of memory, as they were before something happened.
#[derive(Clone, Debug, Default)]
pub(crate) struct Before {
    kills: BTreeMap<PathBuf, u64>,
}

impl Before {
    /// Reads the counts of the own cgroups, of those above them, and of the machine.
    pub(crate) fn take(look: &dyn Look, place: &super::Place) -> Self {
        let nothing = Self::default();
        let scene = Scene::new(look, place, (&[], &nothing));
        let folders = scene.hierarchies.upwards("memory").into_iter().chain([PathBuf::from("/")]);
        Self { kills: folders.filter_map(|folder| Some((folder.clone(), kills(look, &folder)?))).collect() }
    }
}

/// Returns the kills for lack of memory that a cgroup counts; `/` means the machine.
fn kills(look: &dyn Look, folder: &Path) -> Option<u64> {
    let files = if folder == Path::new("/") {
        vec![PathBuf::from("/proc/vmstat")]
    } else {
        ["memory.events", "memory.oom_control"].map(|file| folder.join(file)).into()
    };
    files.iter().find_map(|file| proc::number(&look.text(file)?, "oom_kill"))
}

/// A limit of tasks.
struct Tasks {
    name: String,
    used: u64,
    max: u64,
    remedy: String,
}

/// Explains that no task could be started.
pub(super) fn tasks(scene: &Scene<'_>) -> Option<Reason> {
    let Reason { why, remedy } = least_tasks(scene)?;
    Some(Reason::new(why, format!("{remedy}, or fewer --processes and --threads")))
}

/// The limit of tasks that has the least left.
pub(super) fn least_tasks(scene: &Scene<'_>) -> Option<Reason> {
    let all = of_cgroups(scene).into_iter().chain(of_user(scene)).chain(of_machine(scene));
    let least = all.min_by_key(|limit| limit.max.saturating_sub(limit.used))?;
    let Tasks { name, used, max, remedy } = least;
    if max.saturating_sub(used) > AMPLE_TASKS {
        return None;
    }
    let why =
        format!("{name} is {max}, and {used} tasks count towards it now, without those that were refused");
    Some(Reason::new(why, remedy))
}

fn of_cgroups(scene: &Scene<'_>) -> Vec<Tasks> {
    let limit = |folder: PathBuf| {
        let max = scene.value(&folder, "pids.max")?.parse().ok()?;
        let used = scene.value(&folder, "pids.current")?.parse().ok()?;
        let file = folder.join("pids.max").display().to_string();
        Some(Tasks { remedy: format!("echo max > {}", input::shell::quote(&file)), name: file, used, max })
    };
    scene.hierarchies.upwards("pids").into_iter().filter_map(limit).collect()
}

fn of_user(scene: &Scene<'_>) -> Option<Tasks> {
    let status = scene.look.text(Path::new("/proc/self/status"))?;
    if proc::bits(&status, "CapEff")? & EXEMPT != 0 {
        return None;
    }
    let max = ulimit(scene, "Max processes")?;
    let used = scene.look.tasks_of_user()?;
    let name = "RLIMIT_NPROC of this user (ulimit -u)".to_owned();
    Some(Tasks { name, used, max, remedy: "raise it: ulimit -u, or /etc/security/limits.conf".into() })
}

fn of_machine(scene: &Scene<'_>) -> Vec<Tasks> {
    let number = |path: &str| scene.look.text(Path::new(path))?.trim().parse::<u64>().ok();
    let loadavg = scene.look.text(Path::new("/proc/loadavg")).unwrap_or_default();
    let used = loadavg.split(' ').nth(3).and_then(|tasks| tasks.split_once('/')?.1.parse().ok());
    let limit = |name: &str| {
        let remedy = format!("sysctl -w kernel.{name}=N with a larger N, as root");
        Some(Tasks {
            name: format!("kernel.{name}"),
            used: used?,
            max: number(&format!("/proc/sys/kernel/{name}"))?,
            remedy,
        })
    };
    ["threads-max", "pid_max"].into_iter().filter_map(limit).collect()
}

/// The soft limit of this name in /proc/self/limits; `None` where it is unlimited.
fn ulimit(scene: &Scene<'_>, name: &str) -> Option<u64> {
    proc::number(&scene.look.text(Path::new("/proc/self/limits"))?, name)
}

/// Explains that no cgroup could be made: cgroup.max.descendants and cgroup.max.depth of v2.
pub(super) fn descendants(scene: &Scene<'_>) -> Option<Reason> {
    let folders = scene.place.upwards().into_iter();
    let limit = |folder: PathBuf| {
        let limit = |file: &str| {
            let max: u64 = scene.value(&folder, file)?.parse().ok()?;
            let path = folder.join(file).display().to_string();
            let remedy = format!("echo max > {}", input::shell::quote(&path));
            Some(Reason::new(format!("{path} is {max}, which leaves no room for three more cgroups"), remedy))
        };
        limit("cgroup.max.descendants").or_else(|| limit("cgroup.max.depth"))
    };
    folders.filter(|_| scene.place.v2).find_map(limit)
}

/// A limit of memory, in bytes.
struct Memory {
    file: PathBuf,
    max: u64,
    used: Option<u64>,
}

/// Every limit of memory up the tree, and of the run's own cgroups.
fn memory_limits(scene: &Scene<'_>) -> Vec<Memory> {
    let number = |folder: &Path, file: &str| scene.value(folder, file)?.parse::<u64>().ok();
    let limit = |folder: &PathBuf| {
        let of = |max, used| Some((max, number(folder, max)?, number(folder, used)));
        let v1 = of("memory.limit_in_bytes", "memory.max_usage_in_bytes");
        let (file, max, used) = v1.or_else(|| {
            of("memory.max", "memory.peak")
                .map(|(file, max, peak)| (file, max, peak.or_else(|| number(folder, "memory.current"))))
        })?;
        (max < NO_LIMIT).then(|| Memory { file: folder.join(file), max, used })
    };
    scene.hierarchies.upwards("memory").iter().chain(scene.groups).filter_map(limit).collect()
}

fn mib(bytes: u64) -> String {
    format!("{:.1} MiB", bytes as f64 / f64::from(1 << 20))
}

/// The tightest limit of memory in words, and the command that raises it.
fn tightest(scene: &Scene<'_>) -> Option<Reason> {
    let Memory { file, max, used } = memory_limits(scene).into_iter().min_by_key(|limit| limit.max)?;
    let used = used.map_or_else(|| "unknown".into(), mib);
    let why = format!("{} is {}, and {used} were used at most", file.display(), mib(max));
    let quoted = input::shell::quote(&file.display().to_string()).into_owned();
    Some(Reason::new(
        why,
        format!("raise it: echo SIZE > {quoted}, or fewer --resident-pages, --threads and --processes"),
    ))
}

/// Explains a SIGKILL: from the kernel for lack of memory, or from another process.
pub(super) fn killed(scene: &Scene<'_>) -> Reason {
    let folders = scene
        .hierarchies
        .upwards("memory")
        .into_iter()
        .chain(scene.groups.iter().cloned())
        .chain([PathBuf::from("/")]);
    let rose = |folder: PathBuf| {
        let before = scene.before.kills.get(&folder).copied().unwrap_or(0);
        let now = kills(scene.look, &folder)?;
        // Without an earlier count of the machine, all kills since the boot would be attributed to this run.
        let is_known = folder != Path::new("/") || scene.before.kills.contains_key(&folder);
        (now > before && is_known).then_some((folder, now - before))
    };
    let Some((folder, times)) = folders.filter_map(rose).next() else {
        return Reason::new(
            "another process sent SIGKILL: the kernel counts no kill for lack of memory (oom_kill) since the run began",
            "find out which one: a service manager, earlyoom, systemd-oomd, timeout -s KILL, the end of a container",
        );
    };
    let counter = if folder == Path::new("/") { "/proc/vmstat".into() } else { folder.display().to_string() };
    let counted = format!("the kernel killed it for lack of memory (oom_kill in {counter} rose by {times})");
    match tightest(scene) {
        Some(limit) => Reason::new(format!("{counted}: {}", limit.why), limit.remedy),
        None => Reason::new(counted, "free memory, or fewer --resident-pages, --threads and --processes"),
    }
}

/// Explains a lack of memory that killed no process.
pub(super) fn memory(scene: &Scene<'_>) -> Option<Reason> {
    let space = ulimit(scene, "Max address space").map(|max| {
        Reason::new(format!("RLIMIT_AS (ulimit -v) is {}", mib(max)), "raise it: ulimit -v unlimited")
    });
    space.or_else(|| tightest(scene)).or_else(|| {
        let info = scene.look.text(Path::new("/proc/meminfo"))?;
        let why = format!("the machine has {} of memory available", proc::field(&info, "MemAvailable")?);
        Some(Reason::new(why, "free memory, or fewer --resident-pages, --threads and --processes"))
    })
}

/// Explains an answer that does not come: throttling by memory.high, or a frozen cgroup.
pub(super) fn throttled(scene: &Scene<'_>) -> Option<Reason> {
    let folders: Vec<PathBuf> =
        scene.hierarchies.upwards("memory").into_iter().chain(scene.groups.iter().cloned()).collect();
    let high = |folder: &PathBuf| {
        let high: u64 = scene.value(folder, "memory.high")?.parse().ok()?;
        let file = folder.join("memory.high").display().to_string();
        let used = scene.value(folder, "memory.current")?.parse().ok().map_or_else(String::new, mib);
        let why = format!("{file} is {}, and {used} are used: the kernel lets its tasks wait", mib(high));
        Some(Reason::new(why, format!("echo max > {}", input::shell::quote(&file))))
    };
    let frozen = |folder: &PathBuf| {
        let state = |file, frozen| {
            scene.value(folder, file).filter(|value| value == frozen).map(|_| folder.join(file))
        };
        let file = state("cgroup.freeze", "1").or_else(|| state("freezer.state", "FROZEN"))?;
        Some(Reason::new(format!("{} says that it is frozen", file.display()), "thaw it"))
    };
    let freezer = scene.hierarchies.upwards("freezer");
    folders.iter().find_map(high).or_else(|| freezer.iter().chain(scene.groups).find_map(frozen))
}

/// Explains that no file could be opened.
pub(super) fn files(scene: &Scene<'_>) -> Option<Reason> {
    let max = ulimit(scene, "Max open files")?;
    Some(Reason::new(format!("RLIMIT_NOFILE (ulimit -n) is {max}"), "raise it: ulimit -n 4096"))
}
