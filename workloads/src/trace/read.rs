//! Reads the files of a recording to lines with pid and time: unpacks, decodes, rejoins cut calls, reads the times, and
//! merges the files that `strace -ff` wrote.

use std::borrow::Cow;

use super::body::{Body, body, missing};
use super::clock::{Clock, Kind};
use super::decode::{Text, decode};
use super::line::{Leader, leader};
use super::report::TraceReport;
use super::sample::{self, Sample};
use super::stitch::{JOINED, stitch};
use super::unpack::{UNPACKED_BYTES_MAX, unpack};
use super::{Part, TraceError};

/// Characters of a line that an error shows.
const SHOWN_CHARS_MAX: usize = 60;

/// The lines of a recording.
#[derive(Debug, Default)]
pub(super) struct Read<'a> {
    pub(super) lines: Vec<ReadLine<'a>>,
    pub(super) samples: Vec<Sample>,
    pub(super) kind: Option<Kind>,
    /// True if the files follow one another, because their times cannot be compared.
    pub(super) is_by_file: bool,
    /// True if any line has a pid.
    pub(super) has_pids: bool,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct ReadLine<'a> {
    /// Line number within its file, counted from 1.
    pub(super) number: u64,
    /// The pid of the line; that of the file if the line has none.
    pub(super) pid: Option<u32>,
    pub(super) at_ns: u64,
    pub(super) body: Option<Body<'a>>,
    pub(super) text: &'a str,
}

/// The text of one file.
#[derive(Debug)]
pub(super) struct Decoded<'a> {
    pid: Option<u32>,
    text: Cow<'a, str>,
    encoding: String,
}

/// Unpacks and decodes the files.
pub(super) fn decoded<'a>(parts: &'a [Part]) -> Result<Vec<Decoded<'a>>, TraceError> {
    let mut bytes_left = UNPACKED_BYTES_MAX;
    let mut all = Vec::with_capacity(parts.len());
    for part in parts {
        let (bytes, mut formats) = unpack(&part.bytes)?;
        let too_big = TraceError::TooBig { limit_bytes: UNPACKED_BYTES_MAX };
        bytes_left = bytes_left.checked_sub(bytes.len() as u64).ok_or(too_big)?;
        let (text, encoding, was_coloured) = match bytes {
            Cow::Borrowed(bytes) => {
                let Text { text, encoding, was_coloured } = decode(bytes);
                (text, encoding, was_coloured)
            }
            Cow::Owned(bytes) => {
                let Text { text, encoding, was_coloured } = decode(&bytes);
                (Cow::Owned(text.into_owned()), encoding, was_coloured)
            }
        };
        formats.push(encoding);
        if was_coloured {
            formats.push("coloured");
        }
        all.push(Decoded { pid: part.pid, text: stitch(text), encoding: formats.join(", ") });
    }
    Ok(all)
}

