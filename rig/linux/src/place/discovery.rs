//! Finds where cgroups can be made: reads `/proc/self/mountinfo` and `/proc/self/cgroup` and joins them to places.
//!
//! The parsers take text, so that every layout (v1, v2, hybrid, container) is a test. Formats: proc(5), cgroups(7).
use super::super::error::LinuxError;
use super::hierarchy::{Hierarchy, V1Controller};
use super::mountinfo::{Line, Table};
use reports::schema::{Subject, SubjectParts};
use std::fs;
use std::path::{Path, PathBuf};

/// File with the mounts that this process sees.
pub(crate) const MOUNTINFO: &str = "/proc/self/mountinfo";
/// File with the own cgroups.
pub(crate) const CGROUP: &str = "/proc/self/cgroup";

/// One cgroup mount of `/proc/self/mountinfo`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Mount {
    /// `true` for `cgroup2`.
    pub(crate) v2: bool,
    /// Cgroup that is mounted, `/` for the whole hierarchy.
    pub(crate) root: PathBuf,
    /// Mount point.
    pub(crate) point: PathBuf,
    /// True when the mount or its superblock is read-only, as in containers.
    pub(crate) read_only: bool,
    /// Options of the superblock: controllers on v1, `favordynmods`, ...
    pub(crate) options: Vec<String>,
    /// A later mount that covers it, such as `tmpfs at /sys/fs/cgroup`: then no path leads to it.
    pub(crate) hidden_by: Option<String>,
}

impl Mount {
    /// Returns the command that removes the mount over it; `None` when nothing covers it.
    pub(crate) fn uncover(&self) -> Option<String> {
        let (_, point) = self.hidden_by.as_ref()?.split_once(" at ")?;
        Some(format!("as root: umount {}", input::shell::quote(point)))
    }

    /// Reports whether it is one of the v1 hierarchy of this controller, or of v2 for `None`.
    pub(crate) fn shows(&self, controller: Option<&str>) -> bool {
        match controller {
            Some(name) => !self.v2 && self.options.iter().any(|option| option == name),
            None => self.v2,
        }
    }
}

/// One line of `/proc/self/cgroup`: the own cgroup in one hierarchy.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Membership {
    /// Controllers of the hierarchy; empty for v2.
    controllers: Vec<String>,
    /// Own cgroup, from the root of the cgroup namespace.
    path: PathBuf,
}

/// Mounts of cgroups, and the own cgroup in each hierarchy.
#[derive(Debug)]
pub(crate) struct Hierarchies {
    /// Mounts of cgroups.
    pub(crate) mounts: Vec<Mount>,
    memberships: Vec<Membership>,
}

/// A hierarchy and the folder below which cgroups are to be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    /// `v1:pids`, `v2`: the hierarchy, as `--hierarchy` names it.
    pub(crate) hierarchy: String,
    /// `true` for the unified hierarchy.
    pub(crate) v2: bool,
    /// Controllers of the hierarchy. On v2 there are none before the cgroups are made, then those that the cgroups
    /// have.
    pub(crate) controllers: Vec<String>,
    /// Mount point of the hierarchy.
    pub(crate) mount_point: PathBuf,
    /// The own cgroup as a folder.
    pub(crate) own: PathBuf,
    /// True when the mount options show `favordynmods`.
    pub(crate) favordynmods: bool,
}

impl Place {
    /// Returns what a cell of moves measures here; `charges` says whether moves take memory charges along.
    pub(crate) fn subject(&self, charges: bool) -> Subject {
        let (protocol, favordynmods) = (self.hierarchy.clone(), self.favordynmods);
        SubjectParts { protocol, favordynmods, charges, ..SubjectParts::default() }.into()
    }

    /// The own cgroup and those above it up to the mount point.
    pub(crate) fn upwards(&self) -> Vec<PathBuf> {
        let all = self.own.ancestors().take_while(|path| path.starts_with(&self.mount_point));
        all.map(Path::to_owned).collect()
    }
}

/// Places that meet `wanted`, best first; never empty.
///
/// # Errors
/// [`LinuxError::NoHierarchy`] when there is none, [`LinuxError::Setup`] when `/proc` cannot be read.
pub(crate) fn discover(wanted: Hierarchy) -> Result<Vec<Place>, LinuxError> {
    choose(wanted, &Hierarchies::here()?)
}

/// The own cgroup as a folder, in every hierarchy that shows it.
///
/// # Errors
/// [`LinuxError::Setup`] when `/proc` cannot be read.
pub(crate) fn own_folders() -> Result<Vec<PathBuf>, LinuxError> {
    let Hierarchies { mounts, memberships } = Hierarchies::here()?;
    let of = |mount: &Mount| {
        let own = |m: &&Membership| match m.controllers.as_slice() {
            [] => mount.v2,
            controllers => !mount.v2 && controllers.iter().all(|name| mount.options.contains(name)),
        };
        memberships.iter().find(own).and_then(|member| below(mount, &member.path))
    };
    Ok(mounts.iter().filter(|mount| mount.hidden_by.is_none()).filter_map(of).collect())
}

fn choose(wanted: Hierarchy, hierarchies: &Hierarchies) -> Result<Vec<Place>, LinuxError> {
    let order = match wanted {
        Hierarchy::Auto => {
            vec![Hierarchy::V1(V1Controller::Pids), Hierarchy::V1(V1Controller::Freezer), Hierarchy::V2]
        }
        one => vec![one],
    };
    let controller = |one| match one {
        Hierarchy::V1(controller) => Some(controller.name()),
        Hierarchy::V2 | Hierarchy::Auto => None,
    };
    let places: Vec<Place> = order.into_iter().filter_map(|one| hierarchies.place(controller(one))).collect();
    if places.is_empty() { Err(nothing(wanted, &hierarchies.mounts)) } else { Ok(places) }
}

