//! Runs schedules of a litmus test under a policy, on several workers and within limits, and collects the results.
use super::found::Found;
use super::litmus::{Conditions, Litmus};
use super::policy::PolicyName;
use super::program::{Program, Runner};
use super::state::{self, EndState, Violated};
use super::witness::Schedule;
use engines::sim::End;
use engines::sim::steps::{
    Bounds, DepthFirst, Exhaustive, GivenUp, Numbers, Pct, Random, Strategy, Tree, canonical, trace,
};
use engines::{Interrupt, pool};
use model::checks::CheckSet;
use model::protocols::Protocol;
use std::convert::Infallible;
use std::ops::ControlFlow;
use std::panic::resume_unwind;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// Limits and settings of a search.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Most steps of one schedule.
    pub steps: usize,
    /// Most schedules.
    pub schedules: u64,
    /// Most wall time.
    pub time: Duration,
    /// Number of workers.
    pub jobs: usize,
    /// Seed of random schedules.
    pub seed: u64,
    /// Checks that are on.
    pub checks: CheckSet,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            steps: 100_000,
            schedules: 4_000_000,
            time: Duration::from_secs(60),
            jobs: 1,
            seed: 1,
            checks: CheckSet::ALL,
        }
    }
}

/// A finished schedule, as passed to [`LookOn`].
pub struct Seen<'a> {
    /// The state in which it ended.
    pub state: &'a EndState,
    /// The invariants it violated.
    pub violated: &'a Violated,
    /// The schedule.
    pub schedule: &'a dyn Fn() -> Schedule,
}

