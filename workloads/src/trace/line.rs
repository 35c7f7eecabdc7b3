//! Parses the leader of a line: pid, time and instruction pointer, each of which may be missing. `body` parses the rest
//! of the line, and `clock` interprets the time.

/// The largest pid of Linux; a larger number at the beginning of a line is a time.
const PID_MAX: u64 = 1 << 22;

/// The parts before a call.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Leader {
    /// `123 `, `[pid 123] ` or `123<comm> `.
    pub(super) pid: Option<u32>,
    pub(super) stamp: Option<Stamp>,
    /// `(+     0.000012) `: nanoseconds since the line before, which `-r` writes after the time of `-t`.
    pub(super) since_ns: Option<u64>,
    /// True if `[00007f3a...] ` or the number of a call is present.
    pub(super) has_brackets: bool,
}

/// A time, as written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stamp {
    /// Seconds, since 1970 or since the line before.
    Seconds {
        ns: u64,
        /// True if it is padded to six columns, as the times of `-r` are, or has a plus sign.
        is_padded: bool,
    },
    /// Time of day.
    Day { ns: u64, is_coarse: bool },
}

const SECOND_NS: u64 = 1_000_000_000;

/// Splits off the leader, and returns the rest of the line.
pub(super) fn leader(line: &str) -> (Leader, &str) {
    let line = line.trim_end();
    let mut leader = Leader::default();
    let start = line.trim_start();
    let (pid, rest) = pid(start).map_or((None, line), |(pid, rest)| (Some(pid), rest));
    leader.pid = pid;
    let pid_columns = if start.starts_with('[') { 0 } else { pid.map_or(0, |pid| pid.to_string().len()) };
    let after = rest.trim_start();
    let blanks = rest.len() - after.len();
    let mut rest = after;
    if let Some((stamp, after)) = stamp(rest, blanks, pid_columns) {
        (leader.stamp, rest) = (Some(stamp), after.trim_start());
    }
    if let Some((since_ns, after)) = since(rest) {
        (leader.since_ns, rest) = (Some(since_ns), after.trim_start());
    }
    while let Some(after) = brackets(rest) {
        (leader.has_brackets, rest) = (true, after.trim_start());
    }
    (leader, rest)
}

fn pid(line: &str) -> Option<(u32, &str)> {
    if let Some(inside) = line.strip_prefix("[pid") {
        let (pid, rest) = digits(inside.trim_start())?;
        let rest = after_comm(rest, ">]").unwrap_or(rest);
        return Some((pid.try_into().ok()?, rest.strip_prefix(']')?));
    }
    let (pid, rest) = digits(line)?;
    let rest = after_comm(rest, "> ").unwrap_or(rest);
    (rest.starts_with([' ', '\t']) && (1..=PID_MAX).contains(&pid)).then_some((pid as u32, rest))
}

/// Returns the rest after `<comm>`, which ends where a continuation of a leader follows.
fn after_comm<'a>(rest: &'a str, end: &str) -> Option<&'a str> {
    let comm = rest.strip_prefix('<')?;
    comm.find(end).map(|at| &comm[at + 1..])
}

fn digits(text: &str) -> Option<(u64, &str)> {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    Some((text[..end].parse().ok()?, &text[end..]))
}

/// Parses a time at the beginning of `text`, after `blanks` blanks that followed a pid of that many columns.
fn stamp(text: &str, blanks: usize, pid_columns: usize) -> Option<(Stamp, &str)> {
    let plus = text.strip_prefix('+').map(str::trim_start);
    let (whole, rest) = digits(plus.unwrap_or(text))?;
    if rest.starts_with(':') {
        return day(whole, rest);
    }
    let (fraction_ns, rest) = fraction(rest)?;
    if !(rest.is_empty() || rest.starts_with([' ', '\t'])) {
        return None;
    }
    let ns = whole.checked_mul(SECOND_NS)?.checked_add(fraction_ns)?;
    // A pid is padded to five columns and followed by a blank.
    let own =
        blanks.saturating_sub(if pid_columns > 0 { 6usize.saturating_sub(pid_columns).max(1) } else { 0 });
    Some((Stamp::Seconds { ns, is_padded: plus.is_some() || own > 0 }, rest))
}

