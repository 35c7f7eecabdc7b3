//! Recordings on the command line: `recording` reads, `run` replays, and both report how much was understood.
use crate::support::{rig, text};
use std::fs;
use std::time::{Duration, Instant};

const SCENARIO: &str = r#"
name = "recorded"
about = "a recording"
protocols = ["transactional"]
cpus = 2
duration = "2ms"
hierarchy.controllers = ["memrlimit", "memory"]
cgroups.a = {}
cgroups.b = {}

[[workloads]]
shape = "trace:FILE"
cgroup = "a"
move = true

[movers]
between = ["a", "b"]
"#;

const LOG: &str = "\
100 execve(\"./svc\", [\"./svc\"], 0x7ffd /* 20 vars */) = 0
100 mmap(NULL, 8192, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0) = 0x7f0000000000
100 openat(AT_FDCWD, \"a\", O_RDONLY) = 3
100 munmap(0x7f0000000000, 4096) = 0
100 exit_group(0) = ?
";

/// Makes a folder with a recording and a scenario that replays it.
fn folder(log: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("log"), log).unwrap();
    fs::write(folder.path().join("s.toml"), SCENARIO.replace("FILE", "log")).unwrap();
    folder
}

#[test]
fn recording_only_reads_and_says_what_was_understood() {
    let folder = folder(LOG);
    let output = rig(&["recording", "log", "python-threads", "--json", "out.json"], folder.path());
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let said = text(&output.stdout);
    for part in
        ["no times", "ignored   openat 1", "2 mapped, 0 reserved, 2 committed, 2 touched", "dropped   0 of 5"]
    {
        assert!(said.contains(part), "{part}: {said}");
    }
    let json: serde_json::Value =
        serde_json::from_str(&fs::read_to_string(folder.path().join("out.json")).unwrap()).unwrap();
    assert_eq!((json[0]["processes"].as_u64(), json[1]["threads"].as_u64()), (Some(1), Some(9)));
    assert_eq!(rig(&["recording", "nothing"], folder.path()).status.code(), Some(2));
}

#[test]
fn run_says_it_once_and_keeps_it_with_the_result() {
    let folder = folder(LOG);
    let output = rig(&["run", "s.toml", "--out", "o"], folder.path());
    let said = text(&output.stderr);
    assert_eq!(said.matches("recording log:").count(), 1, "{said}");
    let run = reports::json::read_run(&folder.path().join("o/run.json")).unwrap();
    assert_eq!((run.recordings.len(), run.recordings[0].pages_mapped), (1, 2));
    let page = fs::read_to_string(folder.path().join("o/report.html")).unwrap();
    assert!(page.contains("id=\"recordings\"") && page.contains("no times"), "the page has a section");
}

#[test]
fn dropped_lines_are_a_warning_and_many_are_an_error_that_can_be_allowed() {
    let few = folder(&format!("{LOG}{}\u{1b}]0;x\u{7}what\n", LOG.repeat(2)));
    let warned = rig(&["run", "s.toml", "--out", "o"], few.path());
    let said = text(&warned.stderr);
    assert!(said.contains("warning: recording log: 1 of 16 lines could not be read"), "{said}");
    let many = folder(&format!("{LOG}{}", "what\n".repeat(2)));
    for command in [vec!["run", "s.toml", "--out", "o"], vec!["recording", "log"], vec!["linux", "s.toml"]] {
        let refused = rig(&command, many.path());
        let said = text(&refused.stderr);
        assert_eq!(refused.status.code(), Some(2), "{said}");
        assert!(said.contains("2 of 7 lines cannot be read") && said.contains("--lenient"), "{said}");
    }
    let allowed = rig(&["run", "s.toml", "--lenient", "--out", "o"], many.path());
    assert_ne!(allowed.status.code(), Some(2), "{}", text(&allowed.stderr));
    let run = reports::json::read_run(&many.path().join("o/run.json")).unwrap();
    assert!(run.command.ends_with("--lenient") && run.scenario.toml.contains("trace_lenient = true"));
}

#[test]
fn a_reservation_of_terabytes_does_not_stall_the_simulator() {
    let shadow = "100 mmap(0x10007fff8000, 15392894357504, PROT_READ|PROT_WRITE, \
                  MAP_PRIVATE|MAP_FIXED|MAP_ANONYMOUS|MAP_NORESERVE, -1, 0) = 0x10007fff8000\n";
    let folder = folder(&LOG.replacen("100 mmap", &format!("{shadow}100 mmap"), 1));
    let started = Instant::now();
    rig(&["run", "s.toml", "--out", "o"], folder.path());
    assert!(started.elapsed() < Duration::from_secs(20));
    let run = reports::json::read_run(&folder.path().join("o/run.json")).unwrap();
    let attaches: u64 = run.cells.iter().flat_map(|cell| cell.attach.outcomes.values()).sum();
    assert!(attaches > 20, "{attaches}");
}

#[test]
fn linux_refuses_what_does_not_fit_into_memory_with_the_figures() {
    let huge = "100 mmap(NULL, 4398046511104, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0) = 0x100000000000\n";
    let folder = folder(&LOG.replacen("100 mmap", &format!("{huge}100 mmap"), 1));
    for command in [vec!["linux", "s.toml"], vec!["linux", "--workload", "trace:log"]] {
        let refused = rig(&command, folder.path());
        let said = text(&refused.stderr);
        assert_eq!(refused.status.code(), Some(4), "{said}");
        assert!(
            said.contains("4194304 MiB") && said.contains("MiB free (") && said.contains("try: "),
            "{said}"
        );
    }
}
