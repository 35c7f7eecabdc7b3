//! Settings of a guest: which hierarchy of cgroups it mounts and how, which user measures there, and the names of its
//! figures.
use super::super::option_error::OptionError;
use super::super::place::discovery::Place;
use super::super::place::hierarchy::{Hierarchy, V1Controller};
use reports::schema::{Subject, SubjectParts, Subtree};
use std::ffi::CStr;
use std::fmt;
use std::str::FromStr;

/// The controllers of every setting, in the order of their callbacks.
pub(super) const CONTROLLERS: [&str; 3] = ["cpuset", "memory", "pids"];

/// Choice of `vm --hierarchy`. A boot has one: `favordynmods` cannot be taken back by a remount in 6.1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GuestSetting {
    /// v1: cpuset, memory and pids on one mount; their callbacks run in this order.
    V1,
    /// v1 as in `V1`, and a moved process takes its charges along (`memory.move_charge_at_immigrate`).
    V1Charges,
    /// The unified hierarchy with the same controllers.
    V2,
    /// The unified hierarchy mounted with `favordynmods`: moves need not wait for a grace period of RCU.
    V2Favordynmods,
    /// The unified hierarchy, measured by a user without rights in a subtree that was handed to it.
    V2Delegated,
    /// The unified hierarchy in a subtree that was not handed to that user: shows which error such a user gets.
    V2Undelegated,
}

impl GuestSetting {
    /// Every kind of mount once, which is the meaning of `all`.
    const MOUNTS: [Self; 4] = [Self::V1, Self::V1Charges, Self::V2, Self::V2Favordynmods];
    const EVERY: [Self; 6] =
        [Self::V1, Self::V1Charges, Self::V2, Self::V2Favordynmods, Self::V2Delegated, Self::V2Undelegated];

    /// Reads the values of `--hierarchy`: every setting once, in this order.
    ///
    /// # Errors
    /// [`OptionError`] with what would be right.
    pub fn list(given: &[String]) -> Result<Vec<Self>, OptionError> {
        let mut settings = Vec::new();
        for name in given {
            let named = if name == "all" { Self::MOUNTS.to_vec() } else { vec![name.parse()?] };
            if named.iter().any(|setting| settings.contains(setting)) {
                return Err(wrong(name, "is given twice", "give every hierarchy once".into()));
            }
            settings.extend(named);
        }
        if settings.is_empty() { Err(wrong("", "names no hierarchy", names())) } else { Ok(settings) }
    }

    /// Name on the command line.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::V1 => "v1",
            Self::V1Charges => "v1:charges",
            Self::V2 => "v2",
            Self::V2Favordynmods => "v2:favordynmods",
            Self::V2Delegated => "v2:delegated",
            Self::V2Undelegated => "v2:undelegated",
        }
    }

    /// Returns what its cells of moves measure.
    #[must_use]
    pub fn subject(self) -> Subject {
        self.guests_subject().with(|parts| {
            parts.guest = true;
            parts.protocol = if self.is_v2() { "v2" } else { "v1" }.into();
            parts.subtree = match self {
                Self::V2Delegated => Some(Subtree::Delegated),
                Self::V2Undelegated => Some(Subtree::Undelegated),
                Self::V1 | Self::V1Charges | Self::V2 | Self::V2Favordynmods => None,
            };
        })
    }

    /// Returns the name of that subject.
    #[must_use]
    pub fn label(self) -> String {
        self.subject().to_string()
    }

    /// Type of the file system and its options.
    pub(super) fn mount(self) -> (&'static str, Option<&'static CStr>) {
        match self {
            Self::V1 | Self::V1Charges => ("cgroup", Some(c"cpuset,memory,pids")),
            Self::V2 | Self::V2Delegated | Self::V2Undelegated => ("cgroup2", None),
            Self::V2Favordynmods => ("cgroup2", Some(c"favordynmods")),
        }
    }

    /// Returns the hierarchy that the measurement looks for. On v1 any controller of the mount finds it.
    pub(super) fn hierarchy(self) -> Hierarchy {
        if self.is_v2() { Hierarchy::V2 } else { Hierarchy::V1(V1Controller::Pids) }
    }

    /// Returns the subject of cells of moves as the guest sees it: it finds the hierarchy by a controller, and does not
    /// know that it is a guest.
    pub(super) fn guests_subject(self) -> Subject {
        let parts = SubjectParts {
            protocol: self.hierarchy().to_string(),
            favordynmods: self == Self::V2Favordynmods,
            charges: self == Self::V1Charges,
            ..SubjectParts::default()
        };
        parts.into()
    }

    /// Reports whether it is the unified hierarchy.
    pub(super) fn is_v2(self) -> bool {
        !matches!(self, Self::V1 | Self::V1Charges)
    }

    /// Returns the place where a run in the guest will find itself, as far as that is known before the boot.
    pub(super) fn place(self) -> Place {
        Place {
            hierarchy: self.hierarchy().to_string(),
            v2: self.is_v2(),
            controllers: CONTROLLERS.map(str::to_owned).into(),
            mount_point: "/sys/fs/cgroup".into(),
            own: "/sys/fs/cgroup".into(),
            favordynmods: self == Self::V2Favordynmods,
        }
    }
}

impl fmt::Display for GuestSetting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for GuestSetting {
    type Err = OptionError;

    fn from_str(given: &str) -> Result<Self, OptionError> {
        let found = Self::EVERY.into_iter().find(|setting| setting.name() == given);
        found.ok_or_else(|| wrong(given, "is not a hierarchy of a guest", names()))
    }
}

fn wrong(given: &str, problem: &'static str, expected: String) -> OptionError {
    OptionError { option: "--hierarchy", given: given.into(), problem, expected }
}

fn names() -> String {
    format!("use {}, or all for the first four", GuestSetting::EVERY.map(GuestSetting::name).join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(given: &str) -> Result<Vec<GuestSetting>, OptionError> {
        GuestSetting::list(&given.split(' ').map(str::to_owned).collect::<Vec<_>>())
    }

    #[test]
    fn settings_are_named_as_they_print_and_every_label_says_vm() {
        for setting in GuestSetting::EVERY {
            assert_eq!(setting.to_string().parse(), Ok(setting));
            assert!(setting.subject().parts().guest && !setting.guests_subject().parts().guest, "{setting}");
        }
        let labels =
            ["vm:v1", "vm:v1+charges", "vm:v2", "vm:v2:favordynmods", "vm:v2:delegated", "vm:v2:undelegated"];
        assert_eq!(GuestSetting::EVERY.map(GuestSetting::label), labels);
        let guests = ["v1:pids", "v1:pids+charges", "v2", "v2:favordynmods", "v2", "v2"];
        assert_eq!(GuestSetting::EVERY.map(|setting| setting.guests_subject().to_string()), guests);
        assert!("v3".parse::<GuestSetting>().unwrap_err().to_string().contains("v2:favordynmods"));
    }

    #[test]
    fn a_list_has_every_setting_once() {
        assert_eq!(list("v2 v1"), Ok(vec![GuestSetting::V2, GuestSetting::V1]));
        assert_eq!(list("v2:delegated all").unwrap().len(), 5);
        for (given, problem) in [("v2 v2", "twice"), ("v1 all", "twice"), ("v1 ", "not a hierarchy")] {
            assert!(list(given).unwrap_err().problem.contains(problem), "{given}");
        }
        assert!(GuestSetting::list(&[]).is_err());
    }
}
