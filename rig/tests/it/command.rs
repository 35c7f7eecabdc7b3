//! The command as a careless user meets it: hostile names, streams that cannot be written, folders in use, signals, bounds.
//!
//! | module | content |
//! |---|---|
//! | `command/folders.rs` | folders in use, with earlier results, and on a disk that is full |
//! | `command/help.rs` | the help of every command, as one text |
//! | `command/inputs.rs` | devices, FIFOs and folders where a file is wanted |
//! | `command/missing.rs` | what an inconclusive run lacks |
//! | `command/names.rs` | names that terminals would obey, and commands that are pasted back |
//! | `command/printing.rs` | quiet, verbose, colours, and JSON on standard output |
//! | `command/shell.rs` | completions and manual pages |
//! | `command/signals.rs` | SIGINT, SIGTERM, SIGHUP, and a terminal that is lost |
//! | `command/streams.rs` | standard output and error that are closed, full or gone |
//! | `command/version.rs` | the version with its commit |
//! | `command/workers.rs` | more workers than make sense, or than the system starts |

mod folders;
mod help;
mod inputs;
mod missing;
mod names;
mod printing;
mod shell;
mod signals;
mod streams;
mod version;
mod workers;

use crate::support::BINARY;
use std::path::Path;
use std::process::{Command, Output};

/// Runs a script in which `$RIG` is the program.
fn sh(folder: &Path, script: &str) -> Output {
    let mut command = Command::new("sh");
    command.args(["-c", script]).current_dir(folder).env("RIG", BINARY);
    command.env_remove("GITHUB_ACTIONS").env_remove("GITHUB_STEP_SUMMARY").output().unwrap()
}

/// Returns a built-in scenario with another name.
fn scenario(name: &str) -> String {
    include_str!("../../scenarios/idle.toml").replacen("name = \"idle\"", &format!("name = \"{name}\""), 1)
}
