//! Completions for shells and manual pages, which contain every command.
use crate::support::{rig, text};
use std::fs;
use std::path::Path;

/// Returns the names of all commands, as the help lists them.
fn commands() -> Vec<String> {
    let help = text(&rig(&["--help"], Path::new(".")).stdout);
    let names = super::help::commands(&help).into_iter().map(str::to_owned).collect::<Vec<_>>();
    assert!(names.contains(&"run".to_owned()) && names.contains(&"man".to_owned()), "{names:?}");
    names
}

#[test]
fn every_shell_completes_every_command_and_its_flags() {
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let made = rig(&["completions", shell], Path::new("."));
        assert_eq!(made.status.code(), Some(0), "{shell}");
        let script = text(&made.stdout);
        for name in commands() {
            assert!(script.contains(&name), "{shell}: {name}");
        }
        // Shells differ in how they write a flag.
        for flag in ["fault-rate", "resident-pages", "quiet"] {
            assert!(script.contains(flag), "{shell}: {flag}");
        }
    }
    let wrong = rig(&["completions", "tcsh"], Path::new("."));
    assert_eq!(wrong.status.code(), Some(2));
    assert!(text(&wrong.stderr).contains("bash"), "{wrong:?}");
}

#[test]
fn every_command_has_a_manual_page() {
    let folder = tempfile::tempdir().unwrap();
    let made = rig(&["man", "pages"], folder.path());
    assert_eq!(made.status.code(), Some(0), "{made:?}");
    let page = |name: &str| fs::read_to_string(folder.path().join(format!("pages/{name}.1"))).unwrap();
    let main = page("attach-rig");
    assert_eq!(text(&rig(&["man"], folder.path()).stdout), main);
    for name in commands() {
        let page = page(&format!("attach-rig-{name}"));
        assert!(page.contains(".TH ") && page.contains(&format!("attach\\-rig {name}")), "{page}");
        assert!(main.contains(&format!("attach\\-rig\\-{name}(1)")), "{name}: {main}");
    }
    assert!(page("attach-rig-baseline-update").contains("baselines"));
    assert!(page("attach-rig-run").contains("fault\\-rate"));
    fs::write(folder.path().join("file"), "").unwrap();
    let wrong = rig(&["man", "file"], folder.path());
    assert_eq!(wrong.status.code(), Some(8), "{wrong:?}");
}
