//! Refusals by the real kernel: moves that have to fail, after each of which everything reads as before.
//!
//! A rule of the fault grammar says where and with which error; here nothing is injected, the kernel is brought into the
//! state in which it refuses by itself: a cpuset without CPUs, a task that has exited, a cgroup that was removed.
use super::clock::now_ns;
use super::discovery::Place;
use super::error::LinuxError;
use super::group::Groups;
use super::options::OptionError;
use super::reading::Reading;
use super::samples::{Samples, Times, errno_name};
use faults::{Fault, Rule, Site};
use rustix::io::Errno;
use std::fs::{File, OpenOptions};
use std::path::Path;
use std::process::{Command, Stdio};

/// How often a rule without `times` is tried.
const TIMES: u32 = 20;

/// What makes the kernel refuse.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// `cpuset.can_attach`: the destination has no CPUs.
    WithoutCpus,
    /// `core.exit`: the task has exited.
    TaskGone,
    /// `core.find`: the destination has been removed.
    Removed,
}

const KINDS: [(Site, Kind); 3] = [
    (Site::CpusetCanAttach, Kind::WithoutCpus),
    (Site::CoreExit, Kind::TaskGone),
    (Site::CoreFind, Kind::Removed),
];

/// A refusal that is wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    rule: Rule,
    kind: Kind,
    times: u32,
    /// The error that is expected.
    errno: faults::Errno,
}

impl Refusal {
    /// Reads a rule: one of three sites, with `errno=` (what the kernel is expected to answer) and `times=`.
    ///
    /// # Errors
    /// [`OptionError`] with what would be right.
    pub fn parse(text: &str) -> Result<Self, OptionError> {
        let wrong = |problem, expected: String| OptionError {
            option: "--fault",
            given: text.into(),
            problem,
            expected,
        };
        let rule = Rule::parse(text).map_err(|error| wrong("cannot be read", error.to_string()))?;
        let known = KINDS.map(|(site, _)| site.name()).join(", ");
        let kind = KINDS.iter().find(|(site, _)| *site == rule.site).map(|(_, kind)| *kind);
        let kind = kind.ok_or_else(|| {
            wrong(
                "names a place where the kernel cannot be made to refuse here",
                format!("there are {known}"),
            )
        })?;
        let Fault::Errno(errno) = rule.action else {
            return Err(wrong(
                "asks for more than an error",
                "write for example \"core.exit: errno=ESRCH\"".into(),
            ));
        };
        let plain = Rule { times: rule.times, ..Rule::new(rule.site, rule.action) };
        if rule != plain {
            return Err(wrong("says when, which the kernel decides", "keep only errno= and times=".into()));
        }
        let times = rule.times.unwrap_or(TIMES).max(1);
        Ok(Self { rule, kind, times, errno })
    }

    /// The rule.
    pub(super) fn rule(&self) -> &Rule {
        &self.rule
    }

    /// What is done, in words.
    pub(super) fn about(&self) -> &'static str {
        match self.kind {
            Kind::WithoutCpus => "into a cpuset without CPUs",
            Kind::TaskGone => "of a task that has exited",
            Kind::Removed => "into a cgroup that was removed",
        }
    }

    /// Whether it can be had where the run is.
    ///
    /// # Errors
    /// [`OptionError`] with the hierarchy to choose.
    pub(super) fn fits(&self, place: &Place) -> Result<(), OptionError> {
        let has_cpuset = !place.v2 && place.controllers.iter().any(|name| name == "cpuset");
        if self.kind != Kind::WithoutCpus || has_cpuset {
            return Ok(());
        }
        Err(OptionError {
            option: "--fault",
            given: self.rule.to_string(),
            problem: "needs a v1 hierarchy with cpuset",
            expected: "add --hierarchy v1:cpuset".into(),
        })
    }
}

/// What came of a refusal.
#[derive(Clone, Debug)]
pub(super) struct Refused {
    pub(super) refusal: Refusal,
    pub(super) tried: u64,
    /// Writes that were not answered as expected, and the first of them in words.
    pub(super) unexpected: (u64, Option<String>),
    /// Refusals after which something did not read as before, and the first of them in words.
    pub(super) not_as_before: (u64, Option<String>),
}

