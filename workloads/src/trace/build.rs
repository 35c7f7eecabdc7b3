//! Builds streams from events: follows every task from its fork to its exit, and turns calls into numbers of pages and
//! times into thinks.

use std::collections::BTreeSet;

use super::adopt::{self, Family};
use super::call::{Kind, Meaning};
use super::join::{CallEvent, Events, What};
use super::life::Life;
use super::mm::{Added, Books, Mm};
use super::space::{Space, Totals};
use super::touch::{Rule, TOUCHED_PAGES_MAX};
use super::{Task, TraceOptions, TraceReport};
use crate::op::Op;

/// Makes the streams of all tasks, and returns the position of the first process's first task. Empty if there is no
/// task.
pub(super) fn tasks(
    events: &Events,
    is_by_file: bool,
    options: TraceOptions,
    report: &mut TraceReport,
) -> (Vec<Task>, usize) {
    let family = adopt::family(events, is_by_file);
    let root = family.processes.first().and_then(|tasks| tasks.first()).copied().unwrap_or(0);
    let mut builder = Builder::new(events, family, root, options);
    builder.start(report);
    for (at, event) in events.list.iter().enumerate() {
        builder.take(at, event);
    }
    (builder.finish(report), root)
}

struct Builder {
    options: TraceOptions,
    family: Family,
    root: usize,
    lives: Vec<Life>,
    spaces: Vec<Space>,
    totals: Totals,
    /// Tasks of which a sample was taken, with their number of execs.
    sampled: BTreeSet<(usize, usize)>,
    /// Number of execs of each task so far.
    execs: Vec<usize>,
    begin_ns: u64,
    end_ns: u64,
    /// True if the root has done anything.
    has_begun: bool,
    /// Number of the event.
    now: usize,
}

impl Builder {
    fn new(events: &Events, family: Family, root: usize, options: TraceOptions) -> Self {
        let times = || events.list.iter().map(|event| event.at_ns);
        let count = events.firsts.len();
        Builder {
            options,
            family,
            root,
            lives: (0..count).map(|_| Life::default()).collect(),
            spaces: Vec::new(),
            totals: Totals::default(),
            sampled: sampled_images(events, count),
            execs: vec![0; count],
            begin_ns: times().min().unwrap_or(0),
            end_ns: times().max().unwrap_or(0),
            has_begun: false,
            now: 0,
        }
    }

    /// Makes the first task start those that existed at the beginning.
    fn start(&mut self, report: &mut TraceReport) {
        report.assumptions.append(&mut self.family.assumptions);
        let processes = std::mem::take(&mut self.family.processes);
        report.adopted = processes.iter().map(Vec::len).sum::<usize>().saturating_sub(1) as u64;
        for process in &processes {
            let space = self.spaces.len();
            let Some(&leader) = process.first() else { continue };
            self.totals.process_started();
            self.spaces.push(Space {
                is_first: leader == self.root,
                is_sampled: self.sampled.contains(&(leader, 0)),
                ..Space::default()
            });
            for &task in process {
                self.begin(task, space, self.begin_ns);
                let parent = if task == leader { self.root } else { leader };
                if task != self.root {
                    self.give_child(parent, task, self.begin_ns, task != leader);
                }
            }
        }
    }

    fn begin(&mut self, task: usize, space: usize, at_ns: u64) {
        self.lives[task].space = Some(space);
        self.lives[task].at_ns = at_ns;
        self.lives[task].lived = (self.now, usize::MAX);
        self.spaces[space].users += 1;
        self.totals.thread_started();
    }

    fn give_child(&mut self, parent: usize, task: usize, at_ns: u64, is_thread: bool) {
        let child = self.lives[parent].task.children.len() as u32;
        self.lives[parent].task.children.push(task);
        self.push(
            parent,
            at_ns,
            if is_thread { Op::ForkThread { child } } else { Op::ForkProcess { child } },
        );
    }

    fn take(&mut self, at: usize, event: &CallEvent) {
        self.now = at;
        let Some(space) = self.lives[event.task].space else { return };
        match event.what {
            What::Exited | What::Call(Meaning::Exit) => self.exit(event),
            What::Sample { anon_pages } => {
                self.change(event, space, |space, _| {
                    space.sample(anon_pages.min(TOUCHED_PAGES_MAX));
                    Added::default()
                });
            }
            What::Call(Meaning::Fork { is_thread, stack, .. }) => {
                self.fork(at, event, space, is_thread, stack);
            }
            What::Call(Meaning::Exec) => self.exec(event, space),
            What::Call(meaning) => {
                self.change(event, space, |space, rule| replay(&mut space.mm, meaning, rule));
            }
        }
        self.has_begun |= event.task == self.root;
    }

