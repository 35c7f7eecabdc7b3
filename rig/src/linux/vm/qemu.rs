//! QEMU: its command line, and the child from start to end, which comes no later than the rig's own. Apart from
//! `machine`, which starts nothing.
use super::super::moving::rate::text;
use super::super::options::Options;
use super::super::signals::Interrupts;
use super::error::VmError;
use super::init::INIT_ARG;
use super::leash;
use super::machine::{Accel, Found, Machine};
use super::setting::Setting;
use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// How often the child, the signals and the time are looked at.
const LOOK: Duration = Duration::from_millis(20);
/// Silence, beside what a cell may take, after which a guest is started again: emulated timers get lost now and then, and
/// who waits for one waits for ever. A boot takes seconds, on a busy machine tens of them.
const SILENCE: Duration = Duration::from_secs(60);
/// Times its duration that a cell may be silent.
const CELL_TIMES: u32 = 5;
/// How a kernel says that somebody does not get on: RCU, the watchdogs of CPUs and of tasks.
const COMPLAINTS: [&str; 3] = ["rcu: INFO: ", "lockup", "blocked for more than"];
/// How lines of the rig begin on a console.
const OWN_WORDS: &str = "attach-rig:";
/// How often a guest is started.
const STARTS: usize = 3;
/// Lines of the console that an error quotes.
const TAIL_LINES: usize = 15;

/// The files over which host and guest speak.
#[derive(Debug)]
pub(super) struct Files {
    /// In: the rig and its orders.
    pub(super) initramfs: PathBuf,
    /// Out: what the kernel and QEMU say. Kept beside the results.
    pub(super) console: PathBuf,
    /// Out: the line of `delivery`.
    pub(super) result: PathBuf,
}

impl Files {
    /// Files of these names in a folder.
    pub(super) fn within(folder: &Path, console: PathBuf) -> Self {
        Self { initramfs: folder.join("initramfs.cpio"), console, result: folder.join("result.txt") }
    }

    /// Makes the folder as if no guest had ever been: what a killed run has left is none of the next one's business,
    /// nor is it touched, should somebody still hold it open.
    pub(super) fn clear(&self) -> io::Result<()> {
        self.remove_scratch()?;
        remove(&self.console)
    }

    /// Removes what nobody reads after the end.
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

/// A guest that has come to its end.
#[derive(Debug)]
pub(super) struct Booted {
    /// Who executed it.
    pub(super) accel: Accel,
    /// The last words of those before it that fell silent and were given up.
    pub(super) silent: Vec<String>,
}

/// Boots and waits for the end.
pub(super) fn boot(
    (machine, setting): (&Machine, Setting),
    options: &Options,
    (found, files): (&Found, &Files),
    interrupts: &Interrupts,
) -> Result<Booted, VmError> {
    let mut silent = Vec::new();
    let patience = Patience { begin: Instant::now(), limit: machine.limit(options) };
    let silence = SILENCE + options.duration * CELL_TIMES;
    for &accel in candidates(machine.accel) {
        let start = || {
            once(
                &mut command((machine, setting), accel, (found, files)),
                files,
                (patience, silence),
                interrupts,
            )
        };
        let mut started = None;
        for _ in 0..STARTS {
            started = start()?;
            if started.is_some() {
                break;
            }
            silent.push(tail(&files.console));
        }
        let Some(status) = started else { continue };
        // KVM that is there but does not work ends QEMU before the guest says a word.
        let mute = fs::metadata(&files.result).map_or(true, |data| data.len() == 0);
        if status.success() || !mute || machine.accel != Accel::Auto {
            return Ok(Booted { accel, silent });
        }
    }
    Err(VmError::NoResult { console: tail(&files.console) })
}

/// How long guests may take, all tries together.
#[derive(Clone, Copy, Debug)]
struct Patience {
    begin: Instant,
    limit: Duration,
}

/// Those to try, in this order.
fn candidates(wanted: Accel) -> &'static [Accel] {
    match wanted {
        Accel::Kvm => &[Accel::Kvm],
        Accel::Tcg => &[Accel::Tcg],
        Accel::Auto => {
            let usable = OpenOptions::new().read(true).write(true).open("/dev/kvm").is_ok();
            if usable { &[Accel::Kvm, Accel::Tcg] } else { &[Accel::Tcg] }
        }
    }
}

