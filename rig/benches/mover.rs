//! The overhead of the mover: moves per second by the rig, timed and recorded one by one, compared with a C loop that
//! does the same writes to the same process, in turn, within one run.
//!
//! Needs root, a cgroup mount and a C compiler; without them it says so. `cargo bench --bench mover`; `cargo test
//! --benches` runs one short pair.
#![allow(clippy::print_stdout, reason = "the result of a bench")]
#[path = "shared/mod.rs"]
mod shared;

use linux::{LinuxOptions, Progress, run, worker_main};
use reports::axis::Axis;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::time::Duration;

const SOURCE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/mover.c");

/// Returns the moves per second of the C loop. The rig waits for it.
fn in_c(program: &Path, folder: &Path, pid: u32, duration: Duration) -> Option<f64> {
    // The process is where the last move put it.
    let here = |group: &str| {
        let listed = std::fs::read_to_string(folder.join(group).join("cgroup.procs")).unwrap_or_default();
        listed.lines().any(|line| line == pid.to_string())
    };
    let (first, second) = if here("a") { ("b", "a") } else { ("a", "b") };
    let file = |group: &str| folder.join(group).join("cgroup.procs");
    let mut command = Command::new(program);
    command.arg(file(first)).arg(file(second)).arg(pid.to_string()).arg(duration.as_secs_f64().to_string());
    let output = command.output().ok().filter(|output| output.status.success())?;
    let text = String::from_utf8(output.stdout).ok()?;
    let (writes, ns) = text.trim().split_once(' ')?;
    Some(writes.parse::<f64>().ok()? * 1e9 / ns.parse::<f64>().ok()?)
}

fn compiled(folder: &Path) -> Option<PathBuf> {
    let program = folder.join("loop");
    let status = Command::new("cc").args(["-O2", "-o"]).arg(&program).arg(SOURCE).status().ok()?;
    status.success().then_some(program)
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    // The rig starts itself again as a worker.
    if let [first, rest @ ..] = arguments.as_slice()
        && first == "__worker"
    {
        return worker_main(rest);
    }
    if !shared::wanted("mover") {
        return ExitCode::SUCCESS;
    }
    let (pairs, duration) =
        if shared::full() { (7, Duration::from_secs(1)) } else { (1, Duration::from_millis(50)) };
    let scratch = tempfile::tempdir().expect("a folder for temporary files");
    let Some(program) = compiled(scratch.path()) else {
        println!("mover: not measured, cc cannot compile {SOURCE}; install a C compiler");
        return ExitCode::SUCCESS;
    };
    let resident_pages = vec![0; pairs];
    let options = LinuxOptions { duration, resident_pages, rates: Vec::new(), ..LinuxOptions::default() };
    let (mut place, mut loops) = (None, Vec::new());
    let outcome = run(&options, &engines::Interrupt::never(), &mut |progress| match progress {
        Progress::Ready { folder, worker, .. } => place = Some((folder, worker)),
        Progress::Finished { cell, .. } if cell > 0 => {
            loops.extend(place.as_ref().and_then(|(folder, pid)| in_c(&program, folder, *pid, duration)));
        }
        _ => {}
    });
    let cells = match outcome {
        Ok(outcome) if outcome.failure.is_none() => outcome.run.cells,
        Ok(outcome) => return failed(&outcome.failure.map(|error| error.to_string()).unwrap_or_default()),
        Err(error) => {
            println!("mover: not measured: {error}");
            return ExitCode::SUCCESS;
        }
    };
    let still = cells.iter().filter(|cell| cell.point.get(Axis::ResidentPages).is_some());
    let rig = still.map(|cell| cell.attach.outcomes["moved"] as f64 * 1e9 / cell.duration_ns as f64);
    let mut ratios: Vec<f64> = rig.zip(&loops).map(|(rig, other)| rig / other).collect();
    if ratios.len() != pairs {
        return failed("the C loop did not run");
    }
    ratios.sort_by(f64::total_cmp);
    let shown: Vec<String> = ratios.iter().map(|ratio| format!("{ratio:.2}")).collect();
    println!(
        "mover: moves per second compared with a C loop, median {:.2} of {}",
        ratios[pairs / 2],
        shown.join(" ")
    );
    ExitCode::SUCCESS
}

fn failed(why: &str) -> ExitCode {
    println!("mover: failed: {why}");
    ExitCode::FAILURE
}
