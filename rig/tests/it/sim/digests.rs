//! Committed digests of `run.json`: the same seed gives the same bytes, in debug and in release builds.
//!
//! `ATTACH_RIG_BINARY` names another build to judge than that of the tests.
//!
//! When the model changes on purpose, run `UPDATE=1 cargo test -p rig --test it digests`, and give the reason in the
//! commit.
use crate::support::BINARY;
use sha2::{Digest as _, Sha256};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

const RUNS: [(&str, &[&str]); 4] = [
    ("default", &["default", "--duration", "20ms", "--seed", "1"]),
    ("default-seed-2", &["default", "--duration", "20ms", "--seed", "2"]),
    ("churn-256-cpus", &["churn", "--duration", "5ms", "--cpus", "256", "--fault-rate", "50"]),
    ("python-threads", &["python-threads", "--duration", "50ms"]),
];

fn digest(args: &[&str]) -> String {
    let folder = tempfile::tempdir().expect("a folder");
    let binary = std::env::var_os("ATTACH_RIG_BINARY").unwrap_or_else(|| BINARY.into());
    let status = Command::new(binary)
        .arg("run")
        .args(args)
        .arg("--out")
        .arg(folder.path())
        .output()
        .expect("the binary runs")
        .status;
    assert!([0, 1, 5].contains(&status.code().unwrap_or(-1)), "{args:?}: {status}");
    let bytes = std::fs::read(folder.path().join("run.json")).expect("run.json");
    Sha256::digest(bytes).iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn file() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/sim/digests.txt")
}

#[test]
fn the_same_seed_gives_the_committed_bytes() {
    let found: String = RUNS.iter().map(|(name, args)| format!("{name} {}\n", digest(args))).collect();
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(file(), &found).expect("the digests can be written");
    }
    let committed = std::fs::read_to_string(file()).expect("committed digests");
    assert_eq!(found, committed, "the bytes of run.json changed; if on purpose, see the top of this file");
}

#[test]
fn another_seed_gives_other_bytes() {
    let committed = std::fs::read_to_string(file()).expect("committed digests");
    let digests: Vec<_> = committed.lines().filter_map(|line| line.split(' ').nth(1)).collect();
    assert_eq!(digests.len(), RUNS.len());
    assert_ne!(digests[0], digests[1]);
}
