//! Memory that a run needs, compared with what the machine and its own cgroup have free, before anything is started.
use super::error::LinuxError;
use super::options::LinuxOptions;
use super::reason::{Here, Look, hierarchies};
use input::proc;
use std::path::Path;

const PAGE_BYTES: u64 = 4096;
/// Files with the limit and the usage of a cgroup, on v2 and on v1.
const LIMITS: [(&str, &str); 2] =
    [("memory.max", "memory.current"), ("memory.limit_in_bytes", "memory.usage_in_bytes")];
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
    let Some(free) = free(&Here) else { return Ok(()) };
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

/// Bytes that all workers have touched at one time, resident pages included.
fn wanted_bytes(options: &LinuxOptions) -> u64 {
    let files = workloads::Folder::new(".");
    let plans = options
        .workloads
        .iter()
        .filter_map(|workload| workloads::WorkloadPlan::new(&workload.spec, &files).ok());
    let worked = plans.map(|plan| plan.resident_pages_max()).fold(0, u64::saturating_add);
    let kept =
        options.resident_pages.iter().copied().max().unwrap_or(0).saturating_mul(options.moved().into());
    worked.saturating_add(kept).saturating_mul(PAGE_BYTES)
}

/// Returns the least of the memory that is free on the machine and in the cgroups above this process.
fn free(look: &dyn Look) -> Option<Free> {
    let available =
        proc::number(&look.text(Path::new("/proc/meminfo"))?, "MemAvailable")?.saturating_mul(1024);
    let machine = Free { bytes: available, by: "MemAvailable in /proc/meminfo".to_owned() };
    let groups = hierarchies(look).upwards("memory");
    let limited = groups.iter().filter_map(|folder| below_limit(look, folder));
    limited.chain([machine]).min_by_key(|free| free.bytes)
}

/// Free memory that the limit of a cgroup leaves; `None` where there is none.
fn below_limit(look: &dyn Look, folder: &Path) -> Option<Free> {
    let number = |file: &str| look.text(&folder.join(file))?.trim().parse::<u64>().ok();
    let (limit, most, used) =
        LIMITS.iter().find_map(|(limit, usage)| Some((limit, number(limit)?, number(usage)?)))?;
    // The kernel drops the cache of files before it refuses.
    let stat = look.text(&folder.join("memory.stat")).unwrap_or_default();
    let cache = proc::number(&stat, "inactive_file").unwrap_or(0);
    let bytes = most.saturating_sub(used.saturating_sub(cache));
    Some(Free { bytes, by: format!("{limit} of {}", folder.display()) })
}

#[cfg(test)]
mod tests {
    use super::super::reason::tests::Made;
    use super::super::workers::workload::Workload;
    use super::*;
    use reports::exit::Exit;

    #[test]
    fn the_smallest_limit_above_this_process_counts() {
        let machine = ("/proc/meminfo", "MemTotal: 9000 kB\nMemAvailable:    8000 kB\n");
        let free = |files: &[(&str, &str)]| free(&Made::of(&[files, &[machine]].concat())).unwrap();
        assert_eq!(free(&[]).bytes, 8000 << 10);
        let least = free(&[
            ("/proc/self/cgroup", "0::/a/b\n"),
            ("/proc/self/mountinfo", "30 23 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n"),
            ("/sys/fs/cgroup/a/memory.max", "1000000\n"),
            ("/sys/fs/cgroup/a/memory.current", "400000\n"),
            ("/sys/fs/cgroup/a/memory.stat", "anon 1\ninactive_file 100000\n"),
            ("/sys/fs/cgroup/a/b/memory.max", "max\n"),
            ("/sys/fs/cgroup/a/b/memory.current", "400000\n"),
        ]);
        assert_eq!((least.bytes, least.by.as_str()), (700_000, "memory.max of /sys/fs/cgroup/a"));
        let v1 = [
            ("/proc/self/cgroup", "5:cpu:/\n4:memory:/c\n0::/\n"),
            ("/proc/self/mountinfo", "31 23 0:27 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n"),
            ("/sys/fs/cgroup/memory/c/memory.limit_in_bytes", "500000\n"),
            ("/sys/fs/cgroup/memory/c/memory.usage_in_bytes", "600000\n"),
        ];
        assert_eq!(free(&v1).bytes, 0);
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
        let kept = LinuxOptions { resident_pages: vec![1 << 40], ..LinuxOptions::default() };
        assert!(check(&kept).is_err());
    }
}
