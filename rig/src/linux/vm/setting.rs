//! Which hierarchy of cgroups a guest mounts, how it mounts it, and what its figures are called.
use super::super::hierarchy::{Controller, Hierarchy};
use super::super::option_error::OptionError;
use std::ffi::CStr;
use std::fmt;
use std::str::FromStr;

/// Choice of `vm --hierarchy`. A boot has one: `favordynmods` cannot be taken back by a remount in 6.1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Setting {
    /// v1: cpuset, memory and pids on one mount; their callbacks run in this order.
    V1,
    /// The same, and a moved process takes its charges along (`memory.move_charge_at_immigrate`).
    V1Charges,
    /// The unified hierarchy.
    V2,
    /// The unified hierarchy mounted with `favordynmods`: moves need not wait for a grace period of RCU.
    V2Favordynmods,
}

impl Setting {
    const ALL: [Self; 4] = [Self::V1, Self::V1Charges, Self::V2, Self::V2Favordynmods];

    /// Name on the command line.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::V1 => "v1",
            Self::V1Charges => "v1:charges",
            Self::V2 => "v2",
            Self::V2Favordynmods => "v2:favordynmods",
        }
    }

    /// What a cell of the run calls its protocol.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::V1 => "vm:v1",
            Self::V1Charges => "vm:v1+charges",
            Self::V2 => "vm:v2",
            Self::V2Favordynmods => "vm:v2:favordynmods",
        }
    }

    /// Type of the file system and its options.
    pub(super) fn mount(self) -> (&'static str, Option<&'static CStr>) {
        match self {
            Self::V1 | Self::V1Charges => ("cgroup", Some(c"cpuset,memory,pids")),
            Self::V2 => ("cgroup2", None),
            Self::V2Favordynmods => ("cgroup2", Some(c"favordynmods")),
        }
    }

    /// What the measurement looks for: on v1 any controller of the mount finds it.
    pub(super) fn hierarchy(self) -> Hierarchy {
        match self {
            Self::V1 | Self::V1Charges => Hierarchy::V1(Controller::Pids),
            Self::V2 | Self::V2Favordynmods => Hierarchy::V2,
        }
    }
}

impl fmt::Display for Setting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Setting {
    type Err = OptionError;

    fn from_str(given: &str) -> Result<Self, OptionError> {
        Self::ALL.into_iter().find(|setting| setting.name() == given).ok_or_else(|| OptionError {
            option: "--hierarchy",
            given: given.into(),
            problem: "is not a hierarchy of a guest",
            expected: format!("use {}", Self::ALL.map(Self::name).join(", ")),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_are_named_as_they_print_and_every_label_says_vm() {
        for setting in Setting::ALL {
            assert_eq!(setting.to_string().parse(), Ok(setting));
            assert!(setting.label().starts_with("vm:"), "{setting}");
        }
        assert!("v3".parse::<Setting>().unwrap_err().to_string().contains("v2:favordynmods"));
    }
}