fn day(hours: u64, rest: &str) -> Option<(Stamp, &str)> {
    let (minutes, rest) = digits(rest.strip_prefix(':')?)?;
    let (seconds, rest) = digits(rest.strip_prefix(':')?)?;
    let is_coarse = !rest.starts_with('.');
    let (fraction_ns, rest) = fraction(rest)?;
    let fits = hours < 24 && minutes < 60 && seconds <= 60 && rest.starts_with([' ', '\t']);
    let ns = || (hours * 3600 + minutes * 60 + seconds) * SECOND_NS + fraction_ns;
    fits.then(|| (Stamp::Day { ns: ns(), is_coarse }, rest))
}

/// Parses `.353184` as nanoseconds, up to nine digits; 0 if absent.
fn fraction(text: &str) -> Option<(u64, &str)> {
    let Some(text) = text.strip_prefix('.') else { return Some((0, text)) };
    let (value, rest) = digits(text)?;
    let len = text.len() - rest.len();
    (len <= 9).then(|| (value * 10u64.pow(9 - len as u32), rest))
}

fn since(text: &str) -> Option<(u64, &str)> {
    let inside = text.strip_prefix("(+")?.trim_start();
    let (whole, rest) = digits(inside)?;
    let (fraction_ns, rest) = fraction(rest)?;
    Some((whole.checked_mul(SECOND_NS)?.checked_add(fraction_ns)?, rest.strip_prefix(')')?))
}

/// Returns the rest after `[00007f3a1b2c3d4e] ` (`-i`), `[????????????????] ` or `[ 257] ` (`-n`).
fn brackets(text: &str) -> Option<&str> {
    let (inside, rest) = text.strip_prefix('[')?.split_once(']')?;
    let inside = inside.trim_start();
    let fits = !inside.is_empty() && inside.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'?');
    (fits && rest.starts_with(' ')).then_some(rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seconds(ns: u64, is_padded: bool) -> Option<Stamp> {
        Some(Stamp::Seconds { ns, is_padded })
    }

    #[track_caller]
    fn check(line: &str, pid: Option<u32>, stamp: Option<Stamp>) {
        let (leader, rest) = leader(line);
        assert_eq!((leader.pid, leader.stamp, rest), (pid, stamp, "brk(0) = 0"), "{line}");
    }

    #[test]
    fn every_part_may_be_missing() {
        let epoch = 1_795_475_818_354_159_000;
        check("brk(0) = 0", None, None);
        check("  brk(0) = 0", None, None);
        check("100  brk(0) = 0", Some(100), None);
        check("[pid   100] brk(0) = 0", Some(100), None);
        check("[pid 100<a> b>] brk(0) = 0", Some(100), None);
        check("100<Web Content> brk(0) = 0", Some(100), None);
        check("1795475818.354159 brk(0) = 0", None, seconds(epoch, false));
        check("1795475818 brk(0) = 0", None, seconds(1_795_475_818_000_000_000, false));
        check("100   1795475818.354159000 brk(0) = 0", Some(100), seconds(epoch, false));
        check("100        0.000012 brk(0) = 0", Some(100), seconds(12_000, true));
        check("     0.000012 brk(0) = 0", None, seconds(12_000, true));
        check("[pid  100]      0.000012 brk(0) = 0", Some(100), seconds(12_000, true));
        check("100 +0.5 brk(0) = 0", Some(100), seconds(500_000_000, true));
        check("5 10.000000 brk(0) = 0", Some(5), seconds(10_000_000_000, false));
        check("100 1.5 [00007f3a1b2c3d4e] brk(0) = 0", Some(100), seconds(1_500_000_000, false));
        check("[????????????????] [  12] brk(0) = 0", None, None);
        let day = |ns, is_coarse| Some(Stamp::Day { ns, is_coarse });
        check("100 11:09:25 brk(0) = 0", Some(100), day(40_165_000_000_000, true));
        check("11:09:25.5 brk(0) = 0", None, day(40_165_500_000_000, false));
        check("[pid 7] 11:09:25.5 (+     0.25) brk(0) = 0", Some(7), day(40_165_500_000_000, false));
        assert_eq!(leader("11:09:25 (+     0.25) brk(0) = 0").0.since_ns, Some(250_000_000));
    }
}
