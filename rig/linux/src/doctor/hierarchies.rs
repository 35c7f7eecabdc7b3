//! The hierarchies of cgroups: which are mounted, where the own cgroup is, whether cgroups can be made below it, and
//! what their files offer.
use super::super::error::LinuxError;
use super::super::place::discovery::{CGROUP, Hierarchies, MOUNTINFO, Place};
use super::super::place::hierarchy::Hierarchy;
use super::super::reason::{self, Before, Look, Scene};
use super::machine::{MOVE_CHARGE, Machine, Trial};
use super::{Finding, Health, as_root, verdict};
use rustix::fs::Access;
use std::io;
use std::path::Path;

const CHARGES: &str = "move_charge_at_immigrate";
const PRIVILEGED: &str = "docker run --privileged --cgroupns=host ..., or run it on the host";
const DELEGATE: &str = "systemd-run --user --scope -p Delegate=yes attach-rig doctor";
/// Folder that exists as long as systemd is the init.
const SYSTEMD: &str = "/run/systemd/system";
const ALL_V1: &str = "boot with cgroup_no_v1=all";

/// A check, and the v1 controller of its hierarchy; `None` is v2.
const HIERARCHIES: [(&str, Option<&str>); 6] = [
    ("v1:pids", Some("pids")),
    ("v1:freezer", Some("freezer")),
    ("v1:cpuset", Some("cpuset")),
    ("v1:cpu", Some("cpu")),
    ("v1:memory", Some("memory")),
    ("v2", None),
];

/// Reports whether a check is about a hierarchy that `linux` takes.
pub(super) fn can_be_chosen(check: &str) -> bool {
    matches!(check.parse(), Ok(Hierarchy::V1(_) | Hierarchy::V2))
}

/// Content of `/proc` about cgroups.
struct Seen<'a> {
    machine: &'a dyn Machine,
    hierarchies: Hierarchies,
    /// Reason why one of the two could not be read.
    unread: Option<(Health, String)>,
}

/// The machine, for the module that looks for reasons.
struct Looking<'a>(&'a dyn Machine);

impl Look for Looking<'_> {
    fn text(&self, path: &Path) -> Option<String> {
        self.0.read(path).ok()
    }

    fn tasks_of_user(&self) -> Option<u64> {
        self.0.tasks_of_user()
    }
}

/// The rows, and errors about cgroups that could not be removed.
pub(super) fn rows(machine: &dyn Machine) -> (Vec<Finding>, Vec<LinuxError>) {
    let mut unread = None;
    let mut read = |path: &str| {
        machine.read(Path::new(path)).unwrap_or_else(|error| {
            unread = Some((verdict(&error), format!("{path} cannot be read: {error}")));
            String::new()
        })
    };
    let hierarchies = Hierarchies::of(&read(MOUNTINFO), &read(CGROUP));
    let seen = Seen { machine, hierarchies, unread };
    let (mut rows, mut leftovers, mut charges) = (Vec::new(), Vec::new(), None);
    for (check, controller) in HIERARCHIES {
        let Some(place) = seen.hierarchies.place(controller) else {
            rows.push(seen.no_place(check, controller));
            continue;
        };
        let trial = machine.try_cgroups(&place);
        rows.push(seen.usable(check, &place, &trial));
        if controller == Some("memory") {
            charges = Some(seen.charges(&place, &trial));
        }
        leftovers.extend(trial.err().filter(|error| matches!(error, LinuxError::Leftover { .. })));
    }
    let v2 = seen.hierarchies.place(None);
    let [.., memory, unified] = rows.as_slice() else { unreachable!("a row per hierarchy") };
    let charges = charges.unwrap_or_else(|| unseen(CHARGES, memory));
    let offers = seen.v2(v2.as_ref(), unified);
    rows.extend(offers);
    rows.push(charges);
    (rows, leftovers)
}

/// A row for what cannot be looked at, for the reason of another row.
fn unseen(check: &'static str, why: &Finding) -> Finding {
    let finding = format!("cannot be looked at: {}", why.finding);
    Finding::bad((check, why.verdict), &why.looked_at, finding, &why.remedy)
}

