//! A schedule that can be repeated: as a one-line token, or as a self-contained file.
//!
//! Both name the version of the model and the text of the test they were made with. They are refused if either differs,
//! because the same choices would then lead elsewhere.
use super::built_in;
use super::litmus::Litmus;
use engines::sim::steps::switches;
use input::file::{TEXT_MAX, read_text};
use model::protocols::Protocol;
use model::seam::ActorId;
use serde::{Deserialize, Serialize};
use std::cmp::Ordering;
use std::fmt;
use std::path::Path;

/// Version of the model: the steps that exist, and the order in which the code takes them. A test compares it with a
/// digest of the steps of all built-in tests, and reports when it has to be raised.
pub const MODEL: u32 = 5;
/// Version of tokens and files.
pub const FORMAT: u32 = 1;

/// The order of steps by actor. Schedules compare by number of switches, then of steps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Schedule(Vec<ActorId>);

impl Schedule {
    /// Returns the schedule of those choices.
    #[must_use]
    pub fn new(choices: Vec<ActorId>) -> Self {
        Self(choices)
    }

    /// Returns the actor of each step.
    #[must_use]
    pub fn choices(&self) -> &[ActorId] {
        &self.0
    }

    /// Returns the number of switches from one actor to another.
    #[must_use]
    pub fn switches(&self) -> usize {
        switches(&self.0)
    }
}

impl PartialOrd for Schedule {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Schedule {
    fn cmp(&self, other: &Self) -> Ordering {
        let key = |schedule: &Self| (schedule.switches(), schedule.0.len());
        key(self).cmp(&key(other)).then_with(|| self.0.cmp(&other.0))
    }
}

/// Actors as letters from `a` on, and from the 27th on as a number in brackets. A leading number counts consecutive
/// steps.
impl fmt::Display for Schedule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for run in self.0.chunk_by(|a, b| a == b) {
            if run.len() > 1 {
                write!(f, "{}", run.len())?;
            }
            match u8::try_from(run[0].0) {
                Ok(number @ 0..26) => write!(f, "{}", char::from(b'a' + number))?,
                _ => write!(f, "({})", run[0].0)?,
            }
        }
        Ok(())
    }
}

/// Most steps of a schedule that is read.
const STEPS_MAX: usize = 10_000_000;

impl Schedule {
    /// Reads what `Display` writes.
    ///
    /// # Errors
    /// The part that cannot be read.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut choices = Vec::new();
        let mut rest = text;
        while !rest.is_empty() {
            let digits = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
            let times = if digits == 0 { Some(1) } else { rest[..digits].parse::<usize>().ok() };
            rest = &rest[digits..];
            let (who, used) = match rest.chars().next() {
                Some(letter @ 'a'..='z') => (Some(letter as u32 - 'a' as u32), 1),
                Some('(') => {
                    let end = rest.find(')').unwrap_or(0);
                    (rest.get(1..end).and_then(|number| number.parse::<u32>().ok()), end + 1)
                }
                _ => (None, 0),
            };
            let fits = |times: &usize| *times > 0 && *times <= STEPS_MAX - choices.len();
            let (Some(who), Some(times)) = (who, times.filter(fits)) else {
                let at = text.len() - rest.len() + 1;
                return Err(format!(
                    "`{text}` is not a schedule from character {at} on; write one like 12a3b4a"
                ));
            };
            choices.extend(std::iter::repeat_n(ActorId(who), times));
            rest = &rest[used..];
        }
        Ok(Self(choices))
    }
}

/// A schedule with all data needed to repeat it.
#[derive(Clone, Debug)]
pub struct Witness {
    /// The name of the test, or its file.
    pub place: String,
    /// The test.
    pub litmus: Litmus,
    /// The protocol.
    pub protocol: Protocol,
    /// The schedule.
    pub schedule: Schedule,
    /// The state in which it ends, if recorded.
    pub state: Option<String>,
    /// The invariants that it violates, if recorded.
    pub violated: Vec<String>,
}

/// The content of a file.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    format: u32,
    model: u32,
    place: String,
    protocol: String,
    schedule: String,
    state: String,
    #[serde(alias = "broken")]
    violated: Vec<String>,
    test: String,
}

impl Witness {
    /// Returns a one-line token: `m1-5f3a9c01-12a3b@three-phase@NAME`.
    #[must_use]
    pub fn token(&self) -> String {
        token(&self.place, &self.litmus.toml, self.protocol, &self.schedule)
    }

    /// Returns the text of a file that repeats it.
    ///
    /// # Panics
    /// Never: strings and numbers can be written as TOML.
    #[must_use]
    pub fn file(&self) -> String {
        let file = File {
            format: FORMAT,
            model: MODEL,
            place: self.place.clone(),
            protocol: self.protocol.to_string(),
            schedule: self.schedule.to_string(),
            state: self.state.clone().unwrap_or_default(),
            violated: self.violated.clone(),
            test: self.litmus.toml.clone(),
        };
        toml::to_string_pretty(&file).expect("strings and numbers")
    }

