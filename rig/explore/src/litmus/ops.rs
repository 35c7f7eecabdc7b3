//! Operations as text: `mmap 5`, `attach process p -> b`, `set b memrlimit.limit 3`.
use input::nearest::nearest;
use model::kernel::counter::UNLIMITED;
use model::kernel::{CgroupId, Controller, CpuMask, ProcessId, TaskId};
use model::seam::event::Target;
use model::world::WorldSpec;
use scenario::source::{Read, Source};
use std::ops::Range;

/// An operation of an actor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Op {
    /// Moves tasks, or lets a controller join.
    Attach(Target, CgroupId),
    /// Maps pages.
    Mmap(u64),
    /// Unmaps pages.
    Munmap(u64),
    /// Touches pages.
    Touch(u64),
    /// Releases touched pages.
    Release(u64),
    /// Makes a thread that does nothing.
    ForkThread,
    /// Makes a process that does nothing.
    ForkProcess,
    /// Replaces the program.
    Exec,
    /// Ends the thread.
    Exit,
    /// Writes a limit; the last field allows it to be below the usage.
    Limit(Controller, CgroupId, u64, bool),
    /// Writes cpuset.cpus.
    Cpus(CgroupId, CpuMask),
    /// Writes freezer.state.
    Freeze(CgroupId, bool),
    /// Takes a CPU offline.
    OfflineCpu(u32),
    /// Brings a CPU back.
    OnlineCpu(u32),
    /// Removes a cgroup.
    Rmdir(CgroupId),
    /// Creates a removed cgroup again.
    Mkdir(CgroupId),
    /// Brings packets to the socket of a process, as an interrupt does.
    Receive(ProcessId, u64),
    /// Takes packets out of the socket of a process, as an interrupt does.
    Drain(ProcessId, u64),
}

/// The role of an actor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// A thread that exists at the start.
    Thread(TaskId),
    /// An actor outside the processes: a mover or an administrator.
    Outside,
}

/// The names that operations may refer to.
pub(super) struct Scope<'a> {
    pub(super) spec: &'a WorldSpec,
    pub(super) threads: &'a [String],
}

/// First words of operations, with an example each.
const FORMS: [(&str, &str); 18] = [
    ("attach", "attach process p -> b"),
    ("adopt", "adopt numtasks"),
    ("mmap", "mmap 5"),
    ("munmap", "munmap 5"),
    ("touch", "touch 5"),
    ("release", "release 5"),
    ("fork", "fork thread"),
    ("exec", "exec"),
    ("exit", "exit"),
    ("set", "set b memrlimit.limit 3"),
    ("freeze", "freeze b"),
    ("thaw", "thaw b"),
    ("offline-cpu", "offline-cpu 1"),
    ("online-cpu", "online-cpu 1"),
    ("rmdir", "rmdir b"),
    ("mkdir", "mkdir b"),
    ("receive", "receive p 3"),
    ("drain", "drain p 3"),
];

/// Operations that only a thread can perform.
const OF_THREADS: [&str; 7] = ["mmap", "munmap", "touch", "release", "fork", "exec", "exit"];

/// Operations of interrupts, which no thread performs.
const OF_INTERRUPTS: [&str; 2] = ["receive", "drain"];

/// Returns the CPUs that an operation names, as far as they can be read.
pub(super) fn cpus(text: &str) -> Vec<i64> {
    let mut words = text.split_whitespace();
    let rest = match words.next() {
        Some("offline-cpu" | "online-cpu") => text.split_once(' ').map_or("", |(_, rest)| rest),
        Some("set") => text.split_once('[').map_or("", |(_, rest)| rest),
        _ => "",
    };
    rest.split([',', ']', ' ']).filter_map(|word| word.trim().parse().ok()).collect()
}

/// The reader of one operation.
pub(super) struct Reader<'a> {
    pub(super) source: &'a Source<'a>,
    pub(super) around: &'a Scope<'a>,
    pub(super) text: &'a str,
    pub(super) span: Range<usize>,
}