    /// Changes an address space, and appends the operations that change the replay's in the same way.
    fn change(&mut self, event: &CallEvent, at: usize, with: impl FnOnce(&mut Space, &mut Rule) -> Added) {
        let room = TOUCHED_PAGES_MAX.saturating_sub(self.totals.touched_now);
        let space = &mut self.spaces[at];
        let percent = if space.is_sampled { 0 } else { self.options.touch_percent };
        let mut rule = Rule::new(percent, room);
        let (before, committed) = (space.mm.books(), space.mm.committed_now());
        let added = with(space, &mut rule);
        let after = space.mm.books();
        let ops = catch_up(&mut space.replayed, after);
        let pages = &mut self.totals.pages;
        pages.reserved = pages.reserved.saturating_add(added.reserved);
        pages.committed = pages.committed.saturating_add(added.committed);
        pages.refused = pages.refused.saturating_add(rule.refused);
        self.totals.changed(before, after);
        self.totals.recommitted(committed, self.spaces[at].mm.committed_now());
        for op in ops.into_iter().flatten() {
            self.push(event.task, event.at_ns, op);
        }
    }

    fn fork(&mut self, at: usize, event: &CallEvent, space: usize, is_thread: bool, stack: (u64, u64)) {
        // A child that left no line was a task, too: it exits at once.
        let task = self.family.children.get(&at).copied().unwrap_or(self.lives.len());
        let is_silent = task == self.lives.len();
        if is_silent {
            self.lives.push(Life::default());
            self.execs.push(0);
        }
        if is_thread {
            self.change(event, space, |space, _| {
                space.mm.use_as_stack(stack);
                Added::default()
            });
        }
        let child_space = if is_thread { space } else { self.spaces.len() };
        if !is_thread {
            let parent = &self.spaces[space];
            let copy = Space {
                mm: parent.mm.fork(),
                inherited: parent.anon_pages(),
                is_sampled: self.sampled.contains(&(task, 0)),
                replayed: Books { touched: 0, ..parent.replayed },
                ..Space::default()
            };
            self.spaces.push(copy);
            self.totals.process_started();
        }
        self.give_child(event.task, task, event.at_ns, is_thread);
        self.begin(task, child_space, event.at_ns);
        if is_thread && !is_silent {
            self.touch_stack(event, task, child_space);
        }
    }

    /// Touches the top of the stack of a thread.
    fn touch_stack(&mut self, event: &CallEvent, task: usize, space: usize) {
        let by_thread = CallEvent { order: event.order, task, at_ns: event.at_ns, what: What::Exited };
        self.change(&by_thread, space, |space, rule| space.mm.touch_stack(rule));
    }

    /// Handles an exec. The exec with which strace itself started the program is left out, because the process of the
    /// replay is new as well.
    fn exec(&mut self, event: &CallEvent, space: usize) {
        self.execs[event.task] += 1;
        let is_start = event.task == self.root && !self.has_begun;
        let old = std::mem::replace(
            &mut self.spaces[space],
            Space {
                users: 1,
                is_sampled: self.sampled.contains(&(event.task, self.execs[event.task])),
                ..Space::default()
            },
        );
        self.spaces[space].is_first = old.is_first;
        self.totals.image_gone(&old);
        // Other threads of the process end.
        for (task, life) in self.lives.iter_mut().enumerate() {
            if life.space == Some(space) && task != event.task {
                life.space = None;
                self.totals.threads_now -= u64::from(!life.has_exited);
            }
        }
        if is_start {
            self.lives[event.task].at_ns = event.at_ns;
        } else {
            self.push(event.task, event.at_ns, Op::Exec);
        }
    }

    fn exit(&mut self, event: &CallEvent) {
        let life = &self.lives[event.task];
        if life.has_exited {
            return;
        }
        let space = life.space;
        self.push(event.task, event.at_ns, Op::Exit);
        self.lives[event.task].lived.1 = self.now;
        self.totals.threads_now -= 1;
        let Some(at) = space else { return };
        self.spaces[at].users = self.spaces[at].users.saturating_sub(1);
        if self.spaces[at].users == 0 {
            self.totals.process_ended(&self.spaces[at]);
            self.totals.image_gone(&self.spaces[at]);
        }
    }

