//! Boots a kernel for a moment: far enough for its first words, and a second longer.
use super::super::vm::{Accel, trial_command};
use super::guest::{Guest, Heard};
use std::path::Path;
use std::process::Command;
use std::time::Duration;

/// Time for the first words under KVM, and under emulation, which a busy machine makes slow.
const PATIENCE: [Duration; 2] = [Duration::from_secs(5), Duration::from_secs(30)];
/// Time after the first words, in which a kernel that does not work panics.
const LONGER: Duration = Duration::from_secs(1);
/// Begin of the first words of every kernel.
const BANNER: &str = "Linux version ";
const PANIC: &str = "Kernel panic - not syncing: ";
/// Panics of a kernel that has booted and finds nothing to run, since it is not given anything to run here.
const BOOTED: [&str; 2] = ["VFS: Unable to mount root fs", "No working init found"];

/// Boots `kernel` by the first of these accelerators under which it works; returns the outcome in words.
pub(super) fn run(qemu: &Path, kernel: &Path, accels: &[Accel]) -> Result<String, String> {
    let mut failed = String::new();
    for accel in accels {
        let (name, patience) = match accel {
            Accel::Kvm => ("KVM", PATIENCE[0]),
            Accel::Auto | Accel::Tcg => ("emulation (TCG)", PATIENCE[1]),
        };
        let mut command = trial_command(qemu, *accel);
        command.arg("-kernel").arg(kernel);
        command.args(["-append", "console=ttyS0 panic=-1", "-chardev", "stdio,id=d", "-serial", "chardev:d"]);
        match boots(&mut command, (patience, LONGER)) {
            Ok(version) => return Ok(format!("{failed}{BANNER}{version} boots under {name}")),
            Err(why) => failed.push_str(&format!("under {name}: {why}; ")),
        }
    }
    Err(failed.trim_end_matches("; ").to_owned())
}

/// Returns the version that the kernel names. `Err` has the output that was seen instead, or after it.
fn boots(command: &mut Command, (patience, longer): (Duration, Duration)) -> Result<String, String> {
    let mut guest = Guest::start(command)?;
    match guest.hear(patience, |said| version(&String::from_utf8_lossy(said)).is_some()) {
        Heard::Enough => {}
        Heard::Ended(words) => return Err(format!("QEMU ended before the kernel said a word ({words})")),
        Heard::Silent => return Err(format!("the kernel says nothing for {} s", patience.as_secs())),
    }
    let after = guest.hear(longer, |said| panic(&String::from_utf8_lossy(said)).is_some());
    let said = guest.said();
    match (panic(&said), after) {
        (Some(why), _) if !BOOTED.iter().any(|booted| why.starts_with(booted)) => {
            Err(format!("the kernel panics: {why}"))
        }
        (None, Heard::Ended(words)) => {
            let last = said.lines().last().unwrap_or_default();
            Err(format!("QEMU ended within a second after the first words ({words}; the last line: {last})"))
        }
        _ => version(&said).ok_or_else(|| "the kernel names no version".to_owned()),
    }
}

/// Returns the rest of the line after these words, once the line is whole.
fn after<'a>(said: &'a str, words: &str) -> Option<&'a str> {
    let (line, _) = said.split_once(words)?.1.split_once('\n')?;
    Some(line.trim_end_matches('\r'))
}

fn version(said: &str) -> Option<String> {
    Some(after(said, BANNER)?.split(' ').next()?.to_owned())
}

fn panic(said: &str) -> Option<String> {
    after(said, PANIC).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(words: &str) -> Result<String, String> {
        let times = (Duration::from_secs(30), Duration::from_millis(300));
        boots(Command::new("/bin/sh").args(["-c", words]), times)
    }

    #[test]
    fn a_kernel_works_when_it_speaks_and_does_not_panic() {
        let speaks = "echo '[    0.0] Linux version 6.1.0-56 (gcc)'; echo '[    0.1] more'; ";
        assert_eq!(said(&format!("{speaks} exec sleep 60")), Ok("6.1.0-56".into()));
        let no_root = "echo '[ 0.9] Kernel panic - not syncing: VFS: Unable to mount root fs on x'; ";
        assert_eq!(said(&format!("{speaks} {no_root}")), Ok("6.1.0-56".into()), "it has booted");
        let panics =
            said(&format!("{speaks} echo '[ 0.2] Kernel panic - not syncing: no timer'; exec sleep 60"));
        assert_eq!(panics, Err("the kernel panics: no timer".into()));
        let ended = said(&format!("{speaks} echo reset >&2; exit 1")).unwrap_err();
        assert!(
            ended.contains("within a second after the first words (reset; the last line: [    0.1] more"),
            "{ended}"
        );
    }

    #[test]
    fn a_file_that_is_no_kernel_and_a_silent_one_are_distinguished() {
        let ended = said("echo 'invalid kernel header' >&2; exit 1").unwrap_err();
        assert_eq!(ended, "QEMU ended before the kernel said a word (invalid kernel header)");
        let silent = boots(
            Command::new("/bin/sh").args(["-c", "printf 'Linux version 6'; exec sleep 60"]),
            (Duration::from_secs(1), LONGER),
        );
        assert_eq!(silent, Err("the kernel says nothing for 1 s".into()), "a line that is not whole");
        let missing = boots(&mut Command::new("/nonexistent"), (LONGER, LONGER)).unwrap_err();
        assert!(missing.contains("does not start"), "{missing}");
    }
}
