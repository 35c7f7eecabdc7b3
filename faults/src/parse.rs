//! The grammar of a rule:
//!
//! ```text
//! rule      = site ":" (kernel | word) { blank word }
//! kernel    = interval "," probability "," space "," times
//! word      = attribute | event         in any order
//! attribute = name "=" value            at most once each
//! event     = name                      at most one, and then neither errno nor delay
//! ```
//!
//! The kernel's form counts as its four attributes. Reading ends at the first error.

use crate::{
    Errno, Fault, ParseError, Rule, Site, Thrown,
    error::Problem,
    value::{self, INTERVAL, NTH, PROBABILITY, SPACE},
};

/// The attributes: the kernel's in the order of its string form, then the others.
pub(crate) const ATTRIBUTES: [&str; 7] =
    ["interval", "probability", "space", "times", "nth", "errno", "delay"];

/// A part of the text, with its position.
#[derive(Clone, Copy)]
struct Token<'a> {
    text: &'a str,
    offset: usize,
}

impl<'a> Token<'a> {
    /// Returns the part from `start` on, in bytes from the token's own start.
    fn from(self, start: usize) -> Self {
        Self { text: &self.text[start..], offset: self.offset + start }
    }

    fn trim(self) -> Self {
        let text = self.text.trim_start();
        Self { text: text.trim_end(), offset: self.offset + self.text.len() - text.len() }
    }

    /// Returns the parts between separators; empty parts between blanks are left out.
    fn split(self, separator: impl Fn(char) -> bool) -> impl Iterator<Item = Token<'a>> {
        let start = self.text.as_ptr() as usize;
        self.text
            .split(separator)
            .map(move |text| Token { text, offset: self.offset + (text.as_ptr() as usize - start) })
    }
}

/// The parts of a rule read so far.
struct Reader<'a> {
    text: &'a str,
    rule: Rule,
    given: [bool; ATTRIBUTES.len()],
    action: Option<Fault>,
}

/// Reads one rule.
pub(crate) fn rule(text: &str) -> Result<Rule, ParseError> {
    let fail =
        |token: Token<'_>, problem| Err(ParseError::new(text, token.offset, token.text.len(), problem));
    let whole = Token { text, offset: 0 }.trim();
    if whole.text.is_empty() {
        return fail(whole, Problem::NoSite);
    }
    if let Some(at) = whole.text.find(['\n', '\r']) {
        return fail(Token { text: "", offset: whole.offset + at }, Problem::LineBreak);
    }
    let colon = whole.text.find(':');
    let name = Token { text: &whole.text[..colon.unwrap_or(whole.text.len())], ..whole }.trim();
    // Without a colon, the site is what comes before the first blank.
    let first = name.text.split_whitespace().next().unwrap_or_default();
    let name = if colon.is_none() { Token { text: first, ..name } } else { name };
    if name.text.is_empty() {
        return fail(name, Problem::NoSite);
    }
    let Some(site) = Site::parse(name.text) else {
        return fail(name, Problem::UnknownSite(name.text.to_owned()));
    };
    let Some(colon) = colon else {
        return fail(Token { text: "", offset: name.offset + name.text.len() }, Problem::NoColon);
    };
    let unset = Fault::Errno(site.default_errno().unwrap_or(Errno::EINVAL));
    let reader = Reader { text, rule: Rule::new(site, unset), given: Default::default(), action: None };
    reader.read(name, whole.from(colon + 1))
}

