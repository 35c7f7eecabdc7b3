//! Turns lines into events: joins the halves of interrupted calls, and assigns each line to a task. A pid is not a task
//! — pids are reused after an exit, and an exec by a thread gives it the pid of its leader — so tasks get their own
//! numbers, in the order in which they first appear. `call` and `build` interpret the calls.

use std::collections::{BTreeMap, BTreeSet};

use super::body::{self, Body, Call};
use super::call::{Meaning, is_fork, meaning};
use super::read::{Read, ReadLine};
use super::report::{BLANK, TraceReport};
use super::sample::Sample;

/// Everything that `build` needs to know about the recording.
#[derive(Debug, Default)]
pub(super) struct Events {
    /// Events in the order in which they took effect.
    pub(super) list: Vec<CallEvent>,
    /// The first line of each task.
    pub(super) firsts: Vec<First>,
    /// Processes for which strace reported that it attached to all their threads, with the number of threads.
    pub(super) attached: BTreeMap<u32, u32>,
    /// The first task of the process of a task, if a sample shows it.
    pub(super) leaders: BTreeMap<usize, usize>,
}

/// The first line of a task.
#[derive(Clone, Copy, Debug)]
pub(super) struct First {
    /// The pid of the line; 0 where lines have none.
    pub(super) pid: u32,
    pub(super) line: u64,
}

#[derive(Debug)]
pub(super) struct CallEvent {
    /// The number of the line on which it took effect: the last of a call, except for a fork and an unmapping, for
    /// which it is the first. The child of a fork may run before the parent returns.
    pub(super) order: u64,
    pub(super) task: usize,
    /// Time at which the call was made, or the note written, in ns.
    pub(super) at_ns: u64,
    pub(super) what: What,
}

#[derive(Debug)]
pub(super) enum What {
    Call(Meaning),
    /// The number of anonymous pages of the task's process.
    Sample {
        anon_pages: u64,
    },
    Exited,
}

struct Pending {
    name: String,
    args: String,
    line: u64,
    at_ns: u64,
}

/// Placeholder for the pid of lines without one, until it is known.
const UNNAMED: u32 = 0;

struct Joiner<'a> {
    events: Events,
    report: &'a mut TraceReport,
    /// The current task of each pid.
    tasks: BTreeMap<u32, usize>,
    /// First halves, by task.
    pending: BTreeMap<usize, Pending>,
    /// Pids that forks or strace named and that have not appeared yet.
    announced: BTreeSet<u32>,
    /// Positions of exits of the task whose lines have no pid; removed if it continues.
    unnamed_exits: Vec<usize>,
    last_unnamed: Option<usize>,
    /// Samples still to come, the next one last.
    samples: Vec<Sample>,
    /// Pids in samples so far.
    sampled: BTreeSet<u32>,
    /// Line and time of calls of `exit_group`, by task; samples taken before the exit is complete belong before that
    /// line.
    exits: BTreeMap<usize, (u64, u64)>,
}

/// Reads a whole recording.
pub(super) fn events(read: &Read<'_>, report: &mut TraceReport) -> Events {
    let mut samples = read.samples.clone();
    samples.sort_by_key(|sample| std::cmp::Reverse(sample.at_ns));
    report.samples = samples.len() as u64;
    let mut joiner = Joiner {
        events: Events::default(),
        report,
        tasks: BTreeMap::new(),
        pending: BTreeMap::new(),
        announced: BTreeSet::new(),
        unnamed_exits: Vec::new(),
        last_unnamed: None,
        samples,
        sampled: BTreeSet::new(),
        exits: BTreeMap::new(),
    };
    // Every second number, so that a sample can be placed before a line.
    for (order, line) in (1..).step_by(2).zip(&read.lines) {
        joiner.samples_until(line.at_ns, order - 1);
        joiner.take(order, line);
    }
    joiner.samples_until(u64::MAX, 2 * read.lines.len() as u64);
    for pending in joiner.pending.values() {
        TraceReport::count(&mut joiner.report.notes, &format!("({} unfinished)", pending.name));
    }
    joiner.events.list.sort_by_key(|event| event.order);
    joiner.events
}

