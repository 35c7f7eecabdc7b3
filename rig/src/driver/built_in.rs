//! The built-in scenarios.

/// Declares the table from the files' names.
macro_rules! scenarios {
    ($($name:literal),* $(,)?) => {
        /// (name, text) of every built-in scenario, in the order of `list`.
        pub const ALL: &[(&str, &str)] = &[$(($name, include_str!(concat!("../../scenarios/", $name, ".toml")))),*];
    };
}

scenarios!(
    "default",
    "churn",
    "near-limit",
    "window",
    "fork-storm",
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

/// The text of the built-in scenario of that name.
#[must_use]
pub fn find(name: &str) -> Option<&'static str> {
    ALL.iter().find(|(known, _)| *known == name).map(|(_, text)| *text)
}
