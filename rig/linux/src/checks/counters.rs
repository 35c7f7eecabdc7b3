//! Readings of the kernel's counters for the run's cgroups: tasks, and pages of memory that processes have touched.
use super::super::place::discovery::Place;
use super::super::place::group::Groups;
use super::super::workers::pages::PAGE_BYTES;
use std::fs;
use std::path::Path;

/// Counters that the hierarchy carries for the run's cgroups.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Kept {
    /// `pids.current`.
    pub(crate) pids: bool,
    /// Memory, in pages of the size that the ledger counts.
    pub(crate) memory: bool,
    v2: bool,
}

/// Counters at one moment. A file that cannot be read counts as 0, which cannot be mistaken for the right value.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counters {
    /// Tasks, by child.
    pub(crate) tasks: Vec<i64>,
    /// Pages of anonymous memory of the run's whole subtree, and by child.
    pub(crate) pages: i64,
    /// See `pages`.
    pub(crate) pages_of: Vec<i64>,
}

impl Kept {
    #[cfg(test)]
    pub(crate) fn all() -> Self {
        Self { pids: true, memory: true, v2: false }
    }

    /// Looks which files are there.
    pub(crate) fn at(place: &Place, groups: &Groups) -> Self {
        let has = |file: &str| groups.children()[0].join(file).exists();
        let memory = has(if place.v2 { "memory.current" } else { "memory.usage_in_bytes" });
        let alike = rustix::param::page_size() == PAGE_BYTES;
        Self { pids: has("pids.current"), memory: memory && alike, v2: place.v2 }
    }

    /// Reads everything that is kept.
    pub(crate) fn read(self, groups: &Groups) -> Counters {
        let children = groups.children();
        let tasks = |folder| number(folder, "pids.current");
        let mut counters = Counters::default();
        if self.pids {
            counters.tasks = children.iter().map(|child| tasks(child)).collect();
        }
        if self.memory {
            counters.pages = self.pages(groups.top());
            counters.pages_of = children.iter().map(|child| self.pages(child)).collect();
        }
        counters
    }

    /// Returns the usage of a cgroup without the parts that the ledger does not count: kernel memory and cached files.
    fn pages(self, folder: &Path) -> i64 {
        let stat = fs::read_to_string(folder.join("memory.stat")).unwrap_or_default();
        let bytes = if self.v2 {
            number(folder, "memory.current") - line(&stat, "kernel") - line(&stat, "file")
        } else {
            let kernel = number(folder, "memory.kmem.usage_in_bytes");
            number(folder, "memory.usage_in_bytes") - kernel - line(&stat, "total_cache")
        };
        bytes / PAGE_BYTES as i64
    }
}

fn number(folder: &Path, file: &str) -> i64 {
    let text = fs::read_to_string(folder.join(file)).unwrap_or_default();
    text.trim().parse().unwrap_or(0)
}

fn line(stat: &str, name: &str) -> i64 {
    let value = |line: &str| line.strip_prefix(name)?.strip_prefix(' ')?.trim().parse().ok();
    stat.lines().find_map(value).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn usage_is_without_kernel_memory_and_files() {
        let folder = tempfile::tempdir().unwrap();
        let write = |file: &str, text: &str| fs::write(folder.path().join(file), text).unwrap();
        write(
            "memory.stat",
            "cache 1\nanon 40960\nfile 8192\nkernel 4096\nkernel_stack 1\ntotal_cache 4096\n",
        );
        write("memory.current", "53248\n");
        write("memory.usage_in_bytes", "45056\n");
        write("memory.kmem.usage_in_bytes", "0\n");
        let kept = |v2| Kept { pids: false, memory: true, v2 };
        assert_eq!((kept(true).pages(folder.path()), kept(false).pages(folder.path())), (10, 10));
        assert_eq!(kept(true).pages(Path::new("/nonexistent")), 0);
    }
}
