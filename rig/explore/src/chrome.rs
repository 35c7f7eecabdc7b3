//! A schedule as a Chrome trace (Trace Event Format), with a track per actor, and one per lock and holder because holds
//! need not nest. The unit is the step: 1 µs in the viewer is one step. Nothing in the trace is a time.
use super::litmus::Litmus;
use super::names;
use super::transcript::{Line, What, mode};
use model::seam::Object;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Process id of the actors' tracks.
const ACTORS: u32 = 1;
/// Process id of the locks' tracks.
const LOCKS: u32 = 2;

#[derive(Default)]
struct Tracks {
    events: Vec<Value>,
    /// Open spans of each actor.
    open: BTreeMap<u32, Vec<(String, u64)>>,
    /// Tracks by lock and actor.
    locks: BTreeMap<(Object, u32), LockTrack>,
}

/// Number of a track, with the step since which the lock is waited for or held, and how.
type LockTrack = (u32, Option<(u64, String)>);

impl Tracks {
    fn span(&mut self, (pid, tid): (u32, u32), name: &str, from: u64, to: u64) {
        let dur = (to - from).max(1);
        self.events.push(json!({"ph": "X", "pid": pid, "tid": tid, "name": name, "ts": from, "dur": dur}));
    }

    fn end(&mut self, line: &Line, result: &str) {
        if let Some((name, from)) = self.open.entry(line.actor).or_default().pop() {
            let name = if result.is_empty() { name } else { format!("{name}: {result}") };
            self.span((ACTORS, line.actor), &name, from, line.step);
        }
    }

    /// Records that from now on `actor` waits for a lock, holds it, or does neither.
    fn lock(&mut self, object: Object, line: &Line, now: Option<String>) {
        let number = self.locks.len() as u32;
        let (tid, before) = self.locks.entry((object, line.actor)).or_insert((number, None));
        let (tid, before) = (*tid, std::mem::replace(before, now.map(|what| (line.step, what))));
        if let Some((from, what)) = before {
            self.span((LOCKS, tid), &what, from, line.step);
        }
    }

    fn take(&mut self, line: &Line) {
        match &line.what {
            What::Begin(name) => {
                self.open.entry(line.actor).or_default().push((name.clone(), line.step));
            }
            What::End(result) => self.end(line, result),
            What::Took(object, how) => self.lock(*object, line, Some(format!("held{}", mode(*how)))),
            What::Gave(object, _) => self.lock(*object, line, None),
            What::Waits(object) => self.lock(*object, line, Some("waited for".to_owned())),
            What::Told(name) => self.instant(line, name),
            What::Counter(name, before, after) => {
                self.instant(line, &format!("{name} {before} -> {after}"));
                let event = json!({"ph": "C", "pid": ACTORS, "name": name, "ts": line.step, "args": {"usage": after}});
                self.events.push(event);
            }
        }
    }

    fn instant(&mut self, line: &Line, name: &str) {
        let event =
            json!({"ph": "i", "s": "t", "pid": ACTORS, "tid": line.actor, "name": name, "ts": line.step});
        self.events.push(event);
    }
}

/// Returns the trace of a transcript; `actors` are the names of the actors, by id.
#[must_use]
pub(super) fn trace(litmus: &Litmus, actors: &[String], lines: &[Line]) -> String {
    let mut tracks = Tracks::default();
    lines.iter().for_each(|line| tracks.take(line));
    let last = lines.last().map_or(0, |line| line.step) + 1;
    // Spans that never ended, as in a deadlock, last to the end.
    for (actor, open) in std::mem::take(&mut tracks.open) {
        for (name, from) in open {
            tracks.span((ACTORS, actor), &format!("{name}: never ended"), from, last);
        }
    }
    let locks = std::mem::take(&mut tracks.locks);
    let who = |actor: u32| actors.get(actor as usize).map_or("?", String::as_str);
    let mut names = vec![
        json!({"ph": "M", "pid": ACTORS, "name": "process_name", "args": {"name": "actors (1 us = 1 step, simulated)"}}),
        json!({"ph": "M", "pid": LOCKS, "name": "process_name", "args": {"name": "locks"}}),
    ];
    for actor in lines.iter().map(|line| line.actor).collect::<std::collections::BTreeSet<_>>() {
        names.push(json!({"ph": "M", "pid": ACTORS, "tid": actor, "name": "thread_name", "args": {"name": who(actor)}}));
    }
    for ((object, actor), (tid, open)) in locks {
        let name = format!("{} by {}", names::object(litmus, object), who(actor));
        names.push(
            json!({"ph": "M", "pid": LOCKS, "tid": tid, "name": "thread_name", "args": {"name": name}}),
        );
        if let Some((from, what)) = open {
            tracks.span((LOCKS, tid), &format!("{what}, to the end"), from, last);
        }
    }
    names.extend(tracks.events);
    json!({"displayTimeUnit": "ms", "traceEvents": names}).to_string()
}
