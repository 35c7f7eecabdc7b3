//! The command as a careless user meets it: hostile names, streams that cannot be written, folders in use, signals, bounds.
//!
//! | module | content |
//! |---|---|
//! | `command/folders.rs` | folders in use, with earlier results, and on a disk that is full |
//! | `command/inputs.rs` | devices, FIFOs and folders where a file is wanted |
//! | `command/names.rs` | names that terminals would obey, and commands that are pasted back |
//! | `command/signals.rs` | SIGINT, SIGTERM, SIGHUP, and a terminal that is lost |
//! | `command/streams.rs` | standard output and error that are closed, full or gone |
//! | `command/workers.rs` | more workers than make sense, or than the system starts |
#[allow(dead_code, reason = "this program uses a part")]
#[path = "support/cgroups.rs"]
mod cgroups;

mod command {
    use super::cgroups;

    mod folders;
    mod inputs;
    mod names;
    mod signals;
    mod streams;
    mod workers;

    use std::path::Path;
    use std::process::{Command, Output};

    /// The program in `folder`, told nothing by the environment.
    fn rig(folder: &Path) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_attach-rig"));
        command.current_dir(folder).env_remove("GITHUB_ACTIONS").env_remove("GITHUB_STEP_SUMMARY");
        command
    }

    /// Runs a script in which `$RIG` is the program.
    fn sh(folder: &Path, script: &str) -> Output {
        let mut command = Command::new("sh");
        command.args(["-c", script]).current_dir(folder).env("RIG", env!("CARGO_BIN_EXE_attach-rig"));
        command.env_remove("GITHUB_ACTIONS").env_remove("GITHUB_STEP_SUMMARY").output().unwrap()
    }

    /// The exit code, and what was said on stderr.
    fn said(output: &Output) -> (Option<i32>, String) {
        (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
    }

    /// A built-in scenario with another name.
    fn scenario(name: &str) -> String {
        include_str!("../scenarios/idle.toml").replacen("name = \"idle\"", &format!("name = \"{name}\""), 1)
    }
}
