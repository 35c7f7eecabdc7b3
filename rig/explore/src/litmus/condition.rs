//! A condition on the state in which a schedule ends, in the notation in which `explore` prints states.
//!
//! A fact states one thing about a state and leaves the rest open, so a condition describes a state in part. A printed
//! state is also a condition: adjacent facts are a conjunction.
use super::super::state::{EndState, Final};
use super::names::Names;
use model::kernel::CpuMask;
use model::kernel::cpumask::MAX_CPUS;
use std::fmt;

/// A condition, with the text it was read from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Condition {
    text: String,
    tree: Tree,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Tree {
    Fact(Fact),
    Not(Box<Tree>),
    All(Vec<Tree>),
    Any(Vec<Tree>),
}

/// One fact about a state.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Fact {
    /// `p.0@b`: the place of a thread, in one hierarchy or in all of them.
    Place(String, String),
    /// `b.memrlimit <= 10`: the usage of a counter.
    Usage(String, Compare, u64),
    /// `p.0.cpus=0-1`: the CPUs of a thread.
    Cpus(String, String),
    /// `b.frozen`.
    Frozen(String),
    /// `deadlock`: no actor can go on.
    Deadlock,
    /// `no-end`: the schedule was abandoned.
    NoEnd,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Compare {
    Equal,
    Unequal,
    Below,
    AtMost,
    Above,
    AtLeast,
}

const COMPARE: [(&str, Compare); 7] = [
    ("==", Compare::Equal),
    ("!=", Compare::Unequal),
    ("<=", Compare::AtMost),
    (">=", Compare::AtLeast),
    ("=", Compare::Equal),
    ("<", Compare::Below),
    (">", Compare::Above),
];

/// Spellings of the operators, longest first.
const WORDS: [(&str, Token<'static>); 9] = [
    ("/\\", Token::And),
    ("\\/", Token::Or),
    ("&&", Token::And),
    ("||", Token::Or),
    ("(", Token::Open),
    (")", Token::Close),
    ("~", Token::Not),
    ("@", Token::At),
    ("!", Token::Not),
];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Token<'a> {
    And,
    Or,
    Not,
    Open,
    Close,
    At,
    Compare(Compare),
    Word(&'a str),
}

impl Condition {
    /// Reads a condition over `names`.
    ///
    /// # Errors
    /// The part that cannot be read, and a valid form.
    pub(super) fn parse(text: &str, names: &Names<'_>) -> Result<Self, String> {
        let tokens = tokens(text);
        let mut parser = Parser { text, names, tokens: &tokens, depth: 0 };
        let tree = parser.any()?;
        match parser.tokens {
            [] => Ok(Self { text: text.to_owned(), tree }),
            _ => parser.unreadable(),
        }
    }

    /// Reports whether the condition holds in a state.
    #[must_use]
    pub fn holds(&self, state: &EndState) -> bool {
        self.tree.holds(state)
    }
}

impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl Tree {
    fn holds(&self, state: &EndState) -> bool {
        match self {
            Self::Fact(fact) => fact.holds(state),
            Self::Not(of) => !of.holds(state),
            Self::All(of) => of.iter().all(|tree| tree.holds(state)),
            Self::Any(of) => of.iter().any(|tree| tree.holds(state)),
        }
    }
}

impl Fact {
    fn holds(&self, state: &EndState) -> bool {
        match (self, state) {
            (Self::Deadlock, state) => matches!(state, EndState::Deadlock(_)),
            (Self::NoEnd, state) => matches!(state, EndState::NoEnd(_)),
            (fact, EndState::End(last)) => fact.is_in(last),
            _ => false,
        }
    }

    fn is_in(&self, last: &Final) -> bool {
        match self {
            Self::Place(thread, place) => last.places.iter().any(|(name, places)| {
                name == thread && (places == place || places.split(',').any(|one| one == place))
            }),
            Self::Usage(counter, compare, wanted) => {
                last.counters.iter().any(|(name, usage)| name == counter && compare.holds(*usage, *wanted))
            }
            Self::Cpus(thread, wanted) => {
                last.cpus.iter().any(|(name, cpus)| name == thread && cpus == wanted)
            }
            Self::Frozen(cgroup) => last.frozen.contains(cgroup),
            Self::Deadlock | Self::NoEnd => false,
        }
    }
}

impl Compare {
    fn holds(self, usage: u64, wanted: u64) -> bool {
        match self {
            Self::Equal => usage == wanted,
            Self::Unequal => usage != wanted,
            Self::Below => usage < wanted,
            Self::AtMost => usage <= wanted,
            Self::Above => usage > wanted,
            Self::AtLeast => usage >= wanted,
        }
    }
}

/// Splits a text into operators and words. `/` belongs to a word unless it begins `/\`.
fn tokens(text: &str) -> Vec<Token<'_>> {
    let operator = |rest: &str| {
        let compare = COMPARE.iter().map(|(word, compare)| (*word, Token::Compare(*compare)));
        let found = compare.chain(WORDS).find(|(word, _)| rest.starts_with(word));
        found.map(|(word, token)| (word.len(), token))
    };
    let (mut all, mut rest) = (Vec::new(), text.trim_start());
    while !rest.is_empty() {
        let (length, token) = operator(rest).unwrap_or_else(|| {
            let ends = |(at, c): &(usize, char)| c.is_whitespace() || operator(&rest[*at..]).is_some();
            let end = rest.char_indices().find(ends).map_or(rest.len(), |(at, _)| at);
            (end, Token::Word(&rest[..end]))
        });
        all.push(match token {
            Token::Word("and") => Token::And,
            Token::Word("or") => Token::Or,
            Token::Word("not") => Token::Not,
            other => other,
        });
        let before = &text[..text.len() - rest.len()];
        rest = &rest[length..];
        // `p.0.cpus=` is a mask without CPUs, as it is printed.
        if before.ends_with(".cpus")
            && token == Token::Compare(Compare::Equal)
            && !rest.starts_with(|c: char| !c.is_whitespace())
        {
            all.push(Token::Word(""));
        }
        rest = rest.trim_start();
    }
    all
}

