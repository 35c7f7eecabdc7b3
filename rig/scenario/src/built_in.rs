//! The built-in scenarios.

/// Declares the table from the names of the files.
macro_rules! scenarios {
    ($($name:literal),* $(,)?) => {
        /// (name, text) of every built-in scenario, in the order of `list`.
        pub const ALL: &[(&str, &str)] = &[$(($name, include_str!(concat!("../../scenarios/", $name, ".toml")))),*];
    };
}

/// Declares the table of the scenarios that mutants need, which `list` leaves out.
macro_rules! mutant_scenarios {
    ($($name:literal),* $(,)?) => {
        &[$(($name, include_str!(concat!("../../scenarios/mutant/", $name, ".toml")))),*]
    };
}

scenarios!(
    "default",
    "churn",
    "near-limit",
    "window",
    "fork-storm",
    "threadgroup",
    "grace-period",
    "sleep-enough",
    "net",
    "mmap-sem",
    "steady",
    "idle",
    "parallel-build",
    "python-threads",
    "five",
    "all-tasks",
    "spread",
    "hotplug",
    "cpuset-race",
    "bkl",
    "thrown",
);

/// (name, text) of the scenarios of mutants.
pub const MUTANTS: &[(&str, &str)] = mutant_scenarios!(
    "mutant-busy",
    "mutant-tight",
    "mutant-full",
    "mutant-crowd",
    "mutant-spread",
    "mutant-spin",
    "mutant-pages",
    "mutant-frozen",
    "mutant-forks",
);

/// Returns the text of the mutants' scenario of that name.
#[must_use]
pub fn find_mutant(name: &str) -> Option<&'static str> {
    MUTANTS.iter().find(|(known, _)| *known == name).map(|(_, text)| *text)
}

/// Returns the text of the built-in scenario of that name.
#[must_use]
pub fn find(name: &str) -> Option<&'static str> {
    let name = if name == "everybody" { "all-tasks" } else { name }; // An earlier name.
    ALL.iter().find(|(known, _)| *known == name).map(|(_, text)| *text)
}
