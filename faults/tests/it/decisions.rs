//! Tests of when rules fire: the kernel's should_fail, chance that depends only on its coordinates, and the log.

use faults::{Errno, Fault, FaultPlan, Injector, Rule, Site, Thrown};
use proptest::{prelude::*, sample::select};

const SITE: Site = Site::MemoryPrepareSleep;

fn plan(text: &str) -> FaultPlan {
    FaultPlan::parse(text).unwrap_or_else(|error| panic!("{error}"))
}

/// Returns the hits of `SITE`, out of `count`, at which a fault happens; hit 7 happens at 70 ns.
fn firing_hits(text: &str, seed: u64, count: u64) -> Vec<u64> {
    let mut injector = Injector::new(plan(text), seed);
    (1..=count).filter(|hit| injector.hit(SITE, hit * 10).is_some()).collect()
}

#[test]
fn attributes_mean_what_they_mean_in_the_kernel() {
    for (rule, hits) in [
        ("memory.prepare_sleep: 1,100,0,-1", vec![1, 2, 3, 4, 5, 6, 7, 8, 9, 10]),
        ("memory.prepare_sleep: interval=3", vec![3, 6, 9]),
        ("memory.prepare_sleep: times=2", vec![1, 2]),
        ("memory.prepare_sleep: times=0", vec![]),
        ("memory.prepare_sleep: probability=0", vec![]),
        // space > size, with a size of 1: the last unit is not consumed.
        ("memory.prepare_sleep: space=1 times=1", vec![1]),
        ("memory.prepare_sleep: space=8", vec![8, 9, 10]),
        // Space comes before the interval, which counts only the hits that space lets through.
        ("memory.prepare_sleep: space=3 interval=4", vec![6, 10]),
        ("memory.prepare_sleep: interval=2 times=3", vec![2, 4, 6]),
        ("memory.prepare_sleep: nth=4", vec![4]),
        ("memory.prepare_sleep: nth=4 probability=0 times=0 space=9 interval=7", vec![4]),
    ] {
        assert_eq!(firing_hits(rule, 1, 10), hits, "{rule}");
    }
}

#[test]
fn ten_percent_is_ten_percent() {
    for seed in 0..5 {
        let fired = firing_hits("memory.prepare_sleep: probability=10", seed, 100_000).len();
        // The standard deviation is 95.
        assert!((9_500..=10_500).contains(&fired), "{fired} of 100000 with seed {seed}");
    }
}

#[test]
fn the_first_that_fires_wins_and_the_others_spend_nothing() {
    let text = "memory.prepare_sleep: interval=2 delay=1us
                memory.prepare_sleep: times=2 errno=EINTR
                memory.prepare_sleep: errno=ENOMEM";
    let mut injector = Injector::new(plan(text), 1);
    let faults: Vec<_> = (1..=5).map(|at_ns| injector.hit(SITE, at_ns).expect("one always fires")).collect();
    let (delay, errno) = (Fault::Delay { ns: 1_000 }, Fault::Errno);
    assert_eq!(faults, [errno(Errno::EINTR), delay, errno(Errno::EINTR), delay, errno(Errno::ENOMEM)]);
}

#[test]
fn events_are_decided_as_all_actions_are() {
    let text = "core.switched: nth=2 rmdir
                core.switched: interval=2 times=2 fork
                core.switched: nth=5 delay=1ns";
    let plan = plan(text);
    let mut injector = Injector::new(plan.clone(), 1);
    let (rmdir, fork) = (Fault::Throw(Thrown::Rmdir), Fault::Throw(Thrown::Fork));
    let expected =
        [None, Some(rmdir), None, Some(fork), Some(Fault::Delay { ns: 1 }), Some(fork), None, None];
    for (hit, expected) in (1..).zip(expected) {
        assert_eq!(injector.hit(Site::CoreSwitched, hit * 10), expected, "hit {hit}");
        let decided = plan.decide(1, Site::CoreSwitched, hit);
        assert_eq!(decided.map(|fired| fired.action), expected, "hit {hit}, by the specification");
    }
    let log: Vec<_> = injector.fired().iter().map(|firing| (firing.rule, firing.hit, firing.at_ns)).collect();
    assert_eq!(log, [(0, 2, 20), (1, 4, 40), (2, 5, 50), (1, 6, 60)]);
    assert_eq!(injector.never_fired().count(), 0);
}

#[test]
fn the_log_has_rule_hit_and_time() {
    let text = "core.exit: nth=1
                memory.prepare_sleep: nth=2 delay=5ns
                memory.prepare_sleep: nth=9
                core.css_set_alloc: nth=2";
    let mut injector = Injector::new(plan(text), 1);
    for (site, at_ns) in [(SITE, 10), (Site::CoreExit, 20), (SITE, 30), (Site::FreezerPrepare, 40)] {
        injector.hit(site, at_ns);
    }
    let log: Vec<_> = injector.fired().iter().map(|firing| (firing.rule, firing.hit, firing.at_ns)).collect();
    assert_eq!(log, [(0, 1, 20), (1, 2, 30)]);
    let counts: Vec<_> =
        injector.counts().iter().map(|count| (count.rule, count.hits, count.fired)).collect();
    assert_eq!(counts, [(0, 1, 1), (1, 2, 1), (2, 2, 0), (3, 0, 0)]);
    let idle: Vec<_> = injector.never_fired().map(|(index, rule)| (index, rule.nth)).collect();
    assert_eq!(idle, [(2, Some(9)), (3, Some(2))]);
    assert_eq!(injector.hits(Site::FreezerPrepare), 1, "hits count where no rule is");
}

