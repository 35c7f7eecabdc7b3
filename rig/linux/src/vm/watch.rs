//! Signs of life of a guest: its console as it grows, and how long it may stay the same.
//!
//! A module separate from `qemu`, which owns the child: everything here deals with text and time.
use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

/// Silence, in addition to what a cell may take, after which a guest is started again: emulated timers get lost now and
/// then, and a guest that waits for one waits for ever. A boot takes seconds, on a busy machine tens of them.
const SILENCE: Duration = Duration::from_secs(60);
/// Silence under KVM before init speaks, after which KVM counts as broken. A processor boots a kernel in a second.
pub(super) const BOOT_SILENCE_KVM: Duration = Duration::from_secs(10);
/// Number of times its duration for which a cell may be silent.
const CELL_TIMES: u32 = 5;
/// Words with which a kernel says that something does not progress: RCU, the watchdogs of CPUs and of tasks.
const COMPLAINTS: [&str; 3] = ["rcu: INFO: ", "lockup", "blocked for more than"];
/// Begin of the rig's lines on a console.
const OWN_WORDS: &str = "attach-rig:";
/// Begin of QEMU's lines on a console, to which its stderr goes as well.
const QEMU_WORDS: &str = "qemu-system-";
/// Most bytes of a console that are read, from its begin. A kernel that boots and a rig that measures write some 100
/// KB.
pub(super) const CONSOLE_BYTES_MAX: u64 = 16 << 20;

/// Limits of a guest's silence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Silences {
    /// Longest silence before the rig in the guest says its first word; `None` when `later` holds from the start.
    pub(super) boot: Option<Duration>,
    /// Longest silence from then on.
    pub(super) later: Duration,
}

impl Silences {
    /// Returns the limits for cells of this duration.
    pub(super) fn of(cell: Duration, is_kvm: bool) -> Self {
        Self { boot: is_kvm.then_some(BOOT_SILENCE_KVM), later: SILENCE + cell * CELL_TIMES }
    }
}

/// Finding of a look at a console.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Life {
    /// The guest spoke lately enough.
    Speaks,
    /// The boot has been silent for too long.
    Mute,
    /// The guest had booted, and has been silent for too long.
    Silent,
    /// The console has grown beyond any reasonable size.
    Floods,
}

/// A console under observation.
#[derive(Debug)]
pub(super) struct Watch<'a> {
    console: &'a Path,
    silences: Silences,
    bytes: u64,
    said: Words,
    last: Instant,
}

impl<'a> Watch<'a> {
    /// Begins with an empty console.
    pub(super) fn new(console: &'a Path, silences: Silences) -> Self {
        Self { console, silences, bytes: 0, said: Words::default(), last: Instant::now() }
    }

    /// Looks once.
    pub(super) fn look(&mut self) -> Life {
        let bytes = fs::metadata(self.console).map_or(0, |data| data.len());
        if bytes > CONSOLE_BYTES_MAX {
            return Life::Floods;
        }
        if bytes != self.bytes {
            self.bytes = bytes;
            let says = Words::of(&text(self.console));
            if says != self.said {
                (self.said, self.last) = (says, Instant::now());
            }
        }
        let silence = self.last.elapsed();
        match self.silences.boot.filter(|_| self.said.own == 0) {
            Some(boot) if silence >= boot => Life::Mute,
            None if silence >= self.silences.later => Life::Silent,
            _ => Life::Speaks,
        }
    }
}

/// Counts of a console's lines.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Words {
    /// Lines that show progress. A kernel that hangs complains for ever, so only lines of the rig count after its first
    /// complaint.
    alive: usize,
    /// Lines of the rig in the guest.
    own: usize,
}

impl Words {
    fn of(console: &str) -> Self {
        let complains = |line: &&str| COMPLAINTS.iter().any(|words| line.contains(words));
        let guests = console.lines().filter(|line| !line.starts_with(QEMU_WORDS));
        let is_own = |line: &&str| line.starts_with(OWN_WORDS);
        let before = guests.clone().take_while(|line| !complains(line)).count();
        let after = guests.clone().skip(before).filter(is_own).count();
        Self { alive: before + after, own: guests.filter(is_own).count() }
    }
}

