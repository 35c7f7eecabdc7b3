//! The table of costs of work, accesses and scheduling, in virtual ns. One TOML file, with a source for each figure.
use super::Access;
use input::nearest::nearest;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::ops::Range;
use toml::Spanned;

/// The built-in table.
const BUILT_IN: &str = include_str!("costs.toml");

/// Work that touches nothing shared. Costs are per unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Work {
    /// Entry into and exit from the kernel.
    Syscall,
    /// Making a mapping.
    Mmap,
    /// Removing a mapping.
    Munmap,
    /// A page fault, without the cost of its pages.
    Fault,
    /// Clearing a page.
    PageZero,
    /// Freeing a page.
    PageFree,
    /// Making a thread.
    ForkThread,
    /// Making a process.
    ForkProcess,
    /// Loading a program.
    Exec,
    /// Ending a thread.
    Exit,
    /// Visiting a task of a list.
    WalkTask,
    /// Allocating a css_set.
    CssSetAlloc,
    /// Moving one task's pointer and list entries.
    SwitchTask,
    /// A check by a controller of its own state.
    Check,
    /// Counting a page in a walk.
    CountPage,
    /// Moving one page record.
    MovePage,
    /// Setting a task's CPU mask.
    SetCpus,
    /// An injected delay, per ns.
    Delay,
}

impl Work {
    const NAMES: [(&'static str, Self); 18] = [
        ("syscall", Self::Syscall),
        ("mmap", Self::Mmap),
        ("munmap", Self::Munmap),
        ("fault", Self::Fault),
        ("page_zero", Self::PageZero),
        ("page_free", Self::PageFree),
        ("fork_thread", Self::ForkThread),
        ("fork_process", Self::ForkProcess),
        ("exec", Self::Exec),
        ("exit", Self::Exit),
        ("walk_task", Self::WalkTask),
        ("css_set_alloc", Self::CssSetAlloc),
        ("switch_task", Self::SwitchTask),
        ("check", Self::Check),
        ("count_page", Self::CountPage),
        ("move_page", Self::MovePage),
        ("set_cpus", Self::SetCpus),
        ("delay", Self::Delay),
    ];
}

const ACCESSES: [(&str, Access); 7] = [
    ("load", Access::Load),
    ("store", Access::Store),
    ("update", Access::Update),
    ("spin", Access::Spin),
    ("lock", Access::Lock),
    ("spin_release", Access::SpinRelease),
    ("release", Access::Release),
];

/// Returns each (group, name) of the table, in its order.
pub fn names() -> impl Iterator<Item = (&'static str, &'static str)> {
    let access = ACCESSES.iter().map(|(name, _)| ("access", *name));
    let sched = SCHED.iter().map(|name| ("sched", *name));
    access.chain(sched).chain(Work::NAMES.iter().map(|(name, _)| ("work", *name)))
}

/// The names of the group `sched`.
const SCHED: [&str; 4] = ["spin_handoff", "context_switch", "wakeup", "time_slice"];

/// The bounds of an entry, in ns: every step must take time, and none of these takes as long as a second.
const NS: std::ops::RangeInclusive<u64> = 1..=1_000_000_000;

/// Costs in virtual ns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Costs {
    work: [u64; Work::NAMES.len()],
    access: [u64; ACCESSES.len()],
    /// Handing a spinlock to a spinning waiter.
    pub spin_handoff_ns: u64,
    /// Switching a CPU from one task to another.
    pub context_switch_ns: u64,
    /// Waking a sleeper, before its context switch.
    pub wakeup_ns: u64,
    /// The time a task keeps its CPU while others wait for it.
    pub time_slice_ns: u64,
}

/// An error in a table of costs, with its place.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct CostsError {
    /// The range of the error in the text, in bytes.
    pub at: Range<usize>,
    /// The error and its remedy.
    pub message: String,
}

/// An entry of a table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// Cost.
    ///
    /// Unit: virtual ns. Values: 1 to 1000000000.
    pub ns: u64,
    /// Source of the figure.
    ///
    /// Values: a text.
    pub source: String,
}

/// Entries by group and name.
pub type Table = BTreeMap<String, BTreeMap<String, Entry>>;

/// Entries as written, each with its place in the text.
pub type Written = BTreeMap<Spanned<String>, BTreeMap<Spanned<String>, Spanned<Entry>>>;

