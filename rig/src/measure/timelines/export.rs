//! Timelines in the form of the schema: names instead of ids, times from the start of the attach.
use super::Timelines;
use super::steps::{Held, Steps, Waited};
use model::checks::Shadow;
use model::kernel::{CgroupId, Controller};
use model::seam::event::{Mode, Target};
use model::seam::{Class, Object};
use reports::schema::{FaultMark, HoldSpan, PhaseSpan, Timeline, WaitSpan};

/// Returns `W`, `R` or an empty string, as in reports.
pub(crate) fn mode(mode: Mode) -> &'static str {
    match mode {
        Mode::Exclusive => "",
        Mode::Read => "R",
        Mode::Write => "W",
    }
}

/// Names a lock for people: `mmap_sem(mm 3)`, `counter.lock(b.memrlimit)`.
pub(crate) fn lock(object: Object, shadow: &Shadow) -> String {
    if object.class != Class::CounterLock {
        return object.to_string();
    }
    let count = Controller::COUNT as u32;
    let controller = Controller::ALL[(object.owner % count) as usize];
    format!("{}({}.{controller})", object.class.name(), shadow.cgroup_name(CgroupId(object.owner / count)))
}

impl Timelines {
    /// Returns the attaches nearest to each of `figures` in ns, and the longest.
    #[must_use]
    pub fn exported(&self, figures: &[u64], shadow: &Shadow) -> Vec<Timeline> {
        self.picked(figures).into_iter().map(|steps| timeline(steps, shadow)).collect()
    }
}

fn target(target: Target) -> String {
    match target {
        Target::Thread(task) => format!("task {}", task.0),
        Target::Process(process) => format!("process {}", process.0),
        Target::All => "all tasks".to_owned(),
        Target::Adopt(controller) => format!("no task: {controller} joins"),
    }
}

fn timeline(steps: &Steps, shadow: &Shadow) -> Timeline {
    let since = |at_ns: u64| at_ns.saturating_sub(steps.began_ns).min(steps.latency_ns);
    let name = |cgroup: &CgroupId| shadow.cgroup_name(*cgroup).to_owned();
    let wait = |wait: &Waited| WaitSpan {
        who: wait.who.map_or_else(|| "an actor".to_owned(), |who| who.to_string()),
        lock: lock(wait.object, shadow),
        mode: mode(wait.mode).to_owned(),
        from_ns: since(wait.from_ns),
        to_ns: since(wait.to_ns),
    };
    let hold = |held: &Held| HoldSpan {
        lock: lock(held.object, shadow),
        mode: mode(held.mode).to_owned(),
        phase: held.phase.map(|phase| phase.name().to_owned()),
        from_ns: since(held.from_ns),
        to_ns: since(held.to_ns),
        times: held.times,
        held_ns: held.held_ns,
    };
    let phases = steps.phases.iter().map(|span| PhaseSpan {
        phase: span.phase.name().to_owned(),
        from_ns: since(span.from_ns),
        to_ns: since(span.to_ns),
    });
    let faults = steps.faults.iter();
    Timeline {
        who: steps.who.map_or_else(|| "an actor".to_owned(), |who| who.to_string()),
        what: steps.target.map_or_else(String::new, target),
        from: steps.from.iter().map(name).collect(),
        to: name(&steps.dest),
        start_ns: steps.began_ns,
        latency_ns: steps.latency_ns,
        phases: phases.collect(),
        holds: steps.holds.iter().map(hold).collect(),
        waited: steps.waited.iter().map(wait).collect(),
        waits: steps.waits.iter().map(wait).collect(),
        faults: faults
            .map(|(site, fault, at_ns)| FaultMark { what: format!("{site} {fault}"), at_ns: since(*at_ns) })
            .collect(),
        left_out: steps.left_out,
    }
}
