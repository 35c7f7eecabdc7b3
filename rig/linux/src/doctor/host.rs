//! Checks that are not about cgroups: virtual machines, a kernel to boot in one, the clock, CPUs, the kernel that runs.
use super::super::vm::Accel;
use super::kvm;
use super::machine::Machine;
use super::{BOOTS, Finding, Health, as_root, verdict};
use engines::threads::overhead::Overhead;
use rustix::fs::Access;
use std::io;
use std::path::{Path, PathBuf};

const QEMU: &str = "qemu-system-x86_64";
const KVM: &str = "/dev/kvm";
const BOOT: &str = "/boot";
const SOURCE: &str = "/sys/devices/system/clocksource/clocksource0/current_clocksource";

/// A timed write contains a read of the clock: one above this, in ns, is a good part of a move.
const READ_NS_MAX: u64 = 1000;
/// Coarsest clock resolution that is good enough to time moves, in ns.
const RESOLUTION_NS_MAX: u64 = 1000;

/// The rows, in a fixed order.
pub(super) fn rows(machine: &dyn Machine, kernel: Option<&Path>) -> Vec<Finding> {
    let uname = Finding::ok("kernel", "uname -srm", machine.kernel());
    let [statistics, starts] = measuring(machine);
    let kvm = kvm(machine);
    let boots = kernel.map(|kernel| boots(machine, kernel, kvm.verdict == Health::Ok));
    let guests = [qemu(machine), kvm, image(machine)].into_iter().chain(boots);
    guests.chain([clock(machine), statistics, starts, cpus(machine), uname]).collect()
}

/// Boots a kernel as `vm` does: under KVM where that works, else under emulation.
fn boots(machine: &dyn Machine, kernel: &Path, has_kvm: bool) -> Finding {
    let shown = &kernel.display();
    let bad =
        |finding: String, remedy: String| Finding::bad((BOOTS, Health::Missing), shown, finding, remedy);
    if let Err(error) = machine.may(kernel, Access::READ_OK) {
        let (why, verdict) = (format!("{shown}: {error}"), verdict(&error));
        let remedy = match verdict {
            Health::NoPermission => as_root(machine, &format!("chmod a+r {}", quoted(kernel))),
            _ => "name a kernel image, such as /boot/vmlinuz-*".into(),
        };
        return Finding::bad((BOOTS, verdict), shown, why, remedy);
    }
    let Some(qemu) = qemu_path(machine) else {
        let remedy = as_root(machine, "apt-get install qemu-system-x86");
        return bad(format!("was not tried: {QEMU} is not in PATH"), remedy);
    };
    let accels: &[Accel] = if has_kvm { &[Accel::Kvm, Accel::Tcg] } else { &[Accel::Tcg] };
    match machine.try_kernel(&qemu, kernel, accels) {
        Ok(words) => Finding::ok(BOOTS, shown, words),
        Err(why) => bad(
            format!("does not boot {why}"),
            "a bzImage for x86-64 with a serial console (CONFIG_SERIAL_8250_CONSOLE); for example: apt-get download \
             linux-image-amd64"
                .into(),
        ),
    }
}

fn quoted(path: &Path) -> String {
    input::shell::quote(&path.display().to_string()).into_owned()
}

/// Rows on the cost and the error of measuring on threads.
fn measuring(machine: &dyn Machine) -> [Finding; 2] {
    let measured = machine.measuring();
    let row = |check, looked_at, words: fn(&Overhead) -> String| match &measured {
        Ok(itself) => Finding::ok(check, looked_at, words(itself)),
        Err(why) => Finding::bad((check, Health::Missing), looked_at, why, "ulimit -u unlimited"),
    };
    [
        row("statistics", "a mutex on a thread", Overhead::lock_words),
        row("starts", "a thread that sleeps until a start", Overhead::start_words),
    ]
}

fn qemu_path(machine: &dyn Machine) -> Option<PathBuf> {
    let folders = machine.programs();
    let mut found = folders.iter().map(|folder| folder.join(QEMU));
    found.find(|path| machine.may(path, Access::EXEC_OK).is_ok())
}

fn qemu(machine: &dyn Machine) -> Finding {
    if let Some(path) = qemu_path(machine) {
        return Finding::ok("qemu", QEMU, path.display().to_string());
    }
    let remedy = as_root(machine, "apt-get install qemu-system-x86");
    Finding::bad(("qemu", Health::Missing), QEMU, format!("{QEMU} is not in PATH"), remedy)
}

