//! Tests that each actor has its own stream of random numbers: the draws of one actor, the number of actors and the
//! order in which they are asked change nothing elsewhere.

use workloads::{ActorKey, BuiltIn, Spec, WorkloadPlan};

use crate::support::{PRESETS, ops, plan};

#[test]
fn a_draw_here_shifts_nothing_there() {
    for shape in PRESETS {
        let plan = plan(shape);
        let alone = ops(&plan, &ActorKey::root(1, 0), 100);
        let mut greedy = plan.stream(42, &ActorKey::root(0, 0));
        let mut watched = plan.stream(42, &ActorKey::root(1, 0));
        let interleaved: Vec<_> = (0..100)
            .map(|round| {
                greedy.by_ref().take(round % 7).for_each(drop);
                watched.next().unwrap()
            })
            .collect();
        assert_eq!(alone, interleaved, "{shape}");
    }
}

#[test]
fn more_actors_leave_the_others_alone() {
    let few = WorkloadPlan::new(&Spec::new("churn", 1, 2), &BuiltIn).unwrap();
    let many = WorkloadPlan::new(&Spec::new("churn", 64, 32), &BuiltIn).unwrap();
    for key in [ActorKey::root(0, 1), ActorKey::root(0, 0).child(3)] {
        assert_eq!(ops(&few, &key, 200), ops(&many, &key, 200));
    }
}

#[test]
fn seeds_and_actors_differ() {
    let plan = plan("mixed");
    let first = |seed, key: &ActorKey| plan.stream(seed, key).take(50).collect::<Vec<_>>();
    let here = ActorKey::root(0, 0);
    assert_ne!(first(1, &here), first(2, &here));
    assert_ne!(first(1, &here), first(1, &ActorKey::root(0, 1)));
    assert_ne!(first(1, &here), first(1, &ActorKey::root(1, 0)));
    assert_ne!(first(1, &here.child(0)), first(1, &here.child(2)));
    assert_eq!(first(1, &here), first(1, &here));
}
