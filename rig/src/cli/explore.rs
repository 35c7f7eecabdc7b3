//! `explore`: litmus tests under every schedule, or many.
use super::exit::{self, Failure};
use super::flags::ExploreFlags;
use super::interrupt::Interrupt;
use super::output::{self, result, say};
use super::parallel;
use crate::explore::found::{Verdict, word};
use crate::explore::json::Explored;
use crate::explore::search::{Seen, nobody};
use crate::explore::shrink::{Size, shrink};
use crate::explore::{Found, Limits, Litmus, Observation, PolicyName, Witness, built_in, search, text};
use crate::measure::Expectation;
use crate::protocols::{self, Protocol};
use comfy_table::{Table, presets};
use reports::json::write_atomic;
use std::collections::BTreeSet;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// A test, and where it can be found again.
struct Placed {
    place: String,
    litmus: Arc<Litmus>,
}

/// Everything that the command works with.
struct Command<'a> {
    flags: &'a ExploreFlags,
    policy: PolicyName,
    limits: Limits,
    /// Where failures are saved; made with the first.
    folder: PathBuf,
    stop: Arc<AtomicBool>,
}

/// One test under one protocol, done.
struct Done {
    found: Found,
    observations: Vec<Observation>,
    code: u8,
}

pub(super) fn explore(flags: &ExploreFlags) -> Result<u8, Failure> {
    let policy = flags.policy.parse().map_err(Failure::usage)?;
    let tests = tests(&flags.tests)?;
    let asked = flags.protocols.iter().map(|name| Protocol::parse(name));
    let asked = asked.collect::<Result<Vec<_>, _>>().map_err(Failure::usage)?;
    let stop = Arc::new(AtomicBool::new(false));
    let interrupt = Interrupt::listen().map_err(Failure::internal)?;
    let command = Command { flags, policy, limits: limits(flags)?, folder: folder(flags), stop };
    say(&format!("seed {}, policy {policy}, {} tests", command.limits.seed, tests.len()));
    let mut explored = Explored::new(policy, command.limits.seed);
    let (mut codes, mut table) = (Vec::new(), Vec::new());
    let watching = interrupt.pass_on(&command.stop).map_err(Failure::internal)?;
    for test in &tests {
        for protocol in under(test, &asked) {
            if interrupt.signal().is_some() {
                break;
            }
            let done = command.one(test, protocol)?;
            explored.add((&test.litmus, &test.place), protocol, &done.found, &done.observations);
            table.push(row(test, protocol, &done));
            codes.push(done.code);
        }
    }
    drop(watching);
    if table.len() > 1 {
        result(&format!("{}\n{}\n", grid(&table), last_line(&codes)));
    }
    if let Some(file) = &flags.json {
        let text = serde_json::to_string_pretty(&explored).map_err(Failure::internal)?;
        write_atomic(file, (text + "\n").as_bytes()).map_err(Failure::usage)?;
    }
    codes.extend(interrupt.signal().map(|signal| exit::SIGNAL + signal));
    Ok(exit::worst(&codes))
}

fn limits(flags: &ExploreFlags) -> Result<Limits, Failure> {
    let default = Limits::default();
    let time = Duration::try_from_secs_f64(flags.seconds)
        .map_err(|error| Failure::usage(format!("--seconds {}: {error}", flags.seconds)))?;
    Ok(Limits {
        schedules: flags.schedules.unwrap_or(default.schedules),
        steps: flags.steps.unwrap_or(default.steps),
        time,
        jobs: parallel::jobs(flags.jobs),
        seed: flags.seed,
        checks: default.checks,
    })
}

fn folder(flags: &ExploreFlags) -> PathBuf {
    let (_, time) = output::now();
    flags.out.clone().unwrap_or_else(|| Path::new("target/attach-rig/explore").join(time))
}

/// The tests of those names, files and folders; all that are built in when there are none.
fn tests(named: &[String]) -> Result<Vec<Placed>, Failure> {
    let parse = |place: &str, text: &str| {
        let litmus = Litmus::parse(place, text).map_err(Failure::usage)?;
        Ok(Placed { place: place.to_owned(), litmus: Arc::new(litmus) })
    };
    if named.is_empty() {
        return built_in::ALL.iter().map(|(name, text)| parse(name, text)).collect();
    }
    let mut tests = Vec::new();
    for name in named {
        if let Some(text) = built_in::find(name) {
            tests.push(parse(name, text)?);
            continue;
        }
        for file in files(Path::new(name))? {
            let text = std::fs::read_to_string(&file).map_err(|error| unreadable(name, &error))?;
            tests.push(parse(&file.display().to_string(), &text)?);
        }
    }
    Ok(tests)
}

