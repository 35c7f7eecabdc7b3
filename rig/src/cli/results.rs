//! Resolves a result named on the command line: a folder, a run.json, or a baseline by file or by name.
use super::exit::Failure;
use super::folder::{earlier, shown};
use super::output::{Source, say};
use super::{judged, output};
use input::nearest::nearest;
use reports::aggregate::aggregate;
use reports::cells::{self, Salvaged};
use reports::figure::Baseline;
use reports::schema::{Engine, Env, Note, NoteKind, Run};
use reports::{fit, json};
use std::path::{Path, PathBuf};

/// Reads a run, with its machine if that is known.
pub(super) fn run(path: &Path) -> Result<(Run, Option<Env>), Failure> {
    let Source { run, env, .. } = if path.is_dir() { folder(path)? } else { file(path)? };
    Ok((run, env))
}

/// Reads the result in a folder: its run.json, or what a killed run left.
pub(super) fn folder(path: &Path) -> Result<Source, Failure> {
    if let Some(kind) = input::file::other_than_folder(path) {
        return Err(Failure::usage(format!(
            "{} is a {kind}; name a folder that `run`, `linux` or `vm` has written",
            shown(path)
        )));
    }
    let stored = path.join("run.json");
    if stored.exists() {
        return with_later_cells(path, file(&stored)?);
    }
    let Some(left) = cells::salvage(path).map_err(Failure::usage)? else {
        let (path, earlier) = (shown(path), earlier(path));
        return Err(Failure::usage(format!(
            "{path} holds neither run.json nor the cells of a killed run{earlier}; name a folder that `run`, `linux` or `vm` has written, or a run.json"
        )));
    };
    let run = salvaged(path, left);
    aggregate(&run).map_err(|error| output::damaged(path, &error))?;
    Ok(Source { file: stored, run, env: json::read_env(&path.join("env.json")).ok() })
}

fn file(file: &Path) -> Result<Source, Failure> {
    let run = json::read_run(file).map_err(|error| {
        Failure::usage(format!(
            "{error}; name a folder that `run`, `linux` or `vm` has written, or a run.json"
        ))
    })?;
    // Functions that work on a run know no files, so damage in a file is reported here.
    aggregate(&run).map_err(|error| output::damaged(file, &error))?;
    let run = judged::again(run, file);
    let env = file.parent().and_then(|folder| json::read_env(&folder.join("env.json")).ok());
    Ok(Source { file: file.to_owned(), run, env })
}

/// Adds the cells of a guest that did not end to the result of the guests that did.
fn with_later_cells(path: &Path, mut source: Source) -> Result<Source, Failure> {
    let Some(mut left) = cells::salvage(path).map_err(Failure::usage)? else { return Ok(source) };
    // A kill after writing the result but before removing the cells leaves both.
    left.run.cells.retain(|cell| !source.run.cells.contains(cell));
    if left.run.cells.is_empty() {
        return Ok(source);
    }
    let more = salvaged(path, left);
    let run = &mut source.run;
    run.interrupted = true;
    run.cells.extend(more.cells);
    run.fits.extend(more.fits);
    let notes: Vec<Note> = more.notes.into_iter().filter(|note| !run.notes.contains(note)).collect();
    run.notes.extend(notes);
    aggregate(run).map_err(|error| output::damaged(path, &error))?;
    source.run = judged::by_cells(source.run, &source.file);
    Ok(source)
}

/// Makes a run from finished cells, and reports those that cannot be part of it.
fn salvaged(path: &Path, left: Salvaged) -> Run {
    let Salvaged { mut run, foreign, unreadable } = left;
    say(&format!("{}: interrupted run with {} finished cells", shown(path), run.cells.len()));
    let mut not_shown = unreadable;
    if let Some(first) = foreign.first() {
        let (count, first) = (foreign.len(), shown(first));
        not_shown.push(format!("{count} cells of another request are not shown; the first is {first}"));
    }
    for text in not_shown {
        say(&text);
        run.notes.push(Note { kind: NoteKind::Warning, text, protocol: None });
    }
    if run.engine == Engine::Linux {
        run.fits = fit::over_resident_pages(&run.cells, "a move");
    }
    judged::by_cells(run, &path.join("run.json"))
}

