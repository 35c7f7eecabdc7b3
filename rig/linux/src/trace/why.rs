//! Reasons why something cannot be traced here, and what would fix that. They are never an error of the run.
use rustix::io::Errno;
use std::fmt;
use std::io;
use std::path::Path;

/// Something that is not available.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Unavailable {
    why: String,
    remedy: String,
}

impl Unavailable {
    /// Makes one from words.
    pub(super) fn new(why: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { why: why.into(), remedy: remedy.into() }
    }

    /// The answer to `doing` with a file of tracefs.
    pub(super) fn file(doing: &str, path: &Path, error: &io::Error) -> Self {
        // Paths lead through a descriptor of ours; the part after its number is the path within tracefs.
        let text = path.to_string_lossy();
        let name = text.strip_prefix("/proc/self/fd/").and_then(|rest| rest.split_once('/'));
        let name = name.map_or_else(|| text.to_string(), |(_, name)| format!("tracefs: {name}"));
        Self::new(format!("cannot {doing} {name}: {error}"), remedy(error))
    }
}

fn remedy(error: &io::Error) -> &'static str {
    match Errno::from_io_error(error) {
        Some(Errno::ACCESS | Errno::PERM | Errno::ROFS) if rustix::process::geteuid().is_root() => {
            "run it on the host or in a container with --privileged, on a kernel that is not locked down"
        }
        Some(Errno::ACCESS | Errno::PERM | Errno::ROFS) => "run it as root",
        Some(Errno::NOMEM) => "free some memory",
        Some(Errno::BUSY) => "wait until no other program uses it",
        _ => "boot a kernel with CONFIG_FTRACE=y and this feature, or use attach-rig vm",
    }
}

impl fmt::Display for Unavailable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (try: {})", self.why, self.remedy)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_descriptor_of_ours_is_not_named() {
        let path = Path::new("/proc/self/fd/7/instances/attach-rig-1-2/tracing_on");
        let text = Unavailable::file("write", path, &Errno::NOMEM.into()).to_string();
        assert!(text.starts_with("cannot write tracefs: instances/attach-rig-1-2/tracing_on: "), "{text}");
        assert!(text.ends_with("(try: free some memory)"), "{text}");
    }
}
