//! Words of a command, quoted so that a POSIX shell reads them back unchanged.
use std::borrow::Cow;

/// Returns one word, quoted if a shell would change it.
///
/// A NUL cannot be an argument of a program; it is written as U+FFFD.
#[must_use]
pub fn quote(word: &str) -> Cow<'_, str> {
    match shlex::try_quote(word) {
        Ok(quoted) => quoted,
        Err(_) => Cow::Owned(quote(&word.replace('\0', "\u{fffd}")).into_owned()),
    }
}

/// Returns the words as one command line.
pub fn join<'a>(words: impl IntoIterator<Item = &'a str>) -> String {
    words.into_iter().map(quote).collect::<Vec<_>>().join(" ")
}

/// Returns the words of a command line, or `None` if a quote is left open.
#[must_use]
pub fn split(line: &str) -> Option<Vec<String>> {
    shlex::split(line)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn plain_words_stay_and_others_are_quoted() {
        assert_eq!(join(["attach-rig", "run", "--seed", "7"]), "attach-rig run --seed 7");
        assert_eq!(join(["run", "a;touch PWNED;.toml"]), "run 'a;touch PWNED;.toml'");
        assert_eq!(quote("a\0b"), "'a\u{fffd}b'");
        assert_eq!(split("run 'a b"), None);
    }

    proptest! {
        #[test]
        fn words_come_back(words in proptest::collection::vec("[^\0]*", 0..5)) {
            let line = join(words.iter().map(String::as_str));
            prop_assert_eq!(split(&line), Some(words));
        }
    }
}
