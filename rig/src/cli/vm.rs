//! `vm`: real processes between real cgroups, on the kernel of a virtual machine that this boots.
use super::exit::Failure;
use super::flags::VmFlags;
use super::output::{self, Folder};
use crate::linux::vm::{self, Delivery, Machine, VmError};
use crate::linux::{LinuxError, Options, parse_duration};
use crate::measure::env;
use reports::schema::Env;
use std::time::Instant;

pub(super) fn vm(flags: &VmFlags) -> Result<u8, Failure> {
    let (machine, options) = plan(flags).map_err(|error| failure(&VmError::from(error)))?;
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

fn plan(flags: &VmFlags) -> Result<(Machine, Options), LinuxError> {
    let machine = Machine {
        setting: flags.hierarchy.parse()?,
        kernel: flags.kernel.clone(),
        init: flags.init.clone(),
        cpus: flags.cpus,
        memory: flags.memory.clone(),
        accel: flags.accel.parse()?,
        timeout: flags.timeout.as_deref().map(parse_duration).transpose()?,
    };
    let options = Options {
        rates: flags.rates.iter().map(|rate| rate.parse()).collect::<Result<_, _>>()?,
        closed_loop: !flags.no_closed_loop,
        duration: parse_duration(&flags.duration)?,
        threads: flags.threads,
        load: flags.worker_load.parse()?,
        trace: !flags.no_trace,
        ..Options::default()
    };
    options.check()?;
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
