//! `clean`: removes what killed runs left behind.
use super::exit::Failure;
use super::output::complain;
use super::streams;
use linux::{self, Cleaned};
use reports::exit::Exit;
use std::fmt::Write as _;

pub(super) fn clean() -> Result<Exit, Failure> {
    let cleaned =
        linux::clean().map_err(|error| Failure { code: error.exit_code(), message: error.to_string() })?;
    let Cleaned { removed, alive, notes, remains, .. } = &cleaned;
    let mut text = String::new();
    for what in removed {
        let _ = writeln!(text, "removed {what}");
    }
    for run in alive {
        let _ = writeln!(text, "left alone {run}, which is under way");
    }
    let _ = writeln!(
        text,
        "clean: {} removed, {} under way, {} remain",
        removed.len(),
        alive.len(),
        remains.len()
    );
    let code = streams::conclude(&text, cleaned.exit_code());
    notes.iter().for_each(|note| complain(note));
    remains.iter().for_each(|remains| complain(&remains.to_string()));
    Ok(code)
}
