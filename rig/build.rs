//! Passes the commit that the program is built from to the compiler, as `ATTACH_RIG_COMMIT`, and the build profile, as
//! `ATTACH_RIG_PROFILE`.
//!
//! Only the crate `rig` contains the commit, and only in a release build, which is what results are made with. After a
//! commit, a debug build compiles nothing again, and a release build only this crate.
#![allow(clippy::print_stdout, reason = "cargo reads the output of a build script")]
use std::path::{Path, PathBuf};
use std::process::Command;

/// Parts of the repository that the program is built from.
const SOURCES: [&str; 6] = ["Cargo.toml", "Cargo.lock", "faults", "reports", "rig", "workloads"];

fn main() {
    let top = Path::new("..");
    println!("cargo::rerun-if-changed=build.rs");
    let profile = std::env::var("PROFILE").unwrap_or_else(|_| "unknown".to_owned());
    let commit = if profile == "release" {
        let commit = commit(top);
        if commit.is_some() {
            watched(top).iter().for_each(|path| println!("cargo::rerun-if-changed={}", path.display()));
        }
        commit.unwrap_or_else(|| "unknown".to_owned())
    } else {
        "not recorded".to_owned()
    };
    println!("cargo::rustc-env=ATTACH_RIG_COMMIT={commit}");
    println!("cargo::rustc-env=ATTACH_RIG_PROFILE={profile}");
}

/// Returns the commit of the repository whose top folder is `top`, and whether sources differ from it. `None` without
/// git, and for sources that are part of another repository.
pub(crate) fn commit(top: &Path) -> Option<String> {
    let own = PathBuf::from(git(top, &["rev-parse", "--show-toplevel"])?);
    if own.canonicalize().ok()? != top.canonicalize().ok()? {
        return None;
    }
    let commit = git(top, &["rev-parse", "--short=12", "HEAD"])?;
    let status = ["--no-optional-locks", "status", "--porcelain", "--untracked-files=no", "--"];
    let changed = !git(top, &[&status[..], &SOURCES[..]].concat())?.is_empty();
    Some(if changed { format!("{commit} with changes") } else { commit })
}

/// Returns what changes with the commit, and the sources. Folders of tests and benches are left out: a change there
/// should not compile the crate again.
fn watched(top: &Path) -> Vec<PathBuf> {
    let log = git(top, &["rev-parse", "--git-path", "logs/HEAD"]);
    let log = log.map(|path| top.join(path)).filter(|path| path.exists());
    let crates = ["faults", "reports", "workloads", "rig"].map(|name| top.join(name));
    let within = top.join("rig").read_dir().into_iter().flatten().flatten().map(|entry| entry.path());
    let sources = crates.into_iter().chain(within).map(|path| path.join("src"));
    log.into_iter().chain(sources.filter(|path| path.exists())).collect()
}

fn git(top: &Path, arguments: &[&str]) -> Option<String> {
    let output = Command::new("git").arg("-C").arg(top).args(arguments).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}
