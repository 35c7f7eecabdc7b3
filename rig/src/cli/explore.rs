//! `explore`: runs litmus tests under every schedule, or under many.
use super::exit::{Failure, with_signal};
use super::explored::{self, Row};
use super::flags::ExploreFlags;
use super::folder::Shelf;
use super::output::{self, say};
use super::streams::{self, Printing, detail};
use super::{parallel, progress};
use engines::Interrupt;
use explore::json::Explored;
use explore::judge::{self, Judgement, StateObservation, TestVerdict};
use explore::search::{Seen, unwatched};
use explore::shrink::{Size, shrink};
use explore::witness::Schedule;
use explore::{Found, Limits, Litmus, PolicyName, Witness, built_in, search, text};
use indicatif::ProgressBar;
use input::file::{TEXT_MAX, read_text};
use input::nearest::guess;
use model::protocols::{self, Protocol};
use reports::exit::Exit;
use reports::json::write_atomic;
use std::collections::BTreeSet;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

/// A test, with the name or file where it can be found again.
struct Placed {
    place: String,
    litmus: Arc<Litmus>,
}

/// The settings that one call of the command works with.
struct Command<'a> {
    flags: &'a ExploreFlags,
    policy: PolicyName,
    limits: Limits,
    /// Print in full only results that are not as expected.
    in_short: bool,
    bar: ProgressBar,
    /// The folder for schedules of failures.
    folder: Shelf,
    interrupt: Interrupt,
}

/// The result of one test under one protocol.
struct Done {
    found: Found,
    judged: Judgement,
    code: Exit,
    /// The failure to print or save something, which ends the command.
    printed: Result<(), Failure>,
}

pub(super) fn explore(flags: &ExploreFlags) -> Result<Exit, Failure> {
    let policy = flags.policy.parse().map_err(Failure::usage)?;
    let tests = tests(&flags.tests)?;
    let asked = flags.protocols.iter().map(|name| Protocol::parse(name));
    let asked = asked.collect::<Result<Vec<_>, _>>().map_err(Failure::usage)?;
    let interrupt = engines::signals::listen().map_err(Failure::internal)?;
    let folder = Shelf::new(flags.out.as_deref())?;
    let in_short = flags.tests.is_empty() && Printing::chosen() != Printing::Verbose;
    let count = tests.iter().map(|test| under(test, &asked).len()).sum();
    let bar = progress::bar(count, "tests under a protocol");
    let command = Command { flags, policy, limits: limits(flags), in_short, bar, folder, interrupt };
    say(&format!("seed {}, policy {policy}, {} tests", command.limits.seed, tests.len()));
    let mut explored = Explored::new(policy, command.limits.seed);
    let (mut codes, mut table) = (Vec::new(), Vec::new());
    for test in &tests {
        let mut silent: BTreeSet<usize> = (0..test.litmus.faults.rules.len()).collect();
        for protocol in under(test, &asked) {
            if command.interrupt.is_set() {
                // Which faults fire in the rest is not known.
                silent.clear();
                break;
            }
            command.bar.set_message(test.litmus.name.clone());
            let done = command.one(test, protocol);
            command.bar.inc(1);
            explored.add((&test.litmus, &test.place), protocol, &done.found, &done.judged);
            table.push(Row::new(&test.litmus.name, &protocol.to_string(), &done.found, &done.judged));
            codes.push(done.code);
            if done.printed.is_err() {
                return Ok(streams::also(Exit::AsExpected.worst(codes), done.printed));
            }
            let known = |rule: &usize| done.found.fired.contains(rule) || done.judged.silent.contains(rule);
            silent.retain(|rule| done.found.complete && !known(rule));
        }
        if asked.is_empty() {
            codes.extend(command.bar.suspend(|| never_fired(test, &silent)));
        }
    }
    command.bar.finish_and_clear();
    let written = flags.json.as_ref().map_or(Ok(()), |to| to.write_value(&explored));
    let last = explored::last_line(&codes);
    let code = with_signal(Exit::AsExpected.worst(codes), &command.interrupt);
    let printed = match table.as_slice() {
        [] | [_] if Printing::chosen() != Printing::Quiet => Ok(()),
        rows if command.in_short => streams::judged(&format!("{}\n\n{last}", explored::short(rows)), code),
        rows => streams::judged(&format!("{}\n{last}", explored::every(rows)), code),
    };
    Ok([printed, written].into_iter().fold(code, streams::also))
}

