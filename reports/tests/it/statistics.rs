//! The statistics of machine time, compared with scipy, and on made-up sessions on noisy machines.
use rand::{RngExt as _, SeedableRng as _};
use rand_pcg::Pcg64;
use reports::stats::{Answer, Question, Run, SignedRank, blocks, decide, holm};
use serde::Deserialize;

#[derive(Deserialize)]
struct Reference {
    cases: Vec<Case>,
    holm: Vec<Corrected>,
}

#[derive(Deserialize)]
struct Case {
    differences: Vec<f64>,
    p_above: f64,
    p_below: f64,
    estimate: f64,
}

#[derive(Deserialize)]
struct Corrected {
    chances: Vec<f64>,
    raised: Vec<f64>,
}

#[test]
fn scipy_says_the_same() {
    let reference: Reference = serde_json::from_str(include_str!("reference/signed_rank.json")).unwrap();
    let near = |a: f64, b: f64| (a - b).abs() < 1e-9;
    assert!(reference.cases.len() > 20 && reference.holm.len() > 3);
    for case in reference.cases {
        let seen = SignedRank::of(&case.differences).unwrap();
        let found = (seen.p_above, seen.p_below, seen.estimate());
        let same = near(found.0, case.p_above) && near(found.1, case.p_below) && near(found.2, case.estimate);
        assert!(same, "{:?}: {found:?}", case.differences);
    }
    for row in reference.holm {
        assert!(holm(&row.chances).iter().zip(row.raised).all(|(a, b)| near(*a, b)));
    }
}

/// A shared machine, as measured: the same work is up to 45 % slower an hour later, and the change comes at once or
/// creeps. A run differs from the next by some 4 %, and one in twenty is disturbed by a neighbour.
struct Machine {
    random: Pcg64,
    speed: f64,
    creep: f64,
    clock: u64,
}

impl Machine {
    fn new(seed: u64) -> Self {
        let mut random = Pcg64::seed_from_u64(seed);
        let (speed, creep) = (random.random_range(0.7..1.45), random.random_range(-0.004..0.004));
        Self { random, speed, creep, clock: 0 }
    }

    /// Returns an approximately standard normal deviate: the sum of twelve uniform numbers, less its mean.
    fn normal(&mut self) -> f64 {
        (0..12).map(|_| self.random.random_range(0.0..1.0)).sum::<f64>() - 6.0
    }

    /// Makes one run of work that takes `ns` on a quiet machine.
    fn run(&mut self, ns: f64) -> Run {
        self.clock += 1;
        self.speed *= 1.0 + self.creep;
        if self.random.random_bool(0.01) {
            self.speed = self.random.random_range(0.7..1.45);
        }
        let neighbour = if self.random.random_bool(0.05) { self.random.random_range(1.05..1.6) } else { 1.0 };
        let noise = (0.04 * self.normal()).exp();
        Run { began: self.clock, value: (ns * self.speed * neighbour * noise) as u64 }
    }
}

const GATES: usize = 4;
const BLOCKS: usize = 20;
const SESSIONS: u64 = 1_000;

/// Returns the answers of the gates of one session. The second side of the first gate alone is really slower by the
/// factor `slower`. A gate fails above 5 %.
fn session(seed: u64, slower: f64) -> Vec<Answer> {
    let mut machine = Machine::new(seed);
    let mut sides: Vec<(Vec<Run>, Vec<Run>)> = vec![Default::default(); GATES];
    for n in 0..2 * BLOCKS {
        for (gate, (a, b)) in sides.iter_mut().enumerate() {
            let work = 1e6 * (gate + 1) as f64;
            let mut pair = [(a, work), (b, if gate == 0 { work * slower } else { work })];
            if n % 2 == 1 {
                pair.reverse();
            }
            pair.into_iter().for_each(|(side, work)| side.push(machine.run(work)));
        }
    }
    let ask = |(a, b): &(Vec<Run>, Vec<Run>)| Question {
        ratios: blocks(a, b).unwrap(),
        above: 0.0,
        floor: 1.05_f64.ln(),
    };
    decide(&sides.iter().map(ask).collect::<Vec<_>>())
}

#[test]
fn false_alarms_are_rare_and_ten_percent_is_found() {
    let alarms = (0..SESSIONS).filter(|seed| session(*seed, 1.0).contains(&Answer::Larger)).count();
    let found = (0..SESSIONS).filter(|seed| session(*seed, 1.1)[0] == Answer::Larger).count();
    assert!(alarms < 10, "{alarms} false alarms in {SESSIONS} sessions");
    assert!(found > 900, "10 % found in {found} of {SESSIONS} sessions");
}

#[test]
fn a_stored_baseline_would_have_been_wrong_on_the_same_machines() {
    // The blocks prevent this: two sessions of equal work, with an hour between them, are compared without blocks.
    let mean = |seed: u64| {
        let mut machine = Machine::new(seed);
        let sum: u64 = (0..2 * BLOCKS).map(|_| machine.run(1e6).value).sum();
        sum as f64 / (2 * BLOCKS) as f64
    };
    let wrong = (0..SESSIONS).filter(|seed| mean(*seed + SESSIONS) / mean(*seed) > 1.05).count();
    assert!(wrong > 100, "{wrong}");
}
