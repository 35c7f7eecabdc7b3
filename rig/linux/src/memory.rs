//! Memory that a run needs, compared with what the machine and its own cgroup have free, before anything is started.
use super::error::LinuxError;
use super::options::LinuxOptions;
use std::fs;
use std::path::{Path, PathBuf};

const PAGE_BYTES: u64 = 4096;
/// Part of the free memory that a run may take, in percent; the rest is for page tables, stacks and other processes.
const TAKEN_PERCENT: u64 = 90;

/// Free memory, and the place that reports it.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Free {
    bytes: u64,
    by: String,
}

/// Refuses a run whose workers would touch more than is free.
///
/// # Errors
/// [`LinuxError::TooLittleMemory`] with the figures.
pub(super) fn check(options: &LinuxOptions) -> Result<(), LinuxError> {
    let wanted = wanted_bytes(options);
    let Some(free) = free(Path::new("/")) else { return Ok(()) };
    if u128::from(wanted) * 100 <= u128::from(free.bytes) * u128::from(TAKEN_PERCENT) {
        return Ok(());
    }
    Err(LinuxError::TooLittleMemory {
        wanted_mib: wanted >> 20,
        free_mib: free.bytes >> 20,
        by: free.by,
        percent: TAKEN_PERCENT,
    })
}

/// Bytes that all workers have touched at one time, the kept pages included.
fn wanted_bytes(options: &LinuxOptions) -> u64 {
    let files = workloads::Folder::new(".");
    let plans = options
        .workloads
        .iter()
        .filter_map(|workload| workloads::WorkloadPlan::new(&workload.spec, &files).ok());
    let worked = plans.map(|plan| plan.resident_pages_max()).fold(0, u64::saturating_add);
    let kept = options.kept_pages.iter().copied().max().unwrap_or(0).saturating_mul(options.moved().into());
    worked.saturating_add(kept).saturating_mul(PAGE_BYTES)
}

/// Returns the least of the memory that is free on the machine and in the cgroups above this process. Files are below
/// `root`.
fn free(root: &Path) -> Option<Free> {
    let read = |path: &str| fs::read_to_string(root.join(path)).unwrap_or_default();
    let available = field(&read("proc/meminfo"), "MemAvailable:")?.saturating_mul(1024);
    let machine = Free { bytes: available, by: "MemAvailable in /proc/meminfo".to_owned() };
    let (own, mounts) = (read("proc/self/cgroup"), read("proc/self/mountinfo"));
    let groups = own.lines().filter_map(|line| limited(root, line, &mounts)).flatten();
    groups.chain([machine]).min_by_key(|free| free.bytes)
}

/// Free memory that the limits of a line of `/proc/self/cgroup` leave, from the own cgroup up to the root of the mount.
fn limited(root: &Path, line: &str, mounts: &str) -> Option<Vec<Free>> {
    let mut parts = line.splitn(3, ':').skip(1);
    let (controllers, path) = (parts.next()?, parts.next()?);
    let is_v2 = controllers.is_empty();
    if !is_v2 && !controllers.split(',').any(|name| name == "memory") {
        return None;
    }
    let (limit, usage) = if is_v2 {
        ("memory.max", "memory.current")
    } else {
        ("memory.limit_in_bytes", "memory.usage_in_bytes")
    };
    let (top, base) = mounts.lines().find_map(|mount| mounted(mount, is_v2))?;
    let below = Path::new(path).strip_prefix(&base).unwrap_or(Path::new(""));
    let mut free = Vec::new();
    for folder in below.ancestors().map(|part| top.join(part)) {
        let at = root.join(folder.strip_prefix("/").unwrap_or(&folder));
        let number = |file: &str| fs::read_to_string(at.join(file)).ok()?.trim().parse::<u64>().ok();
        let (Some(most), Some(used)) = (number(limit), number(usage)) else { continue };
        let stat = fs::read_to_string(at.join("memory.stat")).unwrap_or_default();
        // The kernel drops the cache of files before it refuses.
        let cache = field(&stat, "inactive_file ").unwrap_or(0);
        let by = format!("{} of {}", limit, folder.display());
        free.push(Free { bytes: most.saturating_sub(used.saturating_sub(cache)), by });
    }
    Some(free)
}

/// The mount point of a line of `mountinfo`, and the cgroup that is its root, if it is the wanted hierarchy.
fn mounted(line: &str, is_v2: bool) -> Option<(PathBuf, PathBuf)> {
    let (mount, kind) = line.split_once(" - ")?;
    let mut words = mount.split(' ');
    let (base, top) = (words.nth(3)?, words.next()?);
    let mut kinds = kind.split(' ');
    let fits = match kinds.next()? {
        "cgroup2" => is_v2,
        "cgroup" => !is_v2 && kinds.next_back()?.split(',').any(|option| option == "memory"),
        _ => false,
    };
    fits.then(|| (top.into(), base.into()))
}

/// Returns the number after a name at the beginning of a line.
fn field(text: &str, name: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix(name))?;
    line.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::super::workers::workload::Workload;
    use super::*;
    use reports::exit::Exit;

    /// A root with these files.
    fn root(files: &[(&str, &str)]) -> tempfile::TempDir {
        let root = tempfile::tempdir().unwrap();
        for (path, text) in files {
            let path = root.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        root
    }

    #[test]
    fn the_smallest_limit_above_this_process_counts() {
        let machine = ("proc/meminfo", "MemTotal: 9000 kB\nMemAvailable:    8000 kB\n");
        assert_eq!(free(root(&[machine]).path()).unwrap().bytes, 8000 << 10);
        let v2 = root(&[
            machine,
            ("proc/self/cgroup", "0::/a/b\n"),
            ("proc/self/mountinfo", "30 23 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n"),
            ("sys/fs/cgroup/a/memory.max", "1000000\n"),
            ("sys/fs/cgroup/a/memory.current", "400000\n"),
            ("sys/fs/cgroup/a/memory.stat", "anon 1\ninactive_file 100000\n"),
            ("sys/fs/cgroup/a/b/memory.max", "max\n"),
            ("sys/fs/cgroup/a/b/memory.current", "400000\n"),
        ]);
        let least = free(v2.path()).unwrap();
        assert_eq!((least.bytes, least.by.as_str()), (700_000, "memory.max of /sys/fs/cgroup/a"));
        let v1 = root(&[
            machine,
            ("proc/self/cgroup", "5:cpu:/\n4:memory:/c\n0::/\n"),
            ("proc/self/mountinfo", "31 23 0:27 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n"),
            ("sys/fs/cgroup/memory/c/memory.limit_in_bytes", "500000\n"),
            ("sys/fs/cgroup/memory/c/memory.usage_in_bytes", "600000\n"),
        ]);
        assert_eq!(free(v1.path()).unwrap().bytes, 0);
    }

    #[test]
    fn more_than_is_free_is_refused_with_the_figures() {
        assert!(check(&LinuxOptions::default()).is_ok());
        let mut options = LinuxOptions {
            workloads: vec![Workload::mapping(1, 4, Default::default())],
            ..LinuxOptions::default()
        };
        options.workloads[0].spec.cap_pages = Some(u32::MAX);
        let error = check(&options).unwrap_err();
        let said = error.to_string();
        assert_eq!(error.exit_code(), Exit::CannotRun);
        assert!(said.contains("67108863 MiB") && said.contains("MiB free"), "{said}");
        let kept = LinuxOptions { kept_pages: vec![1 << 40], ..LinuxOptions::default() };
        assert!(check(&kept).is_err());
    }
}
