//! One line of a log, taken apart without yet asking what the call means: `PID SECONDS.FRACTION REST`, where
//! the pid may also be written `[pid N]`. What belongs together over several lines is for `join`.

/// A line that looks as strace writes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Line<'a> {
    pub(super) pid: u32,
    /// When it was written, in nanoseconds since 1970.
    pub(super) at_ns: u64,
    pub(super) body: Body<'a>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Body<'a> {
    /// `name(args) = result`
    Call(Call<'a>),
    /// `name(args <unfinished ...>`
    Unfinished { name: &'a str, args: &'a str },
    /// `<... name resumed>args) = result`; the text from `args` on.
    Resumed { name: &'a str, tail: &'a str },
    /// `+++ exited with 0 +++` or `+++ killed by SIGKILL +++`
    Exited,
    /// `+++ superseded by execve in pid 12 +++`
    Superseded { by: u32 },
    /// `--- SIGCHLD {...} ---`
    Signal,
}

/// A whole call. `args` is the text between the outer brackets, `result` what follows the equals sign.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Call<'a> {
    pub(super) name: &'a str,
    pub(super) args: &'a str,
    pub(super) result: &'a str,
}

const UNFINISHED: &str = "<unfinished ...>";

/// Takes a line apart; `None` if it does not look as strace writes it.
pub(super) fn parse(line: &str) -> Option<Line<'_>> {
    let (pid, rest) = pid(line.trim())?;
    let (time, rest) = rest.trim_start().split_once(' ')?;
    Some(Line { pid, at_ns: time_ns(time)?, body: body(rest.trim())? })
}

fn pid(line: &str) -> Option<(u32, &str)> {
    let (number, rest) = match line.strip_prefix("[pid") {
        Some(rest) => rest.split_once(']')?,
        None => line.split_once(' ')?,
    };
    Some((number.trim().parse().ok()?, rest))
}

/// `1795475818.353184` in nanoseconds; the fraction may have up to nine digits.
fn time_ns(text: &str) -> Option<u64> {
    let (seconds, fraction) = text.split_once('.')?;
    if !(1..=9).contains(&fraction.len()) || !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let scale = 10u64.pow(9 - fraction.len() as u32);
    let fraction_ns = fraction.parse::<u64>().ok()? * scale;
    seconds.parse::<u64>().ok()?.checked_mul(1_000_000_000)?.checked_add(fraction_ns)
}

fn body(text: &str) -> Option<Body<'_>> {
    if let Some(note) = text.strip_prefix("+++ ") {
        return note_body(note);
    }
    if text.starts_with("--- ") {
        return Some(Body::Signal);
    }
    if let Some(resumed) = text.strip_prefix("<... ") {
        let (name, tail) = resumed.split_once(" resumed>")?;
        return is_name(name).then_some(Body::Resumed { name, tail });
    }
    if let Some(head) = text.strip_suffix(UNFINISHED) {
        let (name, args) = head.split_once('(')?;
        return is_name(name).then_some(Body::Unfinished { name, args });
    }
    call(text).map(Body::Call)
}

fn note_body(note: &str) -> Option<Body<'_>> {
    if let Some(superseded) = note.strip_prefix("superseded by execve in pid ") {
        let by = superseded.split(' ').next()?.parse().ok()?;
        return Some(Body::Superseded { by });
    }
    (note.starts_with("exited") || note.starts_with("killed")).then_some(Body::Exited)
}

/// Takes `name(args) = result` apart. The result is sought from the right, because arguments may hold
/// anything.
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
    let of_names = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
    !text.is_empty() && text.bytes().all(of_names)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_whole_call() {
        let line = parse("8909  1795475818.354159 brk(NULL)       = 0x5632f304f000").unwrap();
        assert_eq!((line.pid, line.at_ns), (8909, 1_795_475_818_354_159_000));
        let call = Call { name: "brk", args: "NULL", result: "0x5632f304f000" };
        assert_eq!(line.body, Body::Call(call));
    }

    #[test]
    fn brackets_and_equals_signs_in_arguments_do_not_confuse() {
        let call =
            call("execve(\"a) = 1\", [\"(\"], 0x7f /* 3 vars */) = -1 ENOENT (No such file) ").unwrap();
        assert_eq!(call.args, "\"a) = 1\", [\"(\"], 0x7f /* 3 vars */");
        assert_eq!(call.result, "-1 ENOENT (No such file)");
    }

    #[test]
    fn notes_halves_and_the_other_way_to_write_pids() {
        let body = |text| parse(text).map(|line| line.body);
        assert_eq!(body("[pid  12] 1.5 +++ exited with 0 +++"), Some(Body::Exited));
        assert_eq!(body("12 1.5 +++ superseded by execve in pid 13 +++"), Some(Body::Superseded { by: 13 }));
        assert_eq!(body("12 1.5 --- SIGCHLD {si_signo=SIGCHLD} ---"), Some(Body::Signal));
        let head = Body::Unfinished { name: "munmap", args: "0x7000, 4096 " };
        assert_eq!(body("12 1.5 munmap(0x7000, 4096 <unfinished ...>"), Some(head));
        let tail = Body::Resumed { name: "munmap", tail: ")             = 0" };
        assert_eq!(body("12 1.5 <... munmap resumed>)             = 0"), Some(tail));
    }

    #[test]
    fn what_strace_does_not_write_is_nothing() {
        for garbage in
            ["", "hello", "12", "12 x", "12 1.5", "12 1.5 brk(NULL", "12 1 brk(0) = 0", "-1 1.5 brk(0) = 0"]
        {
            assert_eq!(parse(garbage), None, "{garbage}");
        }
    }
}
