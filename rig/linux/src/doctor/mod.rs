//! Report on this machine: what works, what does not, why, and the command that fixes it.
//!
//! ```text
//! machine      the only part that looks: files, permissions, cgroups made and removed at once
//! child        a process that is moved through them; guest: one that runs for a moment
//! kvm          whether KVM runs one; boot: whether a kernel that is named boots
//! hierarchies  v1 and v2: mounted, visible, writable; what else their files offer
//! tracing      tracefs, its tracers and events, kallsyms
//! host         virtual machines, clock, CPUs, kernel
//! ```
//!
//! Everything except `machine` makes rows from the answers of a [`machine::Machine`], so that a container or a
//! delegated subtree is a few lines of text in a test. A thing that cannot be examined gets a row as well, which says
//! why.
mod boot;
mod child;
mod guest;
mod hierarchies;
mod host;
mod kvm;
mod machine;
mod tracing;

use super::error::LinuxError;
use engines::Interrupt;
use machine::{Here, Machine};
use serde::Serialize;
use std::fmt;
use std::io;
use std::path::Path;

/// Verdict of a check.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Health {
    /// It works here.
    Ok,
    /// It is not there, or does not work.
    Missing,
    /// It is there, but not for this process.
    NoPermission,
}

impl fmt::Display for Health {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Ok => "ok",
            Self::Missing => "missing",
            Self::NoPermission => "no permission",
        })
    }
}

/// Name of the check of a kernel that is named.
const BOOTS: &str = "kernel-boots";

/// One check.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// Name, the same on every machine and in every version.
    pub check: &'static str,
    /// File, folder, program or clock that was looked at.
    pub looked_at: String,
    /// Verdict of the check.
    pub verdict: Health,
    /// The finding, in words.
    pub finding: String,
    /// The command that fixes it; empty where nothing has to be fixed.
    pub remedy: String,
}

impl Finding {
    fn ok(check: &'static str, looked_at: impl fmt::Display, finding: impl Into<String>) -> Self {
        let (looked_at, finding) = (looked_at.to_string(), finding.into());
        Self { check, looked_at, verdict: Health::Ok, finding, remedy: String::new() }
    }

    fn bad(
        (check, verdict): (&'static str, Health),
        looked_at: impl fmt::Display,
        finding: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Self {
        let (looked_at, finding, remedy) = (looked_at.to_string(), finding.into(), remedy.into());
        Self { check, looked_at, verdict, finding, remedy }
    }
}

/// All rows, and the conclusion from them.
#[derive(Debug, Serialize)]
pub struct Checkup {
    /// Version of this form.
    pub format: u32,
    /// Every check, in a fixed order. None is left out, except `kernel-boots` where no kernel is named.
    pub rows: Vec<Finding>,
    /// Hierarchies between whose cgroups `linux` can move a process here, such as `v1:pids`.
    pub movable: Vec<String>,
    /// Errors for stderr: cgroups of ours that could not be removed.
    #[serde(skip)]
    pub leftovers: Vec<LinuxError>,
    /// Number of the signal that came during the checks.
    #[serde(skip)]
    pub signal: Option<i32>,
}

impl Checkup {
    /// Returns the number of rows with this verdict.
    #[must_use]
    pub fn count(&self, verdict: Health) -> usize {
        self.rows.iter().filter(|row| row.verdict == verdict).count()
    }

    /// Reports whether the kernel that was named does not boot.
    #[must_use]
    pub fn kernel_fails(&self) -> bool {
        self.rows.iter().any(|row| row.check == BOOTS && row.verdict != Health::Ok)
    }

    /// Returns the command that fixes the hierarchy that is nearest to working: one that exists without permission
    /// comes before one that is missing. `None` when one works.
    #[must_use]
    pub fn remedy(&self) -> Option<&str> {
        if !self.movable.is_empty() {
            return None;
        }
        let of = |wanted: Health| {
            let mut rows = self.rows.iter().filter(|row| hierarchies::can_be_chosen(row.check));
            rows.find(|row| row.verdict == wanted).map(|row| row.remedy.as_str())
        };
        of(Health::NoPermission).or_else(|| of(Health::Missing))
    }
}

/// Looks at this machine. In each hierarchy it makes the cgroups of a run below the own one, moves a child of its own
/// through them and back, and removes them at once. It runs a guest under KVM for a moment, and boots `kernel` as a
/// guest where one is named. It changes nothing else.
///
/// # Errors
/// [`LinuxError::Setup`] when `/proc/self/stat` cannot be read: then no cgroup is made.
pub fn checkup(kernel: Option<&Path>, interrupts: &Interrupt) -> Result<Checkup, LinuxError> {
    let mut checkup = examine(&Here::new()?, kernel);
    checkup.signal = interrupts.signal().map(i32::from);
    Ok(checkup)
}

fn examine(machine: &dyn Machine, kernel: Option<&Path>) -> Checkup {
    let (mut rows, leftovers) = hierarchies::rows(machine);
    let works = |row: &&Finding| row.verdict == Health::Ok && hierarchies::can_be_chosen(row.check);
    let movable = rows.iter().filter(works).map(|row| row.check.to_owned()).collect();
    rows.extend(tracing::rows(machine));
    rows.extend(host::rows(machine, kernel));
    Checkup { format: 1, rows, movable, leftovers, signal: None }
}

/// Returns the verdict for an answer of the kernel.
fn verdict(error: &io::Error) -> Health {
    match error.kind() {
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => Health::NoPermission,
        _ => Health::Missing,
    }
}

/// Returns the command as a user with the rights of root types it.
fn as_root(machine: &dyn Machine, command: &str) -> String {
    if machine.is_root() { command.to_owned() } else { format!("sudo {command}") }
}

#[cfg(test)]
mod tests;
