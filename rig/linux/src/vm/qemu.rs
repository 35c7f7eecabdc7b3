//! QEMU: its command line, and the child from start to end, which comes no later than the rig's own end. A module
//! separate from `machine`, which starts nothing.
use super::super::options::{LinuxOptions, in_ns};
use super::error::VmError;
use super::init::INIT_ARG;
use super::machine::{Accel, Found, Machine};
use super::mute::Memory;
use super::news::Feed;
use super::parent_death;
use super::setting::GuestSetting;
use super::watch::{self, BOOT_SILENCE_KVM, CONSOLE_BYTES_MAX, Life, Silences, Watch};
use engines::Interrupt;
use input::units::ShowNs;
use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// Interval at which the child, the signals and the time are polled.
const LOOK: Duration = Duration::from_millis(20);
/// Number of times that a guest is started.
const STARTS: usize = 3;
/// Lines of the console that an error quotes.
const TAIL_LINES: usize = 15;
/// Most characters of such a line.
const LINE_CHARS_MAX: usize = 400;
/// Most bytes of a result. Hundreds of cells take some 10 MB.
pub(super) const RESULT_BYTES_MAX: u64 = 256 << 20;

/// The files over which host and guest speak.
#[derive(Debug)]
pub(super) struct Files {
    /// Input: the rig and its orders.
    pub(super) initramfs: PathBuf,
    /// Output of the kernel and QEMU. Kept next to the results.
    pub(super) console: PathBuf,
    /// Output with the lines of `result_channel`.
    pub(super) result: PathBuf,
}

impl Files {
    /// Files of these names in a folder.
    pub(super) fn within(folder: &Path, console: PathBuf) -> Self {
        Self { initramfs: folder.join("initramfs.cpio"), console, result: folder.join("result.txt") }
    }

    /// Makes the folder as if no guest had ever been there. Files of a killed run are removed and not written to, since
    /// another process may still hold them open.
    pub(super) fn clear(&self) -> io::Result<()> {
        self.remove_scratch()?;
        remove(&self.console)
    }

    /// Removes the files that are not read after the end.
    pub(super) fn remove_scratch(&self) -> io::Result<()> {
        remove(&self.initramfs).and(remove(&self.result))
    }
}