/// Reads a complete table.
///
/// # Errors
/// [`CostsError`] when the text is not TOML, or when an entry is missing, unknown, out of bounds or without a source.
pub fn read(text: &str) -> Result<Table, CostsError> {
    let written: Written = toml::from_str(text).map_err(|error| CostsError {
        at: error.span().unwrap_or_default(),
        message: format!("{}; every entry needs `ns = N` and `source = \"...\"`", error.message()),
    })?;
    let mut costs = Costs::default();
    costs.put(&written)?;
    let header = |group: &str| written.keys().find(|known| known.get_ref() == group).map(Spanned::span);
    for (group, name) in names() {
        if !written.get(group).is_some_and(|entries| entries.contains_key(name)) {
            return Err(CostsError {
                at: header(group).unwrap_or(text.len()..text.len()),
                message: format!(
                    "cost `{group}.{name}` is missing; write [{group}.{name}] with `ns = N` and `source = \"...\"`"
                ),
            });
        }
    }
    let plain = |(name, entry): (Spanned<String>, Spanned<Entry>)| (name.into_inner(), entry.into_inner());
    let of_group = |(group, entries): (Spanned<String>, BTreeMap<_, _>)| {
        (group.into_inner(), entries.into_iter().map(plain).collect())
    };
    Ok(written.into_iter().map(of_group).collect())
}

/// Returns the built-in table.
///
/// # Panics
/// When the table is damaged: a bug of ours, which a test finds.
#[must_use]
pub fn built_in() -> Table {
    toml::from_str(BUILT_IN).expect("a test reads the built-in table")
}

/// Returns the entries of `table` whose figures differ from the built-in table.
#[must_use]
pub fn differing(table: &Table) -> Table {
    let known = built_in();
    let differs = |group: &str, name: &str, entry: &Entry| {
        known.get(group).and_then(|entries| entries.get(name)).is_none_or(|known| known.ns != entry.ns)
    };
    let mut found = table.clone();
    for (group, entries) in &mut found {
        entries.retain(|name, entry| differs(group, name, entry));
    }
    found.retain(|_, entries| !entries.is_empty());
    found
}

/// Returns a complete table as text, in the format of the built-in one, after `head` as a comment.
#[must_use]
pub fn text(head: &str, table: &Table) -> String {
    let mut text: String = head.lines().map(|line| format!("# {line}\n")).collect();
    let mut last = "";
    for (group, name) in names() {
        let Some(entry) = table.get(group).and_then(|entries| entries.get(name)) else { continue };
        if group != last {
            text.push('\n');
            last = group;
        }
        let source = toml::Value::from(entry.source.as_str());
        text.push_str(&format!("[{group}.{name}]\nns = {}\nsource = {source}\n", entry.ns));
    }
    text
}

impl Costs {
    /// Reads a complete table.
    ///
    /// # Errors
    /// As [`read`].
    pub fn parse(text: &str) -> Result<Self, CostsError> {
        Ok(Self::of(&read(text)?))
    }

    /// Returns the built-in table with the entries of `table` put over it. Unknown names are ignored.
    #[must_use]
    pub fn of(table: &Table) -> Self {
        let mut costs = Self::default();
        costs.take(table);
        costs
    }

    fn take(&mut self, table: &Table) {
        for (group, entries) in table {
            for (name, entry) in entries {
                if let Some(ns) = self.slot(group, name) {
                    *ns = entry.ns;
                }
            }
        }
    }

    /// Replaces the entries that `written` names.
    ///
    /// # Errors
    /// [`CostsError`] when an entry is unknown or out of bounds.
    pub fn put(&mut self, written: &Written) -> Result<(), CostsError> {
        for (group, entries) in written {
            for (name, entry) in entries {
                let full = format!("{}.{}", group.get_ref(), name.get_ref());
                let Some(slot) = self.slot(group.get_ref(), name.get_ref()) else {
                    let known: Vec<_> = names().map(|(group, name)| format!("{group}.{name}")).collect();
                    let known = nearest(&full, known.iter().map(String::as_str));
                    let message = format!("cost `{full}` is unknown; remove it, or write another: {known}");
                    return Err(CostsError { at: name.span(), message });
                };
                let ns = entry.get_ref().ns;
                if !NS.contains(&ns) {
                    let (low, high) = (NS.start(), NS.end());
                    let message = format!("cost `{full}` is {ns} ns; it has to be from {low} to {high}");
                    return Err(CostsError { at: entry.span(), message });
                }
                *slot = ns;
            }
        }
        Ok(())
    }

