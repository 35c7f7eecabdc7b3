//! Parses the part of a line after its leader, without interpreting the call.

/// The part of a line after pid and time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Body<'a> {
    /// `name(args) = result`
    Call(Call<'a>),
    /// `name(args <unfinished ...>`
    Unfinished { name: &'a str, args: &'a str },
    /// `<... name resumed>args) = result`; the text from `args` on.
    Resumed { name: &'a str, tail: &'a str },
    /// `name(args <detached ...>`
    Detached,
    /// `name(args`, cut by a note of strace or output of the program.
    Cut,
    /// `+++ exited with 0 +++` or `+++ killed by SIGKILL +++`
    Exited,
    /// `+++ superseded by execve in pid 12 +++`
    Superseded { by: u32 },
    /// `--- SIGCHLD {...} ---`
    Signal,
    /// `strace: Process 12 attached`, optionally with the number of threads
    Attached { pid: u32, threads: Option<u32> },
    /// Any other message of strace, or a line of the table that `-C` writes, such as `[ Process PID=12 runs in 32 bit mode. ]`.
    Message,
    /// ` > /lib/libc.so.6(brk+0xb) [0x12]`
    Stack,
}

/// A whole call. `args` is the text between the outer brackets, `result` what follows the equals sign.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Call<'a> {
    pub(super) name: &'a str,
    pub(super) args: &'a str,
    pub(super) result: &'a str,
}

const UNFINISHED: &str = "<unfinished ...>";
const DETACHED: &str = "<detached ...>";

/// Parses a body; returns `None` if it does not look like output of strace.
pub(super) fn body(text: &str) -> Option<Body<'_>> {
    let text = text.trim();
    if let Some(note) = text.strip_prefix("+++ ") {
        return exit_note(note);
    }
    if text.starts_with("--- ") {
        return Some(Body::Signal);
    }
    if text.starts_with("> ") {
        return Some(Body::Stack);
    }
    if let Some(message) = message(text) {
        return Some(message);
    }
    if is_summary(text) {
        return Some(Body::Message);
    }
    if let Some(resumed) = text.strip_prefix("<... ") {
        let (name, tail) = resumed.split_once(" resumed>")?;
        return is_name(name).then_some(Body::Resumed { name, tail });
    }
    if let Some(head) = text.strip_suffix(UNFINISHED) {
        let (name, args) = head.split_once('(')?;
        return is_name(name).then_some(Body::Unfinished { name, args });
    }
    let (name, _) = text.split_once('(')?;
    if !is_name(name) {
        return None;
    }
    if text.ends_with(DETACHED) {
        return Some(Body::Detached);
    }
    Some(call(text).map_or(Body::Cut, Body::Call))
}

fn exit_note(note: &str) -> Option<Body<'_>> {
    if let Some(superseded) = note.strip_prefix("superseded by execve in pid ") {
        let by = superseded.split([' ', '<']).next()?.parse().ok()?;
        return Some(Body::Superseded { by });
    }
    (note.starts_with("exited") || note.starts_with("killed")).then_some(Body::Exited)
}

fn message(text: &str) -> Option<Body<'_>> {
    if text.starts_with("[ Process PID=") {
        return Some(Body::Message);
    }
    let ours = text.strip_prefix("strace: ");
    let Some(process) = ours.unwrap_or(text).strip_prefix("Process ") else {
        return ours.map(|_| Body::Message);
    };
    let Some((pid, what)) = process.split_once(' ') else { return ours.map(|_| Body::Message) };
    let pid = pid.split('<').next().and_then(|pid| pid.parse().ok());
    let (Some(pid), true) = (pid, ours.is_some() || is_about_attaching(what)) else {
        return ours.map(|_| Body::Message);
    };
    let Some(rest) = what.strip_prefix("attached") else { return Some(Body::Message) };
    let threads = rest.strip_prefix(" with ").and_then(|rest| rest.split(' ').next()?.parse().ok());
    Some(Body::Attached { pid, threads })
}

/// Reports whether a line belongs to the table that `-c` and `-C` write: `100.00    0.000120           4        31
/// 1 total`.
fn is_summary(text: &str) -> bool {
    if text.starts_with("% time ") || text.starts_with("------ ") {
        return true;
    }
    let mut words: Vec<&str> = text.split_whitespace().collect();
    let is_named = words.pop().is_some_and(is_name);
    is_named && (2..=5).contains(&words.len()) && words.iter().all(|word| word.parse::<f64>().is_ok())
}

fn is_about_attaching(what: &str) -> bool {
    ["attached", "detached", "resumed", "suspended"].iter().any(|verb| what.starts_with(verb))
}

