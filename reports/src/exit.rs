//! Exit codes: one table of the codes of a command, and the order in which they take precedence.
//!
//! Separate from the verdicts, because most codes do not concern a run: bad usage, a signal, a full disk. Every command
//! takes the worst code that applies, by [`Exit::worst`]; nothing else ranks codes.
use std::fmt;
use std::process::ExitCode;

/// The end of a command. A later variant outweighs an earlier one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Exit {
    /// All as expected.
    AsExpected,
    /// Nothing could run here.
    CannotRun,
    /// Too little happened for a verdict, or cells are missing.
    Inconclusive,
    /// A signal of this number ended the command; measurements so far are on disk.
    Signal(u8),
    /// An output could not be written.
    Unwritten,
    /// Something that attach-rig created could not be removed.
    Left,
    /// A performance limit was exceeded.
    Slower,
    /// An invariant was violated, or an expectation did not hold.
    Violated,
    /// A simulation did not repeat itself.
    NotRepeated,
    /// A bug of attach-rig.
    Internal,
    /// Bad usage.
    Usage,
}

/// Offset of the code of a signal: the code is this plus the signal's number, as in shells.
const SIGNALS: u8 = 128;

impl Exit {
    /// Every code except those of signals, by number.
    pub const ALL: [Self; 10] = [
        Self::AsExpected,
        Self::Violated,
        Self::Usage,
        Self::Slower,
        Self::CannotRun,
        Self::Inconclusive,
        Self::NotRepeated,
        Self::Left,
        Self::Unwritten,
        Self::Internal,
    ];
    /// The signals that a command catches and ends by: SIGHUP, SIGINT, SIGTERM.
    const CAUGHT: [Self; 3] = [Self::Signal(1), Self::Signal(2), Self::Signal(15)];

    /// Returns the row of the table: number and meaning.
    const fn row(self) -> (u8, &'static str) {
        match self {
            Self::AsExpected => (0, "all as expected"),
            Self::Violated => (1, "an invariant was violated, or an expectation did not hold"),
            Self::Usage => {
                (2, "bad usage, scenario, litmus test, fault rule or gates file, or not comparable")
            }
            Self::Slower => (3, "a performance limit was exceeded"),
            Self::CannotRun => (4, "nothing could run here"),
            Self::Inconclusive => (5, "inconclusive: too little happened to tell, or cells are missing"),
            Self::NotRepeated => (6, "a simulation did not repeat itself"),
            Self::Left => (7, "something of ours could not be removed"),
            Self::Unwritten => (8, "an output could not be written"),
            Self::Internal => (101, "internal error"),
            Self::Signal(n) => (SIGNALS.saturating_add(n), "ended by SIGHUP, SIGINT or SIGTERM"),
        }
    }

    /// Returns the number that the process ends with.
    #[must_use]
    pub const fn number(self) -> u8 {
        self.row().0
    }

    /// Returns the meaning in words.
    #[must_use]
    pub const fn meaning(self) -> &'static str {
        self.row().1
    }

    /// Returns the exit of that number, as a child process or a guest gave it; `None` for one that has no meaning here.
    #[must_use]
    pub fn from_code(code: u8) -> Option<Self> {
        let signal = || code.checked_sub(SIGNALS).filter(|n| *n > 0).map(Self::Signal);
        Self::ALL.into_iter().find(|exit| exit.number() == code).or_else(signal)
    }

    /// Returns the code that counts when this one and `others` apply.
    #[must_use]
    pub fn worst(self, others: impl IntoIterator<Item = Self>) -> Self {
        others.into_iter().fold(self, Self::max)
    }

    /// Lists all codes in a sentence, for the help of a command.
    #[must_use]
    pub fn list() -> String {
        let known = Self::ALL.map(|exit| exit.to_string()).join("; ");
        let [hup, int, term] = Self::CAUGHT.map(Self::number);
        let ended = Self::CAUGHT[0].meaning();
        format!("Exit codes: {known}; {hup}, {int} or {term} {ended} (what was measured is on disk).")
    }
}

/// `5 inconclusive: too little happened to tell, or cells are missing`.
impl fmt::Display for Exit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (number, meaning) = self.row();
        write!(f, "{number} {meaning}")
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.number())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_order_is_2_101_6_1_3_7_8_signals_5_4_0() {
        let ranked = [2, 101, 6, 1, 3, 7, 8, 130, 5, 4, 0].map(|code| Exit::from_code(code).unwrap());
        for pair in ranked.windows(2) {
            assert!(pair[0] > pair[1], "{} outweighs {}", pair[0], pair[1]);
            assert_eq!(pair[1].worst([pair[0]]), pair[0]);
            assert_eq!(pair[0].worst([pair[1]]), pair[0]);
        }
        assert_eq!(Exit::AsExpected.worst(ranked), Exit::Usage);
        assert_eq!(Exit::AsExpected.worst([]), Exit::AsExpected);
        let listed = ranked.into_iter().filter(|exit| !matches!(exit, Exit::Signal(_)));
        assert_eq!(listed.count(), Exit::ALL.len());
    }

    #[test]
    fn a_number_means_one_thing_or_nothing() {
        assert!(Exit::ALL.is_sorted_by_key(|exit| exit.number()), "by number");
        for code in 0..=u8::MAX {
            let exit = Exit::from_code(code);
            assert_eq!(exit.map_or(code, Exit::number), code);
            assert_eq!(exit.is_some(), matches!(code, 0..=8 | 101 | 129..), "{code}");
        }
    }

    #[test]
    fn the_text_is_the_number_and_what_it_means() {
        for exit in Exit::ALL.into_iter().chain(Exit::CAUGHT) {
            assert_eq!(exit.to_string(), format!("{} {}", exit.number(), exit.meaning()));
        }
        assert_eq!(Exit::Signal(15).to_string(), "143 ended by SIGHUP, SIGINT or SIGTERM");
    }

    #[test]
    fn the_table_of_the_guide_is_this_one() {
        let guide = include_str!("../../docs/guide.md");
        let (_, table) = guide.split_once("| exit | meaning |\n|---|---|\n").expect("a table");
        let rows: Vec<&str> = table.lines().take_while(|line| line.starts_with('|')).collect();
        let [hup, int, term] = Exit::CAUGHT.map(Exit::number);
        let mut begins = Exit::ALL.map(|exit| format!("| {} | {}", exit.number(), exit.meaning())).to_vec();
        begins.push(format!("| {hup}, {int}, {term} | {}", Exit::CAUGHT[0].meaning()));
        assert_eq!(rows.len(), begins.len(), "{rows:#?}");
        for (row, begin) in rows.iter().zip(begins) {
            assert!(
                row.starts_with(&begin),
                "docs/guide.md has `{row}`, and the table of exit codes `{begin}`"
            );
        }
    }
}