/// Reports whether the guest itself, and not only QEMU, has said anything.
pub(super) fn has_spoken(console: &Path) -> bool {
    Words::of(&text(console)).alive > 0
}

/// Returns the words of QEMU itself, in one line.
pub(super) fn words_of_qemu(console: &Path) -> String {
    let text = text(console);
    text.lines().filter(|line| line.starts_with(QEMU_WORDS)).collect::<Vec<_>>().join("; ")
}

/// Returns the console as text that is safe to print.
pub(super) fn text(console: &Path) -> String {
    // A console that has grown too large is one that nothing useful is read from.
    let bytes = input::file::read(console, CONSOLE_BYTES_MAX).unwrap_or_default();
    input::text::printable_lines(&String::from_utf8_lossy(&bytes).replace('\r', "")).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn complaints_of_a_kernel_and_words_of_qemu_are_no_signs_of_life() {
        let boot = "[    0.1] Linux\n[    0.2] Serial\n";
        let hangs = "[   60.0] rcu: INFO: rcu_preempt detected stalls on CPUs/tasks:\n[   60.0]  </TASK>\n";
        let says = |parts: &[&str]| Words::of(&parts.concat()).alive;
        assert_eq!([says(&[]), says(&[boot])], [0, 2]);
        assert_eq!(says(&["qemu-system-x86_64: warning: host lacks it\n"]), 0);
        assert_eq!(says(&[boot, hangs]), 2);
        assert_eq!(says(&[boot, hangs, hangs]), 2);
        assert_eq!(says(&[boot, hangs, "attach-rig: 1/2 closed loop\n", hangs]), 3);
    }

    #[test]
    fn a_boot_and_a_measurement_have_limits_of_their_own() {
        let folder = tempfile::tempdir().unwrap();
        let console = folder.path().join("console.log");
        let after = |words: &str, boot: Option<u64>, later| {
            fs::write(&console, words).unwrap();
            let silences =
                Silences { boot: boot.map(Duration::from_millis), later: Duration::from_millis(later) };
            let mut watch = Watch::new(&console, silences);
            watch.look();
            std::thread::sleep(Duration::from_millis(2));
            watch.look()
        };
        assert_eq!(after("", Some(1), 60_000), Life::Mute);
        assert_eq!(after("[    0.1] Linux\n", Some(1), 60_000), Life::Mute, "it hangs in its boot");
        assert_eq!(after("attach-rig: 1/2\n", Some(1), 60_000), Life::Speaks, "a cell takes longer");
        assert_eq!(after("attach-rig: 1/2\n", Some(60_000), 1), Life::Silent);
        assert_eq!(after("", None, 60_000), Life::Speaks, "emulation is slow");
        fs::File::create(&console).unwrap().set_len(CONSOLE_BYTES_MAX + 1).unwrap();
        assert_eq!(after_flood(&console), Life::Floods);
    }

    fn after_flood(console: &Path) -> Life {
        Watch::new(console, Silences::of(Duration::ZERO, true)).look()
    }

    #[test]
    fn texts_of_qemu_and_of_the_guest_are_distinguished() {
        let folder = tempfile::tempdir().unwrap();
        let console = folder.path().join("console.log");
        fs::write(&console, "qemu-system-x86_64: no\u{1b}[2J KVM\r\nqemu-system-x86_64: at all\n").unwrap();
        assert!(!has_spoken(&console));
        assert_eq!(
            words_of_qemu(&console),
            "qemu-system-x86_64: no\\u{1b}[2J KVM; qemu-system-x86_64: at all"
        );
        fs::write(&console, "[    0.0] Linux version 6.1\n").unwrap();
        assert!(has_spoken(&console));
    }
}
