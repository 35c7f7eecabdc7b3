//! New names for recordings in the text of a scenario, for a copy that is kept with its recordings.
use serde::Deserialize;
use std::collections::BTreeMap;
use toml::Spanned;
use workloads::{Carried, TRACE_PREFIX};

#[derive(Deserialize)]
struct Shapes {
    #[serde(default)]
    workloads: Vec<BTreeMap<String, Spanned<toml::Value>>>,
}

/// Returns `text` with the new names of the recordings; nothing else in it changes.
#[must_use]
pub fn with_names(text: &str, carried: &[Carried]) -> String {
    let Ok(Shapes { workloads }) = toml::from_str(text) else { return text.to_owned() };
    let mut shapes: Vec<_> = workloads.iter().filter_map(|entry| entry.get("shape")).collect();
    shapes.sort_by_key(|shape| std::cmp::Reverse(shape.span().start));
    let mut text = text.to_owned();
    for shape in shapes {
        let name = shape.get_ref().as_str().and_then(|shape| shape.strip_prefix(TRACE_PREFIX));
        if let Some(found) = carried.iter().find(|carried| name == Some(carried.from.as_str())) {
            let value = toml::Value::String(format!("{TRACE_PREFIX}{}", found.to));
            text.replace_range(shape.span(), &value.to_string());
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_of_recordings_that_are_copied_change() {
        let carried = |from: &str, to: &str| Carried { from: from.into(), to: to.into(), files: Vec::new() };
        let text = "# a comment\n[[workloads]]\nshape = \"trace:a.strace\" # mine\n[[workloads]]\nshape = 'trace:b'\n\
                    [[workloads]]\nshape = \"churn\"\n";
        let expected = "# a comment\n[[workloads]]\nshape = \"trace:recordings/1/a.strace\" # mine\n[[workloads]]\n\
                        shape = 'trace:b'\n[[workloads]]\nshape = \"churn\"\n";
        assert_eq!(with_names(text, &[carried("a.strace", "recordings/1/a.strace")]), expected);
        assert_eq!(with_names(text, &[carried("churn", "x")]), text);
        assert_eq!(with_names("no = [toml", &[carried("a", "b")]), "no = [toml");
    }
}
