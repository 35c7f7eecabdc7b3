//! `vm`: real processes between real cgroups, on the kernel of a virtual machine that this boots.
use super::exit::Failure;
use super::flags::VmFlags;
use super::kernel;
use super::output::{self, Folder};
use crate::linux::vm::{self, Delivery, Machine, VmError};
use crate::linux::{OptionError, Options, parse_duration};
use crate::measure::env;
use reports::schema::Env;
use std::time::Instant;

pub(super) fn vm(flags: &VmFlags) -> Result<u8, Failure> {
    let (machine, options) = plan(flags)?;
    let (date, folder_name) = output::now();
    let folder = Folder::make(&flags.output, "vm", &folder_name)?;
    let started = Instant::now();
    output::say(&format!(
        "booting for {}; its console: {}/console.log",
        machine.setting,
        folder.path().display()
    ));
    let delivery = vm::run(&machine, &options, folder.path()).map_err(|error| failure(&error))?;
    let mut env = environment(date, &delivery);
    env.wall_ns = started.elapsed().as_nanos() as u64;
    folder.publish(&delivery.run, &env)?;
    if let Some(message) = &delivery.failure {
        output::complain(message);
    }
    Ok(delivery.code)
}

fn failure(error: &VmError) -> Failure {
    Failure { code: error.exit_code(), message: error.to_string() }
}

fn plan(flags: &VmFlags) -> Result<(Machine, Options), Failure> {
    let usage = |error: OptionError| Failure::usage(error);
    let machine = Machine {
        setting: flags.hierarchy.parse().map_err(usage)?,
        kernel: flags.kernel.clone(),
        init: flags.init.clone(),
        cpus: flags.cpus,
        memory: flags.memory.clone(),
        accel: flags.accel.parse().map_err(usage)?,
        timeout: flags.timeout.as_deref().map(parse_duration).transpose().map_err(usage)?,
    };
    let options = Options { kept_pages: flags.kept_pages.clone(), ..kernel::options(&flags.work, "5s")? };
    options.check().map_err(Failure::usage)?;
    Ok((machine, options))
}

/// The guest is what was measured, and the host a fact about it.
fn environment(date: String, delivery: &Delivery) -> Env {
    let host = env::here(date, delivery.facts.clone());
    let mut env = Env {
        kernel: delivery.kernel.clone(),
        cpu: delivery.cpu.clone(),
        cpus: delivery.cpus,
        ..host.clone()
    };
    for (name, value) in [("kernel", host.kernel), ("cpu", host.cpu), ("cpus", host.cpus.to_string())] {
        env.facts.insert(format!("vm.host.{name}"), value);
    }
    env
}