/// Parses `name(args) = result`. The result is searched for from the right, because arguments may contain anything.
pub(super) fn call(text: &str) -> Option<Call<'_>> {
    let (name, rest) = text.split_once('(')?;
    if !is_name(name) {
        return None;
    }
    rest.rmatch_indices(" = ").find_map(|(at, equals)| {
        let args = rest[..at].trim_end().strip_suffix(')')?;
        Some(Call { name, args, result: rest[at + equals.len()..].trim() })
    })
}

fn is_name(text: &str) -> bool {
    let of_names = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'?';
    !text.is_empty() && text.len() <= 64 && text.bytes().all(of_names)
}

/// Names the part that is missing from a line.
pub(super) fn missing(line: &str) -> &'static str {
    let (leader, rest) = super::line::leader(line);
    match (leader.pid, leader.stamp) {
        (_, _) if rest.contains('(') => "the end of the call, `) = RESULT`, is missing",
        (Some(_), Some(_)) => "after pid and time, `NAME(ARGUMENTS) = RESULT` is missing",
        (Some(_), None) => "after the pid, `NAME(ARGUMENTS) = RESULT` is missing",
        (None, Some(_)) => "after the time, `NAME(ARGUMENTS) = RESULT` is missing",
        (None, None) => "`NAME(ARGUMENTS) = RESULT` is missing",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn brackets_and_equals_signs_in_arguments_do_not_confuse() {
        let call =
            call("execve(\"a) = 1\", [\"(\"], 0x7f /* 3 vars */) = -1 ENOENT (No such file) ").unwrap();
        assert_eq!(call.args, "\"a) = 1\", [\"(\"], 0x7f /* 3 vars */");
        assert_eq!(call.result, "-1 ENOENT (No such file)");
    }

    #[test]
    fn notes_and_halves() {
        assert_eq!(body("+++ exited with 0 +++"), Some(Body::Exited));
        assert_eq!(body("+++ killed by SIGSEGV (core dumped) +++"), Some(Body::Exited));
        for by in ["13", "13<sh>"] {
            let note = format!("+++ superseded by execve in pid {by} +++");
            assert_eq!(body(&note), Some(Body::Superseded { by: 13 }));
        }
        assert_eq!(body("--- SIGCHLD {si_signo=SIGCHLD} ---"), Some(Body::Signal));
        let head = Body::Unfinished { name: "munmap", args: "0x7000, 4096 " };
        assert_eq!(body("munmap(0x7000, 4096 <unfinished ...>"), Some(head));
        let tail = Body::Resumed { name: "munmap", tail: ")             = 0" };
        assert_eq!(body("<... munmap resumed>)             = 0"), Some(tail));
        assert_eq!(body("<... ??? resumed>) = ?"), Some(Body::Resumed { name: "???", tail: ") = ?" }));
        assert_eq!(body("epoll_wait(5,  <detached ...>"), Some(Body::Detached));
        assert_eq!(body("write(1, \"a\", 1a"), Some(Body::Cut));
        let restarted = body("restart_syscall(<... resuming interrupted read ...>) = 0");
        assert!(matches!(restarted, Some(Body::Call(Call { name: "restart_syscall", result: "0", .. }))));
    }

    #[test]
    fn messages_of_strace() {
        let attached = |threads| Some(Body::Attached { pid: 12, threads });
        assert_eq!(body("strace: Process 12 attached"), attached(None));
        assert_eq!(body("Process 12 attached (waiting for parent)"), attached(None));
        assert_eq!(body("strace: Process 12<web> attached with 5 threads"), attached(Some(5)));
        for message in [
            "strace: Process 12 detached",
            "[ Process PID=12 runs in 32 bit mode. ]",
            "strace: [ Process PID=12 runs in x32 mode. ]",
            "strace: Can't open perf",
        ] {
            assert_eq!(body(message), Some(Body::Message), "{message}");
        }
        for row in
            ["% time     seconds  usecs/call     calls    errors syscall", "------ ----------- ---- total"]
        {
            assert_eq!(body(row), Some(Body::Message));
        }
        // The first number reads as a time.
        assert_eq!(body("0.000120           4        31         1 brk"), Some(Body::Message));
        assert_eq!(body("> /lib/libc.so.6(brk+0xb) [0x1]"), Some(Body::Stack));
    }

    #[test]
    fn what_strace_does_not_write_is_nothing() {
        for garbage in ["", "hello", "hello (world)", "+++ hello", "<... brk resumed", "Process 12 is here"] {
            assert_eq!(body(garbage), None, "{garbage}");
        }
        assert_eq!(missing("100 1.5 hello"), "after pid and time, `NAME(ARGUMENTS) = RESULT` is missing");
    }
}