/// Lets the kernel refuse, `times` times; `pid` is the worker, who has to stay as it is.
///
/// # Errors
/// [`LinuxError::Setup`] when the state in which the kernel refuses cannot be made, or files cannot be read.
pub(super) fn provoke(
    refusal: &Refusal,
    place: &Place,
    groups: &mut Groups,
    pid: u32,
    samples: &mut Samples,
) -> Result<Refused, LinuxError> {
    let mut refused =
        Refused { refusal: refusal.clone(), tried: 0, unexpected: (0, None), not_as_before: (0, None) };
    let scene = Scene::set(refusal.kind, place, groups, pid)?;
    for _ in 0..refusal.times {
        let before = Reading::of(pid, groups)?;
        let begin = now_ns();
        let answer = scene.write();
        samples.record(answer, Times { intended: None, begin, end: now_ns() });
        refused.tried += 1;
        let expected = errno_name(refusal.errno.number());
        let given =
            answer.err().map_or_else(|| "success".to_owned(), |errno| errno_name(errno.raw_os_error()));
        if given != expected {
            let words =
                format!("a move {} was answered with {given}, and {expected} was expected", refusal.about());
            count(&mut refused.unexpected, words);
        }
        if let Some(difference) = before.difference(&Reading::of(pid, groups)?) {
            count(&mut refused.not_as_before, difference);
        }
    }
    scene.strike(groups)?;
    Ok(refused)
}

fn count(broken: &mut (u64, Option<String>), words: String) {
    broken.0 += 1;
    broken.1.get_or_insert(words);
}

/// The state in which the kernel refuses.
struct Scene {
    file: File,
    text: String,
    /// The cgroup that was made for it.
    extra: bool,
}

impl Scene {
    fn set(kind: Kind, place: &Place, groups: &mut Groups, pid: u32) -> Result<Self, LinuxError> {
        let procs = |folder: &Path| {
            let path = folder.join("cgroup.procs");
            let opened = OpenOptions::new().write(true).open(&path);
            opened.map_err(|source| LinuxError::Setup { doing: format!("open {}", path.display()), source })
        };
        let worker = pid.to_string();
        match kind {
            Kind::WithoutCpus => {
                // Made like every other, but without the CPUs that the others get.
                let folder = groups.make_extra("empty", place, false)?;
                Ok(Self { file: procs(&folder)?, text: worker, extra: true })
            }
            Kind::Removed => {
                let folder = groups.make_extra("gone", place, true)?;
                let file = procs(&folder)?;
                groups.remove_extra()?;
                Ok(Self { file, text: worker, extra: false })
            }
            Kind::TaskGone => {
                let file = procs(&groups.top().join("b"))?;
                Ok(Self { file, text: ended_process()?.to_string(), extra: false })
            }
        }
    }

    fn write(&self) -> Result<(), Errno> {
        rustix::io::write(&self.file, self.text.as_bytes()).map(drop)
    }

    fn strike(self, groups: &mut Groups) -> Result<(), LinuxError> {
        drop(self.file);
        if self.extra { groups.remove_extra() } else { Ok(()) }
    }
}

/// The pid of a process of ours that has ended and was waited for. It is not given out again before all others were.
fn ended_process() -> Result<u32, LinuxError> {
    let setup = |source| LinuxError::Setup { doing: "start a process that ends at once".into(), source };
    // With an argument that no worker knows it says so and ends.
    let mut child = Command::new("/proc/self/exe")
        .args([super::WORKER_ARG, "--ends"])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .map_err(setup)?;
    child.wait().map_err(setup)?;
    Ok(child.id())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_that_the_kernel_can_follow_are_read() {
        let refusal = Refusal::parse("cpuset.can_attach: errno=ENOSPC times=3").unwrap();
        assert_eq!((refusal.kind, refusal.times), (Kind::WithoutCpus, 3));
        assert_eq!(Refusal::parse("core.exit: errno=ESRCH").unwrap().times, TIMES);
        for (rule, right) in [
            ("memory.can_attach: errno=ENOMEM", "there are cpuset.can_attach, core.exit, core.find"),
            ("core.exit: delay=1us", "errno=ESRCH"),
            ("core.exit: probability=10", "keep only errno= and times="),
            ("core.exot:", "core.exit"),
        ] {
            let error = Refusal::parse(rule).unwrap_err().to_string();
            assert!(error.contains(right), "{rule}: {error}");
        }
    }
}