impl Reader<'_> {
    fn fail<T>(&self, token: Token<'_>, problem: Problem) -> Result<T, ParseError> {
        Err(ParseError::new(self.text, token.offset, token.text.len(), problem))
    }

    /// Reads everything after the colon.
    fn read(mut self, site: Token<'_>, rest: Token<'_>) -> Result<Rule, ParseError> {
        let mut none_yet = true;
        for token in rest.split(char::is_whitespace).filter(|token| !token.text.is_empty()) {
            if token.text.contains(',') && !token.text.contains('=') || is_number(token.text) {
                if !none_yet {
                    return self.fail(token, Problem::NotKernelForm(token.text.to_owned()));
                }
                self.kernel_form(token)?;
            } else {
                self.word(token)?;
            }
            none_yet = false;
        }
        if none_yet {
            let end = rest.from(rest.text.len());
            return self.fail(end, Problem::NoAttributes);
        }
        match self.action {
            Some(action) => self.rule.action = action,
            None if self.rule.site.can_refuse() => {}
            None => return self.fail(site, Problem::NoAction(self.rule.site)),
        }
        Ok(self.rule)
    }

    /// Reads `<interval>,<probability>,<space>,<times>`.
    fn kernel_form(&mut self, token: Token<'_>) -> Result<(), ParseError> {
        let fields: Vec<Token<'_>> = token.split(|c| c == ',').collect();
        if fields.len() != 4 || fields.iter().any(|field| field.text.is_empty()) {
            return self.fail(token, Problem::NotKernelForm(token.text.to_owned()));
        }
        for (which, field) in fields.into_iter().enumerate() {
            self.set(which, field, field)?;
        }
        Ok(())
    }

    /// Reads `NAME=VALUE`, or the name of an event.
    fn word(&mut self, token: Token<'_>) -> Result<(), ParseError> {
        let equals = token.text.find('=');
        let name = Token { text: &token.text[..equals.unwrap_or(token.text.len())], ..token };
        match (Thrown::parse(name.text), equals) {
            (Some(thrown), None) => return self.act(token, Fault::Throw(thrown)),
            (Some(thrown), Some(_)) => return self.fail(token, Problem::EventWithValue(thrown)),
            (None, _) => {}
        }
        let Some(which) = ATTRIBUTES.iter().position(|known| *known == name.text) else {
            let unknown = if equals.is_some() { Problem::UnknownAttribute } else { Problem::UnknownWord };
            return self.fail(name, unknown(name.text.to_owned()));
        };
        match equals.map(|at| token.from(at + 1)) {
            Some(value) if !value.text.is_empty() => self.set(which, name, value),
            _ => self.fail(token, Problem::NoValue(ATTRIBUTES[which])),
        }
    }

    /// Sets the attribute at that index of [`ATTRIBUTES`].
    fn set(&mut self, which: usize, name: Token<'_>, value: Token<'_>) -> Result<(), ParseError> {
        if std::mem::replace(&mut self.given[which], true) {
            return self.fail(name, Problem::Duplicate(ATTRIBUTES[which]));
        }
        let number = |min, max, range| {
            value::number(value.text, min, max, range).or_else(|problem| self.fail(value, problem))
        };
        match ATTRIBUTES[which] {
            "interval" => self.rule.interval = number(1, u32::MAX, INTERVAL)?,
            "probability" => self.rule.probability = number(0, 100, PROBABILITY)? as u8,
            "space" => self.rule.space = number(0, u32::MAX, SPACE)?,
            "times" => {
                self.rule.times = value::times(value.text).or_else(|problem| self.fail(value, problem))?;
            }
            "nth" => self.rule.nth = Some(number(1, u32::MAX, NTH)?),
            "errno" => self.act(name, self.errno(value)?)?,
            _ => self.act(name, self.delay(value)?)?,
        }
        Ok(())
    }

    /// Sets the one action of a rule.
    fn act(&mut self, name: Token<'_>, action: Fault) -> Result<(), ParseError> {
        if self.action.is_some() {
            return self.fail(name, Problem::TwoActions);
        }
        if matches!(action, Fault::Errno(_)) && !self.rule.site.can_refuse() {
            return self.fail(name, Problem::CannotRefuse(self.rule.site));
        }
        self.action = Some(action);
        Ok(())
    }

    fn errno(&self, value: Token<'_>) -> Result<Fault, ParseError> {
        match Errno::parse(value.text) {
            Some(errno) => Ok(Fault::Errno(errno)),
            None => self.fail(value, Problem::UnknownErrno(value.text.to_owned())),
        }
    }

    fn delay(&self, value: Token<'_>) -> Result<Fault, ParseError> {
        let delay = value::delay(value.text).map(|ns| Fault::Delay { ns });
        delay.or_else(|(start, problem)| self.fail(value.from(start), problem))
    }
}

fn is_number(text: &str) -> bool {
    text.strip_prefix('-').unwrap_or(text).bytes().all(|byte| byte.is_ascii_digit())
}