fn kvm(machine: &dyn Machine) -> Finding {
    let error = match machine.open(Path::new(KVM)) {
        Ok(()) => return kvm_runs(machine),
        Err(error) => error,
    };
    let remedy = match verdict(&error) {
        Health::NoPermission if !machine.is_root() => "sudo usermod -aG kvm $USER && newgrp kvm".into(),
        Health::NoPermission => "start the container with --device /dev/kvm".into(),
        _ => as_root(machine, "modprobe -a kvm_intel kvm_amd"),
    };
    Finding::bad(("kvm", verdict(&error)), KVM, format!("{KVM}: {error}"), remedy)
}

/// That it can be opened says little: on some machines it opens and no guest runs.
fn kvm_runs(machine: &dyn Machine) -> Finding {
    let bad = |finding: String, remedy: &str| Finding::bad(("kvm", Health::Missing), KVM, finding, remedy);
    let Some(qemu) = qemu_path(machine) else {
        let remedy = as_root(machine, "apt-get install qemu-system-x86");
        return bad(format!("opens, but was not tried: {QEMU} is not in PATH"), &remedy);
    };
    let kvm::Trial { guest, result } = machine.try_kvm(&qemu);
    match result {
        Ok(()) => Finding::ok("kvm", KVM, format!("a guest ran under it ({guest})")),
        Err(why) => bad(
            format!("no: {why} (tried with {guest}); vm uses emulation"),
            "vm --accel tcg; or on the host allow nested guests: modprobe kvm_intel nested=1 (or kvm_amd)",
        ),
    }
}

fn image(machine: &dyn Machine) -> Finding {
    const CHECK: &str = "kernel-image";
    const PLACE: &str = "/boot/vmlinuz-*";
    let names = match machine.list(Path::new(BOOT)) {
        Ok(names) => names,
        Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
        Err(error) => {
            let (why, remedy) = (format!("{BOOT} cannot be listed: {error}"), "sudo attach-rig doctor");
            return Finding::bad((CHECK, verdict(&error)), PLACE, why, remedy);
        }
    };
    let images: Vec<_> = names.into_iter().filter(|name| name.starts_with("vmlinuz-")).collect();
    let may = |name: &&String| machine.may(&Path::new(BOOT).join(name), Access::READ_OK).is_ok();
    match (images.iter().rfind(may), images.last()) {
        (Some(name), _) => Finding::ok(CHECK, PLACE, format!("{BOOT}/{name}")),
        (None, Some(name)) => {
            let remedy = as_root(machine, &format!("chmod a+r {BOOT}/{name}"));
            let why = format!("{BOOT}/{name} is not readable");
            Finding::bad((CHECK, Health::NoPermission), PLACE, why, remedy)
        }
        (None, None) => {
            let remedy = as_root(machine, "apt-get install linux-image-amd64");
            Finding::bad((CHECK, Health::Missing), PLACE, format!("no kernel image in {BOOT}"), remedy)
        }
    }
}

fn clock(machine: &dyn Machine) -> Finding {
    const CHECK: &str = "clock";
    let clock = machine.clock();
    let source = machine
        .read(Path::new(SOURCE))
        .map_or_else(|error| format!("unknown source ({error})"), |name| format!("source {}", name.trim()));
    let (resolution, step, read) = (clock.resolution_ns, clock.step_ns, clock.read_ns);
    let finding =
        format!("resolution {resolution} ns, smallest step {step} ns, a read costs {read} ns, {source}");
    let looked_at = "CLOCK_MONOTONIC";
    if resolution > RESOLUTION_NS_MAX {
        return Finding::bad((CHECK, Health::Missing), looked_at, finding, "boot with highres=on");
    }
    if read > READ_NS_MAX {
        let remedy = if machine.is_root() { "echo tsc > " } else { "echo tsc | sudo tee " };
        return Finding::bad((CHECK, Health::Missing), looked_at, finding, format!("{remedy}{SOURCE}"));
    }
    Finding::ok(CHECK, looked_at, finding)
}

fn cpus(machine: &dyn Machine) -> Finding {
    let (cpus, looked_at) = (machine.cpus(), "sched_getaffinity and quota");
    if cpus > 1 {
        return Finding::ok("cpus", looked_at, format!("{cpus} for this process"));
    }
    let why = "1 for this process: who moves and who is moved share it, and times hold waiting for it";
    Finding::bad(
        ("cpus", Health::Missing),
        looked_at,
        why,
        "taskset -c 0-1 attach-rig doctor, or a machine with more CPUs",
    )
}