/// One child from start to end, whichever way it ends; `None` when it was ended since its console had been silent for too
/// long.
fn once(
    command: &mut Command,
    files: &Files,
    (patience, silence): (Patience, Duration),
    interrupts: &Interrupts,
) -> Result<Option<ExitStatus>, VmError> {
    let doing = |doing: String| move |source| VmError::Setup { doing, source };
    // An earlier result in the same folder is not this guest's. Both sides append to the console.
    let console = format!("write {}", files.console.display());
    let opened = File::create(&files.result)
        .and_then(|_| File::create(&files.console))
        .and_then(|_| OpenOptions::new().append(true).open(&files.console));
    let stderr = opened.map_err(doing(console))?;
    // A group of its own: Ctrl-C on the terminal is for the rig, which then ends the guest.
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(stderr).process_group(0);
    leash::tie(command);
    let (mut read, mut said, mut last) = (0, 0, Instant::now());
    let mut guest = Guest(command.spawn().map_err(doing(format!("start {:?}", command.get_program())))?);
    loop {
        if let Some(status) = guest.0.try_wait().map_err(doing("wait for QEMU".into()))? {
            return Ok(Some(status));
        }
        if let Some(signal) = interrupts.caught() {
            return Err(VmError::Interrupted { signal });
        }
        if patience.begin.elapsed() >= patience.limit {
            return Err(VmError::Timeout { limit: text(patience.limit), console: tail(&files.console) });
        }
        let size = fs::metadata(&files.console).map_or(0, |data| data.len());
        if size != read {
            read = size;
            let says = words(&String::from_utf8_lossy(&fs::read(&files.console).unwrap_or_default()));
            if says != said {
                (said, last) = (says, Instant::now());
            }
        }
        if last.elapsed() >= silence {
            return Ok(None);
        }
        thread::sleep(LOOK);
    }
}

/// Lines that say that somebody gets on. A kernel that hangs complains for ever: what follows its first complaint counts only
/// where it is the rig's.
fn words(console: &str) -> usize {
    let complains = |line: &&str| COMPLAINTS.iter().any(|words| line.contains(words));
    let before = console.lines().take_while(|line| !complains(line)).count();
    before + console.lines().skip(before).filter(|line| line.starts_with(OWN_WORDS)).count()
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

fn command(
    (machine, setting): (&Machine, Setting),
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
        // A comma ends a value of QEMU's options, two stand for one.
        let path = file.to_string_lossy().replace(',', ",,");
        command.args(["-chardev", &format!("file,id={id},path={path},append=on")]);
        command.args(["-serial", &format!("chardev:{id}")]);
    }
    // A panic reboots, and -no-reboot makes that the end of QEMU.
    // The emulated counters of all CPUs are one, which the kernel cannot know. Without that it takes the HPET, whose steps are
    // 800 ns, and of which QEMU loses a timer far more often.
    let clock = if emulated { "tsc=reliable " } else { "" };
    let line = format!("{clock}console=ttyS0 panic=-1 attach-rig.vm={setting} -- {INIT_ARG}");
    command.args(["-append", &line]);
    command
}

/// The last lines of a console.
pub(super) fn tail(file: &Path) -> String {
    let bytes = fs::read(file).or_else(|error| io::Result::Ok(error.to_string().into_bytes()));
    let console = String::from_utf8_lossy(&bytes.unwrap_or_default()).replace('\r', "");
    let lines: Vec<&str> = console.lines().collect();
    lines[lines.len().saturating_sub(TAIL_LINES)..].iter().map(|line| format!("  | {line}\n")).collect()
}

