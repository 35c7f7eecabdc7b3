//! Tries KVM by running a guest for a moment: the kernel that is at hand, or else a ROM of a few
//! instructions.
use super::super::vm::{Accel, newest_kernel, trial_command};
use std::io::{self, Read as _, Write as _};
use std::os::fd::AsRawFd as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::channel;
use std::thread;
use std::time::Duration;

/// Time for the first word of a guest. A processor takes well below a second for either.
pub(super) const SILENCE: Duration = Duration::from_secs(5);
/// Bytes of a ROM, the least that QEMU takes.
const ROM_BYTES: usize = 64 << 10;
/// Real mode at the reset vector: mov dx,0xe9; mov al,'K'; out dx,al; hlt; and hlt again after an interrupt.
const ROM_CODE: [u8; 9] = [0xba, 0xe9, 0x00, 0xb0, b'K', 0xee, 0xf4, 0xeb, 0xfd];
/// Most bytes of QEMU's words.
const WORDS_MAX: u64 = 4096;

/// A guest that was run, and the outcome.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Trial {
    /// The guest: a kernel by its path, or a ROM.
    pub(super) guest: String,
    /// `Err` with what was seen instead of a first word.
    pub(super) result: Result<(), String>,
}

/// Runs a guest under KVM until it says its first word, and ends it.
pub(super) fn run(qemu: &Path) -> Trial {
    let kernel =
        std::env::var_os("ATTACH_RIG_KERNEL").map(Into::into).or_else(|| newest_kernel(Path::new("/boot")));
    let kernel = kernel.filter(|kernel| std::fs::File::open(kernel).is_ok());
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

/// A child that does not outlive this value.
struct Guest(Child);

impl Drop for Guest {
    fn drop(&mut self) {
        // Not reaped yet or gone already: `Child` never signals a pid that it has reaped.
        let _gone = self.0.kill();
        let _reaped = self.0.wait();
    }
}

/// Waits for the first byte on stdout; `Err` with what came instead.
fn speaks(command: &mut Command, silence: Duration) -> Result<(), String> {
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let started =
        command.spawn().map_err(|error| format!("{:?} does not start: {error}", command.get_program()));
    let mut guest = Guest(started?);
    let (Some(mut stdout), Some(stderr)) = (guest.0.stdout.take(), guest.0.stderr.take()) else {
        return Err("its output cannot be read".into());
    };
    let (tell, told) = channel();
    let reader = thread::Builder::new().spawn(move || {
        // Whoever waited may have given up.
        let _unheard = tell.send(stdout.read(&mut [0]).is_ok_and(|bytes| bytes > 0));
    });
    reader.map_err(|error| format!("no thread to listen: {error}"))?;
    match told.recv_timeout(silence) {
        Ok(true) => Ok(()),
        Ok(false) => {
            let _status = guest.0.wait();
            let mut words = Vec::new();
            let _unread = stderr.take(WORDS_MAX).read_to_end(&mut words);
            let words = String::from_utf8_lossy(&words).trim().lines().collect::<Vec<_>>().join("; ");
            Err(format!(
                "QEMU ended before the guest said a word ({})",
                input::text::excerpt(words.as_bytes(), 300)
            ))
        }
        Err(_) => Err(format!("opens, but a guest says nothing for {} s", silence.as_secs())),
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
