//! Runs that are given up anywhere. Their worlds are put back to the start, not built anew.
use super::depth_first::{States, again, explore, first, run, state};
use super::example::{protocol, roomy, spec, world};
use engines::sim::End;
use model::kernel::Controller;
use model::protocols::Protocol;
use model::world::{World, WorldSpec};
use std::sync::Arc;

/// Returns every protocol, by itself and with each value of one option.
fn names() -> impl Iterator<Item = String> {
    Protocol::every().into_iter().map(|protocol| protocol.to_string()).filter(|name| !name.contains(','))
}

/// Returns the whole state of a world: lock states, queues, Words, records, slots.
fn everything(world: &World) -> String {
    format!("{world:?}")
}

/// Gives the first schedule up after each possible number of steps. Returns how many there were.
fn give_up_everywhere(world: &Arc<World>, name: &str) -> u64 {
    let fresh = everything(world);
    let whole = run(first(), world, protocol(name));
    assert_eq!(whole.end, End::Done, "{name}");
    let (expected, steps) = (state(world, &whole.end), whole.policy.steps);
    let mut held = 0;
    let mut spare = whole;
    for at in 0..steps {
        spare.policy.rewind();
        spare.policy.abandon_at = Some(at);
        let abandoned = run(again(spare), world, protocol(name));
        assert_eq!(abandoned.end, End::Abandoned, "{name} after {at} steps");
        held += u32::from(!world.locks_free());
        world.reset();
        assert!(world.locks_free(), "{name} after {at} steps");
        assert_eq!(everything(world), fresh, "{name} after {at} steps");

        spare = abandoned;
        spare.policy.rewind();
        spare.policy.abandon_at = None;
        let again = run(again(spare), world, protocol(name));
        assert_eq!(state(world, &again.end), expected, "{name} after {at} steps");
        spare = again;
    }
    assert!(held > 5, "{name}: only {held} of {steps} runs were given up with a lock held");
    world.reset();
    steps
}

#[test]
fn a_world_is_as_new_wherever_the_run_before_was_given_up() {
    let all: WorldSpec = roomy(&Controller::ALL);
    for spec in [spec(), all] {
        for name in names() {
            let world = world(protocol(&name).fit(spec.clone()));
            assert!(give_up_everywhere(&world, &name) > 20, "{name}");
        }
    }
}

#[test]
fn every_schedule_ends_the_same_after_one_that_was_given_up() {
    let name = "transactional";
    let fresh = explore(&world(spec()), protocol(name));
    let world = world(spec());
    let mut states = States::new();
    let mut sim = first();
    for at in 0.. {
        let mut whole = run(sim, &world, protocol(name));
        *states.entry(state(&world, &whole.end)).or_default() += 1;
        let steps = whole.policy.steps;
        whole.policy.rewind();
        whole.policy.abandon_at = Some(at % steps);
        let mut abandoned = run(again(whole), &world, protocol(name));
        assert_eq!(abandoned.end, End::Abandoned);
        abandoned.policy.abandon_at = None;
        if !abandoned.policy.advance() {
            break;
        }
        sim = again(abandoned);
    }
    assert_eq!(states, fresh);
}
