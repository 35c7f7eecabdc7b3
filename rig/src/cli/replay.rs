//! `replay`: one schedule once more, step by step.
use super::exit::{self, Failure};
use super::flags::ReplayFlags;
use super::output::{result, say};
use crate::explore::Witness;
use crate::explore::replay::{Replayed, replay};
use reports::json::write_atomic;

pub(super) fn run(flags: &ReplayFlags) -> Result<u8, Failure> {
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
    if let Some(file) = &flags.trace {
        write_atomic(file, trace().as_bytes()).map_err(Failure::unwritten)?;
        say(&format!("trace: {} (open it in ui.perfetto.dev or chrome://tracing)", file.display()));
    }
    match repeated {
        Ok(()) => printed.map(|()| exit::OK),
        Err(difference) => Err(Failure { code: exit::NOT_REPEATED, message: difference }),
    }
}