/// The file, or the TOML files of the folder in the order of their names.
fn files(path: &Path) -> Result<Vec<PathBuf>, Failure> {
    if !path.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let unreadable = |error| unreadable(&path.display().to_string(), &error);
    let entries = std::fs::read_dir(path).map_err(unreadable)?;
    let paths = entries.map(|entry| entry.map(|entry| entry.path())).collect::<Result<Vec<_>, _>>();
    let mut files = paths.map_err(unreadable)?;
    files.retain(|file| file.extension().is_some_and(|extension| extension == "toml"));
    files.sort();
    if files.is_empty() {
        return Err(Failure::usage(format!("{} has no litmus test: no file ends in .toml", path.display())));
    }
    Ok(files)
}

fn unreadable(named: &str, error: &std::io::Error) -> Failure {
    Failure::usage(format!(
        "`{named}` is neither a built-in litmus test (see `attach-rig list litmus`) nor a file or folder that can be read: {error}"
    ))
}

/// The protocols that were asked for, else those of which the test expects something, else all.
fn under(test: &Placed, asked: &[Protocol]) -> Vec<Protocol> {
    if !asked.is_empty() {
        return asked.to_vec();
    }
    let named: Vec<_> = test.litmus.expect.iter().map(|(protocol, _)| *protocol).collect();
    if !named.is_empty() {
        return named;
    }
    protocols::ALL.iter().filter_map(|info| Protocol::parse(info.about.id).ok()).collect()
}

impl Command<'_> {
    fn one(&self, test: &Placed, protocol: Protocol) -> Result<Done, Failure> {
        let expected =
            test.litmus.expect.iter().find(|(of, _)| *of == protocol).map(|(_, expected)| expected);
        let never =
            |promise: &str| expected.and_then(|expected| expected.get(promise)) == Some(&Expectation::Never);
        let saved: Mutex<BTreeSet<String>> = Mutex::default();
        let failed: Mutex<Option<Failure>> = Mutex::default();
        let look_on = |seen: &Seen<'_>| {
            for promise in seen.broken.keys().filter(|promise| never(promise)) {
                let mut saved = saved.lock().unwrap_or_else(PoisonError::into_inner);
                if saved.insert((*promise).to_owned()) {
                    let witness =
                        witness(test, protocol, (seen.schedule)(), Some(seen.state.to_string()), promise);
                    if let Err(failure) = self.save(&witness, promise, "first") {
                        failed.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(failure);
                        return ControlFlow::Break(());
                    }
                }
            }
            ControlFlow::Continue(())
        };
        let found = search(&test.litmus, protocol, self.policy, &self.limits, (&self.stop, &look_on));
        if let Some(failure) = failed.into_inner().unwrap_or_else(PoisonError::into_inner) {
            return Err(failure);
        }
        let observations = found.observations(expected);
        result(&text::block((&test.litmus, &test.place), protocol, &found, &observations));
        for seen in observations.iter().filter(|seen| seen.verdict == Verdict::Unexpected) {
            self.explain(test, protocol, &found, &seen.promise)?;
        }
        result("\n");
        let again = if self.flags.check_determinism { self.again(test, protocol, &found) } else { exit::OK };
        let code = exit::worst(&[code(&observations), again]);
        Ok(Done { found, observations, code })
    }

    /// Keeps the shortest schedule that was seen to break the promise, and one that is shorter still.
    fn explain(
        &self,
        test: &Placed,
        protocol: Protocol,
        found: &Found,
        promise: &str,
    ) -> Result<(), Failure> {
        let Some(breach) = found.breaches.get(promise) else { return Ok(()) };
        let seen = witness(test, protocol, breach.witness.clone(), Some(breach.state.to_string()), promise);
        let file = self.save(&seen, promise, "found")?;
        result(&format!("Saved {promise}: attach-rig replay {}\n", file.display()));
        if self.flags.no_shrink {
            return Ok(());
        }
        let time = Duration::from_secs(self.flags.shrink_seconds);
        let short = shrink(&seen, promise, time, &self.stop);
        let (before, after) = (Size::of(&seen), Size::of(&short));
        let file = self.save(&short, promise, "short")?;
        let less = |what: &str, before: usize, after: usize| format!("{what} {before} -> {after}");
        result(&format!(
            "Shrunk {promise}: attach-rig replay {} ({}, {}, {}, {}, {})\n",
            file.display(),
            less("actors", before.actors, after.actors),
            less("operations", before.operations, after.operations),
            less("faults", before.faults, after.faults),
            less("switches", before.switches, after.switches),
            less("steps", before.steps, after.steps),
        ));
        Ok(())
    }

    fn save(&self, witness: &Witness, promise: &str, which: &str) -> Result<PathBuf, Failure> {
        let cannot = |error: &dyn std::fmt::Display| {
            Failure::usage(format!(
                "cannot save to {}: {error}; choose another folder with --out DIR",
                self.folder.display()
            ))
        };
        std::fs::create_dir_all(&self.folder).map_err(|error| cannot(&error))?;
        let protocol = witness.protocol.to_string().replace([':', ',', '='], "-");
        let file = self.folder.join(format!("{}.{protocol}.{promise}.{which}.toml", witness.litmus.name));
        write_atomic(&file, witness.file().as_bytes()).map_err(|error| cannot(&error))?;
        Ok(file)
    }

    /// Runs it once more: the same has to come out.
    fn again(&self, test: &Placed, protocol: Protocol, found: &Found) -> u8 {
        let again = search(&test.litmus, protocol, self.policy, &self.limits, (&self.stop, &nobody));
        if again == *found || self.stop.load(Ordering::Relaxed) {
            return exit::OK;
        }
        let why =
            if found.complete { "" } else { "; a bound by --seconds need not fall on the same schedule" };
        result(&format!("Differs: {} under {protocol} did not repeat itself{why}\n", test.litmus.name));
        if found.complete { exit::NOT_REPEATED } else { exit::OK }
    }
}