/// Reads all lines.
pub(super) fn read<'a>(files: &'a [Decoded<'_>], report: &mut TraceReport) -> Read<'a> {
    let mut read = Read::default();
    let mut kinds = Vec::new();
    let mut by_file: Vec<Vec<ReadLine<'a>>> = Vec::new();
    for file in files {
        let kind =
            Kind::of(file.text.lines().filter(|line| !line.starts_with('#')).map(|line| leader(line).0));
        kinds.push(kind);
        by_file.push(lines(file, kind, &mut read, report));
    }
    report.files = files.len() as u64;
    read.kind = kinds.iter().copied().max();
    let same = kinds.iter().filter(|kind| **kind != Kind::None).all(|kind| *kind == kinds[0]);
    read.is_by_file = files.len() > 1 && !(same && kinds.first().is_some_and(|kind| kind.is_absolute()));
    if read.is_by_file {
        parents_first(&mut by_file);
    }
    read.lines = by_file.into_iter().flatten().collect();
    if files.len() > 1 && !read.is_by_file {
        read.lines.sort_by_key(|line| line.at_ns);
    }
    if read.lines.iter().all(|line| line.body.is_none()) && !read.samples.is_empty() {
        read.kind = Some(Kind::Epoch);
    }
    report.form = form(files, &read);
    read
}

fn lines<'a>(
    file: &'a Decoded<'_>,
    kind: Kind,
    read: &mut Read<'a>,
    report: &mut TraceReport,
) -> Vec<ReadLine<'a>> {
    let mut clock = Clock::new(kind);
    let mut lines = Vec::new();
    for (number, text) in (1..).zip(file.text.lines()) {
        report.lines += 1;
        if text.starts_with('#') {
            if text == JOINED {
                report.joined += 1;
                continue;
            }
            if let Some(sample) = Sample::read(text) {
                read.samples.push(sample);
                continue;
            }
            if text.starts_with(sample::COMMENT) {
                TraceReport::count(&mut report.notes, "(comment)");
                continue;
            }
        }
        let (mut leader, rest) = leader(text);
        let mut body = body(rest);
        // Output of the program without a line end, followed by a line of strace.
        if body.is_none()
            && let Some((after, inner)) = after_output(text)
        {
            (leader, body) = (after, Some(inner));
        }
        read.has_pids |= leader.pid.is_some() && body.is_some();
        let at_ns = if body.is_some() { clock.read(&leader) } else { clock.now_ns() };
        lines.push(ReadLine { number, pid: leader.pid.or(file.pid), at_ns, body, text });
    }
    lines
}

/// Returns the line of strace that follows other output, if a pid in brackets marks its beginning.
fn after_output(text: &str) -> Option<(Leader, Body<'_>)> {
    let at = text.rfind("[pid ").filter(|at| *at > 0)?;
    let (leader, rest) = leader(&text[at..]);
    let body = leader.pid.and_then(|_| body(rest))?;
    Some((leader, body))
}

/// Moves the file of a task that no other file's task has forked to the front, and otherwise keeps the order.
fn parents_first(files: &mut [Vec<ReadLine<'_>>]) {
    let forked: std::collections::BTreeSet<u32> = files
        .iter()
        .flatten()
        .filter_map(|line| match line.body {
            Some(Body::Call(call)) if super::call::is_fork(call.name) => super::call::child_pid(call.result),
            _ => None,
        })
        .collect();
    files.sort_by_key(|lines| {
        lines.first().and_then(|line| line.pid).is_some_and(|pid| forked.contains(&pid))
    });
}

fn form(files: &[Decoded<'_>], read: &Read<'_>) -> String {
    let mut encodings: Vec<&str> = files.iter().map(|file| file.encoding.as_str()).collect();
    encodings.sort_unstable();
    encodings.dedup();
    let pids = match (read.has_pids, files.iter().any(|file| file.pid.is_some())) {
        (true, _) => "pids",
        (false, true) => "pids by file",
        (false, false) => "no pids",
    };
    format!("{}, {pids}, {}", encodings.join(" and "), read.kind.unwrap_or(Kind::None).shown())
}

/// Returns the error for a recording without usable lines.
pub(super) fn nothing_usable(files: &[Decoded<'_>], report: &TraceReport) -> TraceError {
    let all = files.iter().flat_map(|file| (1..).zip(file.text.lines()).map(move |line| (file, line)));
    let filled = all.into_iter().find(|(_, (_, text))| !text.trim().is_empty());
    let encoding = files.first().map(|file| file.encoding.clone()).unwrap_or_default();
    let (line, text) = filled.map_or((0, ""), |(_, line)| line);
    let missing = match body(leader(text).1) {
        _ if text.is_empty() => "there is no line that is not blank",
        Some(_) => "no call maps memory, starts a task or ends one",
        None => missing(text),
    };
    let excerpt = input::text::excerpt(text.trim().as_bytes(), SHOWN_CHARS_MAX);
    TraceError::NothingUsable { lines: report.lines, encoding, missing, line, excerpt }
}
