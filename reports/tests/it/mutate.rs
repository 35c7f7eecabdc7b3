//! Damage to inputs, of bytes and of their meaning, as a function of a seed; and the rounds that a fuzzing test makes.
//!
//! An ordinary test makes a fixed number of rounds, so that it finds the same today and tomorrow. With
//! `ATTACH_RIG_FUZZ_SECONDS=60` it goes on for that time. Every round has a seed of its own, which a failure names. The
//! input of a failed round is kept in the target folder. Used by the tests of rig as well.
use crate::dice::Dice;
use serde_json::Value;
use std::cell::Cell;
use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::time::{Duration, Instant};

/// CPU time that one input may take in a reader, or in one output: each output is a command of its own.
const MOST: Duration = Duration::from_secs(1);

thread_local! {
    /// CPU time at which the present stretch of a round began, and the longest stretch so far.
    static STRETCH: Cell<(Duration, Duration)> = const { Cell::new((Duration::ZERO, Duration::ZERO)) };
}

/// Ends a stretch of the round: one output. The next one has its own time.
pub(crate) fn lap() {
    let (began, longest) = STRETCH.get();
    let now = cpu_time();
    STRETCH.set((now, longest.max(now.saturating_sub(began))));
}

/// Calls `drive` with damage after damage: `rounds` times, or as long as the environment says.
pub(crate) fn fuzz(name: &str, rounds: u64, make: impl Fn(&mut Dice) -> Vec<u8>, drive: impl Fn(&[u8])) {
    let seconds = std::env::var("ATTACH_RIG_FUZZ_SECONDS").ok();
    let seconds = seconds.map(|s| s.parse().expect("ATTACH_RIG_FUZZ_SECONDS is a whole number of seconds"));
    let end = seconds.map(|seconds| Instant::now() + Duration::from_secs(seconds));
    let goes_on = |round| end.map_or(round < rounds, |end| Instant::now() < end);
    for round in (0..).take_while(|round| goes_on(*round)) {
        let input = make(&mut Dice::new(round));
        STRETCH.set((cpu_time(), Duration::ZERO));
        let outcome = catch_unwind(AssertUnwindSafe(|| drive(&input)));
        lap();
        let took = STRETCH.get().1;
        if outcome.is_err() || took > MOST {
            let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
            let file = folder.join(format!("{name}-{round}"));
            fs::write(&file, &input).unwrap();
            let what = if outcome.is_err() { "panicked".to_owned() } else { format!("took {took:?}") };
            panic!("{name}, round {round}: {what}; the input is in {}", file.display());
        }
    }
}

/// Returns the CPU time of this thread: wall time would blame an input for a busy machine.
pub(crate) fn cpu_time() -> Duration {
    let stat = fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    Duration::from_nanos(stat.split_whitespace().next().unwrap().parse().unwrap())
}

/// Tokens that a reader might not expect.
const TOKENS: [&str; 26] = [
    "0",
    "-1",
    "18446744073709551615",
    "18446744073709551616",
    "-9223372036854775808",
    "9223372036854775807",
    "1e308",
    "1e999",
    "0.5",
    "null",
    "true",
    "\"\"",
    "\"",
    "\\",
    "{",
    "}",
    "[",
    "]",
    ":",
    ",",
    "\n",
    "\0",
    "\u{feff}",
    "ß",
    "\u{1F600}",
    "=",
];

/// Returns `text` with one to four pieces of damage.
pub(crate) fn bytes(dice: &mut Dice, text: &[u8]) -> Vec<u8> {
    let mut out = text.to_vec();
    for _ in 0..=dice.below(4) {
        damage(dice, &mut out);
    }
    out
}

fn damage(dice: &mut Dice, out: &mut Vec<u8>) {
    let (from, to) = span(dice, out.len());
    match dice.below(9) {
        0 => out.iter_mut().skip(from).take(1).for_each(|byte| *byte ^= 1 << dice.below(8)),
        1 => out.iter_mut().skip(from).take(1).for_each(|byte| *byte = dice.below(256) as u8),
        2 => out.truncate(from),
        3 => drop(out.drain(from..to)),
        4 => {
            let piece = out[from..to].to_vec();
            let at = dice.below(out.len() as u64 + 1) as usize;
            drop(out.splice(at..at, piece));
        }
        5 => insert(out, from, TOKENS[dice.below(TOKENS.len() as u64) as usize].as_bytes()),
        6 => {
            let (open, many) =
                (["[", "{\"a\":", "a.", "(", "\"\"\""][dice.below(5) as usize], dice.below(5_000));
            insert(out, from, open.repeat(many as usize).as_bytes());
        }
        7 => number(dice, out, from),
        _ => insert(out, from, &vec![b'a' + dice.below(26) as u8; dice.below(20_000) as usize]),
    }
}