#[cfg(test)]
mod tests {
    use super::super::machine::tests::machine;
    use super::*;

    #[test]
    fn complaints_of_a_kernel_are_no_signs_of_life() {
        let boot = "[    0.1] Linux\n[    0.2] Serial\n";
        let hangs = "[   60.0] rcu: INFO: rcu_preempt detected stalls on CPUs/tasks:\n[   60.0]  </TASK>\n";
        let says = |parts: &[&str]| words(&parts.concat());
        assert_eq!([says(&[]), says(&[boot])], [0, 2]);
        assert_eq!(says(&[boot, hangs]), 2);
        assert_eq!(says(&[boot, hangs, hangs]), 2);
        assert_eq!(says(&[boot, hangs, "attach-rig: 1/2 closed loop\n", hangs]), 3);
    }

    fn script(words: &str) -> Command {
        let mut command = Command::new("/bin/sh");
        command.args(["-c", words]);
        command
    }

    #[test]
    fn the_command_line_names_every_file_and_the_setting() {
        let found = Found { kernel: "/k".into(), init: "/i".into(), libraries: vec![], qemu: "/q".into() };
        let files = Files::within(Path::new("/a,b"), "/a,b/console.log".into());
        let line = format!("{:?}", command((&machine(), Setting::V1Charges), Accel::Tcg, (&found, &files)));
        for part in [
            "\"tcg\"",
            "\"tsc=reliable console=ttyS0 ",
            "path=/a,,b/console.log",
            "attach-rig.vm=v1:charges -- __vm-init",
            "\"/a,b/initramfs.cpio\"",
        ] {
            assert!(line.contains(part), "{part}: {line}");
        }
        let line = format!("{:?}", command((&machine(), Setting::V2), Accel::Kvm, (&found, &files)));
        assert!(line.contains("\"kvm\" \"-cpu\" \"host\"") && !line.contains("tsc="), "{line}");
    }

    #[test]
    fn a_child_that_takes_too_long_or_is_interrupted_is_ended() {
        let folder = tempfile::tempdir().unwrap();
        let files = Files::within(folder.path(), folder.path().join("console.log"));
        let begin = Instant::now();
        let patience = |limit| Patience { begin, limit };
        let (soon, later) = (patience(Duration::from_millis(100)), patience(Duration::from_secs(60)));
        let slow = "echo over >&2; exec sleep 60";
        let long = Duration::from_secs(60);
        let error = once(&mut script(slow), &files, (soon, long), &Interrupts::none()).unwrap_err();
        assert!(matches!(&error, VmError::Timeout { console, .. } if console.contains("| over")), "{error}");
        let interrupts = Interrupts::none();
        interrupts.pretend(15);
        let error = once(&mut script(slow), &files, (later, long), &interrupts).unwrap_err();
        assert_eq!(error.exit_code(), 143);
        assert!(begin.elapsed() < Duration::from_secs(50), "neither was waited for");
        let ended = once(&mut script("exit 3"), &files, (later, long), &Interrupts::none()).unwrap();
        assert!(!ended.unwrap().success());
    }

    #[test]
    fn a_guest_that_falls_silent_is_given_up_and_one_that_speaks_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let files = Files::within(folder.path(), folder.path().join("console.log"));
        let patience = Patience { begin: Instant::now(), limit: Duration::from_secs(60) };
        let silence = Duration::from_millis(500);
        let once =
            |words: &str| once(&mut script(words), &files, (patience, silence), &Interrupts::none()).unwrap();
        assert_eq!(once("echo clocksource >&2; exec sleep 60"), None);
        let speaks = "for i in 1 2 3 4 5 6 7 8 9 10; do echo $i >&2; sleep 0.1; done";
        assert!(once(speaks).is_some_and(|status| status.success()));
        assert!(patience.begin.elapsed() < Duration::from_secs(50));
    }
}