#[test]
fn a_reset_injector_is_a_new_one() {
    let text = "memory.prepare_sleep: probability=30 space=3 interval=2 times=20";
    let mut injector = Injector::new(plan(text), 1);
    let mut run = |seed| {
        injector.reset(seed);
        (1..=500).filter(|hit| injector.hit(SITE, *hit).is_some()).collect::<Vec<u64>>()
    };
    let first = run(1);
    assert_eq!(first.len(), 20);
    assert_ne!(run(2), first, "another seed decides otherwise");
    assert_eq!(run(1), first);
}

#[test]
fn a_hit_elsewhere_shifts_nothing_here() {
    let text = "memory.prepare_sleep: probability=50
                core.exit: probability=50";
    let (mut alone, mut disturbed) = (Injector::new(plan(text), 3), Injector::new(plan(text), 3));
    for hit in 1..=1_000 {
        for _ in 0..hit % 3 {
            disturbed.hit(Site::CoreExit, hit);
        }
        assert_eq!(alone.hit(SITE, hit), disturbed.hit(SITE, hit));
    }
}

#[test]
fn seeds_rules_and_sites_draw_apart() {
    let hits = |text: &str, seed| firing_hits(text, seed, 1_000);
    let half = hits("memory.prepare_sleep: probability=50", 1);
    assert_ne!(hits("memory.prepare_sleep: probability=50", 2), half);
    assert_ne!(hits("core.exit: nth=1\nmemory.prepare_sleep: probability=50", 1), half, "as the second rule");
    let elsewhere = plan("memory.prepare: probability=50");
    let other: Vec<u64> =
        (1..=1_000).filter(|hit| elsewhere.decide(1, Site::MemoryPrepare, *hit).is_some()).collect();
    assert_ne!(other, half);
}

#[test]
fn what_a_seed_means_does_not_change() {
    let hits = firing_hits("memory.prepare_sleep: probability=10", 42, 100);
    assert_eq!(hits, PINNED, "old seeds would no longer replay");
}

/// Computed independently of this crate, in another language, from the formula in `chance.rs`.
const PINNED: &[u64] = &[6, 13, 23, 40, 72, 83];

#[test]
fn a_rate_becomes_a_rule_for_each_site_that_can_refuse() {
    let plan = FaultPlan::with_rate(10, [Site::CpusetPrepare, Site::CoreSwitched, Site::CoreCssSetAlloc]);
    let texts: Vec<String> = plan.rules.iter().map(ToString::to_string).collect();
    assert_eq!(
        texts,
        ["cpuset.prepare: probability=10 errno=ENOSPC", "core.css_set_alloc: probability=10 errno=ENOMEM"]
    );
    assert!(FaultPlan::with_rate(0, Site::all()).is_empty());
}

#[test]
fn the_nth_hit_alone_fails_where_a_site_can_refuse() {
    for site in Site::all().filter(|site| site.can_refuse()) {
        let plan = FaultPlan::nth(site, 3);
        let errno = site.default_errno().map(Fault::Errno);
        let decided: Vec<_> =
            (1..=5).map(|hit| plan.decide(9, site, hit).map(|fired| fired.action)).collect();
        assert_eq!(decided, [None, None, errno, None, None], "{site}");
        assert_eq!(plan.rules.len(), 1);
    }
    assert!(FaultPlan::nth(Site::CoreSwitched, 3).is_empty(), "it cannot refuse");
    assert!(FaultPlan::nth(SITE, 0).is_empty(), "hits count from 1");
    assert_eq!(FaultPlan::nth(SITE, 2).rules[0].to_string(), "memory.prepare_sleep: nth=2 errno=ENOMEM");
}

/// Makes rules with small numbers, so that they interact, at three sites.
fn rules() -> impl Strategy<Value = Rule> {
    let sites = select(vec![SITE, Site::CoreExit, Site::FreezerPrepare]);
    let times = proptest::option::of(0..6_u32);
    let nth = proptest::option::weighted(0.2, 1..30_u32);
    let delays = (1..9_u64).prop_map(|ns| Fault::Delay { ns });
    let actions = prop_oneof![delays, select(&Thrown::ALL).prop_map(Fault::Throw)];
    (sites, 1..5_u32, select(vec![0_u8, 10, 50, 90, 100]), 0..6_u32, times, nth, actions).prop_map(
        |(site, interval, probability, space, times, nth, action)| Rule {
            interval,
            probability,
            space,
            times,
            nth,
            ..Rule::new(site, action)
        },
    )
}

proptest! {
    #[test]
    fn the_injector_decides_as_the_specification(
        rules in proptest::collection::vec(rules(), 0..8),
        seed: u64,
        path in proptest::collection::vec(select(vec![SITE, Site::CoreExit, Site::FreezerPrepare]), 0..90),
    ) {
        let plan: FaultPlan = rules.into_iter().collect();
        let mut injector = Injector::new(plan.clone(), seed);
        for (step, &site) in path.iter().enumerate() {
            let logged = injector.fired().len();
            let fault = injector.hit(site, step as u64);
            let decided = plan.decide(seed, site, injector.hits(site));
            prop_assert_eq!(fault, decided.map(|fired| fired.action));
            let log = injector.fired()[logged..].iter().map(|firing| firing.rule).collect::<Vec<_>>();
            prop_assert_eq!(log, decided.map(|fired| fired.rule).into_iter().collect::<Vec<_>>());
        }
    }
}
