//! From events to streams: follows every task from its fork to its exit, and turns calls into amounts of
//! pages and times into thinks.

use std::collections::{BTreeMap, VecDeque};

use super::call::{Mapping, Meaning, meaning};
use super::join::{Event, Events, What};
use super::life::Life;
use super::mm::{Change, Mm};
use super::{Task, TraceOptions, TraceReport};
use crate::op::Op;

/// Makes the streams of all tasks; the first is the root. Empty when the log holds no task.
pub(super) fn tasks(events: Events, options: TraceOptions, report: &mut TraceReport) -> Vec<Task> {
    let mut builder = Builder::new(events.firsts, options);
    for event in &events.list {
        builder.take(event, report);
    }
    builder.finish(report)
}

struct Builder {
    options: TraceOptions,
    lives: Vec<Life>,
    mms: Vec<Mm>,
    /// Tasks that no fork has claimed yet, by pid, with the line on which each first appeared.
    unclaimed: BTreeMap<u32, VecDeque<(usize, u64)>>,
}

impl Builder {
    fn new(firsts: Vec<(u32, u64)>, options: TraceOptions) -> Self {
        let mut lives: Vec<Life> = firsts.iter().map(|_| Life::default()).collect();
        if let Some(root) = lives.first_mut() {
            root.mm = Some(0);
        }
        let mut unclaimed: BTreeMap<u32, VecDeque<(usize, u64)>> = BTreeMap::new();
        for (task, (pid, line)) in firsts.into_iter().enumerate().skip(1) {
            unclaimed.entry(pid).or_default().push_back((task, line));
        }
        Builder { options, lives, mms: vec![Mm::default()], unclaimed }
    }

    fn take(&mut self, event: &Event, report: &mut TraceReport) {
        let life = &mut self.lives[event.task];
        let Some(mm) = life.mm else {
            TraceReport::count(&mut report.ignored, "(task without its fork)");
            return;
        };
        if life.at_ns == 0 {
            life.at_ns = event.at_ns;
        }
        let What::Call { name, args, result } = &event.what else {
            report.used += 1;
            self.exit(event);
            return;
        };
        let counts = match meaning(name, args, result) {
            Meaning::Failed => &mut report.failed,
            Meaning::Ignored => &mut report.ignored,
            Meaning::Unknown => &mut report.unknown,
            Meaning::Malformed => {
                TraceReport::count(&mut report.unknown, &format!("({name} malformed)"));
                return;
            }
            Meaning::Open { addr, bytes } => match self.mms[mm].open(addr, bytes) {
                0 => &mut report.ignored,
                opened => {
                    report.used += 1;
                    self.touch(event, mm, opened);
                    return;
                }
            },
            replayed => {
                report.used += 1;
                self.replay(event, mm, replayed);
                return;
            }
        };
        TraceReport::count(counts, name);
    }

    fn replay(&mut self, event: &Event, mm: usize, what: Meaning) {
        let space = &mut self.mms[mm];
        match what {
            Meaning::Map { addr, bytes, kind } => {
                let change = space.map(addr, bytes, kind == Mapping::Reserved);
                self.resize(event, mm, change, kind == Mapping::Own);
            }
            Meaning::Unmap { addr, bytes } => {
                let change = space.unmap(addr, bytes);
                self.resize(event, mm, change, false);
            }
            Meaning::Break { end } => {
                let change = space.set_break(end);
                self.resize(event, mm, change, true);
            }
            Meaning::Remap { old_addr, old_bytes, addr, bytes } => {
                let change = space.remap((old_addr, old_bytes), (addr, bytes));
                self.resize(event, mm, change, true);
            }
            Meaning::Release { bytes } => {
                let released = space.release(bytes);
                self.push_pages(event, released, |pages| Op::Release { pages });
            }
            Meaning::Fork { pid, is_thread } => self.fork(event, mm, pid, is_thread),
            Meaning::Exec => self.exec(event),
            Meaning::Exit => self.exit(event),
            Meaning::Open { .. }
            | Meaning::Failed
            | Meaning::Ignored
            | Meaning::Unknown
            | Meaning::Malformed => {}
        }
    }

    fn resize(&mut self, event: &Event, mm: usize, change: Change, touchable: bool) {
        match change {
            Change::Shrunk(pages) => self.push_pages(event, pages, |pages| Op::Munmap { pages }),
            Change::Grown(pages) => {
                self.push_pages(event, pages, |pages| Op::Mmap { pages });
                if touchable {
                    self.touch(event, mm, pages);
                }
            }
        }
    }

    /// Touches the assumed share of pages that the program can now reach.
    fn touch(&mut self, event: &Event, mm: usize, pages: u64) {
        let wanted = (pages * u64::from(self.options.touch_percent)).div_ceil(100);
        let touched = self.mms[mm].touch(wanted);
        self.push_pages(event, touched, |pages| Op::Touch { pages });
    }

    fn fork(&mut self, event: &Event, mm: usize, pid: u32, is_thread: bool) {
        let waiting = self.unclaimed.entry(pid).or_default();
        while waiting.front().is_some_and(|&(_, line)| line < event.order) {
            waiting.pop_front();
        }
        // A child that left no line still was a task: it exits at once.
        let task = waiting.pop_front().map_or(self.lives.len(), |(task, _)| task);
        if task == self.lives.len() {
            self.lives.push(Life::default());
        }
        let child_mm = if is_thread { mm } else { self.mms.len() };
        if !is_thread {
            let copy = self.mms[mm].fork();
            self.mms.push(copy);
        }
        self.lives[task].mm = Some(child_mm);
        self.lives[task].at_ns = event.at_ns;
        let child = self.lives[event.task].task.children.len() as u32;
        self.lives[event.task].task.children.push(task);
        self.push(event, if is_thread { Op::ForkThread { child } } else { Op::ForkProcess { child } });
    }

    /// The exec with which strace itself started the program is left out: the process of the replay is new as
    /// well.
    fn exec(&mut self, event: &Event) {
        self.lives[event.task].mm = Some(self.mms.len());
        self.mms.push(Mm::default());
        let is_start = event.task == 0 && self.lives[0].task.ops.is_empty();
        if is_start {
            self.lives[0].at_ns = event.at_ns;
        } else {
            self.push(event, Op::Exec);
        }
    }

    fn exit(&mut self, event: &Event) {
        self.push(event, Op::Exit);
    }

    fn push_pages(&mut self, event: &Event, pages: u64, op: impl FnOnce(u32) -> Op) {
        if pages > 0 {
            self.push(event, op(u32::try_from(pages).unwrap_or(u32::MAX)));
        }
    }

    fn push(&mut self, event: &Event, op: Op) {
        self.lives[event.task].push(event.at_ns, op, self.options);
    }

    fn finish(self, report: &mut TraceReport) -> Vec<Task> {
        report.orphans = self.lives.iter().filter(|life| life.mm.is_none()).count() as u64;
        self.lives.into_iter().map(Life::end).collect()
    }
}
