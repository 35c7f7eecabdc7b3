//! A list of rules, and the specification of when they fire. [`crate::Injector`] makes the same decisions
//! incrementally.

use serde::{Deserialize, Serialize};

use crate::{Errno, Fault, ParseError, Rule, Site, chance::Key};

/// The faults of a run: rules in the order in which they were given. As text, including serde's, a list of rules.
///
/// Several rules may name the same site. Each hit counts for all of them. If several fire at a hit, the first one wins,
/// and the others consume none of their `times`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct FaultPlan {
    /// The rules; the index of a rule here identifies it.
    pub rules: Vec<Rule>,
}

/// A decision: the rule that fires, and its action.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fired {
    /// Index into [`FaultPlan::rules`].
    pub rule: usize,
    /// The action of the rule.
    pub action: Fault,
}

impl FaultPlan {
    /// Reads a plan with one rule per line. Empty lines, and everything from a `#` on, are ignored.
    ///
    /// # Errors
    /// The [`ParseError`] of the first wrong line; its offset is relative to `text`.
    pub fn parse(text: &str) -> Result<Self, ParseError> {
        let mut rules = Vec::new();
        let mut start = 0;
        for line in text.split('\n') {
            let rule = line.split('#').next().unwrap_or_default().trim_end();
            if !rule.is_empty() {
                rules.push(Rule::parse(rule).map_err(|error| error.within(text, start))?);
            }
            start += line.len() + 1;
        }
        Ok(Self { rules })
    }

    /// Returns a plan in which each of `sites` fails at `percent` of its hits, with its default error. Sites that
    /// cannot refuse are left out. With 0 percent the plan is empty.
    #[must_use]
    pub fn with_rate(percent: u8, sites: impl IntoIterator<Item = Site>) -> Self {
        let probability = percent.min(100);
        let rule =
            |(site, errno): (Site, Errno)| Rule { probability, ..Rule::new(site, Fault::Errno(errno)) };
        let refusing = sites.into_iter().filter_map(|site| Some((site, site.default_errno()?)));
        Self { rules: refusing.take_while(|_| percent > 0).map(rule).collect() }
    }

    /// Returns the plan in which exactly the `nth` hit (counted from 1) of `site` fails, with its default error. The
    /// plan is empty if the site cannot refuse, or if `nth` is 0.
    ///
    /// `--fail-nth all` runs these plans one after the other: for every site, every hit that a run can reach.
    #[must_use]
    pub fn nth(site: Site, nth: u32) -> Self {
        let errno = site.default_errno().filter(|_| nth > 0);
        let rule = |errno| Rule { nth: Some(nth), ..Rule::new(site, Fault::Errno(errno)) };
        errno.map(rule).into_iter().collect()
    }

    /// Reports whether no rule can ever fire.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rules.is_empty()
    }

    /// Decides the `hit`-th hit (counted from 1) of `site` in the run with that seed.
    ///
    /// This is the specification. It follows the kernel's should_fail (lib/fault-inject.c). With `nth`, only that hit
    /// fires. Otherwise nothing fires if the probability is 0, if `times` is used up, while there is `space`, or off
    /// the `interval`; the rest is chance. If a rule has `times`, deciding a hit replays all earlier hits, so runs use
    /// [`crate::Injector`].
    #[must_use]
    pub fn decide(&self, seed: u64, site: Site, hit: u64) -> Option<Fired> {
        let here = || self.rules.iter().enumerate().filter(|(_, rule)| rule.site == site);
        let mut spent = vec![0_u64; self.rules.len()];
        let mut winner = None;
        let replayed_from = if here().any(|(_, rule)| rule.times.is_some()) { 1 } else { hit };
        for hit in replayed_from..=hit {
            winner = here().find(|&(index, rule)| {
                let left =
                    rule.nth.is_some() || rule.times.is_none_or(|times| spent[index] < u64::from(times));
                left && rule.wants(Key::new(seed, index, site), hit)
            });
            if let Some((index, _)) = winner {
                spent[index] += 1;
            }
        }
        winner.map(|(rule, &Rule { action, .. })| Fired { rule, action })
    }
}

impl Rule {
    /// Reports whether the rule alone, with unlimited `times`, fires at that hit.
    fn wants(&self, key: Key, hit: u64) -> bool {
        if let Some(nth) = self.nth {
            return hit == u64::from(nth);
        }
        let passed_over = u64::from(self.space.saturating_sub(1));
        hit > passed_over
            && (hit - passed_over).is_multiple_of(u64::from(self.interval.max(1)))
            && key.roll(hit) < self.probability
    }
}

impl FromIterator<Rule> for FaultPlan {
    fn from_iter<I: IntoIterator<Item = Rule>>(rules: I) -> Self {
        Self { rules: rules.into_iter().collect() }
    }
}
