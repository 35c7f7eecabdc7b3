//! The table of costs: what work, accesses and scheduling take in virtual ns. One TOML file, a source per figure.
use super::Access;
use serde::Deserialize;
use std::collections::BTreeMap;

/// The built-in table.
const BUILT_IN: &str = include_str!("costs.toml");

/// Work that touches nothing shared; costs are per unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Work {
    /// Entry into and exit from the kernel.
    Syscall,
    /// Making a mapping.
    Mmap,
    /// Taking a mapping down.
    Munmap,
    /// A page fault without its pages.
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
    /// A controller looking at its numbers.
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

/// Costs in virtual ns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Costs {
    work: [u64; Work::NAMES.len()],
    access: [u64; ACCESSES.len()],
    /// A spinlock handed to a spinning waiter.
    pub spin_handoff_ns: u64,
    /// Switching a CPU from one task to another.
    pub context_switch_ns: u64,
    /// Waking a sleeper, before its context switch.
    pub wakeup_ns: u64,
    /// How long a task keeps its CPU while others wait for it.
    pub time_slice_ns: u64,
}

/// What is wrong with a table of costs.
#[derive(Debug, thiserror::Error)]
pub enum CostsError {
    /// Not TOML, or an entry without `ns` and `source`.
    #[error("{0}")]
    Toml(#[from] toml::de::Error),
    /// A figure is missing.
    #[error("cost `{0}` is missing; every entry needs `ns = N` and `source = \"...\"`")]
    Missing(String),
    /// A figure that nothing uses.
    #[error("cost `{0}` is unknown; remove it")]
    Unknown(String),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    ns: u64,
    #[serde(rename = "source")]
    _source: String,
}

type Table = BTreeMap<String, BTreeMap<String, Entry>>;

impl Costs {
    /// Reads a table.
    ///
    /// # Errors
    /// [`CostsError`] when it is not TOML, or when an entry is missing, unknown or without a source.
    pub fn parse(text: &str) -> Result<Self, CostsError> {
        let mut table: Table = toml::from_str(text)?;
        let mut take = |group: &str, name: &str| {
            table
                .get_mut(group)
                .and_then(|entries| entries.remove(name))
                .map(|entry| entry.ns)
                .ok_or_else(|| CostsError::Missing(format!("{group}.{name}")))
        };
        let mut costs = Self {
            work: [0; Work::NAMES.len()],
            access: [0; ACCESSES.len()],
            spin_handoff_ns: take("sched", "spin_handoff")?,
            context_switch_ns: take("sched", "context_switch")?,
            wakeup_ns: take("sched", "wakeup")?,
            time_slice_ns: take("sched", "time_slice")?,
        };
        for (name, work) in Work::NAMES {
            costs.work[work as usize] = take("work", name)?;
        }
        for (name, access) in ACCESSES {
            costs.access[access as usize] = take("access", name)?;
        }
        match table.iter().find_map(|(group, rest)| rest.keys().next().map(|name| format!("{group}.{name}")))
        {
            Some(unknown) => Err(CostsError::Unknown(unknown)),
            None => Ok(costs),
        }
    }

    /// Cost of `work` in ns.
    #[must_use]
    pub fn work_ns(&self, work: Work) -> u64 {
        self.work[work as usize]
    }

    /// Cost of an access in ns.
    #[must_use]
    pub fn access_ns(&self, access: Access) -> u64 {
        self.access[access as usize]
    }
}

impl Default for Costs {
    /// The built-in table.
    fn default() -> Self {
        Self::parse(BUILT_IN).expect("a test parses the built-in table")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_built_in_table_is_complete_and_every_figure_has_a_source() {
        let costs = Costs::parse(BUILT_IN).expect("complete");
        assert_eq!(costs.work_ns(Work::MovePage), 2300);
        assert_eq!(costs.work_ns(Work::Delay), 1);
        assert_eq!(costs.access_ns(Access::Release), 10);
    }

    #[test]
    fn a_figure_without_source_or_without_use_is_refused() {
        let without = BUILT_IN.replacen("source = \"L1 hit", "x = \"L1 hit", 1);
        assert!(matches!(Costs::parse(&without), Err(CostsError::Toml(_))));
        let unknown = format!("{BUILT_IN}\n[work.nap]\nns = 1\nsource = \"none\"\n");
        assert_eq!(
            Costs::parse(&unknown).expect_err("unknown").to_string(),
            "cost `work.nap` is unknown; remove it"
        );
        let missing = BUILT_IN.replacen("[work.delay]", "[work.dely]", 1);
        assert!(matches!(Costs::parse(&missing), Err(CostsError::Missing(name)) if name == "work.delay"));
    }
}
