//! A test for each reader. `cargo test -p fuzz` drives damaged seeds and the inputs that were found before, for a
//! second each; `.ci/fuzz` continues for a minute each, guided by coverage.
#[path = "../../../reports/tests/it/dice.rs"]
mod dice;
#[path = "../../../reports/tests/it/mutate.rs"]
mod mutate;

use dice::Dice;
use fuzz::{TARGETS, Target};
use std::fs;
use std::path::PathBuf;

macro_rules! targets {
    ($($name:ident),*) => {
        const TESTED: &[&str] = &[$(stringify!($name)),*];
        $(
            #[test]
            fn $name() {
                let target = fuzz::target(stringify!($name)).expect("a target");
                if cfg!(not(fuzzing)) {
                    damaged(target);
                }
                bolero::check!().with_iterations(64).for_each(|input| (target.drive)(input));
            }
        )*
    };
}

targets!(
    scenario,
    litmus,
    fault_rules,
    costs,
    schedule,
    recording,
    run,
    gates,
    baseline,
    mounts,
    guest,
    ring_buffer
);

#[test]
fn every_target_has_a_test() {
    let names: Vec<_> = TARGETS.iter().map(|target| target.name).collect();
    assert_eq!(names, TESTED);
}

/// Drives every seed unchanged, then damaged seeds.
fn damaged(target: &Target) {
    let seeds = (target.seeds)();
    assert!(!seeds.is_empty(), "{} has no seeds", target.name);
    seeds.iter().for_each(|seed| (target.drive)(seed));
    let make = |dice: &mut Dice| {
        let seed = &seeds[dice.below(seeds.len() as u64) as usize];
        let meant = if dice.below(2) == 0 { meant(dice, seed) } else { None };
        meant.unwrap_or_else(|| mutate::bytes(dice, seed))
    };
    mutate::fuzz(target.name, 200, make, |input| (target.drive)(input));
}

/// Returns a seed with other values, if it is JSON or TOML and the outcome can be written in that format.
fn meant(dice: &mut Dice, seed: &[u8]) -> Option<Vec<u8>> {
    if let Ok(value) = serde_json::from_slice(seed) {
        return serde_json::to_vec(&mutate::meaning(dice, &value)).ok();
    }
    let value = toml::from_str::<serde_json::Value>(std::str::from_utf8(seed).ok()?).ok()?;
    toml::to_string(&mutate::meaning(dice, &value)).ok().map(String::into_bytes)
}

/// Writes the seeds as files to the folder `ATTACH_RIG_SEEDS`, one folder per target: the corpus with which `.ci/fuzz`
/// begins.
#[test]
fn seeds_are_written_where_they_are_asked_for() {
    let scratch = tempfile::tempdir().unwrap();
    let asked = std::env::var_os("ATTACH_RIG_SEEDS").map(PathBuf::from);
    let folder = asked.as_deref().unwrap_or(scratch.path());
    for target in TARGETS {
        let own = folder.join(target.name);
        fs::create_dir_all(&own).unwrap();
        for (at, seed) in (target.seeds)().iter().enumerate() {
            fs::write(own.join(format!("seed-{at}")), seed).unwrap();
        }
        assert!(fs::read_dir(own).unwrap().count() > 0, "{}", target.name);
    }
}
