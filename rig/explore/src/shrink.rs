//! Looks for a shorter program that still violates the invariant, and then for a schedule with fewer switches.
//!
//! It removes one actor, one operation or one fault at a time, until nothing more can go. Then it tries schedules
//! without preemptions (switches from an actor that could have gone on), with one, with two and so on. The whole has a
//! time limit.
use super::litmus::Litmus;
use super::litmus::expect::CONDITIONS;
use super::policy::PolicyName;
use super::search::{Limits, Seen, search};
use super::witness::{Schedule, Witness};
use engines::Interrupt;
use model::checks::CheckSet;
use parking_lot::Mutex;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::{Duration, Instant};
use toml::{Table, Value};

/// Most schedules per attempt.
const SCHEDULES_MAX: u64 = 200_000;
/// Number of preemptions above which fewer are not sought.
const SWITCHES_MAX: usize = 6;

/// The size of a witness, which shrinking reduces.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Size {
    /// Actors.
    pub actors: usize,
    /// Operations of all actors.
    pub operations: usize,
    /// Fault rules.
    pub faults: usize,
    /// Switches of the schedule.
    pub switches: usize,
    /// Steps of the schedule.
    pub steps: usize,
}

impl Size {
    /// Returns the size of a witness.
    #[must_use]
    pub fn of(witness: &Witness) -> Self {
        let Witness { litmus, schedule, .. } = witness;
        Self {
            actors: litmus.actors.len(),
            operations: litmus.actors.iter().map(|actor| actor.ops.len()).sum(),
            faults: litmus.faults.rules.len(),
            switches: schedule.switches(),
            steps: schedule.choices().len(),
        }
    }
}

/// A failing witness that is being shrunk.
struct Shrinking<'a> {
    invariant: &'a str,
    until: Instant,
    interrupt: &'a Interrupt,
}

/// Returns the shortest witness found within `time` that still violates `invariant`.
#[must_use]
pub fn shrink(witness: &Witness, invariant: &str, time: Duration, interrupt: &Interrupt) -> Witness {
    let shrinking = Shrinking { invariant, until: Instant::now() + time, interrupt };
    let mut best = witness.clone();
    while let Some(less) = shrinking.less(&best) {
        best = less;
    }
    shrinking.fewer_switches(best)
}

impl Shrinking<'_> {
    /// Returns the first program with one part less that still fails.
    fn less(&self, witness: &Witness) -> Option<Witness> {
        let mut table: Table = toml::from_str(&witness.litmus.toml).ok()?;
        // Conditions may name parts that a shorter program lacks.
        CONDITIONS.into_iter().chain(["expect"]).for_each(|key| drop(table.remove(key)));
        candidates(&table).into_iter().find_map(|table| {
            let text = toml::to_string_pretty(&table).ok()?;
            let litmus = Litmus::parse(&witness.place, &text).ok()?;
            self.fails(&Witness { litmus, ..witness.clone() }, PolicyName::Exhaustive)
        })
    }

    /// Returns the witness with the fewest preemptions.
    fn fewer_switches(&self, witness: Witness) -> Witness {
        let most = witness.schedule.switches().min(SWITCHES_MAX);
        for switches in 0..most {
            if let Some(fewer) = self.fails(&witness, PolicyName::Switches(switches as u32)) {
                return if fewer.schedule < witness.schedule { fewer } else { witness };
            }
        }
        witness
    }

    /// Returns a schedule of the program that violates the invariant, if one is found in time.
    fn fails(&self, witness: &Witness, policy: PolicyName) -> Option<Witness> {
        let time = self.until.saturating_duration_since(Instant::now());
        if time.is_zero() || self.interrupt.is_set() {
            return None;
        }
        let failing: Mutex<Option<(Schedule, String)>> = Mutex::new(None);
        let look_on = |seen: &Seen<'_>| {
            if seen.violated.contains_key(self.invariant) {
                *failing.lock() = Some(((seen.schedule)(), seen.state.to_string()));
                return ControlFlow::Break(());
            }
            ControlFlow::Continue(())
        };
        let limits = Limits { schedules: SCHEDULES_MAX, time, checks: CheckSet::ALL, ..Limits::default() };
        let litmus = Arc::new(witness.litmus.clone());
        drop(search(&litmus, witness.protocol, policy, &limits, (self.interrupt, &look_on)));
        let (schedule, state) = failing.into_inner()?;
        Some(Witness { schedule, state: Some(state), ..witness.clone() })
    }
}

/// Returns every program with one part less: actors first, because they remove the most.
fn candidates(table: &Table) -> Vec<Table> {
    let list = |table: &Table, name: &str| table.get(name).and_then(Value::as_array).map_or(0, Vec::len);
    let mut all = Vec::new();
    let without = |edit: &dyn Fn(&mut Table) -> Option<()>| {
        let mut table = table.clone();
        edit(&mut table).map(|()| table)
    };
    let actors = list(table, "actors");
    for at in (0..actors).filter(|_| actors > 1) {
        all.extend(without(&|table| remove(table.get_mut("actors")?, at)));
    }
    for at in 0..list(table, "faults") {
        all.extend(without(&|table| remove(table.get_mut("faults")?, at)));
    }
    for actor in 0..actors {
        let ops = |table: &Table| list(table.get("actors")?.as_array()?[actor].as_table()?, "ops").into();
        let count: Option<usize> = ops(table);
        for at in 0..count.unwrap_or(0) {
            all.extend(without(&|table| {
                let actor = table.get_mut("actors")?.as_array_mut()?[actor].as_table_mut()?;
                remove(actor.get_mut("ops")?, at)
            }));
        }
    }
    all
}

fn remove(list: &mut Value, at: usize) -> Option<()> {
    let list = list.as_array_mut()?;
    (at < list.len()).then(|| drop(list.remove(at)))
}
