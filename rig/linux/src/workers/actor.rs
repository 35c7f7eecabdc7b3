//! A thread of a worker at work: it takes operations from its stream and does them, until the rig asks it to stop.
//!
//! A forked process is one more actor, in a process of its own. An operation that fails is counted, and the actor goes
//! on.
#![allow(unsafe_code)]
use super::super::clock::now_ns;
use super::pages::{Change, Pages};
use super::shared::{Command, ControlBlock, InFlight, ProcessTreeStats, Shared, TIDS, Timed};
use super::worker_config::{Resume, WorkerConfig};
use reports::exit::Exit;
use rustix::process::{Pid, getpid, getppid};
use std::io;
use std::os::unix::process::CommandExt as _;
use std::sync::Arc;
use std::sync::atomic::Ordering::{Acquire, Relaxed, Release};
use std::sync::atomic::{AtomicBool, AtomicI64};
use std::thread;
use std::time::Duration;
use workloads::{ActorKey, Op, WorkloadPlan};

/// Interval at which an actor that waits for others looks again.
const LOOK: Duration = Duration::from_micros(100);
/// Longest sleep without a look at what to do.
const NAP_NS: u64 = 5_000_000;

/// State that the actors of one process share.
#[derive(Debug)]
pub(crate) struct Process {
    /// Orders as the rig gave them.
    pub(crate) orders: WorkerConfig,
    plan: WorkloadPlan,
    shared: Shared,
    /// Pages that this process has in the family's ledger.
    mapped: AtomicI64,
    touched: AtomicI64,
    /// Number of its actors.
    actors: AtomicI64,
    /// True when one of them is about to exec, and the others have to end. Stored with Release, as `actors` is.
    ending: AtomicBool,
    /// Process that has forked it; `None` for the worker process.
    parent: Option<Pid>,
}

impl Process {
    /// A process without actors.
    pub(crate) fn new(orders: WorkerConfig, plan: WorkloadPlan, shared: Shared) -> Self {
        let parent = orders.resume.as_ref().and_then(|resume| resume.parent).and_then(Pid::from_raw);
        let zero = || AtomicI64::new(0);
        let ending = AtomicBool::new(false);
        Self { orders, plan, shared, mapped: zero(), touched: zero(), actors: zero(), ending, parent }
    }

    /// The family's part of the shared memory.
    pub(crate) fn family(&self) -> &ProcessTreeStats {
        self.shared.family(self.orders.family)
    }

    /// Address space of the worker process at its start, in pages.
    pub(crate) fn initial_pages(&self) -> u32 {
        self.plan.initial_vm(self.orders.process)
    }

    /// Returns the number of its threads at the start.
    pub(crate) fn threads(&self) -> u32 {
        self.plan.threads(self.orders.process)
    }

    fn board(&self) -> &ControlBlock {
        self.shared.board()
    }

    /// Writes a change of pages into the ledgers.
    pub(crate) fn changed(&self, change: Change) {
        self.family().mapped.fetch_add(change.mapped, Relaxed);
        self.family().touched.fetch_add(change.touched, Relaxed);
        self.mapped.fetch_add(change.mapped, Relaxed);
        self.touched.fetch_add(change.touched, Relaxed);
    }

    /// Returns the counter that includes its actors.
    fn tasks(&self) -> &AtomicI64 {
        if self.parent.is_none() { &self.family().threads } else { &self.family().children }
    }

    fn begins(&self) {
        self.tasks().fetch_add(1, Release);
        self.actors.fetch_add(1, Release);
    }

    /// Adds an actor that the family counts already: its forker has counted it, or the actor itself before an exec.
    fn goes_on(&self) {
        self.actors.fetch_add(1, Release);
    }

    fn ends(&self) {
        self.actors.fetch_sub(1, Release);
        self.tasks().fetch_sub(1, Release);
    }
}

/// A thread of a worker that takes operations from its stream and does them.
pub(crate) struct WorkloadActor {
    process: Arc<Process>,
    key: ActorKey,
    pages: Pages,
    /// Operations that it has done.
    done: usize,
}

