//! Inputs that are not regular files: an endless device, a FIFO, a folder. Each is an error at once, and the error
//! names its kind.
use super::sh;
use crate::support::said;

/// Every place where a user names a file. `X` is the file.
const COMMANDS: [&str; 13] = [
    "run X",
    "run idle --costs X",
    "linux X",
    "explore X",
    "replay X",
    "replay m5-5f3a9c01-12a3b@three-phase@X",
    "compare X X",
    "gate X o",
    "gate g.toml X",
    "gate g.toml o --baseline ./X",
    "recording X",
    "baseline update new X",
    "report X",
];

#[test]
fn what_is_no_regular_file_is_named_and_never_waited_for() {
    let scratch = tempfile::tempdir().unwrap();
    let folder = scratch.path();
    std::fs::write(folder.join("g.toml"), include_str!("../../../../reports/gates/default.toml")).unwrap();
    let made =
        sh(folder, "\"$RIG\" run idle --duration 1ms --seeds 1 --out o; mkfifo fifo; ln -s /dev/zero zero");
    assert!(folder.join("fifo").exists(), "{made:?}");
    for command in COMMANDS {
        for (file, word) in [("zero", "device"), ("fifo", "FIFO")] {
            let script = format!("ulimit -v 4000000; timeout 60 \"$RIG\" {}", command.replace('X', file));
            let (status, text) = said(&sh(folder, &script));
            assert_eq!(status, Some(2), "{script}: {text}");
            assert!(text.contains(word), "{script}: {text}");
        }
    }
}

#[test]
fn a_wrong_value_comes_with_the_help_of_its_flag() {
    let scratch = tempfile::tempdir().unwrap();
    for (command, unit) in [
        ("run idle --seeds x", "Number of seeds"),
        ("explore --seconds soon", "in seconds"),
        ("explore --shrink-seconds=-1", "write a number of seconds, 0 or more"),
        (
            "vm --timeout 0",
            "'--timeout <T>': `0` has no unit; write a whole number of ns, us, ms, s, m or h, from 1us to 86400s",
        ),
        ("run idle --cpus 0", "Number of modelled CPUs, 1 to 1024"),
        ("selftest --jobs 0", "per CPU"),
    ] {
        let (status, text) = said(&sh(scratch.path(), &format!("\"$RIG\" {command}")));
        assert_eq!(status, Some(2), "{command}: {text}");
        assert!(text.contains("this flag: ") && text.contains(unit), "{command}: {text}");
    }
}