/// Returns the figures of a result: a folder, a run.json, or a file with a baseline. A name without a slash that is
/// none of these is a baseline in `folder`.
///
/// # Errors
/// Also if a name refers to both a result and a baseline.
pub(super) fn figures(name: &Path, folder: &Path) -> Result<Baseline, Failure> {
    let is_name = !has_slash(name);
    let stored = is_name && stored_at(&name.display().to_string(), folder).is_ok_and(|file| file.is_file());
    match (name.exists(), stored) {
        (true, true) => {
            let (name, folder) = (name.display(), folder.display());
            Err(Failure::usage(format!(
                "`{name}` is a result here and a baseline in {folder}; write ./{name} for the result, or --baseline {name}"
            )))
        }
        (true, false) => at(name),
        (false, _) => named(name, folder),
    }
}

/// Returns the figures that `--baseline` names: a stored baseline, or the file or folder at a path with a slash.
pub(super) fn baseline(name: &Path, folder: &Path) -> Result<Baseline, Failure> {
    if has_slash(name) {
        return at(name);
    }
    named(name, folder)
}

fn has_slash(name: &Path) -> bool {
    name.as_os_str().as_encoded_bytes().contains(&b'/')
}

/// Returns the figures of the folder, run.json or baseline at that path.
fn at(name: &Path) -> Result<Baseline, Failure> {
    if name.is_dir() {
        return of_run(name);
    }
    let bytes = input::file::read(name, input::file::DATA_MAX).map_err(Failure::usage)?;
    let is_baseline = serde_json::from_slice::<Schema>(&bytes)
        .is_ok_and(|found| found.schema.starts_with("attach-rig/baseline/"));
    if is_baseline { Baseline::read(name).map_err(Failure::usage) } else { of_run(name) }
}

fn of_run(path: &Path) -> Result<Baseline, Failure> {
    let (run, env) = run(path)?;
    Ok(Baseline::of(&run).map_err(Failure::usage)?.on(env.as_ref()))
}

#[derive(serde::Deserialize)]
struct Schema {
    schema: String,
}

fn named(name: &Path, folder: &Path) -> Result<Baseline, Failure> {
    let file = stored_at(&name.display().to_string(), folder)?;
    if file.exists() {
        return Baseline::read(&file).map_err(Failure::usage);
    }
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let mut known: Vec<String> = entries
        .filter_map(|entry| Some(entry.path().file_name()?.to_str()?.strip_suffix(".json")?.to_owned()))
        .collect();
    known.sort();
    let (shown, folder) = (name.display().to_string(), folder.display());
    let known = nearest(&shown, known.iter().map(String::as_str));
    let there = if name.exists() {
        format!(
            "{shown} is not a baseline in {folder} ({known}); write ./{shown} for the result at that path, or"
        )
    } else {
        format!("{shown} is neither a folder nor a file nor a baseline in {folder} ({known});")
    };
    Err(Failure::usage(format!("{there} make one with `attach-rig baseline update NAME DIR`")))
}

/// Returns the file of the baseline `name`.
pub(super) fn stored_at(name: &str, folder: &Path) -> Result<PathBuf, Failure> {
    let fits = !name.is_empty()
        && name.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c))
        && !name.starts_with('.');
    if !fits {
        return Err(Failure::usage(format!(
            "`{name}` is neither an existing result nor a valid name of a baseline; use letters, digits, `-`, `_` and `.`"
        )));
    }
    Ok(folder.join(format!("{name}.json")))
}

/// Reads runs that were measured in ABBA order; returns the A runs and the B runs.
pub(super) fn in_turn(paths: &[PathBuf]) -> Result<(Vec<Run>, Vec<Run>), Failure> {
    if paths.len() < 4 || !paths.len().is_multiple_of(4) {
        return Err(Failure::usage(format!(
            "--paired takes results in the order A B B A in which they were measured, so 4, 8, 12 and so on; {} were given",
            paths.len()
        )));
    }
    let (mut a, mut b, mut last) = (Vec::new(), Vec::new(), (String::new(), PathBuf::new()));
    for (n, path) in paths.iter().enumerate() {
        let (run, env) = run(path)?;
        let started = env.map(|env| env.started).unwrap_or_default();
        if started < last.0 && !started.is_empty() {
            return Err(Failure::usage(format!(
                "{} was measured before {}, but is listed after it; list results in the order in which they were measured",
                path.display(),
                last.1.display()
            )));
        }
        last = (started, path.clone());
        if matches!(n % 4, 0 | 3) { a.push(run) } else { b.push(run) }
    }
    Ok((a, b))
}
