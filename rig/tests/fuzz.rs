//! Damage to everything that the rig reads: scenarios, litmus tests, fault rules, schedules. An error that names its place,
//! or something that can be run; never a panic, never more than a second.
//!
//! `ATTACH_RIG_FUZZ_SECONDS=60` makes each test go on for so long; see `mutate`.
#[path = "../../reports/tests/it/dice.rs"]
mod dice;
#[path = "../../reports/tests/it/mutate.rs"]
mod mutate;

use dice::Dice;
use faults::Plan;
use mutate::{bytes, fuzz, meaning};
use rig::driver::{Scenario, built_in};
use rig::explore::replay::replay;
use rig::explore::witness::{MODEL, Schedule, Witness};
use rig::explore::{self, Litmus};
use rig::protocols::Protocol;
use std::fs;
use std::path::Path;

/// One of the texts of `all`, damaged: its bytes, or what it says.
fn damaged_toml(dice: &mut Dice, all: &[(&str, &str)]) -> Vec<u8> {
    let (_, text) = all[dice.below(all.len() as u64) as usize];
    if dice.below(2) == 0 {
        let value = toml::from_str::<serde_json::Value>(text).unwrap();
        // What JSON can say and TOML cannot is of no interest here.
        if let Ok(text) = toml::to_string(&meaning(dice, &value)) {
            return text.into_bytes();
        }
    }
    bytes(dice, text.as_bytes())
}

#[test]
fn damage_to_scenarios() {
    let all = [built_in::ALL, built_in::CANARIES].concat();
    let folder = workloads::Folder::new(Path::new("."));
    fuzz(
        "scenario",
        1_500,
        |dice| damaged_toml(dice, &all),
        |input| match Scenario::parse("s.toml", &String::from_utf8_lossy(input), &folder) {
            Ok(scenario) => {
                assert!(!scenario.cells().is_empty());
                drop((scenario.world().validate(), scenario.controllers()));
            }
            Err(error) => assert!(error.to_string().starts_with("s.toml"), "{error}"),
        },
    );
}

#[test]
fn damage_to_litmus_tests() {
    let make = |dice: &mut Dice| damaged_toml(dice, explore::built_in::ALL);
    fuzz("litmus", 1_500, make, |input| {
        if let Err(error) = Litmus::parse("l.toml", &String::from_utf8_lossy(input)) {
            assert!(error.to_string().starts_with("l.toml"), "{error}");
        }
    });
}

#[test]
fn damage_to_fault_rules() {
    let rules = "memrlimit.prepare_sleep: probability=10 errno=ENOMEM space=3 times=7\n\
        cpuset.prepare_sleep: delay=200us interval=10\nmemory.prepare_sleep: 1,10,0,-1\ncore.switched: probability=5 fork";
    fuzz(
        "rules",
        3_000,
        |dice| bytes(dice, rules.as_bytes()),
        |input| match Plan::parse(&String::from_utf8_lossy(input)) {
            Ok(plan) => {
                for rule in &plan.rules {
                    assert_eq!(rule.to_string().parse(), Ok(rule.clone()), "its own text");
                }
                let mut injector = faults::Injector::new(plan, 1);
                drop(
                    (1..20).map(|at_ns| injector.hit(faults::Site::CoreSwitched, at_ns)).collect::<Vec<_>>(),
                );
            }
            Err(error) => assert!(!error.to_string().is_empty()),
        },
    );
}

/// A schedule of the first built-in test, which need not be one that it has.
fn witness() -> Witness {
    let (place, toml) = explore::built_in::ALL[0];
    Witness {
        place: place.to_owned(),
        litmus: Litmus::parse(place, toml).unwrap(),
        protocol: Protocol::parse("three-phase").unwrap(),
        schedule: Schedule::parse("12a3b14a(1)2b9a").unwrap(),
        state: Some("nothing of the kind".to_owned()),
        broken: vec!["drift".to_owned()],
    }
}

#[test]
fn damage_to_schedules() {
    let (token, file) = (witness().token(), witness().file());
    assert!(token.starts_with(&format!("m{MODEL}-")));
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("schedule.toml");
    let make = |dice: &mut Dice| match dice.below(3) {
        // The schedule is a small part of either; it gets damage of its own.
        0 => {
            let schedule = String::from_utf8_lossy(&bytes(dice, b"12a3b14a(1)2b9a")).into_owned();
            token.replace("12a3b14a(1)2b9a", &schedule).into_bytes()
        }
        1 => bytes(dice, token.as_bytes()),
        _ => bytes(dice, file.as_bytes()),
    };
    fuzz("schedule", 400, make, |input| {
        let text = String::from_utf8_lossy(input);
        let read = if text.starts_with('m') && text.contains('@') {
            Witness::read(&text)
        } else {
            fs::write(&path, input).unwrap();
            let read = Witness::read(path.to_str().unwrap());
            assert!(read.as_ref().err().is_none_or(|error| error.contains("schedule.toml")), "{read:?}");
            read
        };
        match read {
            Ok(witness) => assert!(!replay(&witness).text.is_empty()),
            Err(error) => assert!(!error.is_empty()),
        }
    });
}
