//! The report on how a recording was read: the fate of every line, the tasks and pages, and the assumptions.

use std::collections::BTreeMap;
use std::fmt;

/// The report. Every line is counted once: `lines` is the sum of `used`, `joined`, `failed`, `ignored`, `notes`,
/// `samples` and the counts of `drops`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TraceReport {
    /// The form of the lines: encoding, times, pids.
    pub form: String,
    /// Number of files of the recording.
    pub files: u64,
    /// Number of lines of the recording.
    pub lines: u64,
    /// Calls that were replayed, or that changed the meaning of later calls, by name; and `(exit)` for notes of exits.
    pub used: BTreeMap<String, u64>,
    /// First halves of interrupted calls, and pieces of cut ones; the call itself is counted with its second half.
    pub joined: u64,
    /// Calls that failed and therefore changed nothing, by name.
    pub failed: BTreeMap<String, u64>,
    /// Calls that do not affect the replay, by name.
    pub ignored: BTreeMap<String, u64>,
    /// Lines that are not calls, by kind, in brackets: signals, blank lines, messages of strace, halves without their
    /// counterpart.
    pub notes: BTreeMap<String, u64>,
    /// Number of samples of /proc.
    pub samples: u64,
    /// Lines that could not be read, by kind.
    pub drops: BTreeMap<String, DroppedLines>,
    /// Number of threads, including the first threads of processes.
    pub threads: u64,
    /// Number of processes.
    pub processes: u64,
    /// Most threads at one time.
    pub threads_peak: u64,
    /// Most processes at one time.
    pub processes_peak: u64,
    /// Tasks that existed when the recording began.
    pub adopted: u64,
    /// Pages of address spaces.
    pub pages: PageCounts,
    /// The rule for touched pages, in words.
    pub touch_rule: String,
    /// Assumptions about facts that are not recorded, one sentence each.
    pub assumptions: Vec<String>,
}

/// Lines of one kind that could not be read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DroppedLines {
    /// Number of lines.
    pub count: u64,
    /// Number of the first line, counted from 1.
    pub first_line: u64,
    /// The beginning of that line, safe to print.
    pub excerpt: String,
}

/// Numbers of pages of 4 KiB, summed over all processes. The first four add up the changes by every call, so that they
/// can be checked by hand; later unmapping does not reduce them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PageCounts {
    /// Pages added to an address space.
    pub mapped: u64,
    /// Pages among them without access (`PROT_NONE`) or without a reservation of memory (`MAP_NORESERVE`).
    pub reserved: u64,
    /// Private and writable pages, at once or by a later call.
    pub committed: u64,
    /// Most committed pages at one time; pages shared by a fork are counted once.
    pub committed_peak: u64,
    /// Pages touched, by the rule.
    pub touched: u64,
    /// Most touched pages at one time.
    pub touched_peak: u64,
    /// Touched pages of all processes, each at its end.
    pub touched_at_ends: u64,
    /// Touched pages of the first process at its end.
    pub touched_first: u64,
    /// Most pages that a replay with real processes touches at one time. There each thread has its own memory, so this
    /// may be more than `touched_peak`.
    pub resident_max: u64,
    /// Pages that were left untouched because of the limit.
    pub refused: u64,
}

/// Kinds of dropped lines, formatted as one line.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Drops(pub(super) BTreeMap<String, DroppedLines>);

/// Characters of a line that are printed.
const SHOWN_CHARS_MAX: usize = 60;

impl fmt::Display for Drops {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, (kind, drop)) in self.0.iter().enumerate() {
            let comma = if at > 0 { "; " } else { "" };
            write!(f, "{comma}{} × {kind}, first line {}: `{}`", drop.count, drop.first_line, drop.excerpt)?;
        }
        Ok(())
    }
}

impl TraceReport {
    /// Returns the number of lines that could not be read.
    #[must_use]
    pub fn dropped(&self) -> u64 {
        self.drops.values().map(|drop| drop.count).sum()
    }

    /// Returns the number of lines that are not blank.
    #[must_use]
    pub fn lines_filled(&self) -> u64 {
        self.lines - self.notes.get(BLANK).copied().unwrap_or(0)
    }

    /// Reports whether more than 1 % of the lines were dropped.
    #[must_use]
    pub fn is_doubtful(&self) -> bool {
        self.dropped() * 100 > self.lines_filled()
    }

    /// Returns the number of calls that were used.
    #[must_use]
    pub fn used_calls(&self) -> u64 {
        self.used.values().sum()
    }

