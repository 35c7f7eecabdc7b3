//! The built-in scenarios.

/// Declares the table from the files' names.
macro_rules! scenarios {
    ($($name:literal),* $(,)?) => {
        /// (name, text) of every built-in scenario, in the order of `list`.
        pub const ALL: &[(&str, &str)] = &[$(($name, include_str!(concat!("../../scenarios/", $name, ".toml")))),*];
    };
}

/// The same for scenarios that canaries need, which `list` leaves out.
macro_rules! canary_scenarios {
    ($($name:literal),* $(,)?) => {
        &[$(($name, include_str!(concat!("../../scenarios/canary/", $name, ".toml")))),*]
    };
}

scenarios!(
    "default",
    "churn",
    "near-limit",
    "window",
    "fork-storm",
    "sleep-enough",
    "mmap-sem",
    "steady",
    "idle",
    "parallel-build",
    "python-threads",
    "five",
    "everybody",
    "spread",
    "hotplug",
    "cpuset-race",
    "bkl",
    "thrown",
);

/// (name, text) of the scenarios of canaries.
pub const CANARIES: &[(&str, &str)] = canary_scenarios!(
    "canary-busy",
    "canary-tight",
    "canary-spread",
    "canary-spin",
    "canary-pages",
    "canary-frozen",
    "canary-forks",
);

/// The text of the canaries' scenario of that name.
#[must_use]
pub fn find_canary(name: &str) -> Option<&'static str> {
    CANARIES.iter().find(|(known, _)| *known == name).map(|(_, text)| *text)
}

/// The text of the built-in scenario of that name.
#[must_use]
pub fn find(name: &str) -> Option<&'static str> {
    ALL.iter().find(|(known, _)| *known == name).map(|(_, text)| *text)
}