/// Answer to the question whether an actor goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum After {
    GoOn,
    Ended,
}

impl WorkloadActor {
    /// An actor at the begin of its stream.
    pub(crate) fn new(process: &Arc<Process>, key: ActorKey) -> Self {
        process.begins();
        Self { process: Arc::clone(process), key, pages: Pages::new(), done: 0 }
    }

    /// The first actor of a program that has been forked or has replaced another. It has done `done` operations.
    pub(crate) fn resumed(process: &Arc<Process>, key: ActorKey, done: usize) -> Self {
        process.goes_on();
        Self { process: Arc::clone(process), key, pages: Pages::new(), done }
    }

    /// Starts it on a thread of its own.
    ///
    /// # Errors
    /// The kernel's answer, such as EAGAIN.
    pub(crate) fn start(self) -> io::Result<()> {
        // Detached: it runs until the rig asks it to stop, or the process ends.
        thread::Builder::new().name(self.key.to_string()).spawn(move || self.run()).map(drop)
    }

    /// Takes operations until there are none, or the rig asks it to stop.
    pub(crate) fn run(mut self) {
        if let ([_, thread], None) = (self.key.path(), self.process.parent)
            && (*thread as usize) < TIDS
        {
            let tid = rustix::thread::gettid().as_raw_pid().cast_unsigned();
            self.process.family().tids[*thread as usize].store(tid, Release);
        }
        let stream = self.process.plan.stream(self.process.orders.seed, &self.key).skip(self.done);
        for op in stream {
            if self.stands_still_or_stops() == After::Ended {
                break;
            }
            self.done += 1;
            if self.perform(op) == After::Ended {
                break;
            }
        }
    }

    /// Stands still on command, or reports that the actor has to end. Forked processes do not stand still: they have
    /// little to do, and the rig waits for their end.
    fn stands_still_or_stops(&self) -> After {
        let (board, family) = (self.process.board(), self.process.family());
        let orphaned = |parent: Pid| getppid() != Some(parent);
        loop {
            if self.process.ending.load(Acquire) || self.process.parent.is_some_and(orphaned) {
                return After::Ended;
            }
            match board.command() {
                Command::Stop => return After::Ended,
                Command::Park if self.process.parent.is_none() => {
                    family.parked.fetch_add(1, Release);
                    while board.command() == Command::Park && !self.process.ending.load(Acquire) {
                        board.stand_still();
                    }
                    family.parked.fetch_sub(1, Release);
                }
                Command::Park | Command::Run => return After::GoOn,
            }
        }
    }

    /// Does one operation.
    fn perform(&mut self, op: Op) -> After {
        match op {
            Op::Mmap { pages } => self.timed(Timed::Mmap, |actor| actor.pages.map(pages.into())),
            Op::Munmap { pages } => self.timed(Timed::Munmap, |actor| actor.pages.unmap(pages.into())),
            Op::Touch { pages } => self.timed(Timed::Touch, |actor| Ok(actor.pages.touch(pages.into()))),
            Op::Release { pages } => self.timed(Timed::Release, |actor| actor.pages.release(pages.into())),
            Op::ForkThread { child } => self.timed(Timed::ForkThread, |actor| {
                let key = actor.key.child(child);
                WorkloadActor::new(&actor.process, key).start().map(|()| Change::default())
            }),
            Op::ForkProcess { child } => self.timed(Timed::ForkProcess, |actor| actor.fork(child)),
            Op::Exec => self.exec(),
            Op::Exit => return After::Ended,
            Op::Think { ns } => self.think(ns),
        }
        After::GoOn
    }

    fn timed(&mut self, op: Timed, act: impl FnOnce(&mut Self) -> io::Result<Change>) {
        let before = self.process.board().glance();
        let begin = now_ns();
        let done = act(self);
        let took = now_ns() - begin;
        let attaching = self.process.board().attaching_since(before);
        let tally = self.process.family().tally(op, attaching);
        match done {
            Ok(change) => {
                tally.record(took);
                self.process.changed(change);
            }
            Err(_) => tally.fail(),
        }
    }

