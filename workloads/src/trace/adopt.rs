//! Finds the parent of every task. Tasks whose fork is not in the recording existed before it began; with `strace -p`
//! these are all tasks. They are taken as threads of one process unless there is evidence against it.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::call::Meaning;
use super::join::{CallEvent, Events, What};

/// The initial tasks, and the parent of each other task.
#[derive(Debug, Default)]
pub(super) struct Family {
    /// The child of each fork, by the position of its event.
    pub(super) children: BTreeMap<usize, usize>,
    /// Processes that existed at the beginning, the first one first, each with its tasks, starting with its first
    /// thread.
    pub(super) processes: Vec<Vec<usize>>,
    pub(super) assumptions: Vec<String>,
}

/// Finds the relations between the tasks of a recording; with `is_by_file`, lines of different files have no order.
pub(super) fn family(events: &Events, is_by_file: bool) -> Family {
    let children = children(events, is_by_file);
    let born: BTreeSet<usize> = children.values().copied().collect();
    let adopted: Vec<usize> = (0..events.firsts.len()).filter(|task| !born.contains(task)).collect();
    let mut family = Family { children, ..Family::default() };
    if adopted.len() > 1 {
        family.processes = Evidence::of(events, &adopted).processes(events, &adopted);
        family.assumptions.push(family.assumed(events));
    } else {
        family.processes = vec![adopted];
    }
    family
}

impl Family {
    fn assumed(&self, events: &Events) -> String {
        let tasks: usize = self.processes.iter().map(Vec::len).sum();
        let pid = |task: &usize| events.firsts[*task].pid.to_string();
        let firsts: Vec<String> = self.processes.iter().filter_map(|tasks| tasks.first().map(pid)).collect();
        let known = self.processes.iter().flatten().all(|task| events.leaders.contains_key(task));
        match (self.processes.len(), known) {
            (n, true) => format!(
                "nothing about the {tasks} threads that existed before: /proc shows their {n} processes"
            ),
            (1, false) => format!(
                "the {tasks} threads whose start is not recorded are of one process ({}): there is no evidence against it",
                firsts[0]
            ),
            (n, false) => format!(
                "the {tasks} threads whose start is not recorded are of {n} processes (first threads {}), because their \
                 addresses contradict each other or strace said so; the rest are assigned to the first process that fits",
                firsts.join(", ")
            ),
        }
    }
}

/// Finds the child of each fork: the next task that appears under its pid.
fn children(events: &Events, is_by_file: bool) -> BTreeMap<usize, usize> {
    let mut waiting: BTreeMap<u32, VecDeque<(usize, u64)>> = BTreeMap::new();
    for (task, first) in events.firsts.iter().enumerate() {
        waiting.entry(first.pid).or_default().push_back((task, first.line));
    }
    let mut children = BTreeMap::new();
    for (at, event) in events.list.iter().enumerate() {
        let What::Call(Meaning::Fork { pid, .. }) = event.what else { continue };
        let Some(waiting) = waiting.get_mut(&pid) else { continue };
        while !is_by_file && waiting.front().is_some_and(|&(_, line)| line < event.order) {
            waiting.pop_front();
        }
        if waiting.front().is_some_and(|(task, _)| *task != event.task) {
            children.extend(waiting.pop_front().map(|(task, _)| (at, task)));
        }
    }
    children
}

/// Evidence that two tasks belong to different processes, or to one.
#[derive(Default)]
struct Evidence {
    /// Pairs of tasks of different processes, the smaller number first.
    separate: BTreeSet<(usize, usize)>,
    /// The pid of the process of each task.
    process: BTreeMap<usize, u32>,
}

impl Evidence {
    fn of(events: &Events, adopted: &[usize]) -> Evidence {
        let mut evidence = Evidence::default();
        for (task, leader) in &events.leaders {
            evidence.process.insert(*task, events.firsts[*leader].pid);
        }
        // Strace names the first thread of each process it attaches to.
        for task in adopted {
            if events.attached.contains_key(&events.firsts[*task].pid) {
                evidence.process.entry(*task).or_insert(events.firsts[*task].pid);
            }
        }
        let adopted: BTreeSet<usize> = adopted.iter().copied().collect();
        let mut space = Space::default();
        for event in events.list.iter().filter(|event| adopted.contains(&event.task)) {
            evidence.take(event, &mut space);
        }
        evidence
    }