    fn slot(&mut self, group: &str, name: &str) -> Option<&mut u64> {
        match (group, name) {
            ("sched", "spin_handoff") => Some(&mut self.spin_handoff_ns),
            ("sched", "context_switch") => Some(&mut self.context_switch_ns),
            ("sched", "wakeup") => Some(&mut self.wakeup_ns),
            ("sched", "time_slice") => Some(&mut self.time_slice_ns),
            ("work", name) => {
                let (_, work) = Work::NAMES.iter().find(|(known, _)| *known == name)?;
                self.work.get_mut(*work as usize)
            }
            ("access", name) => {
                let (_, access) = ACCESSES.iter().find(|(known, _)| *known == name)?;
                self.access.get_mut(*access as usize)
            }
            _ => None,
        }
    }

    /// Returns the figure of that name, in ns.
    #[must_use]
    pub fn named(&self, group: &str, name: &str) -> Option<u64> {
        self.clone().slot(group, name).map(|ns| *ns)
    }

    /// Returns the cost of `work`, in ns.
    #[must_use]
    pub fn work_ns(&self, work: Work) -> u64 {
        self.work[work as usize]
    }

    /// Returns the cost of an access, in ns.
    #[must_use]
    pub fn access_ns(&self, access: Access) -> u64 {
        self.access[access as usize]
    }
}

impl Default for Costs {
    /// The built-in table.
    fn default() -> Self {
        let mut costs = Self {
            work: [0; Work::NAMES.len()],
            access: [0; ACCESSES.len()],
            spin_handoff_ns: 0,
            context_switch_ns: 0,
            wakeup_ns: 0,
            time_slice_ns: 0,
        };
        costs.take(&built_in());
        costs
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wrong(text: &str) -> (usize, String) {
        let error = Costs::parse(text).expect_err("it is wrong");
        (text[..error.at.start].matches('\n').count() + 1, error.message)
    }

    fn line_of(text: &str, what: &str) -> usize {
        text[..text.find(what).expect("it is there")].matches('\n').count() + 1
    }

    #[test]
    fn the_built_in_table_is_complete_and_every_figure_has_a_source() {
        let costs = Costs::parse(BUILT_IN).expect("complete");
        assert_eq!(costs, Costs::default());
        assert_eq!(costs.work_ns(Work::MovePage), 2300);
        assert_eq!(costs.work_ns(Work::Delay), 1);
        assert_eq!(costs.access_ns(Access::Release), 10);
        assert_eq!(costs.named("sched", "wakeup"), Some(1000));
    }

    #[test]
    fn a_table_is_written_as_it_is_read() {
        let mut table = built_in();
        let entry = table.get_mut("work").and_then(|work| work.get_mut("exec")).expect("it is there");
        *entry = Entry { ns: 7, source: "a \"quoted\" name".to_owned() };
        assert_eq!(read(&text("a comment\nof two lines", &table)), Ok(table.clone()));
        let differs = differing(&table);
        assert_eq!(Costs::of(&differs).work_ns(Work::Exec), 7);
        assert_eq!(differs.values().map(BTreeMap::len).sum::<usize>(), 1);
        assert!(differing(&built_in()).is_empty());
    }

    #[test]
    fn what_is_wrong_is_refused_at_its_place() {
        let without = BUILT_IN.replacen("source = \"L1 hit", "x = \"L1 hit", 1);
        assert_eq!(wrong(&without).0, line_of(&without, "x = \"L1 hit"));
        let unknown = format!("{BUILT_IN}\n[work.exe]\nns = 1\nsource = \"none\"\n");
        let expected =
            "cost `work.exe` is unknown; remove it, or write another: did you mean `work.exec`?".to_owned();
        assert_eq!(wrong(&unknown), (line_of(&unknown, "[work.exe]"), expected));
        let (line, message) = wrong(&BUILT_IN.replacen("[work.delay]", "[work.exec2]", 1));
        assert!(line > 1 && message.starts_with("cost `work.exec2` is unknown"), "{message}");
        let (end, _) = BUILT_IN.split_once("[work.delay]").expect("it is the last");
        let (line, message) = wrong(end);
        assert_eq!(line, line_of(end, "[work.syscall]"));
        assert!(message.starts_with("cost `work.delay` is missing; write [work.delay]"), "{message}");
        for ns in ["0", "1000000001"] {
            let out_of_bounds = BUILT_IN.replacen("ns = 45000", &format!("ns = {ns}"), 1);
            let (line, message) = wrong(&out_of_bounds);
            assert_eq!(line, line_of(&out_of_bounds, "[work.fork_process]"));
            assert!(message.ends_with("it has to be from 1 to 1000000000"), "{message}");
        }
        assert!(wrong(&BUILT_IN.replacen("ns = 45000", "ns = -1", 1)).1.contains("every entry needs"));
    }
}
