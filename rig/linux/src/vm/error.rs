//! Errors of a virtual machine: what can go wrong, what to try, and with which exit code the command ends.
//!
//! A guest meets [`LinuxError`] inside; here it comes back as [`VmError::Guest`].
use super::super::error::LinuxError;
use super::super::option_error::OptionError;
use engines::signals;
use reports::exit::Exit;
use std::io;
use std::path::PathBuf;

/// Command with which a Debian machine gets a kernel without installing one.
const GET_KERNEL: &str = "apt-get download $(apt-cache depends linux-image-cloud-amd64 | awk '/Depends/ {print $2; exit}') \
    && dpkg -x linux-image-*.deb kernel, then --kernel kernel/boot/vmlinuz-*";
/// A rig that runs anywhere.
const GET_INIT: &str = "leave out --init, for the running rig; or make one that needs no libraries: \
    RUSTFLAGS=\"-C target-feature=+crt-static\" cargo build --release --target x86_64-unknown-linux-gnu, \
    then --init target/x86_64-unknown-linux-gnu/release/attach-rig";

/// Reason why there is no result from a virtual machine. Each variant says what to do about it.
#[derive(Debug, thiserror::Error)]
pub enum VmError {
    /// There is no kernel to boot. Exit code 4.
    #[error("no kernel to boot: {looked}\n  try: {GET_KERNEL}")]
    NoKernel {
        /// Places that were searched.
        looked: String,
    },
    /// There is no QEMU. Exit code 4.
    #[error(
        "no qemu-system-x86_64 on the PATH\n  try, as root: apt-get install --no-install-recommends qemu-system-x86"
    )]
    NoQemu,
    /// The rig that should be init cannot run in a guest. Exit code 4.
    #[error("{} cannot be init of a guest: {problem}\n  try: {GET_INIT}", init.display())]
    NoInit {
        /// The file.
        init: PathBuf,
        /// The mistake.
        problem: String,
    },
    /// The machine refused something. Exit code 4.
    #[error("cannot {doing}: {source}")]
    Setup {
        /// The action that failed.
        doing: String,
        /// The answer.
        source: io::Error,
    },
    /// The processor was asked for, and KVM runs no guest. Exit code 4.
    #[error("{why}\n  try: --accel tcg (emulation, many times slower)\n{console}")]
    NoKvm {
        /// The observation.
        why: String,
        /// Last lines of the console.
        console: String,
    },
    /// The guest was ended, since it took too long. Exit code 5.
    #[error("{}\n{console}", too_long(limit, *spoke))]
    Timeout {
        /// The limit, as `--timeout` takes it.
        limit: String,
        /// True when it had written anything.
        spoke: bool,
        /// Last lines of its console.
        console: String,
    },
    /// The guest ended without a result. Exit code 5.
    #[error("the guest ended without a result; {}", console_words(console))]
    NoResult {
        /// Last lines of its console.
        console: String,
    },
    /// The result of the guest is not one of what was asked for. Exit code 5.
    #[error(
        "the guest's result is not used: {problem}\n  try: leave out --init, so that the guest runs this version of attach-rig"
    )]
    NotBelieved {
        /// The mistake.
        problem: String,
    },
    /// A signal ended the run, and with it the guest. Exit code 128 and the signal.
    #[error("ended by {}; `attach-rig report DIR` shows the cells that this guest had finished", signals::name(*signal))]
    Interrupted {
        /// Number of the signal.
        signal: i32,
    },
    /// An error in the guest, as the guest reports it. The exit code is the guest's.
    #[error("in the guest: {message}")]
    Guest {
        /// Exit code of the guest.
        code: Exit,
        /// Message of the guest.
        message: String,
    },
    /// Options that make no sense, or signals that cannot be caught.
    #[error(transparent)]
    Linux(#[from] LinuxError),
}

impl From<OptionError> for VmError {
    fn from(error: OptionError) -> Self {
        Self::Linux(error.into())
    }
}

impl VmError {
    /// Reports whether another guest would fail in the same way.
    #[must_use]
    pub fn is_final(&self) -> bool {
        use VmError::{Guest, NoResult, NotBelieved, Timeout};
        !matches!(self, Timeout { .. } | NoResult { .. } | NotBelieved { .. } | Guest { .. })
    }

    /// The words without the console, in one line.
    pub(super) fn short(&self) -> String {
        let text = self.to_string();
        let lines = text.lines().filter(|line| !line.starts_with("  |"));
        lines.map(str::trim).collect::<Vec<_>>().join("; ")
    }

    /// Exit code of the command.
    #[must_use]
    pub fn exit_code(&self) -> Exit {
        match self {
            Self::NoKernel { .. }
            | Self::NoQemu
            | Self::NoInit { .. }
            | Self::NoKvm { .. }
            | Self::Setup { .. } => Exit::CannotRun,
            Self::Timeout { .. } | Self::NoResult { .. } | Self::NotBelieved { .. } => Exit::Inconclusive,
            Self::Interrupted { signal } => Exit::Signal(*signal as u8),
            Self::Guest { code, .. } => *code,
            Self::Linux(error) => error.exit_code(),
        }
    }
}

fn too_long(limit: &str, spoke: bool) -> String {
    if spoke {
        return format!("the guest had not finished after {limit} and was ended; allow more with --timeout");
    }
    format!(
        "the guest never said a word within {limit} and was ended; its console is empty\n  try: --accel tcg, another \
         --kernel (x86-64, with a serial console), or more time with --timeout"
    )
}

fn console_words(console: &str) -> String {
    if console.is_empty() {
        return "its console is empty: it never said a word\n  try: --accel tcg, or another --kernel".into();
    }
    format!("its console ends with:\n{console}")
}
