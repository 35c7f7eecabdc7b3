//! Tracing of the kernel: tracefs, the tracer and the events that name what an attach does, and kallsyms.
use super::super::place::discovery::MOUNTINFO;
use super::super::place::mountinfo::mount_points;
use super::machine::Machine;
use super::{Finding, Health, as_root, verdict};
use rustix::fs::Access;
use std::io;
use std::path::{Path, PathBuf};

const KALLSYMS: &str = "/proc/kallsyms";
const MOUNT: &str = "mount -t tracefs tracefs /sys/kernel/tracing";
const TRACER: &str = "function_graph";

/// Folders in which tracefs is mounted: by a mount of its own, or by debugfs as soon as a process looks there.
const POINTS: [&str; 2] = ["/sys/kernel/tracing", "/sys/kernel/debug/tracing"];

/// A check, the event's folder below `events`, and what a kernel needs to have it.
const EVENTS: [(&str, &str, &str); 2] = [
    ("event:cgroup_attach_task", "cgroup/cgroup_attach_task", "CONFIG_FTRACE=y"),
    ("event:contention_begin", "lock/contention_begin", "CONFIG_FTRACE=y, Linux 5.19 or later"),
];

/// tracefs and what is in it, then kallsyms.
pub(super) fn rows(machine: &dyn Machine) -> Vec<Finding> {
    let mut rows = match mounted(machine) {
        Ok(point) => within(machine, &point),
        Err(why) => without(&why),
    };
    rows.push(kallsyms(machine));
    rows
}

/// Returns the mount point, or the row that says why it is missing.
fn mounted(machine: &dyn Machine) -> Result<PathBuf, Finding> {
    let bad = |verdict, finding, remedy| Finding::bad(("tracefs", verdict), MOUNTINFO, finding, remedy);
    let text = machine.read(Path::new(MOUNTINFO)).map_err(|error| {
        bad(verdict(&error), format!("cannot be read: {error}"), "mount -t proc proc /proc".into())
    })?;
    let points = mount_points(&text, "tracefs");
    let usual = points.iter().find(|(point, _)| POINTS.iter().any(|usual| point == Path::new(usual)));
    if let Some((point, _)) = usual.or(points.first()) {
        return Ok(point.clone());
    }
    if let Some(hidden) = machine.hidden_tracefs() {
        return Ok(hidden);
    }
    let known = machine.read(Path::new("/proc/filesystems"));
    let has_it = known.map_or(true, |text| text.lines().any(|line| line.ends_with("tracefs")));
    let (finding, remedy) = if has_it {
        ("tracefs is not mounted", as_root(machine, MOUNT))
    } else {
        ("this kernel has no tracefs", "boot a kernel with CONFIG_FTRACE=y".into())
    };
    Err(bad(Health::Missing, finding.into(), remedy))
}

/// The rows when there is nothing to look into: each says that.
fn without(why: &Finding) -> Vec<Finding> {
    let others =
        ["tracefs:instances", "tracer:function_graph"].into_iter().chain(EVENTS.map(|(check, ..)| check));
    let row = |check| {
        let finding = format!("cannot be looked at: {}", why.finding);
        Finding::bad((check, why.verdict), &why.looked_at, finding, &why.remedy)
    };
    std::iter::once(why.clone()).chain(others.map(row)).collect()
}

fn within(machine: &dyn Machine, point: &Path) -> Vec<Finding> {
    let tracefs = match machine.may(point, Access::READ_OK | Access::EXEC_OK) {
        Ok(()) if point.starts_with("/proc/self/fd") => Finding::ok(
            "tracefs",
            point.display(),
            "not mounted; reached for this process alone, as a run does",
        ),
        Ok(()) => Finding::ok("tracefs", point.display(), format!("mounted at {}", point.display())),
        Err(error) => refused(machine, "tracefs", point, &error, "CONFIG_FTRACE=y"),
    };
    let folder = point.join("instances");
    let instances = match machine.may(&folder, Access::WRITE_OK | Access::EXEC_OK) {
        Ok(()) => Finding::ok("tracefs:instances", folder.display(), "an instance of our own can be made"),
        Err(error) => refused(machine, "tracefs:instances", &folder, &error, "CONFIG_FTRACE=y"),
    };
    let event = |(check, event, needs)| {
        let folder = point.join("events").join(event);
        match machine.may(&folder, Access::EXISTS) {
            Ok(()) => Finding::ok(check, folder.display(), "there"),
            Err(error) => refused(machine, check, &folder, &error, needs),
        }
    };
    let mut rows = vec![tracefs, instances, tracer(machine, point)];
    rows.extend(EVENTS.map(event));
    rows
}

fn tracer(machine: &dyn Machine, point: &Path) -> Finding {
    const CHECK: &str = "tracer:function_graph";
    const NEEDS: &str = "CONFIG_FUNCTION_GRAPH_TRACER=y";
    let file = point.join("available_tracers");
    match machine.read(&file) {
        Ok(text) if text.split_whitespace().any(|name| name == TRACER) => {
            Finding::ok(CHECK, file.display(), "available")
        }
        Ok(text) => Finding::bad(
            (CHECK, Health::Missing),
            file.display(),
            format!("only {}", text.trim()),
            format!("boot a kernel with {NEEDS}"),
        ),
        Err(error) => refused(machine, CHECK, &file, &error, NEEDS),
    }
}

/// A row for something in tracefs that is not there, or not for us.
fn refused(
    machine: &dyn Machine,
    check: &'static str,
    path: &Path,
    error: &io::Error,
    needs: &str,
) -> Finding {
    let verdict = verdict(error);
    let remedy = match (verdict, machine.is_root()) {
        (Health::NoPermission, false) => "sudo attach-rig doctor".to_owned(),
        (Health::NoPermission, true) => {
            "run it on the host, or in a container with --privileged -v /sys/kernel/tracing:/sys/kernel/tracing".into()
        }
        _ => format!("boot a kernel with {needs}"),
    };
    Finding::bad((check, verdict), path.display(), format!("{}: {error}", path.display()), remedy)
}

fn kallsyms(machine: &dyn Machine) -> Finding {
    const CHECK: &str = "kallsyms";
    let bad =
        |verdict, finding: String, remedy: String| Finding::bad((CHECK, verdict), KALLSYMS, finding, remedy);
    let text = match machine.read(Path::new(KALLSYMS)) {
        Ok(text) => text,
        Err(error) => {
            let remedy = "boot a kernel with CONFIG_KALLSYMS=y".into();
            return bad(verdict(&error), format!("cannot be read: {error}"), remedy);
        }
    };
    // A few symbols of a per-cpu section really are at 0; hidden addresses are 0 throughout.
    let shown = |line: &str| line.split(' ').next().is_some_and(|address| address.bytes().any(|b| b != b'0'));
    if text.lines().any(shown) {
        return Finding::ok(CHECK, KALLSYMS, "readable, with addresses");
    }
    let remedy = if machine.is_root() { "sysctl kernel.kptr_restrict=1" } else { "sudo attach-rig doctor" };
    bad(Health::NoPermission, "readable, but all addresses are hidden".into(), remedy.into())
}
