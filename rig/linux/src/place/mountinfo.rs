//! Reads mountinfo (proc(5)), and finds the mounts to which a path still leads: a later mount at the same place, or
//! above it, hides earlier ones. A line that is damaged is left out.
use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt as _;
use std::path::{Path, PathBuf};

/// One line of mountinfo.
#[derive(Debug)]
pub(super) struct Line {
    id: u32,
    parent: u32,
    /// Folder of the file system that is mounted.
    pub(super) root: PathBuf,
    /// Mount point.
    pub(super) point: PathBuf,
    /// Type of the file system.
    pub(super) kind: String,
    /// True when the mount or its superblock is read-only.
    pub(super) read_only: bool,
    /// Options of the superblock.
    pub(super) options: Vec<String>,
}

/// Every mount of `/proc/self/mountinfo`, of whatever type.
#[derive(Debug)]
pub(super) struct Table {
    pub(super) lines: Vec<Line>,
}

/// Reads `36 31 0:33 / /sys/fs/cgroup/pids rw,relatime shared:9 - cgroup cgroup rw,pids`.
fn line(text: &str) -> Option<Line> {
    // The fields before " - " vary in number.
    let (left, right) = text.split_once(" - ")?;
    let (left, mut right) = (left.split(' ').collect::<Vec<_>>(), right.split(' '));
    let number = |at: usize| left.get(at)?.parse().ok();
    let (kind, options) = (right.next()?.to_owned(), right.nth(1).unwrap_or(""));
    let of_both = [left.get(5).copied().unwrap_or(""), options];
    Some(Line {
        id: number(0)?,
        parent: number(1)?,
        root: unescape(left.get(3)?),
        point: unescape(left.get(4)?),
        kind,
        read_only: of_both.iter().any(|options| options.split(',').any(|option| option == "ro")),
        options: options.split(',').map(str::to_owned).collect(),
    })
}

/// Returns the mount points of file systems of this type, each with true when it is read-only.
pub(crate) fn mount_points(text: &str, kind: &str) -> Vec<(PathBuf, bool)> {
    let lines = Table::read(text).lines.into_iter().filter(|line| line.kind == kind);
    lines.map(|line| (line.point, line.read_only)).collect()
}

/// Reads a field of mountinfo, which writes space, tab, newline and backslash as `\040` and so on.
fn unescape(field: &str) -> PathBuf {
    let mut bytes = Vec::with_capacity(field.len());
    let mut rest = field.as_bytes();
    while let Some((&first, tail)) = rest.split_first() {
        let octal = tail.get(..3).filter(|d| first == b'\\' && d.iter().all(|b| (b'0'..=b'7').contains(b)));
        if let Some(digits) = octal {
            bytes.push(digits.iter().fold(0u8, |value, d| value.wrapping_mul(8).wrapping_add(d - b'0')));
            rest = &tail[3..];
        } else {
            bytes.push(first);
            rest = tail;
        }
    }
    OsString::from_vec(bytes).into()
}

impl Table {
    /// Reads the text.
    pub(super) fn read(text: &str) -> Self {
        Self { lines: text.lines().filter_map(line).collect() }
    }

    /// Returns what hides a mount, as `tmpfs at /sys/fs/cgroup`; `None` where its path leads to it.
    pub(super) fn hides(&self, mount: &Line) -> Option<String> {
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
        Table::read(&[&before.concat(), PIDS, after].concat()).hides(&line(PIDS).unwrap())
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
        let mount = line("9 8 0:3 / /x rw - proc p rw").unwrap();
        let read = |text: &str| Table::read(text).hides(&mount);
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
        assert_eq!(table.hides(&line(again).unwrap()), None);
        assert_eq!(table.hides(&line(PIDS).unwrap()).as_deref(), Some("cgroup at /sys/fs/cgroup/pids"));
    }
    #[test]
    fn escapes_that_are_cut_short_stay() {
        assert_eq!((unescape("a\\04"), unescape("a\\040b")), (PathBuf::from("a\\04"), PathBuf::from("a b")));
    }
}
