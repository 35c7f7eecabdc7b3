//! The documents for users: what they show is what the command prints, and every command in them has flags that exist.
//!
//! A block marked `console` holds commands after `$ ` and lines of their output; `...` stands for any number of lines. The
//! commands run in a scratch folder. In any other block only the flags of `attach-rig` are examined, since it needs a kernel,
//! time, or files. A link leads to a file, and to a heading of it if it names one.
use crate::support::BINARY;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;

const DOCUMENTS: [&str; 10] = [
    "README.md",
    "CONTRIBUTING.md",
    "docs/guide.md",
    "docs/kernel.md",
    "docs/reference.md",
    "docs/results.md",
    "docs/seed.md",
    "docs/recordings.md",
    "docs/glossary.md",
    "rig/litmus/README.md",
];

/// Returns the folder of the repository.
pub(crate) fn top() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("rig is a folder of the repository")
}

/// Returns the text of a file, named from the top of the repository.
pub(crate) fn document(name: &str) -> String {
    fs::read_to_string(top().join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// Fenced blocks: the word after the fence, and the lines.
fn blocks(text: &str) -> Vec<(String, Vec<String>)> {
    let (mut found, mut open): (Vec<(String, Vec<String>)>, bool) = (Vec::new(), false);
    for line in text.lines() {
        match line.strip_prefix("```") {
            Some(kind) if !open => found.push((kind.to_owned(), Vec::new())),
            Some(_) => {}
            None if open => found.last_mut().expect("an open block").1.push(line.to_owned()),
            None => {}
        }
        open ^= line.starts_with("```");
    }
    found
}

/// A folder with what the commands of the documents expect to find, and the command itself on the path.
fn scratch() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    for name in ["reports", "rig", "workloads", "docs"] {
        symlink(top().join(name), folder.path().join(name)).expect("a link");
    }
    folder
}

fn run(folder: &Path, command: &str) -> String {
    let programs = Path::new(BINARY).parent().expect("a folder of programs").to_string_lossy().into_owned();
    let path = format!("{programs}:{}", std::env::var("PATH").unwrap_or_default());
    let mut shell = Command::new("sh");
    let out = shell.args(["-c", &format!("{command} 2>&1")]).current_dir(folder);
    let out = out.env("PATH", path).env("COLUMNS", "120").env_remove("GITHUB_STEP_SUMMARY");
    String::from_utf8_lossy(&out.output().expect("a shell").stdout).into_owned()
}

/// The first shown line that the output does not have where it is expected.
fn missing<'a>(shown: &'a [String], output: &str) -> Option<&'a str> {
    let mut lines = output.lines().map(str::trim_end).filter(|line| !line.is_empty());
    let mut skips = false;
    for line in shown.iter().map(|line| line.trim_end()).filter(|line| !line.is_empty()) {
        if line == "..." {
            skips = true;
        } else {
            let found = if skips { lines.any(|real| real == line) } else { lines.next() == Some(line) };
            if !found {
                return Some(line);
            }
            skips = false;
        }
    }
    None
}

#[test]
fn the_output_that_documents_show_is_the_real_one() {
    for name in DOCUMENTS {
        for (_, lines) in blocks(&document(name)).into_iter().filter(|(kind, _)| kind == "console") {
            let folder = scratch();
            for part in lines.split_inclusive(|line| line.starts_with("$ ")).collect::<Vec<_>>().windows(2) {
                let command = part[0].last().and_then(|line| line.strip_prefix("$ ")).unwrap_or_default();
                let shown: Vec<String> =
                    part[1].iter().filter(|line| !line.starts_with("$ ")).cloned().collect();
                let output = run(folder.path(), command);
                if let Some(line) = missing(&shown, &output) {
                    panic!(
                        "{name}: `{command}` does not print\n{line}\nwhere the document says so, but\n{output}"
                    );
                }
            }
        }
    }
}

/// Commands of attach-rig in a block, without comments, `sudo` and a prompt.
fn commands(lines: &[String]) -> Vec<String> {
    let mut found = Vec::new();
    for line in lines {
        let line = line.split(" #").next().unwrap_or_default().trim().trim_start_matches("$ ");
        for part in line.split("&&") {
            let part = part.trim().trim_start_matches("sudo ");
            if part.starts_with("attach-rig ") && !part.contains("...") {
                found.push(part.trim_end_matches('\\').trim().to_owned());
            }
        }
    }
    found
}

#[test]
fn every_command_in_the_documents_has_flags_that_exist() {
    let folder = scratch();
    let mut examined = 0;
    for name in DOCUMENTS {
        for command in blocks(&document(name)).iter().flat_map(|(_, lines)| commands(lines)) {
            // Help is printed as soon as all that comes before it is understood.
            let (before, program) =
                command.split_once(" -- ").map_or((&*command, ""), |(before, after)| (before, after));
            let output = run(folder.path(), &format!("{before} --help"));
            assert!(output.contains("Usage:") && !output.contains("error:"), "{name}: `{command}`\n{output}");
            assert!(program.is_empty() || before.contains("record"), "{name}: `{command}`");
            examined += 1;
        }
    }
    assert!(examined > 20, "{examined}");
}

#[test]
fn links_lead_somewhere() {
    for name in DOCUMENTS.into_iter().chain(["ARCHITECTURE.md", "rig/benches/README.md"]) {
        let folder = Path::new(name).parent().unwrap_or(Path::new(""));
        let text = document(name);
        for target in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            if target.starts_with("http") {
                continue;
            }
            let (file, heading) = target.split_once('#').unwrap_or((target, ""));
            let path = if file.is_empty() { PathBuf::from(name) } else { folder.join(file) };
            let there = fs::read_to_string(top().join(&path)).ok();
            assert!(there.is_some() || top().join(&path).exists(), "{name}: `{target}` leads nowhere");
            let anchor = |line: &str| {
                line.trim_start_matches('#')
                    .trim()
                    .to_lowercase()
                    .replace(' ', "-")
                    .replace(|c: char| !(c.is_alphanumeric() || c == '-' || c == '_'), "")
            };
            let headings = there.as_deref().unwrap_or_default().lines().filter(|line| line.starts_with('#'));
            assert!(
                heading.is_empty() || headings.map(anchor).any(|known| known == heading),
                "{name}: `{target}`"
            );
        }
    }
}

#[test]
fn a_wrong_line_and_a_wrong_flag_are_found() {
    let shown = |lines: &[&str]| lines.iter().map(|line| (*line).to_owned()).collect::<Vec<_>>();
    let output = "one\n\ntwo\nthree\n";
    assert_eq!(missing(&shown(&["one", "...", "three"]), output), None);
    assert_eq!(missing(&shown(&["one", "three"]), output), Some("three"));
    assert_eq!(missing(&shown(&["...", "four"]), output), Some("four"));
    assert_eq!(
        commands(&shown(&["sudo attach-rig linux --rate 1/s  # a comment", "make"])),
        ["attach-rig linux --rate 1/s"]
    );
    assert!(run(&std::env::temp_dir(), "attach-rig linux --no-such-flag --help").contains("error:"));
}