impl Hierarchies {
    /// Reads both texts.
    pub(crate) fn of(mountinfo: &str, cgroup: &str) -> Self {
        Self { mounts: parse_mountinfo(mountinfo), memberships: parse_cgroup(cgroup) }
    }

    fn here() -> Result<Self, LinuxError> {
        let read = |path: &str| {
            fs::read_to_string(path)
                .map_err(|source| LinuxError::Setup { doing: format!("read {path}"), source })
        };
        Ok(Self::of(&read(MOUNTINFO)?, &read(CGROUP)?))
    }

    /// The place in the v1 hierarchy of this controller, whether or not a run can choose it, or in v2 for `None`: on
    /// the first of its mounts from which the own cgroup can be reached.
    pub(crate) fn place(&self, controller: Option<&str>) -> Option<Place> {
        let member = self.memberships.iter().find(|m| match controller {
            Some(name) => m.controllers.iter().any(|c| c == name),
            None => m.controllers.is_empty(),
        })?;
        self.mounts.iter().filter(|m| m.shows(controller) && m.hidden_by.is_none()).find_map(|mount| {
            Some(Place {
                hierarchy: controller.map_or_else(|| "v2".into(), |name| format!("v1:{name}")),
                v2: mount.v2,
                controllers: member.controllers.clone(),
                mount_point: mount.point.clone(),
                own: below(mount, &member.path)?,
                favordynmods: mount.options.iter().any(|o| o == "favordynmods"),
            })
        })
    }

    /// The own cgroup and those above it, in the v1 hierarchy of `controller` and in v2, as far as mounts show them.
    pub(crate) fn upwards(&self, controller: &str) -> Vec<PathBuf> {
        let places = [Some(controller), None].map(|name| self.place(name));
        places.iter().flatten().flat_map(Place::upwards).collect()
    }
}

/// The folder of cgroup `path` below `mount`; `None` when the mount does not show it (container without a cgroup
/// namespace of its own, or a path that leaves the namespace with `..`).
fn below(mount: &Mount, path: &Path) -> Option<PathBuf> {
    let inside = path.strip_prefix(&mount.root).ok()?;
    let leaves = |p: &Path| p.components().any(|c| c == std::path::Component::ParentDir);
    if leaves(inside) || leaves(&mount.root) {
        return None;
    }
    Some(if inside.as_os_str().is_empty() { mount.point.clone() } else { mount.point.join(inside) })
}

fn nothing(wanted: Hierarchy, mounts: &[Mount]) -> LinuxError {
    let found = if mounts.is_empty() {
        "no cgroup file system is mounted".to_string()
    } else {
        let names: Vec<String> = mounts
            .iter()
            .map(|m| {
                let what = if m.v2 { "(v2)".into() } else { m.options.join(",") };
                let hidden = m.hidden_by.as_ref().map(|by| format!(", hidden by a later mount of {by}"));
                format!("{} {what}{}", m.point.display(), hidden.unwrap_or_default())
            })
            .collect();
        format!("none of the mounts shows it and the own cgroup: {}", names.join("; "))
    };
    let wants = |mount: &&Mount| match wanted {
        Hierarchy::V1(controller) => mount.shows(Some(controller.name())),
        Hierarchy::V2 => mount.v2,
        Hierarchy::Auto => true,
    };
    if let Some(umount) = mounts.iter().filter(wants).find_map(Mount::uncover) {
        return LinuxError::NoHierarchy { wanted: wanted.to_string(), found, remedy: umount };
    }
    let remedy = match wanted {
        Hierarchy::V1(controller) => {
            let name = controller.name();
            format!(
                "--hierarchy auto, or as root: mkdir -p /sys/fs/cgroup/{name} && mount -t cgroup -o {name} cgroup /sys/fs/cgroup/{name}"
            )
        }
        Hierarchy::Auto | Hierarchy::V2 => "as root: mount -t cgroup2 cgroup2 /sys/fs/cgroup".into(),
    };
    LinuxError::NoHierarchy { wanted: wanted.to_string(), found, remedy }
}

/// Parses `36 31 0:33 / /sys/fs/cgroup/pids rw,relatime shared:9 - cgroup cgroup rw,pids`, for mounts of cgroups only.
pub(crate) fn parse_mountinfo(text: &str) -> Vec<Mount> {
    let table = Table::read(text);
    let mount = |line: &Line| {
        // `mount -t cpuset` is the v1 hierarchy of cpuset with names as they once were.
        let v2 = line.kind == "cgroup2";
        (v2 || ["cgroup", "cpuset"].contains(&line.kind.as_str())).then(|| Mount {
            v2,
            root: line.root.clone(),
            point: line.point.clone(),
            read_only: line.read_only,
            options: line.options.clone(),
            hidden_by: table.hides(line),
        })
    };
    table.lines.iter().filter_map(mount).collect()
}

/// Parses `8:cpu,cpuacct:/path`; v2 is `0::/path`. Named hierarchies without controller (`name=systemd`) cannot be
/// chosen.
fn parse_cgroup(text: &str) -> Vec<Membership> {
    let line = |line: &str| {
        let mut fields = line.splitn(3, ':');
        let (id, controllers, path) = (fields.next()?, fields.next()?, fields.next()?);
        if controllers.is_empty() != (id == "0") {
            return None;
        }
        let controllers = controllers.split(',').filter(|c| !c.is_empty()).map(str::to_string).collect();
        Some(Membership { controllers, path: path.into() })
    };
    text.lines().filter_map(line).collect()
}

#[cfg(test)]
#[path = "discovery_tests.rs"]
mod tests;
