//! The source of a value, which an error blames: a place in the file, or a flag.
use input::mistake::Mistake;
use input::nearest::nearest;
use model::checks::Check;
use reports::schema::present_name;
use std::fmt::Display;
use std::ops::Range;
use toml::Spanned;

/// The outcome of reading a part.
pub type Read<T> = Result<T, Mistake>;

/// The text of a scenario, and the flags that change it. Spans of values from flags are past the end of the text.
pub struct Source<'a> {
    file: &'a str,
    text: &'a str,
    flags: Vec<String>,
}

impl<'a> Source<'a> {
    /// Returns the source of a file without flags.
    pub fn new(file: &'a str, text: &'a str) -> Self {
        Self { file, text, flags: Vec::new() }
    }

    /// Returns the text of the file.
    pub fn text(&self) -> &'a str {
        self.text
    }

    /// Returns a span for a value from a flag; `flag` is the flag with its value, as the user wrote it.
    pub fn flag(&mut self, flag: String) -> Range<usize> {
        self.flags.push(flag);
        let at = self.text.len() + self.flags.len();
        at..at
    }

    fn flag_at(&self, span: &Range<usize>) -> Option<&String> {
        self.flags.get(span.start.checked_sub(self.text.len() + 1)?)
    }

    /// Reports whether the value with that span came from a flag.
    pub fn is_flag(&self, span: &Range<usize>) -> bool {
        self.flag_at(span).is_some()
    }

    /// Returns an error about the value at `span`.
    pub fn at(&self, span: Range<usize>, message: impl Display) -> Mistake {
        match self.flag_at(&span) {
            Some(flag) => Mistake::of(flag.clone(), message),
            None => Mistake::at(self.file, self.text, span, message),
        }
    }

    /// Returns an error about a part of a string, in bytes of its value.
    pub fn within(&self, value: &Spanned<String>, part: Range<usize>, message: impl Display) -> Mistake {
        let span = value.span();
        // Escapes make a value differ from its text; then the whole value is marked.
        let offset = self.text.get(span.clone()).and_then(|text| text.find(value.get_ref().as_str()));
        let start = offset.map(|offset| span.start + offset);
        self.at(start.map_or(span, |start| start + part.start..start + part.end), message)
    }

    /// Checks a name on input: it is printed on terminals and becomes part of files in other formats.
    pub fn name(&self, name: &Spanned<String>) -> Read<()> {
        input::text::check_name(name.get_ref()).map_err(|error| self.at(name.span(), error))
    }

    /// Checks a sentence, which may have several lines.
    pub fn sentence(&self, text: &Spanned<String>) -> Read<()> {
        let hostile = |c: &char| input::text::is_hostile(*c) && !matches!(c, '\n' | '\t');
        match text.get_ref().chars().find(hostile) {
            Some(c) => {
                let message = format!("a text must not contain the character U+{:04X}; remove it", c as u32);
                Err(self.at(text.span(), message))
            }
            None => Ok(()),
        }
    }

    /// Returns the value if it is from `low` to `high`.
    pub fn range(&self, value: &Spanned<i64>, what: &str, low: i64, high: i64) -> Read<i64> {
        match *value.get_ref() {
            found if (low..=high).contains(&found) => Ok(found),
            found => {
                Err(self.at(value.span(), format!("{what} is {found}; it must be from {low} to {high}")))
            }
        }
    }

    /// Returns the entry of that name in `table`.
    pub fn choice<T: Copy>(&self, value: &Spanned<String>, what: &str, table: &[(&str, T)]) -> Read<T> {
        let found = value.get_ref();
        table.iter().find(|(name, _)| name == found).map(|(_, choice)| *choice).ok_or_else(|| {
            let known = nearest(found, table.iter().map(|(name, _)| *name));
            self.at(value.span(), format!("`{what}` cannot be `{found}`; {known}"))
        })
    }

    /// Returns the check of that name, which may be an earlier one; `others` are other keys that the table may have.
    pub fn invariant(&self, key: &Spanned<String>, others: &[&'static str]) -> Read<Check> {
        let name = key.get_ref();
        Check::parse(present_name(name)).ok_or_else(|| {
            let known = nearest(name, Check::names().chain(others.iter().copied()));
            self.at(key.span(), format!("unknown invariant `{name}`; {known}"))
        })
    }

    /// Refuses the second of two equal values.
    pub fn no_twice<T: PartialEq>(
        &self,
        values: impl Iterator<Item = (Range<usize>, T)>,
        say: impl Fn(&T) -> String,
    ) -> Read<()> {
        let mut seen = Vec::new();
        for (span, value) in values {
            if seen.contains(&value) {
                return Err(self.at(span, format!("{} is listed twice; keep one", say(&value))));
            }
            seen.push(value);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_behind_the_text_is_that_of_a_flag() {
        let mut source = Source::new("s.toml", "a = 1\nb = 2\n");
        let (first, second) = (source.flag("--cpus 3".to_owned()), source.flag("--seed 4".to_owned()));
        assert_eq!(source.at(6..7, "wrong").place, "s.toml:2:1");
        assert_eq!(source.at(12..12, "wrong").place, "s.toml:3:1");
        assert_eq!(source.at(first, "wrong").to_string(), "--cpus 3: wrong");
        assert_eq!(source.at(second, "wrong").to_string(), "--seed 4: wrong");
    }
}