impl Joiner<'_> {
    fn take(&mut self, order: u64, line: &ReadLine<'_>) {
        let Some(body) = line.body else {
            if line.text.trim().is_empty() {
                TraceReport::count(&mut self.report.notes, BLANK);
            } else {
                self.report.drop_line("not a line of strace", line.number, line.text);
            }
            return;
        };
        match body {
            Body::Signal => return TraceReport::count(&mut self.report.notes, "(signal)"),
            Body::Message => return TraceReport::count(&mut self.report.notes, "(message of strace)"),
            Body::Stack => return TraceReport::count(&mut self.report.notes, "(stack)"),
            Body::Cut => return self.report.drop_line("call without its end", line.number, line.text),
            Body::Attached { pid, threads } => return self.attached(pid, threads),
            _ => {}
        }
        let task = self.task_of(line, &body, order);
        match body {
            Body::Call(call) => self.push_call((order, order), task, line.at_ns, call, line),
            Body::Unfinished { name, args } => {
                let half =
                    Pending { name: name.to_owned(), args: args.to_owned(), line: order, at_ns: line.at_ns };
                if let Some(lost) = self.pending.insert(task, half) {
                    TraceReport::count(&mut self.report.notes, &format!("({} unfinished)", lost.name));
                }
            }
            Body::Resumed { name, tail } => self.resume(order, task, name, tail, line),
            Body::Exited => {
                TraceReport::count(&mut self.report.used, "(exit)");
                if let Some(pid) = self.pid_of(task) {
                    self.tasks.remove(&pid);
                }
                self.push(order, task, line.at_ns, What::Exited);
                self.note_exit(line, task);
            }
            Body::Superseded { by } => {
                TraceReport::count(&mut self.report.used, "(exit)");
                self.push(order, task, line.at_ns, What::Exited);
                // The thread that called execve continues under the pid of its leader.
                if let (Some(pid), Some(heir)) = (self.pid_of(task), self.tasks.remove(&by)) {
                    self.tasks.insert(pid, heir);
                }
            }
            _ => TraceReport::count(&mut self.report.notes, "(detached)"),
        }
    }

    fn attached(&mut self, pid: u32, threads: Option<u32>) {
        TraceReport::count(&mut self.report.notes, "(attached)");
        if let Some(threads) = threads {
            self.events.attached.insert(pid, threads);
        }
        if !self.tasks.contains_key(&pid) {
            self.announced.insert(pid);
        }
    }

    fn pid_of(&self, task: usize) -> Option<u32> {
        self.tasks.iter().find(|(_, at)| **at == task).map(|(pid, _)| *pid)
    }

    fn task_of(&mut self, line: &ReadLine<'_>, body: &Body<'_>, order: u64) -> usize {
        match line.pid {
            Some(pid) => self.named(pid, body, order),
            None => self.unnamed(order),
        }
    }

    fn named(&mut self, pid: u32, body: &Body<'_>, order: u64) -> usize {
        if let Some(task) = self.tasks.get(&pid) {
            return *task;
        }
        if let Some(&first) = self.tasks.get(&UNNAMED)
            && !self.announced.contains(&pid)
            && self.is_first(first, body)
        {
            // Strace names the first task only once there is a second.
            self.tasks.remove(&UNNAMED);
            self.tasks.insert(pid, first);
            self.events.firsts[first].pid = pid;
            return first;
        }
        self.announced.remove(&pid);
        self.new_task(pid, order)
    }

    /// Reports whether a line with an unknown pid can be of the task without one: the line ends the task's current
    /// call, or the task is not in a call.
    fn is_first(&self, first: usize, body: &Body<'_>) -> bool {
        match (self.pending.get(&first), body) {
            (Some(pending), Body::Resumed { name, .. }) => pending.name == *name,
            (Some(_), _) => false,
            (None, _) => true,
        }
    }

    /// Returns the task of a line without a pid: the only one, or the first.
    fn unnamed(&mut self, order: u64) -> usize {
        let task = match self.tasks.get(&UNNAMED).or_else(|| self.tasks.values().min()) {
            Some(task) => *task,
            None => match self.last_unnamed {
                Some(task) => self.goes_on(task),
                None => self.new_task(UNNAMED, order),
            },
        };
        self.last_unnamed = Some(task);
        task
    }

    /// Removes the exits of a task that continues: they were exits of other tasks.
    fn goes_on(&mut self, task: usize) -> usize {
        for at in self.unnamed_exits.drain(..) {
            self.events.list[at].what = What::Call(Meaning::Ignored);
        }
        self.tasks.insert(self.events.firsts[task].pid, task);
        task
    }

    fn note_exit(&mut self, line: &ReadLine<'_>, task: usize) {
        if line.pid.is_none() && self.last_unnamed == Some(task) {
            self.unnamed_exits.push(self.events.list.len() - 1);
        }
    }

    fn new_task(&mut self, pid: u32, order: u64) -> usize {
        let task = self.events.firsts.len();
        self.events.firsts.push(First { pid, line: order });
        self.tasks.insert(pid, task);
        task
    }

    fn resume(&mut self, order: u64, task: usize, name: &str, tail: &str, line: &ReadLine<'_>) {
        let head = self.pending.remove(&task);
        let fits = |head: &Pending| head.name == name || head.name == "???" || name == "???";
        let head = match head {
            Some(head) if fits(&head) => head,
            lost => {
                if let Some(lost) = lost {
                    TraceReport::count(&mut self.report.notes, &format!("({} unfinished)", lost.name));
                }
                return TraceReport::count(&mut self.report.notes, &format!("({name} resumed)"));
            }
        };
        let whole = format!("{}({}{tail}", head.name, head.args);
        match body::call(&whole) {
            Some(call) => {
                self.report.joined += 1;
                self.push_call((head.line, order), task, head.at_ns, call, line);
            }
            // Interrupted once more, or detached: the first half is kept.
            None if tail.contains("<unfinished") => {
                TraceReport::count(&mut self.report.notes, "(unfinished once more)");
                let args = format!("{}{}", head.args, tail.replace("<unfinished ...>", ""));
                self.pending.insert(task, Pending { args, ..head });
            }
            None if tail.contains("<detached") => {
                self.report.joined += 1;
                TraceReport::count(&mut self.report.notes, "(detached)");
            }
            None => {
                self.report.joined += 1;
                self.report.drop_line("call without its end", line.number, line.text);
            }
        }
    }

    fn push_call(&mut self, lines: (u64, u64), task: usize, at_ns: u64, call: Call<'_>, line: &ReadLine<'_>) {
        let (first, last) = lines;
        // A range may be given to another thread before the line with the result of its unmapping.
        let order = if is_fork(call.name) || call.name == "munmap" { first } else { last };
        let meaning = meaning(call.name, call.args, call.result);
        let counts = match meaning {
            Meaning::Failed => &mut self.report.failed,
            Meaning::Ignored => &mut self.report.ignored,
            Meaning::Malformed => {
                let kind = format!("{} with arguments or a result that cannot be read", call.name);
                return self.report.drop_line(&kind, line.number, line.text);
            }
            _ => &mut self.report.used,
        };
        TraceReport::count(counts, call.name);
        if let Meaning::Fork { pid, .. } = meaning
            && !self.tasks.contains_key(&pid)
        {
            self.announced.insert(pid);
        }
        if !matches!(meaning, Meaning::Failed | Meaning::Ignored) {
            self.push(order, task, at_ns, What::Call(meaning));
        }
        if meaning == Meaning::Exit {
            self.exits.insert(task, (order, at_ns));
            self.note_exit(line, task);
        }
    }

    fn push(&mut self, order: u64, task: usize, at_ns: u64, what: What) {
        self.events.list.push(CallEvent { order, task, at_ns, what });
    }

    /// Assigns the samples up to a time to the tasks that have their pids at that time.
    fn samples_until(&mut self, at_ns: u64, order: u64) {
        while let Some(sample) = self.samples.pop_if(|sample| sample.at_ns <= at_ns) {
            let Some(leader) = self.sampled(sample.pid, order) else { continue };
            for tid in &sample.threads {
                if let Some(task) = self.sampled(*tid, order) {
                    self.events.leaders.entry(task).or_insert(leader);
                }
            }
            let (order, at_ns) = match self.exits.get(&leader) {
                Some((exit, exit_ns)) => (exit - 1, *exit_ns),
                None => (order, sample.at_ns),
            };
            self.push(order, leader, at_ns, What::Sample { anon_pages: sample.anon_pages });
        }
    }

    /// Returns the task of a pid in a sample. A task without any line so far was idle. A task that has exited does not
    /// return.
    fn sampled(&mut self, pid: u32, order: u64) -> Option<usize> {
        if let Some(task) = self.tasks.get(&pid) {
            return Some(*task);
        }
        let is_new = !self.sampled.contains(&pid) && self.events.firsts.iter().all(|first| first.pid != pid);
        self.sampled.insert(pid);
        is_new.then(|| {
            self.announced.remove(&pid);
            self.new_task(pid, order)
        })
    }
}
