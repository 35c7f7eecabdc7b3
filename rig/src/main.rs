//! The command `attach-rig`; everything it does is in the library.
use std::process::ExitCode;

fn main() -> ExitCode {
    rig::cli::main()
}
