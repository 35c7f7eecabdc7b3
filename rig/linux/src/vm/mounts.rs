//! Mounts of init, and the check that the kernel mounted the hierarchy that the setting asks for: before any
//! measurement.
use super::super::place::discovery::{MOUNTINFO, parse_mountinfo};
use super::super::place::subtree;
use super::outcome::Failed;
use super::setting::{CONTROLLERS, GuestSetting};
use input::proc::kernel;
use reports::exit::Exit;
use rustix::mount::{MountFlags, mount};
use std::ffi::CStr;
use std::fs;
use std::io;
use std::path::Path;

/// Mount point of the hierarchy.
pub(super) const CGROUPS: &str = "/sys/fs/cgroup";
/// The second serial port.
pub(super) const PORT: &str = "/dev/ttyS1";
/// Word of the kernel's command line that names the setting.
const WORD: &str = "attach-rig.vm=";

/// Mounts everything; the setting is known once /proc is there.
pub(super) fn set_up() -> Result<GuestSetting, Failed> {
    let flags = MountFlags::NOSUID | MountFlags::NODEV | MountFlags::NOEXEC;
    mounted("proc", "/proc", flags, None)?;
    mounted("sysfs", "/sys", flags, None)?;
    // Every user keeps a list of cgroups there.
    mounted("tmpfs", "/tmp", flags, Some(c"mode=1777"))?;
    // Kernels may be built to mount it by themselves; the result does not matter as long as the port is there.
    let devices = mounted("devtmpfs", "/dev", MountFlags::NOSUID, None);
    if !fs::exists(PORT).unwrap_or(false) {
        devices?;
        return Err((Exit::CannotRun, format!("the kernel has no second serial port {PORT}")));
    }
    let line = fs::read_to_string("/proc/cmdline").map_err(|error| cannot("read /proc/cmdline", &error))?;
    let setting = setting_of(&line)
        .ok_or_else(|| (Exit::CannotRun, format!("no {WORD}SETTING in the kernel's command line: {line}")))?;
    let (kind, data) = setting.mount();
    let hierarchy = mounted(kind, CGROUPS, flags, data);
    hierarchy.map_err(|(code, words)| (code, format!("{words}; {}", remedy(setting))))?;
    let mountinfo = fs::read_to_string(MOUNTINFO);
    check(setting, &mountinfo.map_err(|error| cannot("read mountinfo", &error))?)?;
    if setting.is_v2() {
        subtree::enable(Path::new(CGROUPS), &CONTROLLERS).map_err(|(doing, error)| cannot(&doing, &error))?;
    }
    Ok(setting)
}

fn mounted(kind: &str, at: &str, flags: MountFlags, data: Option<&CStr>) -> Result<(), Failed> {
    mount(kind, at, kind, flags, data)
        .map_err(|error| cannot(&format!("mount {kind} at {at}"), &error.into()))
}

fn setting_of(line: &str) -> Option<GuestSetting> {
    line.split_whitespace().find_map(|word| word.strip_prefix(WORD)?.parse().ok())
}

/// A kernel may favour dynamic modifications unasked, and may not know of them when asked; both would carry a wrong
/// name.
fn check(setting: GuestSetting, mountinfo: &str) -> Result<(), Failed> {
    let mounts = parse_mountinfo(mountinfo);
    let shown = mounts.iter().any(|mount| mount.options.iter().any(|option| option == "favordynmods"));
    let wanted = setting == GuestSetting::V2Favordynmods;
    let does = match (wanted, shown) {
        (true, false) => "does not show favordynmods among the options of the mount",
        (false, true) => "mounts every hierarchy with favordynmods",
        _ => return Ok(()),
    };
    Err((Exit::CannotRun, format!("this kernel ({}) {does}; {}", kernel(), remedy(setting))))
}

fn remedy(setting: GuestSetting) -> String {
    match setting {
        GuestSetting::V2Favordynmods => {
            "favordynmods came with Linux 6.0: name a newer kernel by --kernel, or leave v2:favordynmods out".into()
        }
        _ if setting.is_v2() => {
            "name a kernel that is built without CGROUP_FAVOR_DYNMODS by --kernel, or measure v2:favordynmods".into()
        }
        _ => "name a kernel by --kernel that has cpuset, memory and pids for cgroup v1, without CGROUP_FAVOR_DYNMODS".into(),
    }
}

pub(super) fn cannot(doing: &str, error: &io::Error) -> Failed {
    (Exit::CannotRun, format!("cannot {doing}: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_setting_is_a_word_of_the_command_line() {
        let line = "console=ttyS0 panic=-1 attach-rig.vm=v2:favordynmods -- __vm-init\n";
        assert_eq!(setting_of(line), Some(GuestSetting::V2Favordynmods));
        assert_eq!(setting_of("quiet attach-rig.vm=v9"), None);
    }

    #[test]
    fn a_kernel_that_mounts_something_else_is_not_measured() {
        let plain = "36 31 0:33 / /sys/fs/cgroup rw,relatime - cgroup2 cgroup2 rw\n";
        let favoured = plain.replace("cgroup2 rw", "cgroup2 rw,favordynmods");
        assert_eq!(check(GuestSetting::V2, plain), Ok(()));
        assert_eq!(check(GuestSetting::V2Favordynmods, &favoured), Ok(()));
        let (code, words) = check(GuestSetting::V2Favordynmods, plain).unwrap_err();
        assert_eq!(code, Exit::CannotRun);
        for part in [kernel().as_str(), "does not show", "--kernel", "leave v2:favordynmods out"] {
            assert!(words.contains(part), "{part}: {words}");
        }
        let (_, words) = check(GuestSetting::V2, &favoured).unwrap_err();
        assert!(words.contains("measure v2:favordynmods"), "{words}");
    }
}
