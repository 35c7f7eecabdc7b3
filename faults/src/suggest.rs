//! What may have been meant: the names that look like a misspelt one, for every message about an unknown name.

/// `a, b, c`.
pub(crate) fn list(names: impl Iterator<Item = &'static str>) -> String {
    names.collect::<Vec<_>>().join(", ")
}

/// Up to three names that look like `found`, and all names where the list is short or nothing looks like it.
pub(crate) fn nearest(found: &str, names: impl Iterator<Item = &'static str> + Clone, kind: &str) -> String {
    let close = look_alikes(found, names.clone());
    let guesses = close.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(" or ");
    match (close.is_empty(), names.clone().count() > 12) {
        (false, true) => format!("did you mean {guesses}?"),
        (false, false) => format!("did you mean {guesses}? {kind} are {}", list(names)),
        (true, _) => format!("{kind} are {}", list(names)),
    }
}

/// Names that are at most a third of `found` away from it and about as near as the nearest, or that contain it.
fn look_alikes(found: &str, names: impl Iterator<Item = &'static str>) -> Vec<&'static str> {
    let limit = (found.len() / 3).max(1);
    // No edits make up for a greater difference in length, and a distance takes the product of both.
    let length = found.chars().count();
    let names = names.filter(|name| name.contains(found) || name.len().abs_diff(length) <= limit);
    let distance = |name: &str| {
        let edits = strsim::damerau_levenshtein(found, name);
        if found.len() > 2 && name.contains(found) { edits.min(1) } else { edits }
    };
    let mut close: Vec<_> =
        names.map(|name| (distance(name), name)).filter(|(distance, _)| *distance <= limit).collect();
    close.sort_by_key(|(distance, _)| *distance);
    let near = close.first().map_or(0, |(nearest, _)| nearest + 1);
    close.into_iter().filter(|(distance, _)| *distance <= near).map(|(_, name)| name).take(3).collect()
}