fn insert(out: &mut Vec<u8>, at: usize, piece: &[u8]) {
    drop(out.splice(at..at, piece.iter().copied()));
}

/// Returns a place and one not far behind it.
fn span(dice: &mut Dice, len: usize) -> (usize, usize) {
    let from = dice.below(len as u64 + 1) as usize;
    let reach = [4, 40, 400][dice.below(3) as usize];
    (from, (from + dice.below(reach) as usize).min(len))
}

/// Writes another number in place of the next one.
fn number(dice: &mut Dice, out: &mut Vec<u8>, from: usize) {
    let Some(start) = (from..out.len()).find(|at| out[*at].is_ascii_digit()) else { return };
    let end = (start..out.len()).find(|at| !out[*at].is_ascii_digit()).unwrap_or(out.len());
    drop(out.splice(start..end, TOKENS[dice.below(10) as usize].bytes()));
}

/// Returns `json` with one to four of its values replaced, doubled, renamed or taken away.
pub(crate) fn meaning(dice: &mut Dice, json: &Value) -> Value {
    let mut out = json.clone();
    for _ in 0..=dice.below(4) {
        // Mostly a leaf is changed: a changed form is refused by any reader, and nothing behind it is tried.
        let depth = if dice.below(8) > 0 { u64::MAX } else { dice.below(9) };
        descend(dice, &mut out, depth);
    }
    out
}

fn descend(dice: &mut Dice, value: &mut Value, depth: u64) {
    match value {
        Value::Array(list) if depth > 0 && !list.is_empty() => {
            let at = dice.below(list.len() as u64) as usize;
            descend(dice, &mut list[at], depth - 1);
        }
        Value::Object(map) if depth > 0 && !map.is_empty() => {
            let at = dice.below(map.len() as u64) as usize;
            if let Some((_, inner)) = map.iter_mut().nth(at) {
                descend(dice, inner, depth - 1);
            }
        }
        Value::Array(list) if !list.is_empty() && dice.below(2) == 0 => {
            let at = dice.below(list.len() as u64) as usize;
            match dice.below(3) {
                0 => drop(list.remove(at)),
                1 => list.extend_from_within(at..=at),
                _ => list.reverse(),
            }
        }
        Value::Object(map) if !map.is_empty() && dice.below(2) == 0 => {
            let at = dice.below(map.len() as u64) as usize;
            let name = map.keys().nth(at).cloned().unwrap_or_default();
            let inner = map.remove(&name).unwrap_or_default();
            if dice.below(2) == 0 {
                map.insert(format!("{name}x"), inner);
            }
        }
        leaf => *leaf = another(dice, leaf),
    }
}

/// Returns another value in place of `old`, nearly always of its own kind.
fn another(dice: &mut Dice, old: &Value) -> Value {
    let same_kind = dice.below(16) > 0;
    match old {
        Value::Number(_) if same_kind => {
            let edges = [0, 1, 2, u64::from(u32::MAX), i64::MAX as u64, u64::MAX];
            match dice.below(9) {
                at @ 0..6 => edges[at as usize].into(),
                6 => i64::MIN.into(),
                7 => dice.below(1 << 32).into(),
                _ => dice.next().into(),
            }
        }
        Value::String(text) if same_kind && text.len() > 50 && !text.contains(' ') => {
            base64(dice, text).into()
        }
        Value::String(text) if same_kind => match dice.below(5) {
            0 => String::new().into(),
            1 => text.repeat(1 + dice.below(200) as usize).into(),
            2 => format!("<b>|`*{text}\u{1b}[31m\n%0A::error::").into(),
            3 => ["moved", "drift", "attach-rig/run/2", "pages", "transactional:hold=locks"]
                [dice.below(5) as usize]
                .into(),
            _ => String::from_utf8_lossy(&bytes(dice, text.as_bytes())).into_owned().into(),
        },
        _ => match dice.below(6) {
            0 => Value::Null,
            1 => dice.next().into(),
            2 => Value::Array(Vec::new()),
            3 => Value::Object(serde_json::Map::new()),
            4 => "".into(),
            _ => (0..dice.below(100)).fold(Value::Null, |inner, _| Value::Array(vec![inner])),
        },
    }
}

/// Damages the bytes of a histogram: half of it in the header, where sizes and ranges are.
fn base64(dice: &mut Dice, text: &str) -> String {
    let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = text.as_bytes().to_vec();
    let reach = if dice.below(2) == 0 { 56.min(out.len()) } else { out.len() };
    for _ in 0..=dice.below(4) {
        out[dice.below(reach as u64) as usize] = alphabet[dice.below(64) as usize];
    }
    String::from_utf8_lossy(&out).into_owned()
}