fn remove(file: &Path) -> io::Result<()> {
    match fs::remove_file(file) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// Boots and waits for the end. Returns the last words of earlier guests that fell silent and were given up. `machine`
/// knows afterwards which accelerator runs guests here, and `tell` hears when it changes.
pub(super) fn boot(
    (machine, setting): (&mut Machine, GuestSetting),
    options: &LinuxOptions,
    (found, files): (&Found, &Files),
    interrupts: &Interrupt,
    (tell, news): (&mut dyn FnMut(&str), &Feed<'_>),
) -> Result<Vec<String>, VmError> {
    let memory = Memory::open();
    let wanted = machine.accel;
    for &accel in candidates(wanted, &memory, tell) {
        let patience = Patience { begin: Instant::now(), limit: machine.limit(options) };
        let silences = Silences::of(options.duration, accel == Accel::Kvm);
        let start = || {
            let mut command = command((machine, setting), accel, (found, files));
            once(&mut command, (files, news), (patience, silences), interrupts)
        };
        let (end, silent) = tries(&start, files)?;
        let Some(why) = broken_kvm(accel, end, files) else {
            if accel == Accel::Kvm {
                memory.forget();
            }
            machine.accel = accel;
            return Ok(silent);
        };
        if wanted != Accel::Auto {
            return Err(VmError::NoKvm { why, console: tail(&files.console) });
        }
        machine.accel = Accel::Tcg;
        tell(&format!("{why}: going on under emulation (TCG){}", kept(&memory, end)));
    }
    Err(VmError::NoResult { console: tail(&files.console) })
}

/// Starts a guest again as long as it falls silent, but not for ever.
fn tries(start: &dyn Fn() -> Result<End, VmError>, files: &Files) -> Result<(End, Vec<String>), VmError> {
    let mut silent = Vec::new();
    loop {
        match start()? {
            End::Silent if silent.len() + 1 < STARTS => silent.push(tail(&files.console)),
            End::Silent => return Err(VmError::NoResult { console: tail(&files.console) }),
            end => return Ok((end, silent)),
        }
    }
}

/// Returns the reason why KVM does not run guests, if this end shows that.
fn broken_kvm(accel: Accel, end: End, files: &Files) -> Option<String> {
    match end {
        _ if accel != Accel::Kvm => None,
        End::Mute if watch::has_spoken(&files.console) => Some(format!(
            "KVM opens, but a guest stopped in its boot and said nothing more for {} s",
            BOOT_SILENCE_KVM.as_secs()
        )),
        End::Mute => {
            Some(format!("KVM opens, but a guest said nothing for {} s", BOOT_SILENCE_KVM.as_secs()))
        }
        End::Exited(status) if !status.success() && !watch::has_spoken(&files.console) => {
            let words = watch::words_of_qemu(&files.console);
            let words = if words.is_empty() { status.to_string() } else { words };
            Some(format!("QEMU with KVM ended before its guest said a word ({words})"))
        }
        End::Exited(_) | End::Silent => None,
    }
}

/// Remembers a KVM that hangs, which costs every guest some seconds, and reports it.
fn kept(memory: &Memory, end: End) -> String {
    if end == End::Mute && memory.remember() {
        format!("; remembered in {} until the next boot, --accel kvm tries again", memory.path().display())
    } else {
        String::new()
    }
}

/// End of a child.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    /// It exited by itself.
    Exited(ExitStatus),
    /// It was ended, since its boot had been silent for too long.
    Mute,
    /// It was ended, since it had been silent for too long after its boot.
    Silent,
}

/// Time that guests may take, all tries together.
#[derive(Clone, Copy, Debug)]
struct Patience {
    begin: Instant,
    limit: Duration,
}

/// Returns those to try, in this order.
fn candidates(wanted: Accel, memory: &Memory, tell: &mut dyn FnMut(&str)) -> &'static [Accel] {
    match wanted {
        Accel::Kvm => &[Accel::Kvm],
        Accel::Tcg => &[Accel::Tcg],
        Accel::Auto if OpenOptions::new().read(true).write(true).open("/dev/kvm").is_err() => &[Accel::Tcg],
        Accel::Auto if memory.is_mute() => {
            let file = memory.path().display();
            tell(&format!(
                "KVM ran no guest earlier in this boot ({file}): emulation (TCG); --accel kvm tries again"
            ));
            &[Accel::Tcg]
        }
        Accel::Auto => &[Accel::Kvm, Accel::Tcg],
    }
}