    fn think(&self, ns: u64) {
        let until = now_ns() + ns;
        while self.process.board().command() != Command::Stop {
            let left = until.saturating_sub(now_ns());
            if left == 0 {
                break;
            }
            thread::sleep(Duration::from_nanos(left.min(NAP_NS)));
        }
    }

    /// Starts a process that takes the operations of this child, and does not return in it.
    fn fork(&mut self, child: u32) -> io::Result<Change> {
        let (parent, key) = (getpid(), self.key.child(child));
        // Counted before it exists: the family must not seem to be parked in between.
        self.process.family().children.fetch_add(1, Release);
        // SAFETY: the C library's fork leaves its allocator usable in the child, which is all that the child needs of
        // it: it takes no lock that another thread of ours may have held, and ends by _exit or exec.
        match unsafe { libc::fork() } {
            -1 => {
                let error = io::Error::last_os_error();
                self.process.family().children.fetch_sub(1, Release);
                Err(error)
            }
            0 => forked(&self.process, key, parent),
            _ => Ok(Change::default()),
        }
    }

    /// Replaces the program by itself, which goes on from the same point. The other threads of the process end before.
    fn exec(&mut self) {
        let process = Arc::clone(&self.process);
        process.ending.store(true, Release);
        process.board().nudge();
        while process.actors.load(Acquire) > 1 && process.board().command() != Command::Stop {
            thread::sleep(LOOK);
        }
        let InFlight { attaching, begun } = process.board().glance();
        let resume = Resume {
            actor: self.key.path().to_vec(),
            done: self.done,
            began_ns: now_ns(),
            moves_begun: begun,
            attaching,
            parent: process.parent.map(Pid::as_raw_pid),
        };
        let orders = WorkerConfig { resume: Some(resume), ..process.orders.clone() };
        // The new program begins with nothing mapped.
        let all = Change { mapped: -process.mapped.load(Relaxed), touched: -process.touched.load(Relaxed) };
        process.changed(all);
        let failed = serde_json::to_string(&orders).map(|orders| {
            std::process::Command::new("/proc/self/exe")
                .arg0("attach-rig")
                .args([super::super::WORKER_ARG, &orders])
                .exec()
        });
        drop(failed);
        // It has not worked; everything is as it was, except for the other threads.
        process.changed(Change { mapped: -all.mapped, touched: -all.touched });
        process.ending.store(false, Release);
        process.family().tally(Timed::Exec, attaching).fail();
    }
}

impl Drop for WorkloadActor {
    /// Gives its pages back and stops counting the actor, however it ends.
    fn drop(&mut self) {
        if let Ok(change) = self.pages.unmap(u64::MAX) {
            self.process.changed(change);
        }
        self.process.ends();
    }
}

/// The whole life of a forked process.
fn forked(from: &Process, key: ActorKey, parent: Pid) -> ! {
    let code = match Shared::inherited(from.orders.families, from.orders.memory) {
        Ok(shared) => {
            let mut process = Process::new(from.orders.clone(), from.plan.clone(), shared);
            process.parent = Some(parent);
            let process = Arc::new(process);
            live(&process, WorkloadActor::resumed(&process, key, 0)).number().into()
        }
        Err(_) => {
            from.family().children.fetch_sub(1, Release);
            1
        }
    };
    // SAFETY: always; nothing of the parent's is flushed or dropped.
    unsafe { libc::_exit(code) }
}

/// Runs the first actor of a forked process and waits for the threads that it has started; a panic is an internal
/// error.
pub(crate) fn live(process: &Process, actor: WorkloadActor) -> Exit {
    let lived = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| actor.run()));
    while process.actors.load(Acquire) > 0 {
        thread::sleep(LOOK);
    }
    if lived.is_ok() { Exit::AsExpected } else { Exit::Internal }
}

impl Process {
    /// Tallies the exec after which this program continues.
    pub(crate) fn resumed(&self, resume: &Resume) {
        let before = InFlight { attaching: resume.attaching, begun: resume.moves_begun };
        let attaching = self.board().attaching_since(before);
        self.family().tally(Timed::Exec, attaching).record(now_ns().saturating_sub(resume.began_ns));
    }
}
