//! Signals: a run ends soon and keeps its results; a second signal ends the process at once.
use crate::support::{BINARY, rig_in};
use rustix::process::{Pid, Signal, kill_process};
use std::io::Write as _;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

/// Commands with an hour's work, which only a signal can end in time.
const ENDLESS: [&str; 6] = [
    "run churn --duration 3600s --seeds 1 --out o",
    "run churn --engine threads --duration 3600s --seeds 1 --out o",
    "run churn --fail-nth all --duration 3600s",
    "selftest --random 100000000",
    "selftest --seeds 100000000",
    "explore exec-during-the-move --policy depth-first --schedules 1000000000 --seconds 3600 --out o",
];
/// The time within which things must happen, on a machine with other work.
const PATIENCE: Duration = Duration::from_secs(20);

/// Starts the program with the default action for every signal. A test under `nohup` would pass on an ignored SIGHUP.
fn start(folder: &Path, command: &str) -> Child {
    let mut child = Command::new("env");
    child.args(["--default-signal", BINARY]).args(command.split(' ')).current_dir(folder);
    child.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    child.spawn().unwrap()
}

/// Waits for the end of the program, and kills it if it does not end.
fn end_of(child: &mut Child, command: &str) -> ExitStatus {
    let began = Instant::now();
    loop {
        if let Some(status) = child.try_wait().unwrap() {
            return status;
        }
        if began.elapsed() > PATIENCE {
            child.kill().unwrap();
            child.wait().unwrap();
            panic!("{command}: still at work {PATIENCE:?} after the signal");
        }
        sleep(Duration::from_millis(5));
    }
}

fn send(child: &Child, signal: Signal) {
    kill_process(Pid::from_raw(child.id() as i32).unwrap(), signal).unwrap();
}

fn until(is_so: impl Fn() -> bool) {
    let began = Instant::now();
    while !is_so() {
        assert!(began.elapsed() < PATIENCE, "it does not happen");
        sleep(Duration::from_millis(5));
    }
}

/// Waits until the program listens: until SIGINT is in its mask of caught signals.
fn until_it_listens(child: &Child) {
    let status = || std::fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap();
    let caught = |line: &str| u64::from_str_radix(line.strip_prefix("SigCgt:")?.trim(), 16).ok();
    until(|| status().lines().find_map(caught).is_some_and(|bits| bits & 2 != 0));
}

/// Starts `command`, sends `signal` after it has begun to work, and returns the exit code and both streams.
fn interrupted(folder: &Path, command: &str, signal: Signal) -> (Option<i32>, String, String) {
    interrupted_when(|| true, folder, command, signal)
}

/// As [`interrupted`], but not before `ready`.
fn interrupted_when(
    ready: impl Fn() -> bool,
    folder: &Path,
    command: &str,
    signal: Signal,
) -> (Option<i32>, String, String) {
    let mut child = start(folder, command);
    until_it_listens(&child);
    sleep(Duration::from_millis(300));
    until(ready);
    send(&child, signal);
    end_of(&mut child, command);
    let output = child.wait_with_output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code(), text(&output.stdout), text(&output.stderr))
}

#[test]
fn a_signal_ends_every_kind_of_work_within_a_cell() {
    let scratch = tempfile::tempdir().unwrap();
    std::thread::scope(|scope| {
        for (at, command) in ENDLESS.into_iter().enumerate() {
            let folder = scratch.path().join(at.to_string());
            std::fs::create_dir(&folder).unwrap();
            scope.spawn(move || {
                let (code, _, said) = interrupted(&folder, command, Signal::INT);
                assert_eq!(code, Some(130), "{command}: {said}");
            });
        }
    });
}

#[test]
fn a_cell_that_was_cut_short_is_not_shown_and_the_run_says_so() {
    let scratch = tempfile::tempdir().unwrap();
    let folder = scratch.path();
    for (signal, code, name) in [(Signal::TERM, 143, "SIGTERM"), (Signal::HUP, 129, "SIGHUP")] {
        let command = "run churn --duration 3600s --seeds 1 --out o";
        let (status, table, said) = interrupted(folder, command, signal);
        assert_eq!(status, Some(code), "{said}");
        assert!(said.contains(&format!("interrupted by {name}: 0 of 16 cells are finished")), "{said}");
        assert!(table.contains("interrupted: cells are missing"), "{table}");
        let run = reports::json::read_run(&folder.join("o/run.json")).unwrap();
        assert!(run.interrupted && run.cells.is_empty() && run.plan.is_some());
    }
}

#[test]
fn cells_that_were_finished_before_a_signal_are_kept() {
    let scratch = tempfile::tempdir().unwrap();
    let command = "run churn --duration 1ms --seeds 200 --jobs 1 --out o";
    let first = scratch.path().join("o/cells/00000.json");
    let (status, _, said) = interrupted_when(|| first.exists(), scratch.path(), command, Signal::INT);
    assert_eq!(status, Some(130), "{said}");
    let run = reports::json::read_run(&scratch.path().join("o/run.json")).unwrap();
    assert!(run.interrupted && !run.cells.is_empty(), "{} cells", run.cells.len());
    assert!(run.cells.iter().all(|cell| cell.ended.is_none() && cell.duration_ns == 1_000_000));
}

#[test]
fn a_second_signal_ends_the_process_at_once_and_one_that_is_sent_twice_does_not() {
    let scratch = tempfile::tempdir().unwrap();
    // A pipe that is full and not read: the table waits forever.
    let (reader, mut full) = std::io::pipe().unwrap();
    full.write_all(&[0; 1 << 16]).unwrap();
    let mut command = rig_in(scratch.path());
    command
        .args("run churn --duration 3600s --seeds 1 --out o".split(' '))
        .stdout(full)
        .stderr(Stdio::null());
    let mut child = command.spawn().unwrap();
    until_it_listens(&child);
    send(&child, Signal::INT);
    send(&child, Signal::INT);
    until(|| scratch.path().join("o/run.json").exists());
    sleep(Duration::from_millis(400));
    assert_eq!(child.try_wait().unwrap(), None, "it ended when one signal was sent twice");
    send(&child, Signal::INT);
    assert_eq!(end_of(&mut child, "a second signal").code(), Some(130));
    drop(reader);
}

#[test]
fn two_hangups_and_streams_without_a_reader_lose_no_cell() {
    let scratch = tempfile::tempdir().unwrap();
    for command in [
        "run churn --duration 1ms --seeds 200 --jobs 1 --out sim",
        "run churn --engine threads --duration 3600s --seeds 1 --out threads",
    ] {
        let mut child = start(scratch.path(), command);
        until_it_listens(&child);
        sleep(Duration::from_millis(300));
        drop((child.stdout.take(), child.stderr.take()));
        // The signals that the kernel and then a shell send when a terminal closes.
        send(&child, Signal::HUP);
        sleep(Duration::from_millis(250));
        send(&child, Signal::HUP);
        assert_eq!(end_of(&mut child, command).code(), Some(129), "{command}");
        let out = scratch.path().join(command.rsplit(' ').next().unwrap());
        let run = reports::json::read_run(&out.join("run.json")).unwrap();
        assert!(run.interrupted && run.cells.is_empty() == command.contains("threads"), "{command}");
    }
}
