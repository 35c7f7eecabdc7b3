//! Failures that carry an exit code.
use engines::Interrupt;
use reports::exit::Exit;
use std::fmt::Display;

/// The reason why a command ends without a result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// The exit code.
    pub code: Exit,
    /// The mistake and its remedy, for stderr.
    pub message: String,
}

impl Failure {
    /// Bad usage.
    pub(super) fn usage(message: impl Display) -> Self {
        Self { code: Exit::Usage, message: message.to_string() }
    }

    /// Nothing could run here.
    pub(super) fn cannot(message: impl Display) -> Self {
        Self { code: Exit::CannotRun, message: message.to_string() }
    }

    /// An output could not be written. Measurements are kept wherever there was room.
    pub(super) fn unwritten(message: impl Display) -> Self {
        Self { code: Exit::Unwritten, message: message.to_string() }
    }

    /// A bug in attach-rig.
    pub(super) fn internal(message: impl Display) -> Self {
        Self { code: Exit::Internal, message: message.to_string() }
    }
}

/// Returns the exit code of a command that would end with `code`, taking into account a signal that has arrived.
pub(super) fn with_signal(code: Exit, interrupt: &Interrupt) -> Exit {
    code.worst(interrupt.signal().map(Exit::Signal))
}