    pub(super) fn count(counts: &mut BTreeMap<String, u64>, name: &str) {
        if let Some(count) = counts.get_mut(name) {
            *count += 1;
        } else {
            counts.insert(name.to_owned(), 1);
        }
    }

    /// Counts a line that could not be read.
    pub(super) fn drop_line(&mut self, kind: &str, number: u64, line: &str) {
        if let Some(drop) = self.drops.get_mut(kind) {
            drop.count += 1;
            return;
        }
        let excerpt = input::text::excerpt(line.trim().as_bytes(), SHOWN_CHARS_MAX);
        self.drops.insert(kind.to_owned(), DroppedLines { count: 1, first_line: number, excerpt });
    }
}

/// The note for blank lines.
pub(super) const BLANK: &str = "(blank)";

impl fmt::Display for TraceReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let files = if self.files == 1 { "1 file".to_owned() } else { format!("{} files", self.files) };
        writeln!(f, "  form      {files}, {}", self.form)?;
        writeln!(
            f,
            "  tasks     threads: {}, processes: {}; at one time at most {} and {}; there before: {}",
            self.threads, self.processes, self.threads_peak, self.processes_peak, self.adopted
        )?;
        writeln!(f, "  used      {}", Counts(&self.used))?;
        writeln!(f, "  ignored   {}", Counts(&self.ignored))?;
        writeln!(f, "  failed    {}", Counts(&self.failed))?;
        writeln!(f, "  dropped   {} of {} lines{}", self.dropped(), self.lines_filled(), Dropped(self))?;
        let pages = &self.pages;
        writeln!(
            f,
            "  pages     {} mapped, {} reserved, {} committed, {} touched; touched at the end {} \
             (first process {}), at most {} at one time",
            pages.mapped,
            pages.reserved,
            pages.committed,
            pages.touched,
            pages.touched_at_ends,
            pages.touched_first,
            pages.touched_peak
        )?;
        write!(f, "  touched   {}", self.touch_rule)?;
        for assumption in &self.assumptions {
            write!(f, "\n  assumed   {assumption}")?;
        }
        Ok(())
    }
}

struct Counts<'a>(&'a BTreeMap<String, u64>);

impl fmt::Display for Counts<'_> {
    /// Lists the most frequent names first.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut counts: Vec<(&String, &u64)> = self.0.iter().collect();
        counts.sort_by_key(|(_, count)| std::cmp::Reverse(**count));
        let shown: Vec<String> = counts.iter().map(|(name, count)| format!("{name} {count}")).collect();
        if shown.is_empty() { f.write_str("nothing") } else { f.write_str(&shown.join(", ")) }
    }
}

struct Dropped<'a>(&'a TraceReport);

impl fmt::Display for Dropped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.drops.iter().try_for_each(|(kind, drop)| {
            write!(
                f,
                "\n            {} × {kind}, first line {}: `{}`",
                drop.count, drop.first_line, drop.excerpt
            )
        })
    }
}

impl TraceReport {
    /// Sets the rule for touched pages, and adds assumptions about facts that the form of the recording leaves open.
    pub(super) fn say_rules(
        &mut self,
        read: &super::read::Read<'_>,
        options: super::TraceOptions,
        has_unnamed: bool,
    ) {
        use super::clock::Kind;
        use super::touch::{SMALL_PAGES, STACK_PAGES, TOUCHED_PAGES_MAX};
        let share = format!(
            "share of {} %: a step of at most {SMALL_PAGES} pages and a heap whole, of larger steps {} %, of a \
             thread's stack {STACK_PAGES} pages",
            options.touch_percent, options.touch_percent
        );
        self.touch_rule = match self.samples {
            0 => share,
            samples => format!("sampled: {samples} times RssAnon in /proc; else {share}"),
        };
        let mut assume = |wanted: bool, text: &str| {
            if wanted {
                self.assumptions.push(text.to_owned());
            }
        };
        assume(read.kind == Some(Kind::None), "no times: calls keep their order, and pauses are unknown");
        assume(read.kind == Some(Kind::DaySeconds), "times are whole seconds: shorter pauses are unknown");
        assume(
            read.is_by_file,
            "the files have no common clock: each keeps its order, and forks show when another begins",
        );
        assume(!read.has_pids && has_unnamed, "no line has a pid: all are of one thread");
        assume(
            self.pages.refused > 0,
            &format!(
                "{} pages are left untouched: at most {TOUCHED_PAGES_MAX} are touched",
                self.pages.refused
            ),
        );
    }
}