/// Prints the rules that fired under no protocol of the test; each is a failure.
fn never_fired(test: &Placed, silent: &BTreeSet<usize>) -> Vec<Exit> {
    let say = |at: &usize| {
        let rule = &test.litmus.faults.rules[*at];
        let text = format!(
            "Unexpected fault {} of {}: \"{rule}\" fired under none of its protocols; remove or fix it\n\n",
            at + 1,
            test.litmus.name
        );
        streams::also(Exit::Violated, detail(&text))
    };
    silent.iter().map(say).collect()
}

fn limits(flags: &ExploreFlags) -> Limits {
    let default = Limits::default();
    Limits {
        schedules: flags.schedules.unwrap_or(default.schedules),
        steps: flags.steps.unwrap_or(default.steps),
        time: flags.seconds,
        jobs: parallel::jobs(flags.jobs),
        seed: flags.seed,
        checks: default.checks,
    }
}

/// Returns the tests of those names, files and folders; all built-in tests when none are named.
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
            let text = read_text(&file, TEXT_MAX).map_err(|error| unreadable(name, &error))?;
            tests.push(parse(&file.display().to_string(), &text)?);
        }
    }
    Ok(tests)
}

/// Returns the file itself, or the TOML files of the folder in the order of their names.
fn files(path: &Path) -> Result<Vec<PathBuf>, Failure> {
    if !path.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let unreadable = |error: std::io::Error| unreadable(&path.display().to_string(), &error);
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

fn unreadable(named: &str, error: &dyn std::fmt::Display) -> Failure {
    let hint = guess(named, built_in::ALL.iter().map(|(name, _)| *name));
    Failure::usage(format!(
        "`{named}` is neither a built-in litmus test ({hint}see `attach-rig list litmus`) nor a file or folder that can be read: {error}"
    ))
}

/// Returns the requested protocols. Default: those with expectations in the test, or all if it has none.
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
    fn one(&self, test: &Placed, protocol: Protocol) -> Done {
        let wanted = test.litmus.wanted(protocol);
        let saved: Mutex<BTreeSet<String>> = Mutex::default();
        let failed: Mutex<Option<Failure>> = Mutex::default();
        let look_on = |seen: &Seen<'_>| {
            for invariant in seen.violated.keys().filter(|invariant| wanted.must_hold(invariant)) {
                let mut saved = saved.lock().unwrap_or_else(PoisonError::into_inner);
                if saved.insert((*invariant).to_owned()) {
                    let witness = witness(
                        test,
                        protocol,
                        (seen.schedule)(),
                        Some(seen.state.to_string()),
                        Some(invariant),
                    );
                    if let Err(failure) = self.save(&witness, invariant, "first") {
                        failed.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(failure);
                        return ControlFlow::Break(());
                    }
                }
            }
            ControlFlow::Continue(())
        };
        let found = search(&test.litmus, protocol, self.policy, &self.limits, (&self.interrupt, &look_on));
        let judged = judge::judge(&test.litmus, protocol, &found);
        let code = code(judged.verdict);
        let failed = failed.into_inner().unwrap_or_else(PoisonError::into_inner);
        let tell = || self.bar.suspend(|| self.tell(test, protocol, (&found, &judged)));
        let printed = failed.map_or_else(tell, Err);
        match printed {
            Ok(again) => Done { found, judged, code: code.worst([again]), printed: Ok(()) },
            Err(failure) => Done { found, judged, code, printed: Err(failure) },
        }
    }

    /// Prints the results, saves schedules that violate an expectation, and returns the code of the second search if
    /// one was requested.
    fn tell(
        &self,
        test: &Placed,
        protocol: Protocol,
        (found, judged): (&Found, &Judgement),
    ) -> Result<Exit, Failure> {
        let is_shown = !self.in_short || judged.verdict == TestVerdict::Unexpected;
        if is_shown {
            detail(&text::block((&test.litmus, &test.place), protocol, found, judged))?;
        }
        for seen in judged.observations.iter().filter(|seen| seen.verdict == TestVerdict::Unexpected) {
            self.explain(test, protocol, found, &seen.invariant)?;
        }
        for seen in judged.states.iter().filter(|seen| seen.verdict == TestVerdict::Unexpected) {
            self.keep(test, protocol, seen)?;
        }
        if is_shown {
            detail("\n")?;
        }
        if self.flags.check_determinism { self.again(test, protocol, found) } else { Ok(Exit::AsExpected) }
    }

    /// Saves a schedule that ends in a state that must not be reached.
    fn keep(&self, test: &Placed, protocol: Protocol, seen: &StateObservation) -> Result<(), Failure> {
        let Some((state, schedule)) = &seen.witness else { return Ok(()) };
        let seen_there = witness(test, protocol, schedule.clone(), Some(state.to_string()), None);
        let file = self.save(&seen_there, seen.kind, "found")?;
        detail(&format!("Saved {}: attach-rig replay {}\n", seen.kind, output::operand(&file)))?;
        Ok(())
    }

    /// Saves the shortest known schedule that violates the invariant, and a shrunk one.
    fn explain(
        &self,
        test: &Placed,
        protocol: Protocol,
        found: &Found,
        invariant: &str,
    ) -> Result<(), Failure> {
        let Some(breach) = found.breaches.get(invariant) else { return Ok(()) };
        let seen =
            witness(test, protocol, breach.witness.clone(), Some(breach.state.to_string()), Some(invariant));
        let file = self.save(&seen, invariant, "found")?;
        detail(&format!("Saved {invariant}: attach-rig replay {}\n", output::operand(&file)))?;
        if self.flags.no_shrink {
            return Ok(());
        }
        let short = shrink(&seen, invariant, self.flags.shrink_seconds, &self.interrupt);
        let (before, after) = (Size::of(&seen), Size::of(&short));
        let file = self.save(&short, invariant, "short")?;
        let less = |what: &str, before: usize, after: usize| format!("{what} {before} -> {after}");
        detail(&format!(
            "Shrunk {invariant}: attach-rig replay {} ({}, {}, {}, {}, {})\n",
            output::operand(&file),
            less("actors", before.actors, after.actors),
            less("operations", before.operations, after.operations),
            less("faults", before.faults, after.faults),
            less("switches", before.switches, after.switches),
            less("steps", before.steps, after.steps),
        ))?;
        Ok(())
    }

    fn save(&self, witness: &Witness, invariant: &str, which: &str) -> Result<PathBuf, Failure> {
        let cannot = |error: &dyn std::fmt::Display| {
            Failure::unwritten(format!(
                "cannot save to {}: {error}; choose another folder with --out DIR",
                self.folder.shown()
            ))
        };
        let folder = self.folder.path().map_err(|error| cannot(&error))?;
        let protocol = witness.protocol.to_string().replace([':', ',', '='], "-");
        let file = folder.join(format!("{}.{protocol}.{invariant}.{which}.toml", witness.litmus.name));
        write_atomic(&file, witness.file().as_bytes()).map_err(|error| cannot(&error))?;
        Ok(file)
    }

    /// Repeats the search, which has to give the same result.
    fn again(&self, test: &Placed, protocol: Protocol, found: &Found) -> Result<Exit, Failure> {
        let again = search(&test.litmus, protocol, self.policy, &self.limits, (&self.interrupt, &unwatched));
        let again = Found { cut: found.cut, ..again };
        if again == *found || self.interrupt.is_set() {
            return Ok(Exit::AsExpected);
        }
        let why =
            if found.complete { "" } else { "; a limit by --seconds need not end on the same schedule" };
        streams::result(&format!(
            "Differs: {} under {protocol} did not repeat itself{why}\n",
            test.litmus.name
        ))?;
        Ok(if found.complete { Exit::NotRepeated } else { Exit::AsExpected })
    }
}

fn witness(
    test: &Placed,
    protocol: Protocol,
    schedule: Schedule,
    state: Option<String>,
    invariant: Option<&str>,
) -> Witness {
    Witness {
        place: test.place.clone(),
        litmus: (*test.litmus).clone(),
        protocol,
        schedule,
        state,
        violated: invariant.map(str::to_owned).into_iter().collect(),
    }
}

fn code(verdict: TestVerdict) -> Exit {
    match verdict {
        TestVerdict::Unexpected => Exit::Violated,
        TestVerdict::Inconclusive => Exit::Inconclusive,
        TestVerdict::AsExpected => Exit::AsExpected,
    }
}
