//! Messages of serde and of its readers, in words for users.

use crate::nearest::nearest;

/// Kinds of values as serde names them, and in words for users.
const TYPES: [(&str, &str); 8] = [
    ("expected u8", "expected a whole number"),
    ("expected u32", "expected a whole number, 0 or more"),
    ("expected u64", "expected a whole number, 0 or more"),
    ("expected i64", "expected a whole number"),
    ("expected f64", "expected a number"),
    ("expected a sequence", "expected a list, such as [1, 2]"),
    ("expected a map", "expected a table"),
    ("expected struct", "expected a table for"),
];

/// Rewrites a message of serde: adds the nearest name and replaces types of Rust. `more` are known names in addition to
/// those in the message.
#[must_use]
pub fn explain(message: &str, more: &[&str]) -> String {
    for (start, kind) in [("unknown field ", "field"), ("unknown variant ", "value")] {
        let Some(rest) = message.strip_prefix(start) else { continue };
        let names: Vec<&str> = rest.split('`').skip(1).step_by(2).collect();
        if let Some((found, known)) = names.split_first().filter(|(_, known)| !known.is_empty()) {
            let known = more.iter().chain(known).copied();
            return format!("unknown {kind} `{found}`; {}", nearest(found, known));
        }
    }
    if message.starts_with("missing field ") {
        return format!("{message}; add it");
    }
    TYPES.iter().fold(message.to_owned(), |text, (theirs, ours)| text.replace(theirs, ours))
}

#[cfg(test)]
mod tests {
    use super::explain;

    #[test]
    fn messages_of_serde_become_ours() {
        assert_eq!(
            explain("unknown field `sede`, expected `name` or `seed`", &["cpus"]),
            "unknown field `sede`; did you mean `seed`? there are `cpus`, `name`, `seed`"
        );
        assert_eq!(
            explain("invalid type: floating point `1.5`, expected i64", &[]),
            "invalid type: floating point `1.5`, expected a whole number"
        );
        assert_eq!(explain("missing field `name`", &[]), "missing field `name`; add it");
    }
}