impl Reader<'_> {
    fn wrong<T>(&self, message: impl std::fmt::Display) -> Read<T> {
        Err(self.source.at(self.span.clone(), message))
    }

    /// Reports that the operation does not have the form that its first word requires.
    fn form<T>(&self, word: &str) -> Read<T> {
        let example = FORMS.iter().find(|(first, _)| *first == word).map_or("exit", |(_, example)| example);
        self.wrong(format!("`{}` cannot be read; write for example \"{example}\"", self.text))
    }

    /// Reads the operation for an actor of that role; `who` is its name.
    pub(super) fn read(&self, role: Role, who: &str) -> Read<Op> {
        let words: Vec<&str> = self.text.split_whitespace().collect();
        let first = words.first().copied().unwrap_or_default();
        if role == Role::Outside && OF_THREADS.contains(&first) {
            return self.wrong(format!(
                "only a thread can `{first}`, and `{who}` is not a thread; add for example as = \"{}\"",
                self.around.threads.first().map_or("p.0", String::as_str)
            ));
        }
        if role != Role::Outside && OF_INTERRUPTS.contains(&first) {
            return self.wrong(format!(
                "only an interrupt can `{first}`, and `{who}` is a thread; write it for an actor with name = \"softirq\""
            ));
        }
        match words.as_slice() {
            ["attach", rest @ ..] => self.attach(rest),
            ["adopt", name] => self.adopt(name),
            ["mmap", pages] => Ok(Op::Mmap(self.number(pages)?)),
            ["munmap", pages] => Ok(Op::Munmap(self.number(pages)?)),
            ["touch", pages] => Ok(Op::Touch(self.number(pages)?)),
            ["release", pages] => Ok(Op::Release(self.number(pages)?)),
            ["fork", "thread"] => Ok(Op::ForkThread),
            ["fork", "process"] => Ok(Op::ForkProcess),
            ["exec"] => Ok(Op::Exec),
            ["exit"] => Ok(Op::Exit),
            ["set", cgroup, "cpuset.cpus", ..] => self.set_cpus(cgroup),
            ["set", cgroup, file, value] => self.set_limit(cgroup, file, value, false),
            ["set", cgroup, file, value, "force"] => self.set_limit(cgroup, file, value, true),
            ["freeze", cgroup] => Ok(Op::Freeze(self.at(cgroup, Controller::Freezer)?, true)),
            ["thaw", cgroup] => Ok(Op::Freeze(self.at(cgroup, Controller::Freezer)?, false)),
            ["offline-cpu", cpu] => Ok(Op::OfflineCpu(self.cpu(cpu)?)),
            ["online-cpu", cpu] => Ok(Op::OnlineCpu(self.cpu(cpu)?)),
            ["rmdir", cgroup] => Ok(Op::Rmdir(self.with_files(cgroup)?)),
            ["mkdir", cgroup] => Ok(Op::Mkdir(self.with_files(cgroup)?)),
            ["receive", process, packets] => Ok(Op::Receive(self.socket(process)?, self.packets(packets)?)),
            ["drain", process, packets] => Ok(Op::Drain(self.socket(process)?, self.packets(packets)?)),
            [known, ..] if FORMS.iter().any(|(first, _)| first == known) => self.form(known),
            _ => {
                let known = nearest(first, FORMS.iter().map(|(first, _)| *first));
                self.wrong(format!("unknown operation `{}`; {known}", self.text))
            }
        }
    }

    fn number(&self, word: &str) -> Read<u64> {
        match word.parse::<u32>() {
            Ok(pages) => Ok(u64::from(pages)),
            Err(_) => self.wrong(format!(
                "`{word}` is not a number of pages; write a whole number, such as \"mmap 5\""
            )),
        }
    }

    fn packets(&self, word: &str) -> Read<u64> {
        match word.parse::<u32>() {
            Ok(packets) => Ok(u64::from(packets)),
            Err(_) => self.wrong(format!(
                "`{word}` is not a number of packets; write a whole number, such as \"receive p 3\""
            )),
        }
    }

    /// Returns the process of that name, whose socket an interrupt works on.
    fn socket(&self, name: &str) -> Read<ProcessId> {
        if self.around.spec.hierarchy_of(Controller::Net).is_none() {
            return self.wrong(format!(
                "no hierarchy has the controller `net`, which charges packets; add it to `controllers`, or remove \"{}\"",
                self.text
            ));
        }
        self.process(name)
    }

    fn process(&self, name: &str) -> Read<ProcessId> {
        let names = || self.around.spec.processes.iter().map(|process| process.name.as_str());
        match names().position(|known| known == name) {
            Some(at) => Ok(ProcessId(at as u32)),
            None => self.wrong(format!("there is no process `{name}`; {}", nearest(name, names()))),
        }
    }

    fn cgroup(&self, name: &str) -> Read<CgroupId> {
        self.source.cgroup(name, self.span.clone(), &self.around.spec.tree())
    }

    /// Returns a cgroup that can be written to or removed: any except a root.
    fn with_files(&self, name: &str) -> Read<CgroupId> {
        self.source.cgroup_with_files(name, self.span.clone(), &self.around.spec.tree())
    }

    /// Returns a cgroup of a hierarchy where `controller` is mounted.
    fn at(&self, name: &str, controller: Controller) -> Read<CgroupId> {
        let (cgroup, spec) = (self.with_files(name)?, self.around.spec);
        let mounted = &spec.hierarchies[spec.cgroups[cgroup.index()].hierarchy.index()];
        if mounted.contains(&controller) {
            return Ok(cgroup);
        }
        let there = nearest("", mounted.iter().map(|controller| controller.name()));
        self.wrong(format!(
            "`{name}` has no controller `{controller}`; add it to the controllers of its hierarchy, where {there}"
        ))
    }

    fn attach(&self, words: &[&str]) -> Read<Op> {
        let (target, dest) = match words {
            ["thread", thread, "->", dest] => {
                let names = &self.around.threads;
                match names.iter().position(|name| name == thread) {
                    Some(at) => (Target::Thread(TaskId(at as u32)), dest),
                    None => {
                        let known = nearest(thread, names.iter().map(String::as_str));
                        return self.wrong(format!("there is no thread `{thread}`; {known}"));
                    }
                }
            }
            ["process", process, "->", dest] => (Target::Process(self.process(process)?), dest),
            ["all", "->", dest] => (Target::All, dest),
            _ => return self.form("attach"),
        };
        Ok(Op::Attach(target, self.cgroup(dest)?))
    }

    fn controller(&self, name: &str) -> Read<Controller> {
        match Controller::ALL.into_iter().find(|controller| controller.name() == name) {
            Some(controller) => Ok(controller),
            None => {
                let known = nearest(name, Controller::ALL.iter().map(|controller| controller.name()));
                self.wrong(format!("unknown controller `{name}`; {known}"))
            }
        }
    }

    fn adopt(&self, name: &str) -> Read<Op> {
        let (controller, spec) = (self.controller(name)?, self.around.spec);
        if !spec.late.contains(&controller) {
            return self.wrong(format!(
                "`{controller}` does not join late; add late = [\"{controller}\"] to its hierarchy"
            ));
        }
        let hierarchy = spec.hierarchy_of(controller).expect("it is late somewhere");
        let any = spec.cgroups.iter().position(|cgroup| cgroup.hierarchy == hierarchy);
        match any {
            Some(at) => Ok(Op::Attach(Target::Adopt(controller), CgroupId(at as u32))),
            None => self.wrong(format!("the hierarchy of `{controller}` has no cgroup; add one")),
        }
    }

    fn set_limit(&self, cgroup: &str, file: &str, value: &str, force: bool) -> Read<Op> {
        let Some(name) = file.strip_suffix(".limit") else { return self.unknown_file(file) };
        let controller = self.controller(name)?;
        if !controller.counts() {
            return self.unknown_file(file);
        }
        let cgroup = self.at(cgroup, controller)?;
        let limit = match value {
            "unlimited" => UNLIMITED,
            number => match number.parse::<u64>() {
                Ok(limit) => limit,
                Err(_) => {
                    return self.wrong(format!("`{value}` is not a limit; write a number or unlimited"));
                }
            },
        };
        Ok(Op::Limit(controller, cgroup, limit, force))
    }

    fn unknown_file<T>(&self, file: &str) -> Read<T> {
        let known = ["memrlimit.limit", "memory.limit", "numtasks.limit", "net.limit", "cpuset.cpus"];
        self.wrong(format!("a cgroup has no file `{file}` to be set; {}", nearest(file, known.into_iter())))
    }

    fn set_cpus(&self, cgroup: &str) -> Read<Op> {
        let cgroup = self.at(cgroup, Controller::Cpuset)?;
        let list = self.text.split_once('[').and_then(|(_, rest)| rest.trim_end().strip_suffix(']'));
        let Some(list) = list else { return self.form("set") };
        let words = list.split(',').map(str::trim).filter(|word| !word.is_empty());
        let cpus = words.map(|word| self.cpu(word)).collect::<Read<Vec<_>>>()?;
        Ok(Op::Cpus(cgroup, CpuMask::from_list(&cpus)))
    }

    fn cpu(&self, word: &str) -> Read<u32> {
        let cpus = self.around.spec.cpus;
        match word.parse::<u32>() {
            Ok(cpu) if cpu < cpus => Ok(cpu),
            _ => self.wrong(format!(
                "there is no CPU `{word}`; there are {cpus}, numbered from 0; raise `cpus` or write another CPU"
            )),
        }
    }
}
