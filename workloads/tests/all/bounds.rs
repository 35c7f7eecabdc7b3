//! Tests of what every drawn shape guarantees: it never removes more than there is, stays within its cap, and its
//! children are few, short and childless.

use workloads::{ActorKey, BuiltIn, Op, Spec, Stream, WorkloadPlan};

use crate::support::{PRESETS, forked, plan};

/// The largest `cap_pages` of the presets, and the largest `child_ops` with exec, a last munmap and the exit.
const CAP_PAGES_MAX: u32 = 512;
const CHILD_OPS_MAX: usize = 8 + 3;

/// Follows the counts of one actor; returns the mapped pages at the end and at most.
fn follow(stream: impl Iterator<Item = Op>) -> (u32, u32) {
    let (mut mapped, mut touched, mut mapped_max) = (0u32, 0u32, 0u32);
    for op in stream {
        match op {
            Op::Mmap { pages } => mapped += pages,
            Op::Munmap { pages } => {
                mapped = mapped.checked_sub(pages).expect("munmap of what is not mapped");
                touched = touched.min(mapped);
            }
            Op::Touch { pages } => touched += pages,
            Op::Release { pages } => {
                touched = touched.checked_sub(pages).expect("release of what is not touched");
            }
            Op::Exec => (mapped, touched) = (0, 0),
            Op::Think { ns } => assert!(ns > 0),
            Op::ForkThread { .. } | Op::ForkProcess { .. } | Op::Exit => {}
        }
        let amount = match op {
            Op::Mmap { pages } | Op::Munmap { pages } | Op::Touch { pages } | Op::Release { pages } => pages,
            _ => 1,
        };
        assert!(amount > 0 && touched <= mapped, "{op}");
        mapped_max = mapped_max.max(mapped);
    }
    (mapped, mapped_max)
}

#[test]
fn books_balance_and_stay_within_the_cap() {
    for shape in PRESETS {
        for seed in 0..20 {
            let stream = plan(shape).stream(seed, &ActorKey::root(0, 0));
            let (_, mapped_max) = follow(stream.take(5_000));
            assert!((1..=CAP_PAGES_MAX).contains(&mapped_max), "{shape}: {mapped_max}");
        }
    }
}

#[test]
fn children_are_short_and_childless_and_threads_leave_nothing_mapped() {
    for shape in ["mixed", "churn", "fork-storm"] {
        let (plan, parent) = (plan(shape), ActorKey::root(2, 0));
        let forks: Vec<Op> =
            plan.stream(7, &parent).take(20_000).filter(|&op| forked(op).is_some()).collect();
        assert!(forks.len() > 20, "{shape}: {}", forks.len());
        for fork in forks {
            let child = || plan.stream(7, &parent.child(forked(fork).unwrap()));
            let ops: Vec<Op> = child().collect();
            assert!(ops.len() <= CHILD_OPS_MAX && ops.last() == Some(&Op::Exit), "{shape}: {ops:?}");
            assert!(ops.iter().all(|&op| forked(op).is_none()), "{shape}: {ops:?}");
            assert_eq!(ops.iter().filter(|&&op| op == Op::Exit).count(), 1);
            let is_thread = matches!(fork, Op::ForkThread { .. });
            assert!(!is_thread || (follow(child()).0 == 0 && !ops.contains(&Op::Exec)), "{shape}: {ops:?}");
        }
    }
}

/// Runs parent and children in turn; returns the most children that live at once.
fn live_children_max(plan: &WorkloadPlan) -> usize {
    let parent = ActorKey::root(0, 0);
    let mut children: Vec<Stream> = Vec::new();
    let mut most = 0;
    for op in plan.stream(3, &parent).take(20_000) {
        children.retain_mut(|child| child.next().is_some());
        children.extend(forked(op).map(|child| plan.stream(3, &parent.child(child))));
        most = most.max(children.len());
    }
    most
}

#[test]
fn few_children_live_at_once() {
    for shape in ["mixed", "churn", "fork-storm"] {
        let most = live_children_max(&plan(shape));
        assert!((1..=2).contains(&most), "{shape}: {most}");
    }
}

#[test]
fn shapes_do_what_they_are_named_for() {
    let share = |shape, wanted: fn(Op) -> bool| {
        let found =
            plan(shape).stream(5, &ActorKey::root(0, 0)).take(10_000).filter(|&op| wanted(op)).count();
        found as f64 / 10_000.0
    };
    let thinks = |op| matches!(op, Op::Think { .. });
    assert!(share("churn", thinks) == 0.0);
    assert!(share("idle", thinks) > 0.9);
    assert!(share("churn", |op| matches!(op, Op::Mmap { .. } | Op::Munmap { .. })) > 0.7);
    assert!(share("fork-storm", |op| forked(op).is_some()) > 0.1);
    let drops = plan("near-limit").stream(5, &ActorKey::root(0, 0)).take(1_000);
    let drops: Vec<Op> = drops.filter(|op| matches!(op, Op::Munmap { .. })).collect();
    assert!(
        drops.len() > 5 && drops.iter().all(|op| matches!(op, Op::Munmap { pages: 249..=256 })),
        "{drops:?}"
    );
}

#[test]
fn overrides_reach_the_stream() {
    let spec: Spec = toml::from_str(
        "shape = 'steady'\ncap_pages = 4\nop_pages_max = 2\ninitial_pages = 9\n\
         think_min = '7us'\nthink_max = '7us'",
    )
    .unwrap();
    let plan = WorkloadPlan::new(&spec, &BuiltIn).unwrap();
    assert_eq!(plan.initial_vm(0), 9);
    let ops: Vec<Op> = plan.stream(1, &ActorKey::root(0, 0)).take(1_000).collect();
    assert!(
        ops.contains(&Op::Think { ns: 7_000 }) && !ops.iter().any(|op| matches!(op, Op::Mmap { pages: 3.. }))
    );
    assert_eq!(follow(ops.into_iter()).1, 4);
}
