//! Pid 1 of the guest: mounts what a measurement needs, measures, delivers, powers off.
//!
//! The kernel takes the end of init for a panic, so nothing here returns before the power is off. A panic of the rig is
//! such an end too: the guest reboots, which ends QEMU, and the host finds the words on the console.
use super::super::clock::ClockFacts;
use super::super::options::LinuxOptions;
use super::cpio::ORDERS;
use super::guest_config;
use super::mounts::{PORT, cannot, set_up};
use super::outcome::{Failed, measured, say};
use super::result_channel::{GuestResult, Said, line};
use super::session;
use super::setting::GuestSetting;
use reports::exit::Exit;
use rustix::system::{RebootCommand, reboot};
use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::process::ExitCode;

/// Hidden first argument that makes the command, as pid 1, init of a guest.
pub const INIT_ARG: &str = "__vm-init";
/// Coarsest step of a clock that can time a move. Some machines leave a guest with the tick, 4 ms.
const STEP_NS_MAX: u64 = 100_000;

/// Runs as init and powers the machine off in the end. Does nothing unless this is pid 1 and has orders, since pid 1 of
/// a container must not mount anything.
#[must_use]
pub fn init_main() -> ExitCode {
    if std::process::id() != 1 || !fs::exists(ORDERS).unwrap_or(false) {
        say("this is started by attach-rig vm as init of a guest");
        return ExitCode::from(Exit::Usage);
    }
    let said = match ordered() {
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

fn ordered() -> Result<GuestResult, Failed> {
    let setting = set_up()?;
    let clock = ClockFacts::measure();
    if clock.step_ns.max(clock.resolution_ns) > STEP_NS_MAX {
        return Err((
            Exit::CannotRun,
            format!("the clock is too coarse to time a move: {clock:?}; use another machine or kernel"),
        ));
    }
    let text = fs::read_to_string(ORDERS).map_err(|error| cannot(&format!("read {ORDERS}"), &error))?;
    let orders = guest_config::from_text(&text).map_err(|message| (Exit::Internal, message))?;
    let move_charges = setting == GuestSetting::V1Charges;
    let options = LinuxOptions { hierarchy: setting.hierarchy(), move_charges, own_kernel: true, ..orders };
    match setting {
        GuestSetting::V2Delegated => session::measure(&options, true),
        GuestSetting::V2Undelegated => session::measure(&options, false),
        _ => measured(&options, &mut tell),
    }
}

/// Delivers a message before the end. Where that fails, the result has its content, too.
pub(super) fn tell(said: &Said) {
    if let Err(error) = deliver(said) {
        say(&format!("cannot deliver a cell to {PORT}: {error}"));
    }
}

/// Writes the line and waits until the port has sent it.
fn deliver(said: &Said) -> io::Result<()> {
    let mut port = OpenOptions::new().write(true).open(PORT)?;
    port.write_all(line(said)?.as_bytes())?;
    rustix::termios::tcdrain(&port)?;
    Ok(())
}