    fn push(&mut self, task: usize, at_ns: u64, op: Op) {
        self.lives[task].push(at_ns, op, self.options);
    }

    fn finish(mut self, report: &mut TraceReport) -> Vec<Task> {
        for space in self.spaces.iter().filter(|space| space.users > 0) {
            self.totals.process_ended(space);
        }
        let (threads, processes) = (self.totals.threads, self.totals.processes);
        (report.threads, report.processes) = (threads, processes);
        (report.threads_peak, report.processes_peak) = (self.totals.threads_peak, self.totals.processes_peak);
        report.pages = self.totals.pages;
        report.pages.resident_max = resident_max(&self.lives);
        self.lives.into_iter().map(|life| life.end(self.end_ns, self.options)).collect()
    }
}

/// Returns the most pages that a replay has touched at one time: the maximum of each task, summed over the tasks that
/// live at one time.
fn resident_max(lives: &[Life]) -> u64 {
    let mut changes: Vec<(usize, bool, u64)> = Vec::new();
    for life in lives.iter().filter(|life| life.space.is_some()) {
        let pages = life.resident_max();
        changes.extend([(life.lived.0, false, pages), (life.lived.1, true, pages)]);
    }
    changes.sort_unstable();
    let (mut now, mut most) = (0u64, 0);
    for (_, is_end, pages) in changes {
        now = if is_end { now.saturating_sub(pages) } else { now.saturating_add(pages) };
        most = most.max(now);
    }
    most
}

/// Returns the images of tasks, by their number of execs, of which there is a sample.
fn sampled_images(events: &Events, count: usize) -> BTreeSet<(usize, usize)> {
    let mut execs = vec![0; count];
    let mut sampled = BTreeSet::new();
    for event in &events.list {
        match event.what {
            What::Call(Meaning::Exec) => execs[event.task] += 1,
            What::Sample { .. } => {
                sampled.insert((event.task, execs[event.task]));
            }
            _ => {}
        }
    }
    sampled
}

/// Applies the effect of a call to an address space.
fn replay(mm: &mut Mm, meaning: Meaning, rule: &mut Rule) -> Added {
    match meaning {
        Meaning::Map { addr, bytes, kind, is_populated, .. } => {
            let pages = bytes.div_ceil(4096);
            let touched = match kind {
                Kind::Own if is_populated => rule.whole(pages),
                Kind::Own => rule.share(pages),
                _ => 0,
            };
            mm.map((addr, bytes), kind, touched)
        }
        Meaning::Protect { addr, bytes, access } => mm.protect((addr, bytes), access, rule),
        Meaning::Unmap { addr, bytes } => {
            mm.unmap(addr, bytes);
            Added::default()
        }
        Meaning::Break { end, .. } => mm.set_break(end, rule),
        Meaning::Remap { old, new, keeps_old } => mm.remap(old, new, keeps_old, rule),
        Meaning::Release { addr, bytes } => {
            mm.release(addr, bytes);
            Added::default()
        }
        Meaning::Populate { addr, bytes } => {
            mm.populate(addr, bytes, rule);
            Added::default()
        }
        _ => Added::default(),
    }
}

/// Returns the operations that bring the replay's address space to the recorded size. Unmapping takes untouched pages
/// first, so touched pages are released after it.
fn catch_up(replayed: &mut Books, wanted: Books) -> [Option<Op>; 2] {
    let amount = |pages: u64| u32::try_from(pages).unwrap_or(u32::MAX);
    let size = match wanted.mapped.checked_sub(replayed.mapped) {
        Some(0) => None,
        Some(grown) => Some(Op::Mmap { pages: amount(grown) }),
        None => Some(Op::Munmap { pages: amount(replayed.mapped - wanted.mapped) }),
    };
    let touched = replayed.touched.min(wanted.mapped);
    let content = match wanted.touched.checked_sub(touched) {
        Some(0) => None,
        Some(more) => Some(Op::Touch { pages: amount(more) }),
        None => Some(Op::Release { pages: amount(touched - wanted.touched) }),
    };
    *replayed = wanted;
    [size, content]
}
