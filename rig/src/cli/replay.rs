//! `replay`: repeats one schedule and prints it step by step.
use super::exit::Failure;
use super::flags::ReplayFlags;
use super::output::{result, say};
use super::streams;
use explore::Witness;
use explore::replay::{Replayed, replay};
use reports::exit::Exit;
use reports::json::write_atomic;
use std::path::Path;

pub(super) fn run(flags: &ReplayFlags) -> Result<Exit, Failure> {
    let witness = Witness::read(&flags.schedule).map_err(Failure::usage)?;
    say(&format!(
        "test {} under {}, {} steps, {} switches",
        witness.litmus.name,
        witness.protocol,
        witness.schedule.choices().len(),
        witness.schedule.switches()
    ));
    let Replayed { text, trace, repeated, .. } = replay(&witness);
    let printed = result(&text);
    let traced = flags.trace.as_deref().map_or(Ok(()), |file| write(file, &trace()));
    let same = repeated.map_err(|message| Failure { code: Exit::NotRepeated, message });
    Ok([printed, traced, same].into_iter().fold(Exit::AsExpected, streams::also))
}

fn write(file: &Path, trace: &str) -> Result<(), Failure> {
    write_atomic(file, trace.as_bytes()).map_err(Failure::unwritten)?;
    say(&format!("trace: {} (open it in ui.perfetto.dev or chrome://tracing)", file.display()));
    Ok(())
}