fn witness(
    test: &Placed,
    protocol: Protocol,
    schedule: crate::explore::witness::Schedule,
    state: Option<String>,
    promise: &str,
) -> Witness {
    Witness {
        place: test.place.clone(),
        litmus: (*test.litmus).clone(),
        protocol,
        schedule,
        state,
        broken: vec![promise.to_owned()],
    }
}

fn code(observations: &[Observation]) -> u8 {
    let of = |verdict| match verdict {
        Verdict::Unexpected => exit::BROKEN,
        Verdict::Inconclusive => exit::INCONCLUSIVE,
        Verdict::AsExpected | Verdict::Unjudged => exit::OK,
    };
    exit::worst(&observations.iter().map(|seen| of(seen.verdict)).collect::<Vec<_>>())
}

fn row(test: &Placed, protocol: Protocol, done: &Done) -> [String; 6] {
    let seen = |seen: &Observation| {
        let mark = match seen.verdict {
            Verdict::Unexpected => "!",
            Verdict::Inconclusive => "?",
            Verdict::AsExpected | Verdict::Unjudged => "",
        };
        format!("{} {}{mark}", seen.promise, word(seen.seen))
    };
    let seen: Vec<_> = done.observations.iter().map(seen).collect();
    [
        test.litmus.name.clone(),
        protocol.to_string(),
        if seen.is_empty() { "nothing broken".to_owned() } else { seen.join(", ") },
        done.found.states.len().to_string(),
        done.found.schedules.to_string(),
        if done.found.complete { "all" } else { "bounded" }.to_owned(),
    ]
}

fn grid(rows: &[[String; 6]]) -> String {
    let mut table = Table::new();
    table.load_style(presets::ASCII_MARKDOWN);
    table.set_header(["test", "protocol", "observed", "states", "schedules", "explored"]);
    table.add_rows(rows);
    table.to_string()
}

fn last_line(codes: &[u8]) -> String {
    let count = |wanted: u8| codes.iter().filter(|code| **code == wanted).count();
    format!(
        "litmus: {} as expected, {} not, {} inconclusive",
        count(exit::OK),
        codes.len() - count(exit::OK) - count(exit::INCONCLUSIVE),
        count(exit::INCONCLUSIVE)
    )
}
