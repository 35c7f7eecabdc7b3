//! Skips tests for lack of a requirement: the one way to do it, for the tests of all crates.
//!
//! A skipped test leaves a note in a folder of the build; the last test program of `cargo test` (`zz_skipped`) prints
//! all notes. With `ATTACH_RIG_REQUIRE=all` nothing is skipped: a test fails if it lacks something.
#![allow(dead_code, reason = "each test program uses a part")]
use std::path::{Path, PathBuf};
use std::{env, fs};

/// The folder of the notes.
fn folder() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("attach-rig-skipped")
}

/// Reports whether the test has to be skipped; `lacks` says what it lacks, such as `needs root`.
pub(crate) fn skip(test: &str, lacks: Option<&str>) -> bool {
    skip_in(&folder(), test, (lacks, env::var("ATTACH_RIG_REQUIRE").as_deref() == Ok("all")))
}

/// Skips with notes in this folder; with `all` it fails instead.
pub(crate) fn skip_in(folder: &Path, test: &str, (lacks, all): (Option<&str>, bool)) -> bool {
    let note = folder.join(test.replace('/', "-"));
    let Some(lacks) = lacks else {
        // A note of an earlier run; usually there is none.
        let _none = fs::remove_file(note);
        return false;
    };
    assert!(!all, "{test} {lacks}, and ATTACH_RIG_REQUIRE=all lets no test be skipped");
    fs::create_dir_all(folder).and_then(|()| fs::write(note, lacks)).expect("the build folder takes a note");
    true
}

/// Returns the lines about all skipped tests, and removes their notes.
pub(crate) fn summary() -> String {
    summary_of(&folder())
}

/// Summarises the notes in this folder.
pub(crate) fn summary_of(folder: &Path) -> String {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let note = |entry: fs::DirEntry| {
        let lacks = fs::read_to_string(entry.path()).ok()?;
        fs::remove_file(entry.path()).ok()?;
        Some(format!("  {}: {lacks}\n", entry.file_name().to_string_lossy()))
    };
    let mut notes: Vec<String> = entries.filter_map(note).collect();
    notes.sort();
    match notes.len() {
        0 => "skipped tests: none\n".to_owned(),
        count => {
            format!("skipped tests: {count} (ATTACH_RIG_REQUIRE=all makes them fail)\n{}", notes.concat())
        }
    }
}
