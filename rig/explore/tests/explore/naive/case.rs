//! A case, and its text as a litmus test.
use std::fmt;

/// A controller that counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Controller {
    Memrlimit,
    Numtasks,
}

impl Controller {
    pub(crate) const ALL: [Self; 2] = [Self::Memrlimit, Self::Numtasks];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Memrlimit => "memrlimit",
            Self::Numtasks => "numtasks",
        }
    }
}

/// A cgroup; cgroups are known by their position.
#[derive(Clone, Debug)]
pub(crate) struct Cgroup {
    pub(crate) parent: Option<usize>,
    /// Limits by controller; absent = none.
    pub(crate) limits: [Option<u64>; 2],
}

/// A process with its threads. Threads are known by their position among the threads of all processes.
#[derive(Clone, Debug)]
pub(crate) struct Process {
    /// The cgroup of each thread, the leader's first.
    pub(crate) cgroups: Vec<usize>,
    pub(crate) vm_pages: u64,
}

/// The target of an attach.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Target {
    Process(usize),
    Thread(usize),
}

/// An operation. `Limit` can be done by any actor, `Attach` by actors outside, the others by threads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Op {
    Attach(Target, usize),
    Mmap(u64),
    Munmap(u64),
    Fork,
    Exit,
    Limit(Controller, usize, Option<u64>),
}

/// An actor: a thread, or an actor outside (`None`).
#[derive(Clone, Debug)]
pub(crate) struct Script {
    pub(crate) thread: Option<usize>,
    pub(crate) ops: Vec<Op>,
}

/// A case: a tiny world and its actors.
#[derive(Clone, Debug)]
pub(crate) struct Case {
    /// In the order of the hierarchy.
    pub(crate) controllers: Vec<Controller>,
    pub(crate) cgroups: Vec<Cgroup>,
    pub(crate) processes: Vec<Process>,
    pub(crate) actors: Vec<Script>,
}

fn letter(first: char, at: usize) -> char {
    char::from_u32(first as u32 + at as u32).expect("a letter")
}

impl Case {
    /// Returns the cgroup and its ancestors, the lowest first.
    pub(crate) fn levels(&self, cgroup: usize) -> Vec<usize> {
        std::iter::successors(Some(cgroup), |at| self.cgroups[*at].parent).collect()
    }

    pub(crate) fn mounts(&self, controller: Controller) -> bool {
        self.controllers.contains(&controller)
    }

    /// Returns (process, cgroup) of every thread at the start.
    pub(crate) fn threads(&self) -> impl Iterator<Item = (usize, usize)> {
        let of = |(at, process): (usize, &Process)| process.cgroups.iter().map(move |c| (at, *c)).collect();
        self.processes.iter().enumerate().flat_map(of as fn(_) -> Vec<_>)
    }

    /// Returns `b` or `b/c`.
    pub(crate) fn cgroup(&self, at: usize) -> String {
        let path: Vec<String> =
            self.levels(at).into_iter().rev().map(|level| letter('a', level).into()).collect();
        path.join("/")
    }

    pub(crate) fn process(at: usize) -> String {
        letter('p', at).into()
    }

    /// Returns `p.1`.
    pub(crate) fn thread(&self, at: usize) -> String {
        let process = self.threads().nth(at).expect("a thread").0;
        let before = self.threads().take(at).filter(|(other, _)| *other == process).count();
        format!("{}.{before}", Self::process(process))
    }

    fn op(&self, op: Op) -> String {
        match op {
            Op::Attach(Target::Process(process), dest) => {
                format!("attach process {} -> {}", Self::process(process), self.cgroup(dest))
            }
            Op::Attach(Target::Thread(thread), dest) => {
                format!("attach thread {} -> {}", self.thread(thread), self.cgroup(dest))
            }
            Op::Mmap(pages) => format!("mmap {pages}"),
            Op::Munmap(pages) => format!("munmap {pages}"),
            Op::Fork => "fork thread".to_owned(),
            Op::Exit => "exit".to_owned(),
            Op::Limit(controller, cgroup, limit) => {
                let limit = limit.map_or_else(|| "unlimited".to_owned(), |limit| limit.to_string());
                format!("set {} {}.limit {limit}", self.cgroup(cgroup), controller.name())
            }
        }
    }
}

impl fmt::Display for Case {
    /// Writes the case as a litmus test, which `attach-rig explore FILE` can run.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let quoted = |texts: Vec<String>| {
            texts.iter().map(|text| format!("\"{text}\"")).collect::<Vec<_>>().join(", ")
        };
        let controllers = self.controllers.iter().map(|controller| controller.name().to_owned()).collect();
        writeln!(f, "name = \"random\"\n\n[hierarchy]\ncontrollers = [{}]\n", quoted(controllers))?;
        for (at, cgroup) in self.cgroups.iter().enumerate() {
            writeln!(f, "[cgroups.\"{}\"]", self.cgroup(at))?;
            for controller in &self.controllers {
                if let Some(limit) = cgroup.limits[*controller as usize] {
                    writeln!(f, "{}.limit = {limit}", controller.name())?;
                }
            }
        }
        for (at, process) in self.processes.iter().enumerate() {
            let cgroups = quoted(process.cgroups.iter().map(|cgroup| self.cgroup(*cgroup)).collect());
            writeln!(f, "\n[processes.{}]\ncgroups = [{cgroups}]", Self::process(at))?;
            writeln!(f, "vm = {}", process.vm_pages)?;
        }
        for (at, actor) in self.actors.iter().enumerate() {
            let who = match actor.thread {
                Some(thread) => format!("as = \"{}\"", self.thread(thread)),
                None => format!("name = \"outside-{at}\""),
            };
            let ops = quoted(actor.ops.iter().map(|op| self.op(*op)).collect());
            writeln!(f, "\n[[actors]]\n{who}\nops = [{ops}]")?;
        }
        Ok(())
    }
}