impl Seen<'_> {
    /// The hierarchy is not mounted, or its mounts do not show the own cgroup.
    fn no_place(&self, check: &'static str, controller: Option<&str>) -> Finding {
        if let Some((verdict, why)) = &self.unread {
            let remedy = as_root(self.machine, "mount -t proc proc /proc");
            return Finding::bad((check, *verdict), MOUNTINFO, why, remedy);
        }
        let missing = |finding, remedy| Finding::bad((check, Health::Missing), MOUNTINFO, finding, remedy);
        if let Some(mount) = self.hierarchies.mounts.iter().find(|mount| mount.shows(controller)) {
            let point = mount.point.display();
            if let (Some(by), Some(remedy)) = (&mount.hidden_by, mount.uncover()) {
                return missing(format!("mounted at {point}, but hidden by a later mount of {by}"), remedy);
            }
            return missing(
                format!("mounted at {point}, which does not show the own cgroup"),
                PRIVILEGED.into(),
            );
        }
        let Some(name) = controller else {
            let mount = "mkdir -p /sys/fs/cgroup/unified && mount -t cgroup2 cgroup2 /sys/fs/cgroup/unified";
            return missing("not mounted".into(), self.shell(mount));
        };
        if self.is_on_v2(name) {
            let boot = "boot with systemd.unified_cgroup_hierarchy=0, or use v2";
            return missing(format!("not mounted: {name} sits on v2"), boot.into());
        }
        let at = format!("/sys/fs/cgroup/{name}");
        let mount = format!("mkdir -p {at} && mount -t cgroup -o {name} cgroup {at}");
        missing("not mounted".into(), self.shell(&mount))
    }

    /// A command of several parts, all of them with the rights of root.
    fn shell(&self, command: &str) -> String {
        if self.machine.is_root() { command.to_owned() } else { format!("sudo sh -c '{command}'") }
    }

    /// Reports whether v2 has this controller, which then cannot be mounted as v1.
    fn is_on_v2(&self, controller: &str) -> bool {
        self.hierarchies.mounts.iter().filter(|mount| mount.v2).any(|mount| {
            let text = self.machine.read(&mount.point.join("cgroup.controllers"));
            text.is_ok_and(|text| text.split_whitespace().any(|name| name == controller))
        })
    }

    /// Reports whether a run could work at this place.
    fn usable(&self, check: &'static str, place: &Place, trial: &Result<Trial, LinuxError>) -> Finding {
        let (own, point) = (place.own.display(), place.mount_point.display());
        let at = format!("mounted at {point}, own cgroup {own}");
        let bad = |verdict, why: String, remedy| Finding::bad((check, verdict), own.to_string(), why, remedy);
        match trial {
            Ok(_) => {}
            Err(LinuxError::NotPermitted { attempts, .. }) => {
                let why: Vec<_> = attempts.iter().map(ToString::to_string).collect();
                let read_only = if self.is_read_only(place) { "read-only, " } else { "" };
                let why = format!("{read_only}{at}; {}", why.join("; "));
                return bad(Health::NoPermission, why, self.grant(place));
            }
            Err(LinuxError::Leftover { remains, .. }) => {
                let remedy: Vec<_> = remains.iter().map(|one| one.remedy.clone()).collect();
                return bad(
                    Health::Missing,
                    format!("{at}; a cgroup was made and stays"),
                    remedy.join(" && "),
                );
            }
            Err(LinuxError::NotOurs { path }) => {
                let why = format!("{at}; {} exists already", path.display());
                return bad(
                    Health::Missing,
                    why,
                    as_root(self.machine, &format!("rmdir {}", path.display())),
                );
            }
            Err(error) => {
                let (before, look) = (Before::default(), Looking(self.machine));
                let reason = reason::find(error, &Scene::new(&look, place, (&[], &before)));
                let why = reason.as_ref().map_or_else(String::new, |reason| format!("; {}", reason.why));
                let remedy = reason.map_or_else(|| PRIVILEGED.into(), |reason| reason.remedy);
                return bad(Health::Missing, format!("{at}; {error}{why}"), remedy);
            }
        }
        if place.v2 {
            // A move needs the right to write to cgroup.procs of the nearest cgroup above both places.
            let procs = place.own.join("cgroup.procs");
            if let Err(error) = self.machine.may(&procs, Access::WRITE_OK) {
                let why = format!("{at}; a cgroup can be made, but {}: {error}", procs.display());
                return bad(verdict(&error), why, self.grant(place));
            }
        }
        let bare = self.hierarchies.mounts.iter().any(|mount| {
            mount.point == place.mount_point && mount.options.iter().any(|option| option == "noprefix")
        });
        let bare = if bare { ", mounted noprefix (its files are named cpus and mems)" } else { "" };
        Finding::ok(
            check,
            own,
            format!("{at}{bare}; cgroups made below it, a process moved through them and back"),
        )
    }

    fn is_read_only(&self, place: &Place) -> bool {
        // The last of several mounts at one point covers the others.
        let at = self.hierarchies.mounts.iter().rev().find(|mount| mount.point == place.mount_point);
        at.is_some_and(|mount| mount.read_only)
    }

    /// The command that gives the right to make cgroups and to move processes here.
    fn grant(&self, place: &Place) -> String {
        if self.machine.is_root() || self.is_read_only(place) {
            PRIVILEGED.into()
        } else if place.v2 && self.machine.may(Path::new(SYSTEMD), Access::EXISTS).is_ok() {
            DELEGATE.into()
        } else {
            "sudo attach-rig doctor".into()
        }
    }

    /// Rows on v2 other than the place itself: controllers, delegation, quick moves.
    fn v2(&self, place: Option<&Place>, row: &Finding) -> Vec<Finding> {
        match place {
            Some(place) => vec![self.controllers(place), self.delegation(place), self.favordynmods(place)],
            None => {
                ["v2:controllers", "v2:delegation", "favordynmods"].map(|check| unseen(check, row)).into()
            }
        }
    }

    fn controllers(&self, place: &Place) -> Finding {
        const CHECK: &str = "v2:controllers";
        let file = place.own.join("cgroup.controllers");
        let read = |name| self.machine.read(&place.own.join(name)).map(|text| text.trim().to_owned());
        let bad = |verdict, why: String, remedy| Finding::bad((CHECK, verdict), file.display(), why, remedy);
        match (read("cgroup.controllers"), read("cgroup.subtree_control")) {
            (Ok(there), _) if there.is_empty() => {
                let why = "none: they sit on v1, or the cgroup above passes none on".into();
                bad(Health::Missing, why, ALL_V1.into())
            }
            (Ok(there), Ok(enabled)) => {
                let enabled = if enabled.is_empty() { "none" } else { &enabled };
                Finding::ok(
                    CHECK,
                    file.display(),
                    format!("available: {there}; enabled for children: {enabled}"),
                )
            }
            (Err(error), _) | (_, Err(error)) => {
                bad(verdict(&error), format!("cannot be read: {error}"), self.grant(place))
            }
        }
    }

    fn delegation(&self, place: &Place) -> Finding {
        const CHECK: &str = "v2:delegation";
        let own = place.own.display();
        for file in ["", "cgroup.procs", "cgroup.subtree_control"] {
            let path = if file.is_empty() { place.own.clone() } else { place.own.join(file) };
            if let Err(error) = self.machine.may(&path, Access::WRITE_OK) {
                let why = format!("not delegated: {}: {error}", path.display());
                return Finding::bad((CHECK, verdict(&error)), own, why, self.grant(place));
            }
        }
        Finding::ok(CHECK, own, "cgroup.procs and cgroup.subtree_control of the own cgroup can be written")
    }

    fn favordynmods(&self, place: &Place) -> Finding {
        const CHECK: &str = "favordynmods";
        let point = place.mount_point.display();
        if place.favordynmods {
            return Finding::ok(
                CHECK,
                point,
                "among the mount options of v2: moves do not wait for a grace period",
            );
        }
        let why = "not among the mount options of v2: a move waits for a grace period unless another was just before; \
                   remounting changes that for all of this machine";
        let remedy = as_root(self.machine, &format!("mount -o remount,favordynmods {point}"));
        Finding::bad((CHECK, Health::Missing), point, why, remedy)
    }

    fn charges(&self, place: &Place, trial: &Result<Trial, LinuxError>) -> Finding {
        let path = place.own.join(MOVE_CHARGE);
        let file = path.display();
        let older = "boot Linux 6.12 or older, with the v1 memory controller".to_owned();
        let missing = |why: String| Finding::bad((CHARGES, Health::Missing), &file, why, &older);
        let there = self.machine.may(&path, Access::EXISTS);
        match (there, trial.as_ref().ok().map(|trial| &trial.move_charge)) {
            (Err(error), _) if error.kind() == io::ErrorKind::NotFound => {
                missing("there is no such file".into())
            }
            (_, Some(Some(Ok(())))) => {
                Finding::ok(CHARGES, file, "the file is there, and a new cgroup took 1")
            }
            (_, Some(Some(Err(error)))) => missing(format!(
                "the file is there, but a new cgroup refused 1: {error} (charges stay behind since Linux 6.13)"
            )),
            (_, Some(None)) => missing("a new cgroup has no such file".into()),
            (_, None) => {
                let why = "the file is there, but no cgroup could be made to try it";
                Finding::bad((CHARGES, Health::NoPermission), file, why, self.grant(place))
            }
        }
    }
}
