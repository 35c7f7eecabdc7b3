//! A plan during one run: counts hits, decides, and keeps a log. Decides as [`FaultPlan::decide`] does, but
//! incrementally.

use std::ops::Range;

use crate::{Fault, FaultPlan, Fired, Rule, Site, chance::Key};

/// The faults of one run. Owned by the code that makes the run; there is no global injector.
///
/// `nth` counts the hits that this injector sees. To count per task or per actor, give each its own injector.
#[derive(Clone, Debug)]
pub struct Injector {
    plan: FaultPlan,
    /// Number of hits so far, by site.
    hits: [u64; Site::COUNT],
    /// Positions of each site's rules in `armed`.
    rules_of: [Range<u32>; Site::COUNT],
    /// The rules, by site and then in the plan's order.
    armed: Vec<Armed>,
    log: Vec<Firing>,
}

/// A rule and its state.
#[derive(Clone, Debug)]
struct Armed {
    index: usize,
    rule: Rule,
    key: Key,
    /// The kernel's attr->space, attr->count and attr->times, with -1 as `None`.
    space: u32,
    count: u32,
    times: Option<u32>,
    fired: u64,
}

/// A fault that happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Firing {
    /// Index into [`FaultPlan::rules`].
    pub rule: usize,
    /// Number of the hit of the rule's site, counted from 1.
    pub hit: u64,
    /// Time of the fault, in ns on the clock of the run.
    pub at_ns: u64,
}

/// The hits and faults of a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RuleCount {
    /// Index into [`FaultPlan::rules`].
    pub rule: usize,
    /// Number of hits of its site; 0 means that the run never reached it.
    pub hits: u64,
    /// Number of times that it fired.
    pub fired: u64,
}

impl Injector {
    /// Returns the injector of a plan at the start of a run with that seed.
    #[must_use]
    pub fn new(plan: FaultPlan, seed: u64) -> Self {
        let mut armed: Vec<Armed> = plan
            .rules
            .iter()
            .enumerate()
            .map(|(index, rule)| Armed::new(index, rule.clone(), seed))
            .collect();
        armed.sort_by_key(|armed| armed.rule.site); // Stable: the plan's order remains within a site.
        let bound = |end: usize| armed.partition_point(|armed| armed.rule.site.index() < end) as u32;
        let rules_of = std::array::from_fn(|site| bound(site)..bound(site + 1));
        Self { plan, hits: [0; Site::COUNT], rules_of, armed, log: Vec::new() }
    }

    /// Resets the injector to the start of a run with that seed. Keeps its memory.
    pub fn reset(&mut self, seed: u64) {
        self.hits = [0; Site::COUNT];
        self.log.clear();
        for armed in &mut self.armed {
            armed.rearm(seed);
        }
    }

    /// Records a hit of `site` at `at_ns` on the clock of the run; returns the fault that happens, if any.
    #[inline]
    pub fn hit(&mut self, site: Site, at_ns: u64) -> Option<Fault> {
        let index = site.index();
        self.hits[index] += 1;
        if self.rules_of[index].is_empty() { None } else { self.decide(index, at_ns) }
    }

    fn decide(&mut self, site: usize, at_ns: u64) -> Option<Fault> {
        let hit = self.hits[site];
        let Range { start, end } = self.rules_of[site].clone();
        let mut winner = None;
        // All rules count the hit, for their space and interval; only the winner consumes its times.
        for armed in &mut self.armed[start as usize..end as usize] {
            if armed.should_fail(hit) && winner.is_none() {
                armed.spend();
                winner = Some(Fired { rule: armed.index, action: armed.rule.action });
            }
        }
        let Fired { rule, action } = winner?;
        self.log.push(Firing { rule, hit, at_ns });
        Some(action)
    }

    /// Returns the plan.
    #[must_use]
    pub fn plan(&self) -> &FaultPlan {
        &self.plan
    }

    /// Returns the number of hits of `site`.
    #[must_use]
    pub fn hits(&self, site: Site) -> u64 {
        self.hits[site.index()]
    }

    /// Returns every fault so far, in the order in which they happened.
    #[must_use]
    pub fn fired(&self) -> &[Firing] {
        &self.log
    }

    /// Returns the counts of each rule, in the plan's order.
    #[must_use]
    pub fn counts(&self) -> Vec<RuleCount> {
        let count = |armed: &Armed| RuleCount {
            rule: armed.index,
            hits: self.hits(armed.rule.site),
            fired: armed.fired,
        };
        let mut counts: Vec<RuleCount> = self.armed.iter().map(count).collect();
        counts.sort_by_key(|count| count.rule);
        counts
    }

    /// Returns the rules that never fired, with their index in the plan. A run with such a rule did not test what it
    /// set out to test.
    pub fn never_fired(&self) -> impl Iterator<Item = (usize, &Rule)> {
        self.counts().into_iter().filter(|count| count.fired == 0).map(|count| {
            let rule = &self.plan.rules[count.rule];
            (count.rule, rule)
        })
    }
}

impl Armed {
    fn new(index: usize, rule: Rule, seed: u64) -> Self {
        let key = Key::new(seed, index, rule.site);
        Self { index, key, space: rule.space, count: 0, times: rule.times, fired: 0, rule }
    }

    fn rearm(&mut self, seed: u64) {
        self.key = Key::new(seed, self.index, self.rule.site);
        self.space = self.rule.space;
        self.count = 0;
        self.times = self.rule.times;
        self.fired = 0;
    }

    /// Decides as the kernel's should_fail, in the same order, except for `times`, which only the winner consumes.
    fn should_fail(&mut self, hit: u64) -> bool {
        if let Some(nth) = self.rule.nth {
            return hit == u64::from(nth);
        }
        if self.rule.probability == 0 || self.times == Some(0) {
            return false;
        }
        if self.space > 1 {
            self.space -= 1;
            return false;
        }
        if self.rule.interval > 1 {
            self.count += 1;
            if self.count < self.rule.interval {
                return false;
            }
            self.count = 0;
        }
        self.key.roll(hit) < self.rule.probability
    }

    fn spend(&mut self) {
        self.fired += 1;
        self.times = self.times.map(|times| times.saturating_sub(1));
    }
}
