//! The command under test, run in one way by all tests.
use std::path::Path;
use std::process::{Command, Output};

pub(crate) const BINARY: &str = env!("CARGO_BIN_EXE_attach-rig");

/// Returns the program in `folder`, without environment variables that would change its output.
pub(crate) fn rig_in(folder: &Path) -> Command {
    let mut command = Command::new(BINARY);
    command.current_dir(folder).env_remove("GITHUB_ACTIONS").env_remove("GITHUB_STEP_SUMMARY");
    command
}

/// Runs the program with these arguments in `folder`, to its end.
pub(crate) fn rig(arguments: &[&str], folder: &Path) -> Output {
    rig_in(folder).args(arguments).output().unwrap()
}

/// Returns the bytes as text.
pub(crate) fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// Returns the exit code and stderr.
pub(crate) fn said(output: &Output) -> (Option<i32>, String) {
    (output.status.code(), text(&output.stderr))
}
