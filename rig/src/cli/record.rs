//! `record`: records a real program with strace, and writes the scenario that replays it.
use super::exit::Failure;
use super::flags::RecordFlags;
use super::{output, recording};
use crate::record::{self, RecordError, Recorded, Subject};
use flate2::Compression;
use flate2::write::GzEncoder;
use reports::exit::Exit;
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::ExitStatus;
use std::time::Duration;
use workloads::{Folder, Spec, TRACE_PREFIX, WorkloadPlan};

/// Longest cell of the scenario.
const DURATION_MAX: Duration = Duration::from_secs(5);

pub(super) fn record(flags: &RecordFlags) -> Result<Exit, Failure> {
    let subject = match (flags.pids.as_slice(), flags.command.as_slice()) {
        ([], []) => return Err(Failure::usage("nothing to record; give -- PROGRAM [ARGS], or -p PID")),
        (pids, []) => Subject::Pids(pids.to_vec()),
        (_, words) => Subject::Program(words.to_vec()),
    };
    let out = flags.out.clone().unwrap_or_else(|| place(&subject));
    let interrupt = engines::signals::listen().map_err(Failure::internal)?;
    let part = sibling(&out, "part");
    let stop = || interrupt.is_set();
    let recorded = write(&part, is_packed(&out), |to| record::record(&subject, to, flags.duration, &stop));
    let recorded = recorded.map_err(|error| {
        let _ = fs::remove_file(&part);
        failure(&error)
    })?;
    fs::rename(&part, &out).map_err(|error| failure(&RecordError::Write(error)))?;
    let scenario = scenario(&out, &recorded)?;
    say(&out, &scenario, &subject, &recorded);
    understood(&out)?;
    // A signal is a regular way to end a recording.
    Ok(Exit::AsExpected)
}

fn failure(error: &RecordError) -> Failure {
    Failure { code: error.exit_code(), message: error.to_string() }
}

/// Returns the default file: named after the program or pid, in the current folder.
fn place(subject: &Subject) -> PathBuf {
    let name = match subject {
        Subject::Program(words) => words.first().and_then(|word| Path::new(word).file_name()),
        Subject::Pids(_) => None,
    };
    let pid = || if let Subject::Pids(pids) = subject { pids.first().copied().unwrap_or(0) } else { 0 };
    let name = name.map_or_else(|| format!("pid-{}", pid()), |name| slug(&name.to_string_lossy()));
    PathBuf::from(format!("{name}.strace.gz"))
}

/// Returns the name reduced to letters, digits, dots and dashes.
fn slug(name: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() || ".-_".contains(c) { c } else { '-' };
    let name: String = name.chars().map(plain).take(100).collect();
    if name.trim_matches('.').is_empty() { "recording".to_owned() } else { name }
}

fn is_packed(out: &Path) -> bool {
    out.extension().is_some_and(|extension| extension == "gz")
}

/// Returns the path `FILE.EXTENSION` in the folder of the recording.
fn sibling(file: &Path, extension: &str) -> PathBuf {
    let mut name = file.file_name().unwrap_or_default().to_owned();
    name.push(".");
    name.push(extension);
    file.with_file_name(name)
}

fn write(
    part: &Path,
    packed: bool,
    body: impl FnOnce(&mut dyn Write) -> Result<Recorded, RecordError>,
) -> Result<Recorded, RecordError> {
    let _ = fs::remove_file(part);
    let file = File::options().write(true).create_new(true).open(part).map_err(RecordError::Write)?;
    let mut file = BufWriter::new(file);
    let recorded = if packed {
        let mut encoder = GzEncoder::new(&mut file, Compression::default());
        let recorded = body(&mut encoder)?;
        encoder.finish().map_err(RecordError::Write)?;
        recorded
    } else {
        body(&mut file)?
    };
    file.flush().map_err(RecordError::Write)?;
    Ok(recorded)
}

/// Writes the scenario next to the recording.
fn scenario(out: &Path, recorded: &Recorded) -> Result<PathBuf, Failure> {
    let name = out.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let stem = name.strip_suffix(".gz").unwrap_or(&name);
    let stem = stem.strip_suffix(".strace").unwrap_or(stem);
    let duration = recorded.lasted.clamp(Duration::from_millis(100), DURATION_MAX);
    let shape = toml::Value::String(format!("{TRACE_PREFIX}{name}"));
    let text = format!(
        "# Made by attach-rig record. Other protocols: attach-rig list protocols.
name = \"{}\"
about = \"What does moving the recorded program between cgroups cost?\"
cpus = 4
duration = \"{}ms\"
protocols = [\"transactional\"]

[hierarchy]
controllers = [\"memrlimit\", \"memory\"]

[cgroups]
a = {{}}
b = {{}}

[[workloads]]
shape = {shape}
cgroup = \"a\"
move = true

[movers]
between = [\"a\", \"b\"]
rate = \"200/s\"
",
        slug(stem),
        duration.as_millis(),
    );
    let file = out.with_file_name(format!("{stem}.toml"));
    reports::json::write_atomic(&file, text.as_bytes())
        .map_err(|error| failure(&RecordError::Write(io::Error::other(error.to_string()))))?;
    Ok(file)
}

fn say(out: &Path, scenario: &Path, subject: &Subject, recorded: &Recorded) {
    let what = match subject {
        Subject::Program(words) => {
            let name = words.first().map(|word| word.to_string_lossy().into_owned()).unwrap_or_default();
            format!("{} {}", input::text::printable(&name), ended(recorded.status))
        }
        Subject::Pids(_) if recorded.was_stopped => {
            "detached from the processes, which keep running".to_owned()
        }
        Subject::Pids(_) => "the processes have ended".to_owned(),
    };
    output::say(&format!("{what}; {} lines, {} samples of /proc", recorded.lines, recorded.samples));
    let shown = |path: &Path| input::shell::quote(&path.to_string_lossy()).into_owned();
    output::say(&format!("recording: {}", input::text::printable(&shown(out))));
    output::say(&format!("scenario:  {}", input::text::printable(&shown(scenario))));
    output::say(&format!("next:      attach-rig run {}", input::text::printable(&shown(scenario))));
}

fn ended(status: ExitStatus) -> String {
    match (status.code(), status.signal()) {
        (Some(code), _) => format!("exited with {code}"),
        (None, Some(signal)) => format!("was ended by signal {signal}"),
        (None, None) => "ended".to_owned(),
    }
}

/// Reads the recording back, as `recording` does.
fn understood(out: &Path) -> Result<(), Failure> {
    let folder = out.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let name = out.file_name().unwrap_or_default().to_string_lossy();
    let spec = Spec::new(format!("{TRACE_PREFIX}{name}"), 1, 1);
    let plan = WorkloadPlan::new(&spec, &Folder::new(folder)).map_err(Failure::usage)?;
    recording::say_all(std::iter::once((&spec, &plan)));
    Ok(())
}
