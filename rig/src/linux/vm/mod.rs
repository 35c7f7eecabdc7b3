//! A kernel of its own: boots a stock kernel under QEMU with the rig itself as init, and measures inside.
//!
//! ```text
//! machine     what to boot, and what must be there first: kernel, QEMU, a static rig (elf)
//! setting     which hierarchy of cgroups the guest mounts, and what its figures are called
//! orders      what the guest is to measure, as a file within its initramfs (cpio)
//! qemu        the command line; the child, its time limit and its end
//! init        pid 1 of the guest: mounts, measures, delivers, powers off
//! delivery    the one line over which a result leaves the guest
//! label       says in every figure that it comes from a virtual machine
//! error       what can go wrong, with its exit code
//! ```
//!
//! Apart from the rest of [`linux`](super) since only this starts a machine and mounts file systems, and both only
//! for, or in, a guest of its own. Two serial ports lead out of it: one is the console, one takes the result.
mod cpio;
mod delivery;
mod elf;
mod error;
mod init;
mod label;
mod machine;
mod orders;
mod qemu;
mod setting;

pub use delivery::Delivery;
pub use error::VmError;
pub use init::{INIT_ARG, init_main};
pub use machine::{Accel, Machine};
pub use setting::Setting;

use super::options::Options;
use super::signals::Interrupts;
use std::fs;
use std::path::Path;

/// Name of the guest's console in the folder of the results.
const CONSOLE: &str = "console.log";

/// Boots `machine`, measures in it as `options` say, and brings the result out, labelled. `folder` keeps the console.
///
/// # Errors
/// [`VmError`], also when the guest itself could not measure.
pub fn run(machine: &Machine, options: &Options, folder: &Path) -> Result<Delivery, VmError> {
    options.check()?;
    let found = machine.find()?;
    let interrupts = Interrupts::install()?;
    let files = qemu::Files::within(folder, CONSOLE);
    let doing = |doing: String| move |source| VmError::Setup { doing, source };
    let orders = orders::to_text(options).map_err(|error| doing("write orders".into())(error.into()))?;
    cpio::write(&files.initramfs, &found.init, &orders)
        .map_err(doing(format!("write {}", files.initramfs.display())))?;
    let result = qemu::boot(machine, options, (&found, &files), &interrupts)
        .and_then(|accel| Ok((accel, delivered(&files)?)));
    // Nothing that is kept needs them, and the initramfs is as large as the rig.
    let removed = [&files.initramfs, &files.result].map(fs::remove_file);
    let (accel, mut delivery) = result?;
    for removed in removed {
        removed.map_err(doing(format!("remove what the guest was fed in {}", folder.display())))?;
    }
    label::label(&mut delivery, machine, accel);
    Ok(delivery)
}

fn delivered(files: &qemu::Files) -> Result<Delivery, VmError> {
    let text = fs::read(&files.result)
        .map_err(|source| VmError::Setup { doing: format!("read {}", files.result.display()), source })?;
    let none = || VmError::NoResult { console: qemu::tail(&files.console) };
    delivery::read(&String::from_utf8_lossy(&text)).unwrap_or_else(|| Err(none()))
}
