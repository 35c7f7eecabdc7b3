//! Tries KVM by running a guest for a moment: the kernel that is at hand, or else a ROM of a few
//! instructions.
use super::super::vm::{Accel, newest_kernel, trial_command};
use super::guest::{Guest, Heard};
use std::io::{self, Write as _};
use std::os::fd::AsRawFd as _;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

/// Time for the first word of a guest. A processor takes well below a second for either.
pub(super) const SILENCE: Duration = Duration::from_secs(5);
/// Bytes of a ROM, the least that QEMU takes.
const ROM_BYTES: usize = 64 << 10;
/// Code for real mode at the reset vector: mov dx,0xe9; mov al,'K'; out dx,al; hlt; and hlt again after an interrupt.
const ROM_CODE: [u8; 9] = [0xba, 0xe9, 0x00, 0xb0, b'K', 0xee, 0xf4, 0xeb, 0xfd];

/// A guest that was run, and the outcome.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Trial {
    /// The guest: a kernel by its path, or a ROM.
    pub(super) guest: String,
    /// `Err` with the output that was seen instead of a first word.
    pub(super) result: Result<(), String>,
}

/// Runs a guest under KVM until it says its first word, and ends it.
pub(super) fn run(qemu: &Path) -> Trial {
    let kernel =
        std::env::var_os("ATTACH_RIG_KERNEL").map(Into::into).or_else(|| newest_kernel(Path::new("/boot")));
    let kernel = kernel.filter(|kernel: &std::path::PathBuf| input::file::head(kernel, 1).is_ok());
    let guest = kernel.as_ref().map_or_else(
        || "a ROM of a few instructions, for no kernel is at hand".to_owned(),
        |kernel| kernel.display().to_string(),
    );
    let result = rom().map_err(|error| format!("no ROM could be made: {error}")).and_then(|rom| {
        let mut command = trial_command(qemu, Accel::Kvm);
        match &kernel {
            Some(kernel) => {
                command
                    .arg("-kernel")
                    .arg(kernel)
                    .args(["-append", "console=ttyS0 earlyprintk=serial,ttyS0 panic=-1"]);
                command.args(["-chardev", "stdio,id=d", "-serial", "chardev:d"]);
            }
            None => {
                command.arg("-bios").arg(format!("/proc/{}/fd/{}", std::process::id(), rom.as_raw_fd()));
                command.args(["-chardev", "stdio,id=d", "-device", "isa-debugcon,iobase=0xe9,chardev=d"]);
            }
        }
        speaks(&mut command, SILENCE)
    });
    Trial { guest, result }
}

/// A file that no folder shows.
fn rom() -> io::Result<std::fs::File> {
    let mut file = std::fs::File::from(rustix::fs::memfd_create("rom", rustix::fs::MemfdFlags::empty())?);
    let mut bytes = vec![0xf4; ROM_BYTES];
    bytes[ROM_BYTES - 16..][..ROM_CODE.len()].copy_from_slice(&ROM_CODE);
    file.write_all(&bytes)?;
    Ok(file)
}

/// Waits for the first byte on stdout; `Err` says what happened instead.
fn speaks(command: &mut Command, silence: Duration) -> Result<(), String> {
    match Guest::start(command)?.hear(silence, |said| !said.is_empty()) {
        Heard::Enough => Ok(()),
        Heard::Ended(words) => Err(format!("QEMU ended before the guest said a word ({words})")),
        Heard::Silent => Err(format!("opens, but a guest says nothing for {} s", silence.as_secs())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(words: &str, silence_ms: u64) -> Result<(), String> {
        speaks(Command::new("/bin/sh").args(["-c", words]), Duration::from_millis(silence_ms))
    }

    #[test]
    fn a_guest_speaks_is_silent_or_never_begins() {
        assert_eq!(said("echo K; exec sleep 60", 30_000), Ok(()));
        assert_eq!(said("exec sleep 60", 1_000), Err("opens, but a guest says nothing for 1 s".into()));
        let ended = said("echo no MSR >&2; exit 1", 30_000).unwrap_err();
        assert!(ended.contains("before the guest said a word (no MSR)"), "{ended}");
        let missing = speaks(&mut Command::new("/nonexistent"), SILENCE).unwrap_err();
        assert!(missing.contains("does not start"), "{missing}");
    }
}
