//! The built-in scenarios.

/// (name, text) of every built-in scenario, in the order of `list`.
pub const ALL: [(&str, &str); 1] = [("default", include_str!("../../scenarios/default.toml"))];

/// The text of the built-in scenario of that name.
#[must_use]
pub fn find(name: &str) -> Option<&'static str> {
    ALL.iter().find(|(known, _)| *known == name).map(|(_, text)| *text)
}