    fn take(&mut self, event: &CallEvent, space: &mut Space) {
        let What::Call(meaning) = event.what else { return };
        let others = match meaning {
            Meaning::Process { pid } => {
                self.process.entry(event.task).or_insert(pid);
                return;
            }
            Meaning::Map { addr, bytes, is_chosen, .. } => space.map(event.task, addr, bytes, is_chosen),
            Meaning::Unmap { addr, bytes } => {
                space.unmap(addr, bytes);
                return;
            }
            Meaning::Remap { old, new, keeps_old, .. } => {
                if !keeps_old {
                    space.unmap(old.0, old.1);
                }
                space.map(event.task, new.0, new.1, false)
            }
            Meaning::Break { end, is_query } => space.set_break(event.task, end, is_query),
            _ => return,
        };
        for other in others.into_iter().filter(|other| *other != event.task) {
            self.separate.insert((event.task.min(other), event.task.max(other)));
        }
    }

    /// Assigns each task to the first process that no evidence contradicts.
    fn processes(&self, events: &Events, adopted: &[usize]) -> Vec<Vec<usize>> {
        let mut order = adopted.to_vec();
        // The first thread of a process has the lowest pid, unless pids have wrapped around.
        order.sort_by_key(|task| {
            (self.process.get(task) != Some(&events.firsts[*task].pid), events.firsts[*task].pid)
        });
        let mut processes: Vec<Vec<usize>> = Vec::new();
        for task in order {
            let fits = |process: &&mut Vec<usize>| process.iter().all(|other| !self.differ(task, *other));
            match processes.iter_mut().find(fits) {
                Some(process) => process.push(task),
                None => processes.push(vec![task]),
            }
        }
        processes
    }

    fn differ(&self, one: usize, other: usize) -> bool {
        let pids = self.process.get(&one).zip(self.process.get(&other));
        match pids {
            Some((one, other)) => one != other,
            None => self.separate.contains(&(one.min(other), one.max(other))),
        }
    }
}

/// Ranges that tasks mapped, assuming one process: a contradiction shows that there are several.
#[derive(Default)]
struct Space {
    /// End and owners of each range, by first byte; several owners once they are known to be of different processes.
    ranges: BTreeMap<u64, (u64, Vec<usize>)>,
    /// The end of the heap that each task saw last.
    heaps: BTreeMap<usize, u64>,
    /// The end of the heap in the last call of any task.
    heap_end: u64,
}

impl Space {
    /// Records a mapping. Returns the tasks whose live range the kernel could not have given to another thread of their
    /// process.
    fn map(&mut self, task: usize, addr: u64, bytes: u64, is_chosen: bool) -> Vec<usize> {
        let end = addr.saturating_add(bytes);
        let below = self.ranges.range(..end).next_back().filter(|(_, (other_end, _))| *other_end > addr);
        let others = below.filter(|_| is_chosen).map(|(_, (_, owners))| owners.clone()).unwrap_or_default();
        self.unmap(addr, bytes);
        let owners = others.iter().copied().filter(|other| *other != task).chain([task]).collect();
        self.ranges.insert(addr, (end, owners));
        others
    }

    fn unmap(&mut self, addr: u64, bytes: u64) {
        let end = addr.saturating_add(bytes);
        while let Some((&at, (other_end, owners))) =
            self.ranges.range(..end).next_back().filter(|(_, (other_end, _))| *other_end > addr)
        {
            let (other_end, owners) = (*other_end, owners.clone());
            self.ranges.remove(&at);
            if other_end > end {
                self.ranges.insert(end, (other_end, owners.clone()));
            }
            if at < addr {
                self.ranges.insert(at, (addr, owners));
                break;
            }
        }
    }

    /// Records the end of a heap. All threads of a process see the same end. So a query with an unknown result is of
    /// another process, and so is a call that sets the end to where another thread has just set it, as workers of one
    /// parent do.
    fn set_break(&mut self, task: usize, end: u64, is_query: bool) -> Vec<usize> {
        let is_known = self.heaps.values().any(|seen| *seen == end) || self.heaps.contains_key(&task);
        let others: Vec<usize> = match is_query {
            true if !is_known => self.heaps.keys().copied().collect(),
            false if self.heap_end == end => {
                self.heaps.iter().filter(|(_, seen)| **seen == end).map(|(task, _)| *task).collect()
            }
            _ => Vec::new(),
        };
        self.heaps.insert(task, end);
        self.heap_end = end;
        others
    }
}
