//! The built-in litmus tests.

/// Declares the table from the files' names.
macro_rules! litmus {
    ($($name:literal),* $(,)?) => {
        /// (name, text) of every built-in litmus test, in the order in which they are run.
        pub const ALL: &[(&str, &str)] = &[$(($name, include_str!(concat!("../../litmus/", $name, ".toml")))),*];
    };
}

litmus!("charge-between-switch-and-attach",);

/// The text of the built-in litmus test of that name.
#[must_use]
pub fn find(name: &str) -> Option<&'static str> {
    ALL.iter().find(|(known, _)| *known == name).map(|(_, text)| *text)
}
