//! Random tiny cases, from a seed. Each kind is about one part of the model.
use super::naive::case::{Case, Cgroup, Controller, Op, Process, Script, Target};
use rand::{RngExt as _, SeedableRng as _};
use rand_pcg::Pcg64Mcg;

/// The subject of a case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    /// memrlimit, processes of one thread.
    Spaces,
    /// memrlimit, threads in several cgroups, exits of owners.
    Owners,
    /// numtasks, forks and exits.
    Tasks,
    /// Either controller, nested cgroups.
    Nested,
    /// Both controllers, in either order.
    Both,
    /// Both controllers, limits with hardly any room, and a process next to the one that moves.
    Refused,
}

impl Kind {
    pub(crate) const ALL: [Self; 6] =
        [Self::Refused, Self::Both, Self::Tasks, Self::Nested, Self::Owners, Self::Spaces];
}

struct Draw(Pcg64Mcg);

impl Draw {
    /// Returns a number below `bound`.
    fn below(&mut self, bound: usize) -> usize {
        self.0.random_range(0..bound)
    }

    fn one_in(&mut self, of: usize) -> bool {
        self.below(of) == 0
    }

    fn pages(&mut self) -> u64 {
        1 + self.below(3) as u64
    }
}

/// Returns a case of that kind; the same for the same seed.
pub(crate) fn case(kind: Kind, seed: u64) -> Case {
    let mut draw = Draw(Pcg64Mcg::seed_from_u64(seed * 8 + kind as u64));
    let controllers = controllers(kind, &mut draw);
    let count = match kind {
        Kind::Nested => 3 + draw.below(2),
        Kind::Refused => 2,
        _ => 2 + draw.below(2),
    };
    let parent = |at: usize, draw: &mut Draw| (at > 0 && !draw.one_in(4)).then(|| draw.below(at));
    let nested = |at| if kind == Kind::Nested { parent(at, &mut draw) } else { None };
    let mut cgroups: Vec<Cgroup> =
        (0..count).map(nested).map(|parent| Cgroup { parent, limits: [None; 2] }).collect();
    let processes = processes(kind, count, &mut draw);
    let mut case = Case { controllers, cgroups: cgroups.clone(), processes, actors: Vec::new() };
    case.actors = if kind == Kind::Refused { beside(&mut draw) } else { actors(kind, &case, &mut draw) };
    let room = if kind == Kind::Refused { 2 } else { 4 };
    for (at, cgroup) in cgroups.iter_mut().enumerate() {
        for controller in case.controllers.clone() {
            if !draw.one_in(3) {
                let least = usage(&case, at, controller);
                cgroup.limits[controller as usize] = Some(least + draw.below(room) as u64);
            }
        }
    }
    case.cgroups = cgroups;
    case
}

fn controllers(kind: Kind, draw: &mut Draw) -> Vec<Controller> {
    let mut all = Controller::ALL.to_vec();
    if draw.one_in(2) {
        all.reverse();
    }
    match kind {
        Kind::Spaces | Kind::Owners => vec![Controller::Memrlimit],
        Kind::Tasks => vec![Controller::Numtasks],
        Kind::Nested => all[..1].to_vec(),
        Kind::Both | Kind::Refused => all,
    }
}

fn processes(kind: Kind, cgroups: usize, draw: &mut Draw) -> Vec<Process> {
    if kind == Kind::Refused {
        let one = |cgroup, draw: &mut Draw| Process { cgroups: vec![cgroup], vm_pages: draw.pages() };
        return vec![one(0, draw), one(draw.below(2), draw)];
    }
    let count = 1 + usize::from(kind != Kind::Owners && draw.one_in(2));
    let mut process = |first: bool| {
        let threads = match kind {
            Kind::Spaces | Kind::Refused => 1,
            Kind::Owners => 2,
            Kind::Tasks | Kind::Nested | Kind::Both => 1 + usize::from(first && draw.one_in(2)),
        };
        let home = if first { 0 } else { draw.below(cgroups) };
        let mut place = || if draw.one_in(3) { draw.below(cgroups) } else { home };
        let cgroups = (0..threads).map(|_| place()).collect();
        Process { cgroups, vm_pages: draw.below(4) as u64 }
    };
    (0..count).map(|at| process(at == 0)).collect()
}

/// Returns the amount that is charged at the start.
fn usage(case: &Case, cgroup: usize, controller: Controller) -> u64 {
    let is_below = |at: &usize| case.levels(*at).contains(&cgroup);
    let of = |process: &Process| match controller {
        Controller::Memrlimit if is_below(&process.cgroups[0]) => process.vm_pages,
        Controller::Memrlimit => 0,
        Controller::Numtasks => process.cgroups.iter().filter(|at| is_below(at)).count() as u64,
    };
    case.processes.iter().map(of).sum()
}

/// The first process moves to the second cgroup, and the other process works.
fn beside(draw: &mut Draw) -> Vec<Script> {
    let work = |draw: &mut Draw| match draw.below(4) {
        0 => Op::Munmap(draw.pages()),
        1 => Op::Fork,
        _ => Op::Mmap(draw.pages()),
    };
    let mut ops: Vec<Op> = (0..=draw.below(2)).map(|_| work(draw)).collect();
    ops.extend(draw.one_in(4).then_some(Op::Exit));
    let mover = Script { thread: None, ops: vec![Op::Attach(Target::Process(0), 1)] };
    vec![mover, Script { thread: Some(1), ops }]
}

fn actors(kind: Kind, case: &Case, draw: &mut Draw) -> Vec<Script> {
    let count = case.threads().count();
    let attach = |draw: &mut Draw| {
        let thread = Target::Thread(draw.below(count));
        let target = if draw.one_in(4) { thread } else { Target::Process(0) };
        Op::Attach(target, draw.below(case.cgroups.len()))
    };
    let first = attach(draw);
    let second = draw.one_in(4).then(|| attach(draw));
    let mut actors = vec![Script { thread: None, ops: [first].into_iter().chain(second).collect() }];
    let from = draw.below(count);
    let busy = 1 + usize::from(draw.one_in(2));
    let mut threads: Vec<usize> = (0..busy.min(count)).map(|at| (from + at) % count).collect();
    threads.sort_unstable();
    for thread in threads {
        let ops = thread_ops(kind, &case.controllers, draw);
        actors.push(Script { thread: Some(thread), ops });
    }
    if actors.len() < 3 && draw.one_in(3) {
        let controller = case.controllers[draw.below(case.controllers.len())];
        let limit = (!draw.one_in(5)).then(|| draw.below(5) as u64);
        let ops = vec![Op::Limit(controller, draw.below(case.cgroups.len()), limit)];
        actors.push(Script { thread: None, ops });
    }
    actors
}

fn thread_ops(kind: Kind, controllers: &[Controller], draw: &mut Draw) -> Vec<Op> {
    let work = |draw: &mut Draw| {
        let maps = controllers.contains(&Controller::Memrlimit);
        let forks = controllers.contains(&Controller::Numtasks) || kind == Kind::Owners;
        match draw.below(5) {
            0 | 1 if forks => Op::Fork,
            _ if !maps => Op::Fork,
            2 => Op::Munmap(draw.pages()),
            _ => Op::Mmap(draw.pages()),
        }
    };
    let exits = kind != Kind::Spaces && draw.one_in(3);
    let most = if kind == Kind::Spaces { 2 } else { 1 };
    let count = if exits { draw.below(2) } else { 1 + draw.below(most) };
    let mut ops: Vec<Op> = (0..count).map(|_| work(draw)).collect();
    ops.extend(exits.then_some(Op::Exit));
    ops
}