    /// Reads a file, or a token whose test is built in or in a file.
    ///
    /// # Errors
    /// The mistake and its remedy.
    pub fn read(text: &str) -> Result<Self, String> {
        let path = Path::new(text);
        if !text.contains('@') || path.is_file() {
            let content = read_text(path, TEXT_MAX).map_err(|error| {
                format!(
                    "{error}; give a file that `explore` has saved, or a token such as m{MODEL}-…@three-phase@NAME"
                )
            })?;
            return Self::from_file(&content).map_err(|error| format!("{text}: {error}"));
        }
        Self::from_token(text)
    }

    /// Reads the content of a file that `explore` saved.
    ///
    /// # Errors
    /// The mistake and its remedy.
    pub fn from_file(text: &str) -> Result<Self, String> {
        #[derive(Deserialize)]
        struct Versions {
            format: u32,
            model: u32,
        }
        let versions: Versions =
            toml::from_str(text).map_err(|error| format!("is not a saved schedule: {error}"))?;
        same("format", versions.format, FORMAT)?;
        same("model", versions.model, MODEL)?;
        let file: File = toml::from_str(text).map_err(|error| format!("is not a saved schedule: {error}"))?;
        Ok(Self {
            litmus: Litmus::parse(&file.place, &file.test).map_err(|error| error.to_string())?,
            protocol: Protocol::parse(&file.protocol).map_err(|error| error.to_string())?,
            schedule: Schedule::parse(&file.schedule)?,
            place: file.place,
            state: Some(file.state),
            violated: file.violated,
        })
    }

    fn from_token(token: &str) -> Result<Self, String> {
        let no_token = |wrong: &str| {
            format!(
                "`{token}` is not a token: {wrong}; write one like m{MODEL}-5f3a9c01-12a3b@three-phase@NAME"
            )
        };
        let mut parts = token.splitn(3, '@');
        let (Some(head), Some(protocol), Some(place)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(no_token("it has no @PROTOCOL@NAME at its end"));
        };
        let mut head = head.splitn(3, '-');
        let (Some(model), Some(text), Some(schedule)) = (head.next(), head.next(), head.next()) else {
            return Err(no_token("before the first @ it is not VERSION-DIGEST-SCHEDULE"));
        };
        let version = || no_token(&format!("its version `{model}` is not an m with a number"));
        let model = model.strip_prefix('m').and_then(|model| model.parse().ok()).ok_or_else(version)?;
        if text.len() != 8 || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(no_token(&format!("the digest of the test, `{text}`, is not 8 hexadecimal digits")));
        }
        same("model", model, MODEL)?;
        let toml = match built_in::find(place) {
            Some(toml) => toml.to_owned(),
            None => read_text(Path::new(place), TEXT_MAX)
                .map_err(|error| format!("{error}; the token is of a test in that file"))?,
        };
        if digest(&toml) != text {
            return Err(format!(
                "test {place} has changed since the token was made, or the token was altered: the digest of the test is {}, and the token has {text}; explore the test again",
                digest(&toml)
            ));
        }
        Ok(Self {
            litmus: Litmus::parse(place, &toml).map_err(|error| error.to_string())?,
            protocol: Protocol::parse(protocol)
                .map_err(|error| format!("the protocol of the token: {error}"))?,
            schedule: Schedule::parse(schedule)?,
            place: place.to_owned(),
            state: None,
            violated: Vec::new(),
        })
    }
}

/// Returns the token of a schedule.
#[must_use]
pub fn token(place: &str, toml: &str, protocol: Protocol, schedule: &Schedule) -> String {
    format!("m{MODEL}-{}-{schedule}@{protocol}@{place}", digest(toml))
}

fn same(what: &str, found: u32, known: u32) -> Result<(), String> {
    if found == known {
        return Ok(());
    }
    Err(format!(
        "was made with version {found} of the {what}, and this is version {known}: the same choices would lead elsewhere; explore the test again, or use the attach-rig that made it"
    ))
}

/// Returns a digest of a text (FNV-1a, 32 bits).
fn digest(text: &str) -> String {
    let hash =
        text.bytes().fold(0x811c_9dc5_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193));
    format!("{hash:08x}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn schedules_are_written_short_and_read_back() {
        let list = [0, 0, 0, 1, 30, 30, 2];
        let schedule = Schedule::new(list.into_iter().map(ActorId).collect());
        assert_eq!(schedule.to_string(), "3ab2(30)c");
        assert_eq!(Schedule::parse("3ab2(30)c"), Ok(schedule));
        for wrong in ["3", "0a", "a?", "(x)", "(1", "99999999999a", "a18446744073709551615b"] {
            assert!(Schedule::parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn fewer_switches_come_first() {
        let schedule = |text| Schedule::parse(text).expect(text);
        assert!(schedule("9a1b") < schedule("aba"));
        assert!(schedule("2ab") < schedule("3ab"));
    }
}
