//! Choice of a hierarchy of cgroups, and its names. The module `discovery` finds where it is mounted.
use super::super::option_error::OptionError;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// Choice of `--hierarchy`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Hierarchy {
    /// v1 pids, else v1 freezer, else v2: the first in which a cgroup can be made.
    Auto,
    /// The v1 hierarchy that carries this controller.
    V1(V1Controller),
    /// The unified hierarchy.
    V2,
}

/// v1 controllers whose hierarchy can be chosen. The memory controller of v1 is mounted on few machines now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum V1Controller {
    /// `pids`
    Pids,
    /// `freezer`
    Freezer,
    /// `cpuset`
    Cpuset,
    /// `cpu`
    Cpu,
    /// `memory`
    Memory,
}

impl V1Controller {
    const ALL: [Self; 5] = [Self::Pids, Self::Freezer, Self::Cpuset, Self::Cpu, Self::Memory];

    /// The kernel's name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Pids => "pids",
            Self::Freezer => "freezer",
            Self::Cpuset => "cpuset",
            Self::Cpu => "cpu",
            Self::Memory => "memory",
        }
    }
}

impl fmt::Display for Hierarchy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Auto => f.write_str("auto"),
            Self::V1(controller) => write!(f, "v1:{}", controller.name()),
            Self::V2 => f.write_str("v2"),
        }
    }
}

impl FromStr for Hierarchy {
    type Err = OptionError;

    fn from_str(given: &str) -> Result<Self, OptionError> {
        let v1 = given
            .strip_prefix("v1:")
            .and_then(|name| V1Controller::ALL.into_iter().find(|c| c.name() == name));
        match (given, v1) {
            ("auto", _) => Ok(Self::Auto),
            ("v2", _) => Ok(Self::V2),
            (_, Some(controller)) => Ok(Self::V1(controller)),
            _ => Err(OptionError {
                option: "--hierarchy",
                given: given.into(),
                problem: "is not a hierarchy",
                expected: "use auto, v1:pids, v1:freezer, v1:cpuset, v1:cpu, v1:memory or v2".into(),
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hierarchies_are_named_as_they_print() {
        for name in ["auto", "v1:pids", "v1:freezer", "v1:cpuset", "v1:cpu", "v1:memory", "v2"] {
            assert_eq!(name.parse::<Hierarchy>().unwrap().to_string(), name);
        }
        for name in ["v3", "v1", "v1:", "v1:blkio", "pids"] {
            assert!(name.parse::<Hierarchy>().unwrap_err().to_string().contains("v1:freezer"), "{name}");
        }
    }
}
