//! The known names that are similar to a misspelt one, for messages about unknown names.

/// Most names that are listed after a guess; more would hide it.
const LISTED_MAX: usize = 24;
/// Most guesses.
const GUESSES_MAX: usize = 3;
/// Shortest text that is searched for in names; a shorter one occurs in names by accident.
const PART_MIN: usize = 3;

/// Suggests names for `found` and lists the known ones: ``did you mean `a`? there are `a`, `b` ``. A long list is left
/// out if a name is similar.
pub fn nearest<'a>(found: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    let known: Vec<&str> = known.into_iter().collect();
    let hint = guess(found, known.iter().copied());
    match known.len() {
        0 => "there is none".to_owned(),
        1 => format!("{hint}there is {}", list(known)),
        2..=LISTED_MAX => format!("{hint}there are {}", list(known)),
        _ if hint.is_empty() => format!("there are {}", list(known)),
        _ => hint.trim_end().to_owned(),
    }
}

/// Suggests names for `found`, with a blank after the question: ``did you mean `a` or `b`? ``. Empty if no name is
/// similar.
pub fn guess<'a>(found: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    let guesses: Vec<_> = similar(found, known).iter().map(|name| format!("`{name}`")).collect();
    if guesses.is_empty() { String::new() } else { format!("did you mean {}? ", guesses.join(" or ")) }
}

/// Lists names: `` `a`, `b` ``.
pub fn list<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    names.into_iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

/// Returns the nearest of `known`; several if they are equally near, none if no name is near.
fn similar<'a>(found: &str, known: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
    let found = found.to_lowercase();
    let near = |name: &'a str| Some((distance(&found, &name.to_lowercase())?, name));
    let near: Vec<_> = known.into_iter().filter_map(near).collect();
    let least = near.iter().map(|(distance, _)| *distance).min();
    near.into_iter()
        .filter(|(distance, _)| Some(*distance) == least)
        .map(|(_, name)| name)
        .take(GUESSES_MAX)
        .collect()
}

/// Returns the number of edits between the two, counting a swap of neighbours as one; `None` if that is more than a
/// third of `found`. A name that contains the text, or is near without its options (`name:options`), ranks after these.
fn distance(found: &str, name: &str) -> Option<usize> {
    let is_part = |part: &str, whole: &str| part.chars().count() >= PART_MIN && whole.contains(part);
    let length = found.chars().count();
    let most = if length < PART_MIN { 0 } else { length.div_ceil(3) };
    edits(found, name, most).or_else(|| {
        let bare = name.split_once(':').and_then(|(bare, _)| edits(found, bare, most));
        (bare.is_some() || is_part(found, name) || is_part(name, found)).then_some(most + 1)
    })
}

fn edits(found: &str, name: &str, most: usize) -> Option<usize> {
    // The edits are at least the difference in length, and computing them takes time in the product of both lengths.
    let is_as_long = found.chars().count().abs_diff(name.chars().count()) <= most;
    is_as_long.then(|| strsim::damerau_levenshtein(found, name)).filter(|edits| *edits <= most)
}

#[cfg(test)]
mod tests {
    use super::*;

    const WORDS: [&str; 6] = ["mmap", "munmap", "touch", "offline-cpu", "p.0", "p.1"];

    #[test]
    fn misspelt_names_get_the_nearest() {
        let all = "there are `mmap`, `munmap`, `touch`, `offline-cpu`, `p.0`, `p.1`";
        for (found, meant) in [
            ("mmpa", "`mmap`"),
            ("TUOCH", "`touch`"),
            ("touching", "`touch`"),
            ("offline", "`offline-cpu`"),
            ("p.7", "`p.0` or `p.1`"),
        ] {
            assert_eq!(nearest(found, WORDS), format!("did you mean {meant}? {all}"), "{found}");
        }
        for unlike in ["", "x", "p.", "zzzz", &"mmap".repeat(3).replace("mm", "yy")] {
            assert_eq!(nearest(unlike, WORDS), all, "{unlike}");
        }
    }

    #[test]
    fn lists_are_as_long_as_they_help() {
        let many: Vec<String> = (100..130).map(|number| format!("name-{number}")).collect();
        let names = || many.iter().map(String::as_str);
        assert_eq!(nearest("nam-117", names()), "did you mean `name-117`?");
        assert!(nearest("zzz", names()).starts_with("there are `name-100`, "));
        assert_eq!(nearest("zzz", ["one"]), "there is `one`");
        assert_eq!(nearest("zzz", []), "there is none");
    }

    #[test]
    fn edits_come_before_parts() {
        let sites = ["memory.prepare", "memory.prepare_sleep", "core.exit"];
        assert_eq!(guess("memory.prepare_slep", sites), "did you mean `memory.prepare_sleep`? ");
        assert_eq!(guess("exit", sites), "did you mean `core.exit`? ");
        assert_eq!(guess("bkk", ["bkl:fair", "other:fair"]), "did you mean `bkl:fair`? ");
    }
}
