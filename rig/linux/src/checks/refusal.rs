//! Refusals that are wanted of the real kernel, in the fault grammar: a rule says where and with which error.
//!
//! Nothing is injected. [`provoke`](super::provoke) brings the kernel into a state in which it refuses by itself.
use super::super::option_error::OptionError;
use super::super::place::discovery::Place;
use faults::{Fault, Rule, Site};
use serde::{Deserialize, Serialize};

/// Number of tries of a rule without `times`.
const TIMES: u32 = 20;

/// Situation in which the kernel refuses a move.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RefusalKind {
    /// `cpuset.can_attach`: the destination has no CPUs.
    WithoutCpus,
    /// `memory.can_attach`: the limit of the destination is below what has to move.
    TooSmall,
    /// `core.exit`: the task has exited.
    TaskGone,
    /// `core.find`: the destination has been removed.
    Removed,
}

const KINDS: [(Site, RefusalKind); 4] = [
    (Site::CpusetCanAttach, RefusalKind::WithoutCpus),
    (Site::MemoryCanAttach, RefusalKind::TooSmall),
    (Site::CoreExit, RefusalKind::TaskGone),
    (Site::CoreFind, RefusalKind::Removed),
];

/// A refusal that is wanted; on its way into a guest it is the text of its rule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Refusal {
    rule: Rule,
    /// Situation in which the kernel refuses.
    pub(crate) kind: RefusalKind,
    /// Number of tries.
    pub(crate) times: u32,
    /// The error that is expected.
    pub(crate) errno: faults::Errno,
}

impl TryFrom<String> for Refusal {
    type Error = OptionError;

    fn try_from(text: String) -> Result<Self, OptionError> {
        Self::parse(&text)
    }
}

impl From<Refusal> for String {
    fn from(refusal: Refusal) -> Self {
        refusal.rule.to_string()
    }
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
    pub(crate) fn rule(&self) -> &Rule {
        &self.rule
    }

    /// Returns a description of the move, in words.
    pub(crate) fn about(&self) -> &'static str {
        match self.kind {
            RefusalKind::WithoutCpus => "into a cpuset without CPUs",
            RefusalKind::TooSmall => "into a cgroup whose limit is below what must move",
            RefusalKind::TaskGone => "of a task that has exited",
            RefusalKind::Removed => "into a cgroup that was removed",
        }
    }

    /// Checks that the kernel can refuse in this way at the place of the run.
    ///
    /// # Errors
    /// [`OptionError`] with the hierarchy to choose.
    pub(crate) fn fits(&self, place: &Place) -> Result<(), OptionError> {
        let (needed, problem) = match self.kind {
            RefusalKind::WithoutCpus => ("cpuset", "needs a v1 hierarchy with cpuset"),
            RefusalKind::TooSmall => {
                ("memory", "needs a v1 hierarchy with memory, and a kernel that moves charges")
            }
            RefusalKind::TaskGone | RefusalKind::Removed => return Ok(()),
        };
        if !place.v2 && place.controllers.iter().any(|name| name == needed) {
            return Ok(());
        }
        Err(OptionError {
            option: "--fault",
            given: self.rule.to_string(),
            problem,
            expected: format!(
                "add --hierarchy v1:{needed}, or measure in a guest: attach-rig vm --hierarchy v1"
            ),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_that_the_kernel_can_follow_are_read() {
        let refusal = Refusal::parse("cpuset.can_attach: errno=ENOSPC times=3").unwrap();
        assert_eq!((refusal.kind, refusal.times), (RefusalKind::WithoutCpus, 3));
        assert_eq!(Refusal::parse("core.exit: errno=ESRCH").unwrap().times, TIMES);
        for (rule, right) in [
            (
                "memory.prepare_sleep: errno=ENOMEM",
                "there are cpuset.can_attach, memory.can_attach, core.exit, core.find",
            ),
            ("core.exit: delay=1us", "errno=ESRCH"),
            ("core.exit: probability=10", "keep only errno= and times="),
            ("core.exot:", "core.exit"),
        ] {
            let error = Refusal::parse(rule).unwrap_err().to_string();
            assert!(error.contains(right), "{rule}: {error}");
        }
    }
}
