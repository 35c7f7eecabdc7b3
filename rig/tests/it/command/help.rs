//! The help of every command, one after another in one file, so that it can be read as one text.
use crate::support::{rig_in, text};
use std::path::Path;
use std::process::Output;

/// Runs the command `path` with `--help`, 100 columns wide.
fn help(path: &[&str]) -> Output {
    rig_in(Path::new(".")).env("COLUMNS", "100").args(path).arg("--help").output().unwrap()
}

/// Returns the names that a help lists under `Commands:`, without `help` itself.
pub(super) fn commands(help: &str) -> Vec<&str> {
    let list = help.lines().skip_while(|line| *line != "Commands:").skip(1);
    let rows = list.take_while(|line| !line.is_empty()).filter_map(|line| line.strip_prefix("  "));
    let names = rows.filter(|row| !row.starts_with(' ')).filter_map(|row| row.split(' ').next());
    names.filter(|name| *name != "help").collect()
}

/// Appends the help of the command `path`, and then that of each command below it.
fn append(path: &[&str], all: &mut String) {
    let output = help(path);
    assert!(output.status.success() && output.stderr.is_empty(), "{path:?}: {output:?}");
    let lines = text(&output.stdout);
    let help: String = lines.lines().map(|line| format!("{}\n", line.trim_end())).collect();
    all.push_str(&format!("$ {} --help\n{help}\n", [&["attach-rig"], path].concat().join(" ")));
    commands(&help).into_iter().for_each(|name| append(&[path, &[name]].concat(), all));
}

#[test]
fn the_help_of_every_command_reads_as_one_text() {
    let mut all = String::new();
    append(&[], &mut all);
    for command in ["run", "explore", "vm", "baseline update"] {
        assert!(all.contains(&format!("$ attach-rig {command} --help\n")), "{command}");
    }
    insta::assert_snapshot!("help", all);
}
