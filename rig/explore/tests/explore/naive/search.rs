//! All final states of a case: every actor that can run runs, from every state, and each state is visited once.
use super::case::Case;
use super::protocol::Variant;
use super::world::{Life, World};
use std::collections::BTreeSet;

/// Final states in words: counters, places, and the counters that have drifted. A thread that was forked is called `p+`,
/// since its number depends on the order of its birth.
pub(crate) type Finals = BTreeSet<String>;

/// The final state of a schedule in which no actor can go on.
pub(crate) const DEADLOCK: &str = "deadlock";

/// Joins the words of a final state, in an order that does not depend on who lists them.
pub(crate) fn state(words: impl IntoIterator<Item = String>) -> String {
    let mut words: Vec<String> = words.into_iter().collect();
    words.sort();
    words.join(" ")
}

/// Returns the final states, or `None` when there are more states than `most`.
pub(crate) fn finals(case: &Case, variant: Variant, most: usize) -> Option<Finals> {
    let mut finals = Finals::new();
    let mut start = World::new(case);
    (0..start.actors.len()).for_each(|who| start.settle(case, variant, who));
    let (mut seen, mut open) = (BTreeSet::new(), vec![start]);
    while let Some(world) = open.pop() {
        if seen.len() > most {
            return None;
        }
        let able: Vec<usize> = (0..world.actors.len()).filter(|who| world.can_run(*who)).collect();
        if able.is_empty() {
            finals.insert(described(case, &world));
        }
        for who in able {
            let mut next = world.clone();
            next.step(case, variant, who);
            next.settle(case, variant, who);
            if !seen.contains(&next) {
                seen.insert(next.clone());
                open.push(next);
            }
        }
    }
    Some(finals)
}

fn described(case: &Case, world: &World) -> String {
    if world.actors.iter().any(|actor| !actor.steps.is_empty()) {
        return DEADLOCK.to_owned();
    }
    let mut words = Vec::new();
    for controller in &case.controllers {
        for (cgroup, usage) in world.usage.iter().enumerate() {
            let usage = usage[*controller as usize];
            let name = format!("{}.{}", case.cgroup(cgroup), controller.name());
            let drift = i128::from(usage) - i128::from(world.truth(case, cgroup, *controller));
            words.push(format!("{name}={usage}"));
            if drift != 0 {
                words.push(format!("drift:{name}={drift:+}"));
            }
        }
    }
    let first = case.threads().count();
    for (at, thread) in world.threads.iter().enumerate() {
        let name = if at < first { case.thread(at) } else { format!("{}+", Case::process(thread.process)) };
        let place = if thread.life == Life::Gone { "-".to_owned() } else { case.cgroup(thread.cgroup) };
        words.push(format!("{name}@{place}"));
    }
    state(words)
}
