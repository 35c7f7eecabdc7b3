//! From lines to events: puts the halves of interrupted calls together, and gives each line to a task. A pid
//! is not a task — pids come back after an exit, and an exec by a thread hands it the pid of its leader — so
//! tasks get numbers of their own, in the order in which they first appear. What the calls mean is for `call`
//! and `build`.

use std::collections::BTreeMap;

use super::TraceReport;
use super::line::{self, Body, Line};

/// Everything that `build` needs to know of the log.
#[derive(Debug, Default)]
pub(super) struct Events {
    pub(super) list: Vec<Event>,
    /// By task: its pid when it first appeared, and the line on which it did.
    pub(super) firsts: Vec<(u32, u64)>,
}

#[derive(Debug)]
pub(super) struct Event {
    /// The line on which it took effect: the last of a call, but the first of a fork, whose child may run
    /// before the parent returns.
    pub(super) order: u64,
    pub(super) task: usize,
    /// When the call was made, or the note written; nanoseconds since 1970.
    pub(super) at_ns: u64,
    pub(super) what: What,
}

#[derive(Debug)]
pub(super) enum What {
    Call { name: String, args: String, result: String },
    Exited,
}

/// Whether a call makes a task.
pub(super) fn is_fork(name: &str) -> bool {
    matches!(name, "clone" | "clone2" | "clone3" | "fork" | "vfork")
}

struct Pending {
    name: String,
    args: String,
    line: u64,
    at_ns: u64,
}

#[derive(Default)]
struct Joiner {
    events: Events,
    /// The task that has a pid now.
    tasks: BTreeMap<u32, usize>,
    /// First halves, by task.
    pending: BTreeMap<usize, Pending>,
}

/// Reads a whole log. Events come in the order in which they took effect.
pub(super) fn events(text: &str, report: &mut TraceReport) -> Events {
    let mut joiner = Joiner::default();
    for (number, text) in (0..).zip(text.lines()) {
        report.lines += 1;
        match line::parse(text) {
            Some(line) => joiner.take(number, line, report),
            None if text.trim().is_empty() => TraceReport::count(&mut report.ignored, "(blank)"),
            None => TraceReport::count(&mut report.unknown, "(not a strace line)"),
        }
    }
    for pending in joiner.pending.values() {
        TraceReport::count(&mut report.ignored, &format!("({} unfinished)", pending.name));
    }
    joiner.events.list.sort_by_key(|event| event.order);
    joiner.events
}

impl Joiner {
    fn take(&mut self, number: u64, line: Line<'_>, report: &mut TraceReport) {
        let task = self.task_of(line.pid, number);
        match line.body {
            Body::Call(call) => self.push_call(number, number, task, line.at_ns, call),
            Body::Unfinished { name, args } => {
                let half =
                    Pending { name: name.to_owned(), args: args.to_owned(), line: number, at_ns: line.at_ns };
                if let Some(lost) = self.pending.insert(task, half) {
                    TraceReport::count(&mut report.ignored, &format!("({} unfinished)", lost.name));
                }
            }
            Body::Resumed { name, tail } => self.resume(number, task, name, tail, report),
            Body::Exited => {
                self.tasks.remove(&line.pid);
                self.events.list.push(Event { order: number, task, at_ns: line.at_ns, what: What::Exited });
            }
            Body::Superseded { by } => {
                self.events.list.push(Event { order: number, task, at_ns: line.at_ns, what: What::Exited });
                // The thread that called execve goes on under the pid of its leader.
                let heir = self.tasks.remove(&by);
                match heir {
                    Some(heir) => self.tasks.insert(line.pid, heir),
                    None => self.tasks.remove(&line.pid),
                };
            }
            Body::Signal => TraceReport::count(&mut report.ignored, "(signal)"),
        }
    }

    fn task_of(&mut self, pid: u32, number: u64) -> usize {
        *self.tasks.entry(pid).or_insert_with(|| {
            self.events.firsts.push((pid, number));
            self.events.firsts.len() - 1
        })
    }

    fn resume(&mut self, number: u64, task: usize, name: &str, tail: &str, report: &mut TraceReport) {
        let head = self.pending.remove(&task).filter(|head| {
            let fits = head.name == name;
            if !fits {
                TraceReport::count(&mut report.ignored, &format!("({} unfinished)", head.name));
            }
            fits
        });
        let Some(head) = head else {
            TraceReport::count(&mut report.ignored, &format!("({name} resumed)"));
            return;
        };
        report.joined += 1;
        let whole = format!("{name}({}{tail}", head.args);
        match line::call(&whole) {
            Some(call) => self.push_call(head.line, number, task, head.at_ns, call),
            None => TraceReport::count(&mut report.unknown, "(not a strace line)"),
        }
    }

    fn push_call(&mut self, first: u64, last: u64, task: usize, at_ns: u64, call: line::Call<'_>) {
        let order = if is_fork(call.name) { first } else { last };
        let [name, args, result] = [call.name, call.args, call.result].map(str::to_owned);
        self.events.list.push(Event { order, task, at_ns, what: What::Call { name, args, result } });
    }
}
