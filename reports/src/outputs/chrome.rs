//! The attaches that a run keeps step by step as a Chrome trace (Trace Event Format), for ui.perfetto.dev and
//! chrome://tracing.
//!
//! Each attach is a process, and all begin at 0, so that a viewer shows them below one another. A process has a track
//! per actor, with the mover's phases and the faults that fired. It also has a track per actor and lock, since holds
//! need not nest. Times are those of the run's clock, which each process names. 1 µs in the viewer is 1 µs of that
//! clock.
use super::OutputError;
use crate::labels;
use crate::schema::{Cell, Run, Timeline};
use crate::units::ns;
use serde_json::{Value, json};

/// Writes all kept attaches of `run`.
///
/// # Errors
/// [`OutputError::Nothing`] for a run that keeps none.
pub fn chrome_trace(run: &Run) -> Result<String, OutputError> {
    let mut events = Vec::new();
    let mut pid = 0;
    for cell in &run.cells {
        for timeline in &cell.timelines {
            pid += 1;
            let mut tracks = Tracks { pid, names: Vec::new(), events: Vec::new() };
            tracks.attach(timeline);
            events.push(tracks.named("process_name", None, &title(run, cell, timeline)));
            for (tid, name) in tracks.names.iter().enumerate() {
                events.push(tracks.named("thread_name", Some(tid), name));
            }
            events.append(&mut tracks.events);
        }
    }
    if pid == 0 {
        let why =
            "this run keeps no attach step by step; cells of sim and threads do that have moved something";
        return Err(OutputError::Nothing { form: "Chrome trace", why });
    }
    super::pretty(&json!({"displayTimeUnit": "ns", "traceEvents": events}))
}

/// Returns the title of an attach, such as:
///
/// `sim default, transactional fault_rate_percent=1 seed=3: process 3 in 90.4 µs (virtual), at 12.3 ms`.
fn title(run: &Run, cell: &Cell, timeline: &Timeline) -> String {
    format!(
        "{} {}, {} {}: {} in {} ({}), at {}",
        labels::engine(run.engine),
        run.scenario.name,
        cell.subject.label(),
        super::axes(cell).join(" "),
        timeline.what,
        ns(timeline.latency_ns),
        labels::clock(run.engine),
        ns(timeline.start_ns),
    )
}

/// The tracks of one attach; a track's number is its place among the names.
struct Tracks {
    pid: u32,
    names: Vec<String>,
    events: Vec<Value>,
}

impl Tracks {
    fn attach(&mut self, timeline: &Timeline) {
        let mover = &timeline.who;
        for phase in &timeline.phases {
            self.span(mover, &phase.phase, (phase.from_ns, phase.to_ns), json!({}));
        }
        for fault in &timeline.faults {
            let tid = self.track(mover);
            let (name, ts) = (&fault.what, micros(fault.at_ns));
            self.events
                .push(json!({"ph": "i", "s": "t", "pid": self.pid, "tid": tid, "name": name, "ts": ts}));
        }
        for hold in &timeline.holds {
            let track = format!("{mover}, {}", hold.lock);
            let args = json!({"times": hold.times, "held_ns": hold.held_ns, "taken in": hold.phase});
            self.span(&track, &with_mode("holds", &hold.mode), (hold.from_ns, hold.to_ns), args);
        }
        for wait in timeline.waited.iter().chain(&timeline.waits) {
            let track = format!("{}, {}", wait.who, wait.lock);
            self.span(&track, &with_mode("waits", &wait.mode), (wait.from_ns, wait.to_ns), json!({}));
        }
    }

    /// Returns the number of the track of that name; a new one where there is none.
    fn track(&mut self, name: &str) -> usize {
        self.names.iter().position(|known| known == name).unwrap_or_else(|| {
            self.names.push(name.to_owned());
            self.names.len() - 1
        })
    }

    fn span(&mut self, track: &str, name: &str, (from_ns, to_ns): (u64, u64), args: Value) {
        let tid = self.track(track);
        let (ts, dur) = (micros(from_ns), micros(to_ns.saturating_sub(from_ns)));
        let mut event = json!({"ph": "X", "pid": self.pid, "tid": tid, "name": name, "ts": ts, "dur": dur});
        if args.as_object().is_some_and(|args| !args.is_empty()) {
            event["args"] = args;
        }
        self.events.push(event);
    }

    fn named(&self, what: &str, tid: Option<usize>, name: &str) -> Value {
        let mut event = json!({"ph": "M", "pid": self.pid, "name": what, "args": {"name": name}});
        if let Some(tid) = tid {
            event["tid"] = tid.into();
        }
        event
    }
}

/// Returns the name of a span: `holds W`, `waits`.
fn with_mode(what: &str, mode: &str) -> String {
    if mode.is_empty() { what.to_owned() } else { format!("{what} {mode}") }
}

/// Returns ns as µs, Chrome's unit, with ns as decimals.
fn micros(ns: u64) -> f64 {
    ns as f64 / 1_000.0
}
