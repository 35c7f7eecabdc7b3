//! Folders of results: they have one owner and one request, contain nothing older than the run, and are complete for
//! a report.
use super::sh;
use crate::support::{rig_in, said};
use std::fs::{self, File};
use std::io::Write as _;
use std::path::Path;
use std::process::{Child, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

const SHORT: [&str; 7] = ["idle", "--duration", "1ms", "--seeds", "1", "--out", "o"];

fn short(folder: &Path) -> Option<i32> {
    rig_in(folder).arg("run").args(SHORT).output().unwrap().status.code()
}

/// Starts a run in `o` and kills it after `cells` finished cells.
fn killed(folder: &Path, args: &[&str], cells: usize) {
    let request = || fs::read(folder.join("o/cells/request.json")).ok();
    let before = request();
    let mut run = rig_in(folder);
    let run = run.arg("run").args(args).args(["--out", "o"]).stdout(Stdio::null()).stderr(Stdio::null());
    let mut run: Child = run.spawn().unwrap();
    let until = Instant::now() + Duration::from_secs(60);
    let there = || fs::read_dir(folder.join("o/cells")).map_or(0, Iterator::count);
    // The request is one file more.
    while request() == before || there() < cells + 1 {
        assert!(Instant::now() < until && run.try_wait().unwrap().is_none(), "no {cells} cells, or the end");
        sleep(Duration::from_millis(2));
    }
    run.kill().unwrap();
    run.wait().unwrap();
}

#[test]
fn a_folder_that_is_in_use_is_refused_with_the_pid_of_its_owner() {
    let scratch = tempfile::tempdir().unwrap();
    let folder = scratch.path();
    assert_eq!(short(folder), Some(5));
    let mut lock = File::create(folder.join("o/.lock")).unwrap();
    lock.lock().unwrap();
    write!(lock, "{}", std::process::id()).unwrap();
    let owner = format!("o is in use by another attach-rig (pid {})", std::process::id());
    for command in ["run idle", "linux", "vm --kernel /none", "explore r01-charge-fails-in-attach"] {
        let args = command.split(' ').chain(["--out", "o"]);
        let (code, text) = said(&rig_in(folder).args(args).output().unwrap());
        assert_eq!(code, Some(2), "{command}: {text}");
        assert!(text.contains(&owner) && text.contains("--out DIR"), "{command}: {text}");
    }
    let (code, text) = said(&rig_in(folder).args(["report", "o"]).output().unwrap());
    assert_eq!(code, Some(5), "{text}");
    assert!(text.contains(&owner), "{text}");
    drop(lock);
    assert_eq!(short(folder), Some(5), "the file alone is no lock");
    assert!(!folder.join("o/.lock").exists());
}

#[test]
fn every_engine_has_a_folder_of_its_own_with_a_link_to_the_latest_result() {
    let scratch = tempfile::tempdir().unwrap();
    let folder = scratch.path();
    for (engine, duration) in [("sim", "1ms"), ("threads", "20ms")] {
        let run = ["run", "idle", "--engine", engine, "--duration", duration, "--seeds", "1"];
        let (code, text) = said(&rig_in(folder).args(run).output().unwrap());
        assert!(matches!(code, Some(0 | 5)), "{engine}: {text}");
        let latest = format!("target/attach-rig/{engine}-idle/latest");
        let read = reports::json::read_run(&folder.join(&latest).join("run.json")).unwrap();
        assert_eq!(reports::labels::engine(read.engine), engine);
        let (again, text) = said(&rig_in(folder).args(["report", &latest]).output().unwrap());
        assert_eq!(again, code, "{text}");
    }
    assert_eq!(fs::read_dir(folder.join("target/attach-rig")).unwrap().count(), 2);
}

#[test]
fn an_explorer_leaves_no_folder_in_which_it_has_saved_nothing() {
    let scratch = tempfile::tempdir().unwrap();
    let test = ["explore", "r01-charge-fails-in-attach", "--protocol", "transactional", "--out", "new"];
    let (code, text) = said(&rig_in(scratch.path()).args(test).output().unwrap());
    assert_eq!(code, Some(0), "{text}");
    assert!(!scratch.path().join("new").exists());
}

#[test]
fn an_earlier_result_is_moved_aside_and_never_stands_for_a_killed_run() {
    let scratch = tempfile::tempdir().unwrap();
    let folder = scratch.path();
    assert_eq!(short(folder), Some(5));
    let earlier = fs::read(folder.join("o/run.json")).unwrap();
    killed(folder, &["churn", "--duration", "2ms", "--seeds", "64"], 2);
    assert_eq!(fs::read(folder.join("o/previous/1/run.json")).unwrap(), earlier);

    // A cell of another request gets in.
    let cells = fs::read_dir(folder.join("o/cells")).unwrap().map(|entry| entry.unwrap().path());
    let mut cells: Vec<_> = cells.filter(|path| !path.ends_with("request.json")).collect();
    let cell = fs::read_to_string(cells.pop().unwrap()).unwrap();
    let at = cell.find("\"request\": \"").or_else(|| cell.find("\"request\":\"")).unwrap();
    let (head, tail) = cell.split_at(at + 12);
    let digit = if tail.starts_with('0') { "1" } else { "0" };
    fs::write(folder.join("o/cells/09999.json"), format!("{head}{digit}{}", &tail[1..])).unwrap();
    let out = rig_in(folder).args(["report", "o"]).output().unwrap();
    let (code, text) = said(&out);
    assert_eq!(code, Some(5), "{text}");
    assert!(String::from_utf8_lossy(&out.stdout).starts_with("churn on sim"), "{text}");
    assert!(
        text.contains("1 cells of another request are not shown; the first is o/cells/09999.json"),
        "{text}"
    );

    killed(folder, &["window", "--duration", "500ms", "--seeds", "64"], 0);
    assert!(folder.join("o/previous/2/cells/09999.json").exists() && !folder.join("o/run.json").exists());
    let (code, text) = said(&rig_in(folder).args(["report", "o/previous"]).output().unwrap());
    assert_eq!(code, Some(2));
    assert!(text.contains("holds neither run.json nor the cells of a killed run"), "{text}");
}

#[test]
fn a_killed_run_is_reported_and_run_again_without_the_recording_it_came_from() {
    let scratch = tempfile::tempdir().unwrap();
    let folder = scratch.path();
    fs::create_dir(folder.join("from")).unwrap();
    let text = include_str!("../../../scenarios/python-threads.toml");
    let text = text.replace("trace:python-threads", "trace:mine.strace.gz");
    assert!(text.contains("trace:mine.strace.gz"));
    fs::write(folder.join("from/my.toml"), text).unwrap();
    let recording = include_bytes!("../../../../workloads/recordings/python-threads.strace.gz");
    fs::write(folder.join("from/mine.strace.gz"), recording).unwrap();
    killed(folder, &["from/my.toml", "--duration", "50ms", "--seeds", "64"], 1);
    fs::remove_dir_all(folder.join("from")).unwrap();

    let out = rig_in(Path::new("/")).arg("report").arg(folder.join("o")).output().unwrap();
    let (code, text) = said(&out);
    assert_eq!(code, Some(5), "{text}");
    assert!(!text.contains("cannot be read"), "{text}");
    // The run writes into the folder from which the recording comes.
    let again = ["run", "o/scenario.toml", "--seeds", "1", "--duration", "1ms", "--out", "o"];
    let (code, text) = said(&rig_in(folder).args(again).output().unwrap());
    assert!(matches!(code, Some(0 | 5)), "{code:?} {text}");
    assert_eq!(fs::read(folder.join("o/recordings/1/mine.strace.gz")).unwrap(), recording);
    assert!(folder.join("o/previous/1/recordings/1/mine.strace.gz").exists());
}

#[test]
fn a_result_that_cannot_be_written_is_printed_and_its_cells_stay() {
    let scratch = tempfile::tempdir().unwrap();
    let folder = scratch.path();
    // No file may exceed 32 KiB: that is room for each cell, but not for all.
    let script = "trap '' XFSZ; ulimit -f 64; \"$RIG\" run idle --duration 1ms --seeds 16 --out o";
    let out = sh(folder, script);
    let (code, text) = said(&out);
    assert_eq!(code, Some(8), "{text}");
    assert!(text.contains("cannot write o/run.json"), "{text}");
    assert!(String::from_utf8_lossy(&out.stdout).contains("verdict: "), "{text}");
    assert!(!folder.join("o/run.json").exists() && !folder.join("o/report.html").exists());

    for (args, wanted) in
        [("report o --out page.html", "idle on sim"), ("report o --format csv --out p", "engine,clock")]
    {
        let out = rig_in(folder).args(args.split(' ')).output().unwrap();
        assert!(matches!(out.status.code(), Some(0 | 5)), "{args}: {}", said(&out).1);
        assert!(String::from_utf8_lossy(&out.stdout).contains(wanted), "{args}");
        assert!(!folder.join("o/run.json").exists(), "{args}");
    }
    let out = sh(
        folder,
        "trap '' XFSZ; ulimit -f 1; \"$RIG\" report o --format junit | cat; \"$RIG\" report o >/dev/null",
    );
    let (code, text) = said(&out);
    assert_eq!(code, Some(8), "the page was asked for: {text}");
    assert!(String::from_utf8_lossy(&out.stdout).contains("<testsuites"), "{text}");
    assert!(text.contains("no page: cannot write"), "{text}");
}
