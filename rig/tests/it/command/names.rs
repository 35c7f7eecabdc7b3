//! Names that would control a terminal are refused where they enter; stored commands reproduce file names of any
//! kind.
use super::{scenario, sh};
use crate::support::{rig_in, said};
use std::fs;

#[test]
fn a_name_with_control_characters_is_refused_with_its_place() {
    let scratch = tempfile::tempdir().unwrap();
    for (name, code) in
        [("a\\u001b]0;owned\\u0007", "001B"), ("x\\uFFFEy", "FFFE"), ("a\\nb", "000A"), ("\\u202Eb", "202E")]
    {
        fs::write(scratch.path().join("s.toml"), scenario(name)).unwrap();
        let made = rig_in(scratch.path()).args(["run", "s.toml", "--duration", "1ms"]).output().unwrap();
        let (status, text) = said(&made);
        assert_eq!(status, Some(2), "{text}");
        assert!(text.contains("s.toml:") && text.contains(&format!("U+{code}")), "{text}");
        assert!(!text.contains('\u{1b}'), "{text:?}");
    }
}

#[test]
fn names_of_cgroups_actors_and_gates_are_refused_as_well() {
    let scratch = tempfile::tempdir().unwrap();
    let folder = scratch.path();
    let cgroup = scenario("s") + "\n[cgroups.\"a\\u0007\"]\n";
    fs::write(folder.join("s.toml"), cgroup).unwrap();
    let litmus = fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/litmus")).unwrap();
    let litmus =
        litmus.flatten().map(|e| e.path()).find(|p| p.extension().is_some_and(|e| e == "toml")).unwrap();
    let text = fs::read_to_string(litmus).unwrap();
    let line = text.lines().find(|line| line.starts_with("name = ")).unwrap().to_owned();
    fs::write(folder.join("l.toml"), text.replace(&line, "name = \"l\\u001b[2J\"")).unwrap();
    let gates = include_str!("../../../../reports/gates/default.toml");
    fs::write(folder.join("g.toml"), gates.replacen("\nname = \"", "\nname = \"g\\u009b", 1)).unwrap();
    for (arguments, code) in [
        (["run", "s.toml"].as_slice(), "U+0007"),
        (&["explore", "l.toml"], "U+001B"),
        (&["gate", "g.toml", "none"], "U+009B"),
    ] {
        let (status, text) = said(&rig_in(folder).args(arguments).output().unwrap());
        assert_eq!(status, Some(2), "{arguments:?}: {text}");
        assert!(text.contains(code) && text.contains(".toml:"), "{arguments:?}: {text}");
    }
}

#[test]
fn a_stored_command_runs_in_a_shell_whatever_the_file_is_called() {
    let names = [
        "a b.toml",
        "a;touch PWNED;.toml",
        "$(touch PWNED).toml",
        "it's.toml",
        "\"q\".toml",
        "-x.toml",
        "a\nb.toml",
        "`touch PWNED`.toml",
        "ä*?.toml",
    ];
    for name in names {
        let scratch = tempfile::tempdir().unwrap();
        let folder = scratch.path();
        fs::write(folder.join(name), scenario("s")).unwrap();
        let first = ["run", "--duration", "1ms", "--seeds", "1", "--out", "a", "--", name];
        let (status, text) = said(&rig_in(folder).args(first).output().unwrap());
        assert!(matches!(status, Some(0 | 5)), "{name}: {text}");
        let run: serde_json::Value =
            serde_json::from_slice(&fs::read(folder.join("a/run.json")).unwrap()).unwrap();
        let command = run["command"].as_str().unwrap();
        let (_, rest) = command.split_once(' ').unwrap();
        let again = sh(folder, &format!("\"$RIG\" {rest} --out b"));
        assert_eq!(again.status.code(), status, "{command}: {}", said(&again).1);
        // The seed of the command becomes part of the stored scenario; the measurements are the same.
        let second: serde_json::Value =
            serde_json::from_slice(&fs::read(folder.join("b/run.json")).unwrap()).unwrap();
        assert!(run["cells"] == second["cells"], "{command}");
        assert!(!folder.join("PWNED").exists(), "{command}");
    }
}

#[test]
fn arguments_of_any_bytes_are_an_error_and_never_a_panic() {
    use std::os::unix::ffi::OsStringExt as _;
    let scratch = tempfile::tempdir().unwrap();
    let odd = || std::ffi::OsString::from_vec(b"/none/\xff\x1b[2J".to_vec());
    for command in ["report", "run", "explore", "list", "compare"] {
        let (status, text) = said(&rig_in(scratch.path()).arg(command).arg(odd()).output().unwrap());
        assert_eq!(status, Some(2), "{command}: {text}");
        assert!(!text.contains('\u{1b}') && !text.contains("panicked"), "{command}: {text:?}");
    }
}
