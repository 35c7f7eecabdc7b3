//! Pid 1 of the guest: mounts what a measurement needs, measures, delivers, powers off.
//!
//! The kernel takes the end of init for a panic, so nothing here returns before the power is off. A panic of the rig is
//! such an end too: the guest reboots, which ends QEMU, and the host finds the words on the console.
use super::super::clock::ClockFacts;
use super::super::options::Options;
use super::super::run::{Outcome, Progress, run};
use super::cpio::ORDERS;
use super::delivery::{Delivery, Said, line};
use super::orders;
use super::setting::Setting;
use rustix::mount::{MountFlags, mount};
use rustix::system::{RebootCommand, reboot};
use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::process::ExitCode;
use std::thread::available_parallelism;

/// Hidden first argument that makes the command, as pid 1, init of a guest.
pub const INIT_ARG: &str = "__vm-init";
/// Word of the kernel's command line that names the setting.
const WORD: &str = "attach-rig.vm=";
/// The second serial port.
const PORT: &str = "/dev/ttyS1";
/// Coarser than this, a clock tells nothing about a move. Some machines leave a guest with the tick, 4 ms.
const STEP_NS_MAX: u64 = 100_000;

/// Why a guest has no result: exit code and words.
type Failed = (u8, String);

/// Runs as init, and the power goes off in the end. Does nothing unless this is pid 1 and has orders, for pid 1 of a
/// container must not mount anything.
#[must_use]
pub fn init_main() -> ExitCode {
    if std::process::id() != 1 || !fs::exists(ORDERS).unwrap_or(false) {
        say("this is started by attach-rig vm as init of a guest");
        return ExitCode::from(2);
    }
    let said = match measured() {
        Ok(delivery) => Said::Measured(Box::new(delivery)),
        Err((code, message)) => Said::Failed { code, message },
    };
    if let Err(error) = deliver(&said) {
        say(&format!("cannot deliver to {PORT}: {error}"));
    }
    // Returns only when it fails, and then the end of init ends the guest.
    let refused = reboot(RebootCommand::PowerOff);
    say(&format!("cannot power off: {refused:?}"));
    ExitCode::FAILURE
}

fn measured() -> Result<Delivery, Failed> {
    let setting = set_up()?;
    let clock = ClockFacts::measure();
    if clock.step_ns.max(clock.resolution_ns) > STEP_NS_MAX {
        return Err((
            4,
            format!("the clock is too coarse to time a move: {clock:?}; use another machine or kernel"),
        ));
    }
    let text = fs::read_to_string(ORDERS).map_err(|error| cannot(&format!("read {ORDERS}"), &error))?;
    let orders = orders::from_text(&text).map_err(|message| (101, message))?;
    let move_charges = setting == Setting::V1Charges;
    let options = Options { hierarchy: setting.hierarchy(), move_charges, own_kernel: true, ..orders };
    let outcome = run(&options, &mut |progress| say(&words(&progress)));
    let outcome = outcome.map_err(|error| (error.exit_code(), error.to_string()))?;
    let favoured = outcome.run.cells.iter().all(|cell| cell.protocol.contains(":favordynmods"));
    if setting == Setting::V2Favordynmods && !favoured {
        return Err((4, "this kernel does not show favordynmods among the options of the mount".into()));
    }
    Ok(delivery(outcome))
}

fn delivery(outcome: Outcome) -> Delivery {
    let code = outcome.exit_code();
    let Outcome { run, facts, kernel, failure, .. } = outcome;
    Delivery {
        run,
        facts,
        kernel,
        cpu: cpu(),
        cpus: available_parallelism().map_or(1, |cpus| cpus.get() as u32),
        code,
        failure: failure.map(|error| error.to_string()),
    }
}

/// Mounts everything; the setting is known once /proc is there.
fn set_up() -> Result<Setting, Failed> {
    let flags = MountFlags::NOSUID | MountFlags::NODEV | MountFlags::NOEXEC;
    let mounted = |kind: &str, at: &str, flags, data| {
        mount(kind, at, kind, flags, data)
            .map_err(|error| cannot(&format!("mount {kind} at {at}"), &error.into()))
    };
    mounted("proc", "/proc", flags, None)?;
    mounted("sysfs", "/sys", flags, None)?;
    mounted("tmpfs", "/tmp", flags, None)?;
    // Kernels may be built to mount it by themselves; what counts is that the port is there.
    let devices = mounted("devtmpfs", "/dev", MountFlags::NOSUID, None);
    if !fs::exists(PORT).unwrap_or(false) {
        devices?;
        return Err((4, format!("the kernel has no second serial port {PORT}")));
    }
    let line = fs::read_to_string("/proc/cmdline").map_err(|error| cannot("read /proc/cmdline", &error))?;
    let setting = setting_of(&line)
        .ok_or_else(|| (4, format!("no {WORD}SETTING in the kernel's command line: {line}")))?;
    let (kind, data) = setting.mount();
    mounted(kind, "/sys/fs/cgroup", flags, data)?;
    Ok(setting)
}

fn setting_of(line: &str) -> Option<Setting> {
    line.split_whitespace().find_map(|word| word.strip_prefix(WORD)?.parse().ok())
}

/// Writes the line and waits until the port has sent it.
fn deliver(said: &Said) -> io::Result<()> {
    let mut port = OpenOptions::new().write(true).open(PORT)?;
    port.write_all(line(said)?.as_bytes())?;
    rustix::termios::tcdrain(&port)?;
    Ok(())
}

fn cannot(doing: &str, error: &io::Error) -> Failed {
    (4, format!("cannot {doing}: {error}"))
}

fn cpu() -> String {
    let info = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let name = info.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
    name.map_or_else(|| "unknown".into(), |(_, name)| name.to_owned())
}

fn words(progress: &Progress) -> String {
    match progress {
        Progress::Ready { folder, worker, .. } => {
            format!("worker {worker} moves within {}", folder.display())
        }
        Progress::Started { cell, of, label, .. } => format!("{}/{of} {label}", cell + 1),
        Progress::Finished { moved, refused, .. } => format!("{moved} moved, {refused} refused"),
    }
}

/// A line on the console.
fn say(what: &str) {
    // Where nobody listens, the exit code or the missing result says it too.
    let _unheard = writeln!(io::stderr(), "attach-rig: {what}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_setting_is_a_word_of_the_command_line() {
        let line = "console=ttyS0 panic=-1 attach-rig.vm=v2:favordynmods -- __vm-init\n";
        assert_eq!(setting_of(line), Some(Setting::V2Favordynmods));
        assert_eq!(setting_of("quiet attach-rig.vm=v9"), None);
    }
}
