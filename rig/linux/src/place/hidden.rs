//! Finds the mounts to which a path still leads: a later mount at the same place, or above it, hides earlier ones.
use super::discovery::unescape;
use std::path::{Path, PathBuf};

/// One line of mountinfo.
#[derive(Debug)]
struct Line {
    id: u32,
    parent: u32,
    point: PathBuf,
    kind: String,
}

/// Every mount of `/proc/self/mountinfo`, of whatever type.
#[derive(Debug)]
pub(super) struct Table {
    lines: Vec<Line>,
}

fn line(text: &str) -> Option<Line> {
    let (left, right) = text.split_once(" - ")?;
    let fields: Vec<&str> = left.split(' ').collect();
    let number = |at: usize| fields.get(at)?.parse().ok();
    let kind = right.split(' ').next()?.to_owned();
    Some(Line { id: number(0)?, parent: number(1)?, point: unescape(fields.get(4)?), kind })
}

impl Table {
    /// Reads the text.
    pub(super) fn read(text: &str) -> Self {
        Self { lines: text.lines().filter_map(line).collect() }
    }

    /// Returns what hides the mount of this line, as `tmpfs at /sys/fs/cgroup`; `None` where its path leads to it.
    pub(super) fn hides(&self, text: &str) -> Option<String> {
        let mount = line(text)?;
        let reached = self.reached(&mount.point)?;
        let hidden = reached.id != mount.id;
        hidden.then(|| {
            format!("{} at {}", reached.kind, input::text::printable(&reached.point.to_string_lossy()))
        })
    }

    /// Follows a path as the kernel does: at each step it goes on to the mount there.
    fn reached(&self, path: &Path) -> Option<&Line> {
        let mut folders: Vec<&Path> = path.ancestors().collect();
        folders.reverse();
        let mut at: Option<&Line> = None;
        for folder in folders {
            // Of several mounts on top of each other at the same place, the last one counts.
            // No more than there are: in a damaged table two mounts may each be on top of the other.
            for _ in &self.lines {
                let Some(next) = self.on(at, folder) else { break };
                at = Some(next);
            }
        }
        at
    }

    fn on(&self, at: Option<&Line>, folder: &Path) -> Option<&Line> {
        let is_known = |id| self.lines.iter().any(|line| line.id == id);
        let is_on = |line: &&Line| match at {
            Some(at) => line.parent == at.id && line.id != at.id,
            // The root of this process, or a mount within a folder that is the root.
            None => line.parent == line.id || !is_known(line.parent),
        };
        self.lines.iter().filter(|line| line.point == folder).find(is_on)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROOT: &str = "20 1 8:1 / / rw - ext4 /dev/sda rw\n23 20 0:21 / /sys rw - sysfs sysfs rw\n";
    const TMPFS: &str = "31 23 0:28 / /sys/fs/cgroup rw - tmpfs tmpfs rw\n";
    const PIDS: &str = "39 31 0:36 / /sys/fs/cgroup/pids rw - cgroup cgroup rw,pids\n";

    fn hides(before: &[&str], after: &str) -> Option<String> {
        Table::read(&[&before.concat(), PIDS, after].concat()).hides(PIDS.trim())
    }

    #[test]
    fn a_mount_that_its_path_leads_to_is_not_hidden() {
        assert_eq!(hides(&[ROOT, TMPFS], ""), None);
        assert_eq!(hides(&[], ""), None, "a root that the table does not show");
        assert_eq!(
            hides(&[ROOT, TMPFS], "50 20 0:9 / /sys2 rw - tmpfs t rw\n"),
            None,
            "a name that begins alike"
        );
        let moved = "50 31 0:9 / /sys/fs/cgroup/pids/x rw - tmpfs t rw\n";
        assert_eq!(hides(&[ROOT, TMPFS], moved), None, "something below it");
    }

    #[test]
    fn mounts_that_are_on_top_of_each_other_come_to_an_end() {
        let circle =
            "20 1 8:1 / / rw - ext4 a rw\n8 20 0:1 / / rw - tmpfs b rw\n20 8 0:2 / / rw - tmpfs c rw\n";
        let read = |text: &str| Table::read(text).hides("9 8 0:3 / /x rw - proc p rw");
        assert_eq!((read(circle).is_some(), read("").is_some()), (true, false));
    }

    #[test]
    fn a_later_mount_at_its_place_or_above_hides_it() {
        for (later, by) in [
            ("50 31 0:9 / /sys/fs/cgroup rw - tmpfs t rw\n", "tmpfs at /sys/fs/cgroup"),
            ("50 39 0:9 / /sys/fs/cgroup/pids rw - tmpfs t rw\n", "tmpfs at /sys/fs/cgroup/pids"),
            ("50 23 0:9 / /sys rw - sysfs s ro\n", "sysfs at /sys"),
            ("50 31 0:9 / /sys/fs/cgroup rw - cgroup2 c rw\n", "cgroup2 at /sys/fs/cgroup"),
        ] {
            assert_eq!(hides(&[ROOT, TMPFS], later).as_deref(), Some(by), "{later}");
        }
    }

    #[test]
    fn a_mount_on_top_of_what_hides_another_is_not_hidden() {
        let over = "50 23 0:9 / /sys rw - sysfs s rw\n";
        let again = "60 50 0:36 / /sys/fs/cgroup/pids rw - cgroup cgroup rw,pids\n";
        let table = Table::read(&[ROOT, TMPFS, PIDS, over, again].concat());
        assert_eq!(table.hides(again.trim()), None);
        assert_eq!(table.hides(PIDS.trim()).as_deref(), Some("cgroup at /sys/fs/cgroup/pids"));
    }
}