/// Most parentheses and negations nested in each other.
const DEPTH_MAX: u32 = 64;

struct Parser<'a> {
    text: &'a str,
    names: &'a Names<'a>,
    tokens: &'a [Token<'a>],
    depth: u32,
}

impl Parser<'_> {
    fn unreadable<T>(&self) -> Result<T, String> {
        let example = self.names.example();
        Err(format!(
            "`{}` is not a condition; write facts as `explore` prints them, joined by /\\, \\/ and ~, such as \"{example}\"",
            self.text
        ))
    }

    /// Consumes the next token if it is `token`.
    fn takes(&mut self, token: Token<'_>) -> bool {
        match self.tokens {
            [first, rest @ ..] if *first == token => {
                self.tokens = rest;
                true
            }
            _ => false,
        }
    }

    fn any(&mut self) -> Result<Tree, String> {
        let mut of = vec![self.all()?];
        while self.takes(Token::Or) {
            of.push(self.all()?);
        }
        Ok(if of.len() == 1 { of.remove(0) } else { Tree::Any(of) })
    }

    /// Reads facts joined by `/\`, or adjacent.
    fn all(&mut self) -> Result<Tree, String> {
        let mut of = vec![self.not()?];
        while self.takes(Token::And) || matches!(self.tokens, [Token::Word(_) | Token::Not | Token::Open, ..])
        {
            of.push(self.not()?);
        }
        Ok(if of.len() == 1 { of.remove(0) } else { Tree::All(of) })
    }

    fn not(&mut self) -> Result<Tree, String> {
        self.depth += 1;
        if self.depth > DEPTH_MAX {
            return Err(format!("a condition has at most {DEPTH_MAX} nested parentheses and negations"));
        }
        let tree = if self.takes(Token::Not) {
            Tree::Not(Box::new(self.not()?))
        } else if self.takes(Token::Open) {
            let tree = self.any()?;
            if !self.takes(Token::Close) {
                return self.unreadable();
            }
            tree
        } else {
            Tree::Fact(self.fact()?)
        };
        self.depth -= 1;
        Ok(tree)
    }

    fn fact(&mut self) -> Result<Fact, String> {
        let (fact, rest) = match self.tokens {
            [Token::Word(thread), Token::At, Token::Word(place), rest @ ..] => (
                self.names.place(thread, place).map(|()| Fact::Place((*thread).into(), (*place).into())),
                rest,
            ),
            [Token::Word(name), Token::Compare(compare), Token::Word(value), rest @ ..] => {
                (self.value(name, *compare, value), rest)
            }
            [Token::Word("deadlock"), rest @ ..] => (Ok(Fact::Deadlock), rest),
            [Token::Word("no-end"), rest @ ..] => (Ok(Fact::NoEnd), rest),
            [Token::Word(name), rest @ ..] if name.ends_with(".frozen") => {
                let cgroup = name.trim_end_matches(".frozen");
                (self.names.frozen(cgroup).map(|()| Fact::Frozen(cgroup.to_owned())), rest)
            }
            _ => return self.unreadable(),
        };
        self.tokens = rest;
        fact
    }

    fn value(&self, name: &str, compare: Compare, value: &str) -> Result<Fact, String> {
        if let Some(thread) = name.strip_suffix(".cpus") {
            self.names.cpus(thread)?;
            if compare != Compare::Equal {
                return Err(format!(
                    "`{name}` is a list of CPUs; compare it with `=`, and put ~ before it for another list"
                ));
            }
            return match cpus(value) {
                Some(cpus) => Ok(Fact::Cpus(thread.to_owned(), cpus.to_string())),
                None => Err(format!("`{value}` is not a list of CPUs; write for example \"{name}=0-1\"")),
            };
        }
        self.names.counter(name)?;
        match value.parse() {
            Ok(usage) => Ok(Fact::Usage(name.to_owned(), compare, usage)),
            Err(_) => Err(format!("`{value}` is not a usage; write a whole number, such as \"{name}=0\"")),
        }
    }
}

/// Reads `0-1,3`.
fn cpus(text: &str) -> Option<CpuMask> {
    let mut list = Vec::new();
    for part in text.split(',').filter(|part| !part.is_empty()) {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        let (first, last): (u32, u32) = (first.parse().ok()?, last.parse().ok()?);
        if first > last || last >= MAX_CPUS {
            return None;
        }
        list.extend(first..=last);
    }
    Some(CpuMask::from_list(&list))
}
