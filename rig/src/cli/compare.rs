//! `compare` and `baseline`: results compared with each other, and figures that are stored.
use super::exit::Failure;
use super::flags::{BaselineFlags, BaselineWhat, CompareFlags};
use super::streams::Printing;
use super::{output, results, streams};
use reports::compare::history::{Entry, chapters};
use reports::compare::json::ComparisonJson;
use reports::compare::{Comparison, exact, history, paired, text};
use reports::exit::Exit;
use reports::figure::{Baseline, diff};
use reports::schema::Engine;
use std::path::{Path, PathBuf};

pub(super) fn compare(flags: &CompareFlags) -> Result<Exit, Failure> {
    if let Some(folder) = &flags.history {
        return over_time(folder);
    }
    let compared = if flags.paired {
        let (a, b) = results::in_turn(&flags.results)?;
        let names = (shown(&flags.results[0]), shown(&flags.results[1]));
        vec![paired::sides((&names.0, &names.1), &a, &b).map_err(Failure::usage)?]
    } else if let Some(baseline) = &flags.baseline {
        let a = results::baseline(baseline, &flags.baselines)?;
        with_each(&shown(baseline), &a, &flags.results, &flags.baselines)?
    } else {
        match flags.results.as_slice() {
            [] => {
                return Err(Failure::usage(
                    "there is nothing to compare; name two results, or one whose protocols are compared",
                ));
            }
            [one] => within(one, flags)?,
            [first, others @ ..] => {
                let a = results::figures(first, &flags.baselines)?;
                with_each(&shown(first), &a, others, &flags.baselines)?
            }
        }
    };
    let written = flags
        .json
        .as_ref()
        .map_or(Ok(()), |to| to.write_value(&compared.iter().map(ComparisonJson::from).collect::<Vec<_>>()));
    let texts: Vec<_> = compared
        .iter()
        .map(|one| text::text(one, flags.all || Printing::chosen() == Printing::Verbose))
        .collect();
    let saved = match (&flags.save_baseline, flags.results.last()) {
        (Some(name), Some(result)) => save(name, result, &flags.baselines),
        _ => Ok(()),
    };
    let code = Exit::AsExpected.worst(compared.iter().map(Comparison::exit_code));
    let printed = texts.iter().zip(&compared).enumerate().map(|(at, (text, one))| {
        let between = if at == 0 { Ok(()) } else { streams::detail("\n") };
        between.and_then(|()| streams::judged(text, one.exit_code()))
    });
    Ok(printed.fold(streams::also(streams::also(code, saved), written), streams::also))
}

fn shown(path: &Path) -> String {
    path.display().to_string()
}

fn with_each(
    name: &str,
    a: &Baseline,
    others: &[PathBuf],
    baselines: &Path,
) -> Result<Vec<Comparison>, Failure> {
    let others = others.iter().map(|other| {
        let b = results::figures(other, baselines)?;
        exact::exact((name, &shown(other)), a, &b).map_err(Failure::usage)
    });
    others.collect()
}

/// Compares the protocols of one result.
fn within(path: &Path, flags: &CompareFlags) -> Result<Vec<Comparison>, Failure> {
    let of = results::figures(path, &flags.baselines)?;
    let names: Vec<&str> = of.places.iter().map(|place| place.protocol.as_str()).collect();
    let against = match &flags.against {
        Some(name) if names.contains(&name.as_str()) => name,
        Some(name) => {
            let mut names = names;
            names.dedup();
            return Err(Failure::usage(format!(
                "{} has no protocol {name}; it has: {}",
                path.display(),
                names.join(", ")
            )));
        }
        None => names.first().copied().unwrap_or_default(),
    };
    let run = if of.engine == Engine::Sim { None } else { Some(results::run(path)?.0) };
    let compared = paired::protocols(&of, run.as_ref(), against).map_err(Failure::usage)?;
    if compared.is_empty() {
        return Err(Failure::usage(format!(
            "{} has only one protocol; name a second result as well",
            path.display()
        )));
    }
    Ok(compared)
}

/// Prints the figures of all runs below `folder` by time.
fn over_time(folder: &Path) -> Result<Exit, Failure> {
    let mut entries = Vec::new();
    for path in runs_below(folder)? {
        let (run, env) = results::run(&path)?;
        let figures = Baseline::of(&run).map_err(Failure::usage)?;
        let started = env.map(|env| env.started).unwrap_or_default();
        entries.push(Entry { name: shown(&path), started, figures });
    }
    if entries.is_empty() {
        return Err(Failure::usage(format!(
            "no run.json below {}; name a folder that holds folders of runs, such as target/attach-rig/sim-default",
            folder.display()
        )));
    }
    Ok(streams::finish(&history::text(&chapters(entries)), Exit::AsExpected))
}

fn runs_below(folder: &Path) -> Result<Vec<PathBuf>, Failure> {
    let entries = std::fs::read_dir(folder).map_err(|error| {
        Failure::usage(format!("cannot read {}: {error}; name a folder of runs", folder.display()))
    })?;
    let mut found = Vec::new();
    for entry in entries.flatten() {
        // Links such as `latest` are not followed: the runs they lead to are found under their own names.
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            found.extend(runs_below(&entry.path())?);
        } else if entry.file_name() == "run.json" {
            found.push(entry.path());
        }
    }
    found.sort();
    Ok(found)
}

pub(super) fn baseline(flags: &BaselineFlags) -> Result<Exit, Failure> {
    let BaselineWhat::Update { name, result, baselines } = &flags.what;
    save(name, result, baselines)?;
    Ok(Exit::AsExpected)
}

/// Prints what changes, and stores the figures of `result` as the baseline `name`.
fn save(name: &str, result: &Path, folder: &Path) -> Result<(), Failure> {
    let file = results::stored_at(name, folder)?;
    let new = results::figures(result, folder)?;
    let old = file.exists().then(|| Baseline::read(&file)).transpose().map_err(Failure::usage)?;
    std::fs::create_dir_all(folder).map_err(|error| {
        Failure::unwritten(format!(
            "cannot make {}: {error}; name another folder with --baselines",
            folder.display()
        ))
    })?;
    new.write(&file).map_err(Failure::unwritten)?;
    output::result(&diff::diff(old.as_ref(), &new))?;
    output::say(&format!("baseline: {}", file.display()));
    Ok(())
}
