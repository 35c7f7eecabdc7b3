//! Errors for a missing permission, with the command that would grant it.
use super::super::error::{Attempt, LinuxError};
use super::discovery::Place;

/// Puts the remedy into a [`LinuxError::NotPermitted`] and the attempts at other places before it; other errors stay.
pub(crate) fn explain(error: LinuxError, mut before: Vec<Attempt>, place: &Place) -> LinuxError {
    match error {
        LinuxError::NotPermitted { attempts, .. } => {
            before.extend(attempts);
            let last = before.last().and_then(|attempt| attempt.source.raw_os_error());
            let read_only = last == Some(rustix::io::Errno::ROFS.raw_os_error());
            let remedy = remedy(place, (rustix::process::geteuid().is_root(), read_only));
            LinuxError::NotPermitted { attempts: before, remedy }
        }
        other => other,
    }
}

fn remedy(place: &Place, (root, read_only): (bool, bool)) -> String {
    let hierarchy = &place.hierarchy;
    if read_only {
        let point = place.mount_point.display().to_string();
        return format!(
            "the mount at {point} is read-only\n  \
             try, as root: mount -o remount,bind,rw {}; in a container: start it with --privileged --cgroupns=host",
            input::shell::quote(&point)
        );
    }
    if root {
        return "root may not write here: the container is confined\n  \
                try: run it on the host, or start the container with --privileged --cgroupns=host"
            .into();
    }
    let sudo = format!("try: sudo attach-rig linux --hierarchy {hierarchy}");
    if place.v2 {
        return format!(
            "{sudo}\n  or: systemd-run --user --scope -p Delegate=yes attach-rig linux --hierarchy {hierarchy}"
        );
    }
    let own = place.own.join("delegated-to-$USER");
    let own = own.display();
    // A v1 cpuset takes no process before it has CPUs and memory nodes.
    let cpuset = if place.controllers.iter().any(|c| c == "cpuset") {
        format!(" && for f in cpuset.cpus cpuset.mems; do sudo cp \"{own}/../$f\" \"{own}/$f\"; done")
    } else {
        String::new()
    };
    format!(
        "{sudo}\n  or delegate a cgroup and enter it: sudo mkdir \"{own}\" && sudo chown -R \"$USER\" \"{own}\"{cpuset} && \
         echo $$ | sudo tee \"{own}/cgroup.procs\""
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(hierarchy: &str, v2: bool) -> Place {
        let own = "/sys/fs/cgroup/x".into();
        let controllers = if v2 { vec![] } else { vec!["cpuset".into()] };
        Place {
            hierarchy: hierarchy.into(),
            v2,
            controllers,
            mount_point: "/sys/fs/cgroup".into(),
            own,
            favordynmods: v2,
        }
    }

    #[test]
    fn every_remedy_is_a_command() {
        let v1 = remedy(&place("v1:cpuset", false), (false, false));
        assert!(v1.contains("sudo attach-rig linux --hierarchy v1:cpuset"), "{v1}");
        assert!(
            v1.contains("sudo chown -R \"$USER\" \"/sys/fs/cgroup/x/delegated-to-$USER\" && for f in"),
            "{v1}"
        );
        let v2 = remedy(&place("v2", true), (false, false));
        assert!(
            v2.contains("systemd-run --user --scope -p Delegate=yes attach-rig linux --hierarchy v2"),
            "{v2}"
        );
        assert!(!v2.contains("favordynmods"), "{v2}");
        assert!(remedy(&place("v2", true), (true, false)).contains("--privileged"));
        let read_only = remedy(&place("v2", true), (false, true));
        assert!(read_only.contains("remount,bind,rw /sys/fs/cgroup"), "{read_only}");
    }

    #[test]
    fn earlier_attempts_are_reported_too() {
        let attempt =
            |path: &str| Attempt { doing: "mkdir", path: path.into(), source: std::io::Error::other("no") };
        let error = LinuxError::NotPermitted { attempts: vec![attempt("/second")], remedy: String::new() };
        let text = explain(error, vec![attempt("/first")], &place("v2", true)).to_string();
        assert!(text.contains("mkdir /first: no; mkdir /second: no\n  "), "{text}");
    }
}