/// A callback that sees each finished schedule, from any worker; may end the search.
pub type LookOn<'a> = &'a (dyn Fn(&Seen<'_>) -> ControlFlow<()> + Sync);

/// Ignores every schedule.
pub fn unwatched(_: &Seen<'_>) -> ControlFlow<()> {
    ControlFlow::Continue(())
}

/// The state of one search that its workers share.
struct Search<'a> {
    litmus: &'a Arc<Litmus>,
    protocol: Protocol,
    policy: PolicyName,
    limits: &'a Limits,
    bounds: Bounds,
    tree: Arc<Tree>,
    numbers: Arc<Numbers>,
    /// Typical number of steps of a schedule, which `pct` needs.
    typical: u64,
    run: AtomicU64,
    until: Instant,
    interrupt: &'a Interrupt,
    /// Conditions; for each state they refer to, a schedule is kept.
    conditions: Conditions,
    look_on: LookOn<'a>,
}

/// Runs schedules until all have been run, a limit is reached or `interrupt` arrives.
///
/// # Panics
/// Passes on the panic of a worker.
#[must_use]
pub fn search(
    litmus: &Arc<Litmus>,
    protocol: Protocol,
    policy: PolicyName,
    limits: &Limits,
    (interrupt, look_on): (&Interrupt, LookOn<'_>),
) -> Found {
    let stop = Arc::<AtomicBool>::default();
    let bounds = Bounds { steps: limits.steps, stop: Arc::clone(&stop) };
    let search = Search {
        litmus,
        protocol,
        policy,
        limits,
        tree: Tree::new(Arc::clone(&stop)),
        numbers: Numbers::below(limits.schedules),
        typical: if matches!(policy, PolicyName::Pct(_)) { typical(litmus, protocol, &bounds) } else { 0 },
        bounds,
        run: AtomicU64::new(0),
        until: Instant::now() + limits.time,
        interrupt,
        conditions: litmus.wanted(protocol).conditions,
        look_on,
    };
    // Plain depth-first search has one worker, because its tree cannot be shared.
    let shared = !matches!(policy, PolicyName::DepthFirst | PolicyName::Switches(_));
    let jobs = if shared { limits.jobs.max(1) } else { 1 };
    let mut found = Found { complete: true, ..Found::default() };
    let Ok(()) = pool::each(
        (jobs, jobs),
        &Interrupt::never(),
        |_| search.work(),
        |done| {
            match done {
                Some((_, Ok(more))) => found.merge(more),
                Some((_, Err(panic))) => {
                    // The other workers would wait for this one.
                    stop.store(true, Ordering::Relaxed);
                    resume_unwind(panic);
                }
                None if search.is_over() => stop.store(true, Ordering::Relaxed),
                None => {}
            }
            Ok::<_, Infallible>(())
        },
    );
    found.complete &= policy.is_complete();
    found
}

/// Returns the number of steps of one schedule of the test.
fn typical(litmus: &Arc<Litmus>, protocol: Protocol, bounds: &Bounds) -> u64 {
    let program = Program::new(litmus, protocol);
    let Some(random) = Random::new(0, &Numbers::below(1)) else { return 0 };
    let mut runner = program.stage(Box::new(random), bounds.clone(), CheckSet::ALL, None);
    program.run(&mut runner);
    runner.policy().taken().len() as u64
}

impl Search<'_> {
    fn strategy(&self) -> Option<Box<dyn Strategy>> {
        let seed = self.limits.seed;
        match self.policy {
            PolicyName::Exhaustive => Some(Box::new(Exhaustive::new(&self.tree)?)),
            PolicyName::DepthFirst => Some(Box::new(DepthFirst::new())),
            PolicyName::Switches(switches) => Some(Box::new(DepthFirst::within(switches))),
            PolicyName::Random => Some(Box::new(Random::new(seed, &self.numbers)?)),
            PolicyName::Pct(depth) => Some(Box::new(Pct::new(depth, self.typical, seed, &self.numbers)?)),
        }
    }

    /// Reports whether the time is up, or an interrupt has arrived.
    fn is_over(&self) -> bool {
        self.interrupt.is_set() || Instant::now() >= self.until
    }

    /// Runs schedules until there are none left, or the search is over.
    fn work(&self) -> Found {
        let mut found = Found { complete: true, ..Found::default() };
        let Some(strategy) = self.strategy().filter(|_| self.may_run()) else { return found };
        let program = Program::new(self.litmus, self.protocol);
        let mut runner = program.stage(strategy, self.bounds.clone(), self.limits.checks, None);
        loop {
            let end = program.run(&mut runner);
            if !self.take(&program, &mut found, (&runner, &end)) || !runner.policy().advance() {
                return found;
            }
            if self.is_over() || !self.may_run() {
                found.complete = false;
                self.bounds.stop.store(true, Ordering::Relaxed);
                return found;
            }
            program.restart(&runner);
        }
    }

    /// Claims one more schedule; reports whether the limit allows it.
    fn may_run(&self) -> bool {
        self.run.fetch_add(1, Ordering::Relaxed) < self.limits.schedules
    }

    /// Records the results of one schedule; reports whether the search goes on.
    fn take(&self, program: &Program, found: &mut Found, (runner, end): (&Runner, &End)) -> bool {
        let given_up = runner.policy().given_up();
        match given_up {
            Some(GivenUp::Stopped) => {
                found.complete = false;
                return false;
            }
            Some(GivenUp::Cut) => {
                found.cut += 1;
                return true;
            }
            Some(GivenUp::TooLong) => found.complete = false,
            None => {}
        }
        found.steps += runner.policy().taken().len() as u64;
        let (state, violated) = state::end(self.litmus, program, runner, end);
        runner.take_injectors(|injector| {
            let fired = injector.counts().into_iter().filter(|count| count.fired > 0);
            found.fired.extend(fired.map(|count| count.rule));
        });
        let policy = runner.policy();
        let schedule = || Schedule::new(canonical(policy.taken(), policy.wakes()));
        if self.policy == PolicyName::Exhaustive {
            found.traces.insert(trace(&canonical(policy.taken(), policy.wakes())));
        }
        let asked = self.conditions.ask(&state);
        let seen = Seen { state: &state, violated: &violated, schedule: &schedule };
        if (self.look_on)(&seen).is_break() {
            self.bounds.stop.store(true, Ordering::Relaxed);
            found.complete = false;
            found.add((state, asked), violated, schedule);
            return false;
        }
        found.add((state, asked), violated, schedule);
        true
    }
}