/// One child from start to end, whichever way it ends.
fn once(
    command: &mut Command,
    (files, news): (&Files, &Feed<'_>),
    (patience, silences): (Patience, Silences),
    interrupts: &Interrupt,
) -> Result<End, VmError> {
    let doing = |doing: String| move |source| VmError::Setup { doing, source };
    // An earlier result in the same folder is not this guest's. Both sides append to the console.
    let console = format!("write {}", files.console.display());
    let opened = File::create(&files.result)
        .and_then(|_| File::create(&files.console))
        .and_then(|_| OpenOptions::new().append(true).open(&files.console));
    let stderr = opened.map_err(doing(console))?;
    // A group of its own: Ctrl-C on the terminal is for the rig, which then ends the guest.
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(stderr).process_group(0);
    parent_death::tie(command);
    let mut guest = Guest(command.spawn().map_err(doing(format!("start {:?}", command.get_program())))?);
    let mut watch = Watch::new(&files.console, silences);
    news.restart();
    loop {
        let ended = guest.0.try_wait().map_err(doing("wait for QEMU".into()))?;
        if fs::metadata(&files.result).is_ok_and(|data| data.len() > RESULT_BYTES_MAX) {
            return Err(too_much("result", &files.result, RESULT_BYTES_MAX));
        }
        news.look();
        if let Some(status) = ended {
            return Ok(End::Exited(status));
        }
        if let Some(signal) = interrupts.signal() {
            return Err(VmError::Interrupted { signal: i32::from(signal) });
        }
        match watch.look() {
            Life::Mute => return Ok(End::Mute),
            Life::Silent => return Ok(End::Silent),
            Life::Floods => return Err(too_much("console", &files.console, CONSOLE_BYTES_MAX)),
            Life::Speaks => {}
        }
        if patience.begin.elapsed() >= patience.limit {
            let (limit, spoke) =
                (ShowNs(in_ns(patience.limit)).to_string(), watch::has_spoken(&files.console));
            return Err(VmError::Timeout { limit, spoke, console: tail(&files.console) });
        }
        thread::sleep(LOOK);
    }
}

fn too_much(what: &str, file: &Path, max: u64) -> VmError {
    let problem = format!("its {what} ({}) has more than {} MiB", file.display(), max >> 20);
    VmError::NotBelieved { problem }
}

/// A child that does not outlive this value.
struct Guest(Child);

impl Drop for Guest {
    fn drop(&mut self) {
        // It has not been reaped yet, or is gone already. `Child` never signals a pid that it has reaped.
        let _gone = self.0.kill();
        let _reaped = self.0.wait();
    }
}

fn command(
    (machine, setting): (&Machine, GuestSetting),
    accel: Accel,
    (found, files): (&Found, &Files),
) -> Command {
    let mut command = Command::new(&found.qemu);
    let emulated = accel != Accel::Kvm;
    let (accel, cpu) = if emulated { ("tcg", "max") } else { ("kvm", "host") };
    command.args(["-machine", "q35", "-accel", accel, "-cpu", cpu]);
    command.args(["-smp", &machine.cpus.to_string(), "-m", &machine.memory]);
    command.args(["-nodefaults", "-no-user-config", "-display", "none", "-no-reboot"]);
    command.arg("-kernel").arg(&found.kernel).arg("-initrd").arg(&files.initramfs);
    for (id, file) in [("console", &files.console), ("result", &files.result)] {
        // A comma ends a value of QEMU's options; two commas mean one comma.
        let path = file.to_string_lossy().replace(',', ",,");
        command.args(["-chardev", &format!("file,id={id},path={path},append=on")]);
        command.args(["-serial", &format!("chardev:{id}")]);
    }
    // A panic reboots, and -no-reboot makes that the end of QEMU.
    // The emulated counters of all CPUs are one, which the kernel cannot know. Without this option it takes the HPET,
    // whose steps are 800 ns, and of which QEMU loses a timer far more often.
    let clock = if emulated { "tsc=reliable " } else { "" };
    let line = format!("{clock}console=ttyS0 panic=-1 attach-rig.vm={setting} -- {INIT_ARG}");
    command.args(["-append", &line]);
    command
}

/// Returns the command for a guest that only shows whether guests run. It ends with this thread.
pub(crate) fn trial_command(qemu: &Path, accel: Accel) -> Command {
    let mut command = Command::new(qemu);
    let (accel, cpu) = if accel == Accel::Kvm { ("kvm", "host") } else { ("tcg", "max") };
    command.args(["-machine", "q35", "-accel", accel, "-cpu", cpu, "-smp", "1", "-m", "256M"]);
    command.args(["-nodefaults", "-no-user-config", "-display", "none", "-no-reboot"]);
    command.process_group(0);
    parent_death::tie(&mut command);
    command
}

/// Returns the last lines of a console.
pub(super) fn tail(file: &Path) -> String {
    let console = watch::text(file);
    let lines: Vec<&str> = console.lines().collect();
    let last = lines[lines.len().saturating_sub(TAIL_LINES)..].iter();
    last.map(|line| format!("  | {}\n", input::text::excerpt(line.as_bytes(), LINE_CHARS_MAX))).collect()
}

#[cfg(test)]
mod tests {
    use super::super::machine::tests::machine;
    use super::*;
    use reports::exit::Exit;

    const LONG: Silences = Silences { boot: None, later: Duration::from_secs(60) };

    fn watched(
        command: &mut Command,
        files: &Files,
        patience: (Patience, Silences),
        interrupts: &Interrupt,
    ) -> Result<End, VmError> {
        let mut unheard = |_| {};
        once(command, (files, &Feed::of(&files.result, &mut unheard)), patience, interrupts)
    }

    fn script(words: &str) -> Command {
        let mut command = Command::new("/bin/sh");
        command.args(["-c", words]);
        command
    }

    #[test]
    fn the_command_line_names_every_file_and_the_setting() {
        let found = Found {
            kernel: "/k".into(),
            release: None,
            init: "/i".into(),
            libraries: vec![],
            qemu: "/q".into(),
        };
        let files = Files::within(Path::new("/a,b"), "/a,b/console.log".into());
        let line =
            format!("{:?}", command((&machine(), GuestSetting::V1Charges), Accel::Tcg, (&found, &files)));
        for part in [
            "\"tcg\"",
            "\"tsc=reliable console=ttyS0 ",
            "path=/a,,b/console.log",
            "attach-rig.vm=v1:charges -- __vm-init",
            "\"/a,b/initramfs.cpio\"",
        ] {
            assert!(line.contains(part), "{part}: {line}");
        }
        let line = format!("{:?}", command((&machine(), GuestSetting::V2), Accel::Kvm, (&found, &files)));
        assert!(line.contains("\"kvm\" \"-cpu\" \"host\"") && !line.contains("tsc="), "{line}");
    }

    #[test]
    fn a_child_that_takes_too_long_or_is_interrupted_is_ended() {
        let folder = tempfile::tempdir().unwrap();
        let files = Files::within(folder.path(), folder.path().join("console.log"));
        let begin = Instant::now();
        let patience = |limit| Patience { begin, limit };
        let (soon, later) = (patience(Duration::from_secs(2)), patience(Duration::from_secs(60)));
        let slow = "echo over >&2; exec sleep 60";
        let error = watched(&mut script(slow), &files, (soon, LONG), &Interrupt::never()).unwrap_err();
        assert!(matches!(&error, VmError::Timeout { console, .. } if console.contains("| over")), "{error}");
        let error =
            watched(&mut script("exec sleep 60"), &files, (soon, LONG), &Interrupt::never()).unwrap_err();
        assert!(error.to_string().contains("never said a word"), "{error}");
        let interrupts = Interrupt::never();
        interrupts.set(15);
        let error = watched(&mut script(slow), &files, (later, LONG), &interrupts).unwrap_err();
        assert_eq!(error.exit_code(), Exit::Signal(15));
        assert!(begin.elapsed() < Duration::from_secs(50), "neither was waited for");
        let ended = watched(&mut script("exit 3"), &files, (later, LONG), &Interrupt::never()).unwrap();
        assert!(matches!(ended, End::Exited(status) if !status.success()));
    }

    #[test]
    fn a_guest_that_falls_silent_is_given_up_and_one_that_speaks_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let files = Files::within(folder.path(), folder.path().join("console.log"));
        let patience = Patience { begin: Instant::now(), limit: Duration::from_secs(60) };
        let silences = Silences { boot: None, later: Duration::from_secs(2) };
        let ended = |words: &str| {
            watched(&mut script(words), &files, (patience, silences), &Interrupt::never()).unwrap()
        };
        assert_eq!(ended("echo clocksource >&2; exec sleep 60"), End::Silent);
        let speaks = "for i in 1 2 3 4 5 6 7 8 9 10; do echo $i >&2; sleep 0.1; done";
        assert!(matches!(ended(speaks), End::Exited(status) if status.success()));
        assert!(patience.begin.elapsed() < Duration::from_secs(50));
    }

    #[test]
    fn an_end_under_kvm_is_explained_and_others_are_not_blamed_on_it() {
        let folder = tempfile::tempdir().unwrap();
        let files = Files::within(folder.path(), folder.path().join("console.log"));
        let failed = End::Exited(script("exit 1").status().unwrap());
        let why = |words: &str, accel, end| {
            fs::write(&files.console, words).unwrap();
            broken_kvm(accel, end, &files)
        };
        assert!(why("", Accel::Kvm, End::Mute).unwrap().contains("said nothing for 10 s"));
        assert!(why("[    0.0] Linux\n", Accel::Kvm, End::Mute).unwrap().contains("stopped in its boot"));
        let words = "qemu-system-x86_64: failed to set MSR 0x10a\n";
        assert!(why(words, Accel::Kvm, failed).unwrap().contains("failed to set MSR 0x10a"));
        assert!(why("", Accel::Kvm, failed).unwrap().contains("exit status: 1"));
        assert_eq!(why("[    0.0] Linux\n", Accel::Kvm, failed), None, "a kernel that panics");
        assert_eq!(why("", Accel::Tcg, failed), None);
    }
}
