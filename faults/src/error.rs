//! Errors in the text of a rule: their place, the mistake, and the remedy.

use std::ops::Range;

use input::{
    mistake::excerpt,
    nearest::{list, nearest},
    units::DurationError,
};

use crate::{Errno, Site, Thrown, parse::ATTRIBUTES};

/// A mistake at one place in the text of a rule or a plan. Shown with the line and a mark below the place.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}{}", self.message(), excerpt(text, self.span()))]
pub struct ParseError {
    text: String,
    span: Range<usize>,
    problem: Problem,
}

/// The mistake. The message says what was found, and [`Problem::help`] what would be right.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Problem {
    /// The text is empty, or begins with the colon.
    #[error("no site is named")]
    NoSite,
    /// The site is not followed by a colon.
    #[error("`:` is missing after the site")]
    NoColon,
    /// The line ends after the colon.
    #[error("no attribute and no event follows the site")]
    NoAttributes,
    /// One rule spans several lines.
    #[error("a rule has to be on one line")]
    LineBreak,
    /// The site is not in the list of sites.
    #[error("unknown fault site `{0}`")]
    UnknownSite(String),
    /// The attribute is not in the list of attributes.
    #[error("unknown attribute `{0}`")]
    UnknownAttribute(String),
    /// A bare word that is neither an event nor an attribute.
    #[error("unknown event or attribute `{0}`")]
    UnknownWord(String),
    /// An event followed by `=`.
    #[error("event `{0}` takes no value")]
    EventWithValue(Thrown),
    /// An attribute without `=`, or without a value after it.
    #[error("attribute `{0}` has no value")]
    NoValue(&'static str),
    /// An attribute is given twice.
    #[error("attribute `{0}` is given twice")]
    Duplicate(&'static str),
    /// The value is not a whole number.
    #[error("`{found}` is not a whole number")]
    NotANumber {
        /// The text found.
        found: String,
        /// The allowed values.
        range: NumberRange,
    },
    /// A number outside the allowed values, or a negative one.
    #[error("{} is out of range: `{found}`", range.attribute)]
    OutOfRange {
        /// The text found.
        found: String,
        /// The allowed values.
        range: NumberRange,
    },
    /// The kernel's form has other than four numbers, or is not first after the colon.
    #[error("not the kernel's form: `{0}`")]
    NotKernelForm(String),
    /// The name is not in the list of error numbers.
    #[error("unknown error number `{0}`")]
    UnknownErrno(String),
    /// A delay that is not a duration, or is out of range.
    #[error("the delay `{}` {}", .0.text, .0.problem)]
    Delay(DurationError),
    /// More than one of `errno=`, `delay=` and the events.
    #[error("a rule has one action: errno=, delay= or an event")]
    TwoActions,
    /// An error at a site that cannot refuse.
    #[error("{0} cannot refuse, so errno= has no meaning there")]
    CannotRefuse(Site),
    /// No action at a site that cannot refuse and therefore has no default.
    #[error("{0} cannot refuse, and the rule gives no delay and no event")]
    NoAction(Site),
}

/// The allowed values of an attribute, in words with units.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NumberRange {
    /// The attribute.
    pub attribute: &'static str,
    /// The range in words, such as `0 to 100 percent`.
    pub takes: &'static str,
}

impl Problem {
    /// Returns the remedy, in one line.
    #[must_use]
    pub fn help(&self) -> String {
        match self {
            Self::NoSite | Self::NoColon | Self::NoAttributes => {
                "a rule is `SITE: ATTRIBUTE=VALUE ...`, such as `memory.prepare_sleep: probability=10`, or with an \
                 event, such as `core.exit: nth=3 fork`"
                    .to_owned()
            }
            Self::LineBreak => "write one rule per line, or one string per rule".to_owned(),
            Self::UnknownSite(found) => nearest(found, Site::all().map(Site::name)),
            Self::UnknownAttribute(found) => nearest(found, ATTRIBUTES),
            Self::UnknownWord(found) => nearest(found, ATTRIBUTES.into_iter().chain(events())),
            Self::EventWithValue(thrown) => format!("write {thrown} alone, without `=`"),
            Self::UnknownErrno(found) => nearest(found, Errno::ALL.iter().map(|errno| errno.name())),
            Self::Delay(error) => error.help(),
            Self::NoValue(attribute) => format!("write {attribute}=VALUE, without blanks"),
            Self::Duplicate(attribute) => format!("keep one {attribute}=, or write two rules"),
            Self::NotANumber { range, .. } | Self::OutOfRange { range, .. } => {
                format!("{} takes {}", range.attribute, range.takes)
            }
            Self::NotKernelForm(_) => {
                "it is <interval>,<probability>,<space>,<times> without blanks, right after the colon"
                    .to_owned()
            }
            Self::TwoActions => "write two rules; if both fire at a hit, the first one wins".to_owned(),
            Self::CannotRefuse(site) | Self::NoAction(site) => {
                format!("give {site} a delay=, such as delay=200us, or an event: {}", list(events()))
            }
        }
    }
}

/// Returns the names of the events.
fn events() -> impl Iterator<Item = &'static str> + Clone {
    Thrown::ALL.into_iter().map(Thrown::name)
}

impl ParseError {
    /// Returns an error about the `len` bytes from `offset` on.
    pub(crate) fn new(text: &str, offset: usize, len: usize, problem: Problem) -> Self {
        Self { text: text.to_owned(), span: offset..offset + len, problem }
    }

    /// Returns the same error for a longer text, in which the rule begins at `start`.
    pub(crate) fn within(self, text: &str, start: usize) -> Self {
        let span = start + self.span.start..start + self.span.end;
        Self { text: text.to_owned(), span, ..self }
    }

    /// Returns the wrong part, in bytes of the parsed text; empty if something is missing.
    #[must_use]
    pub fn span(&self) -> Range<usize> {
        self.span.clone()
    }

    /// Returns the mistake and its remedy, in one line.
    #[must_use]
    pub fn message(&self) -> String {
        format!("{}; {}", self.problem, self.problem.help())
    }

    /// Returns the mistake.
    #[must_use]
    pub fn problem(&self) -> &Problem {
        &self.problem
    }
}
