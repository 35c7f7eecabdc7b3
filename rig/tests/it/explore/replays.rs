//! A witness replays from its token and its file, to the same state and the same violated invariant. It is refused
//! where the same choices would lead elsewhere.
use super::support::{all, limits, litmus, protocol, run};
use explore::replay::replay;
use explore::witness::{MODEL, Schedule, Witness};
use explore::{Litmus, PolicyName};
use std::fmt::Write as _;

/// Returns a schedule that violates `invariant`.
fn witness(name: &str, under: &str, invariant: &str) -> Witness {
    let test = litmus(name);
    let found = run(&test, protocol(under), "exhaustive", &limits(100_000));
    let breach = &found.breaches[invariant];
    Witness {
        place: name.to_owned(),
        litmus: (*test).clone(),
        protocol: protocol(under),
        schedule: breach.witness.clone(),
        state: Some(breach.state.to_string()),
        violated: vec![invariant.to_owned()],
    }
}

#[test]
fn every_breach_of_the_museum_replays_to_its_state() {
    let mut replayed = 0;
    for (test, protocol) in all() {
        let found = run(&test, protocol, &PolicyName::Exhaustive.to_string(), &limits(100_000));
        for (invariant, breach) in &found.breaches {
            let witness = Witness {
                place: test.name.clone(),
                litmus: (*test).clone(),
                protocol,
                schedule: breach.witness.clone(),
                state: None,
                violated: vec![(*invariant).to_owned()],
            };
            let token = witness.token();
            let again = replay(&Witness::read(&token).unwrap_or_else(|error| panic!("{token}: {error}")));
            assert_eq!(again.repeated, Ok(()), "{token}");
            assert_eq!(again.state, breach.state.to_string(), "{token}");
            assert!(again.violated.iter().any(|violated| violated == invariant), "{token}: {invariant}");
            replayed += 1;
        }
    }
    assert!(replayed > 60, "{replayed}");
}

#[test]
fn a_file_needs_nothing_but_itself() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("saved.toml");
    let kept = witness("r14-process-torn-by-a-fork", "three-phase:loop=once", "partial-move");
    std::fs::write(&file, kept.file()).expect("written");
    let read = Witness::read(&file.display().to_string()).expect("read");
    assert_eq!(read.schedule, kept.schedule);
    let again = replay(&read);
    assert_eq!(again.repeated, Ok(()));
    assert_eq!(Some(again.state), kept.state);
}

#[test]
fn files_and_tokens_with_the_names_of_before_are_read() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("saved.toml");
    let kept = witness("r14-process-torn-by-a-fork", "three-phase:loop=once", "partial-move");
    let text = kept.file();
    let older = text
        .replace("violated = ", "broken = ")
        .replace("\"three-phase:loop=once\"\nschedule", "\"transactional:canary=lock-kept\"\nschedule");
    assert!(older.contains("broken = ") && older.contains("canary="), "{older}");
    std::fs::write(&file, older).expect("written");
    let read = Witness::read(&file.display().to_string()).expect("read");
    assert_eq!((read.violated, read.schedule), (kept.violated.clone(), kept.schedule.clone()));
    let mutant = protocol("transactional:mutant=lock-kept");
    assert_eq!(read.protocol, mutant);
    let token = kept.token().replace("@three-phase:loop=once@", "@transactional:canary=lock-kept@");
    assert_eq!(Witness::read(&token).expect("read").protocol, mutant);
}

#[test]
fn another_model_another_test_and_nonsense_are_refused() {
    let kept = witness("charge-between-switch-and-attach", "three-phase", "drift");
    let token = kept.token();
    let refused = |text: &str| Witness::read(text).expect_err("refused");
    let of_another_model = token.replacen(&format!("m{MODEL}-"), "m999-", 1);
    assert!(refused(&of_another_model).contains("version 999 of the model, and this is version"));
    let (head, rest) = token.split_at(3);
    let of_another_text = format!("{head}00000000{}", &rest[8..]);
    assert!(refused(&of_another_text).contains("has changed since the token was made"), "{of_another_text}");
    for nonsense in ["x@y", "m1-1-2@three-phase@charge-between-switch-and-attach", "no-such-file.toml"] {
        assert!(!refused(nonsense).is_empty());
    }
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("old.toml");
    std::fs::write(&file, kept.file().replace(&format!("model = {MODEL}"), "model = 0")).expect("written");
    let error = refused(&file.display().to_string());
    assert!(error.contains("version 0 of the model"), "{error}");
}

#[test]
fn a_schedule_that_cannot_be_repeated_says_so() {
    let mut wrong = witness("charge-between-switch-and-attach", "three-phase", "drift");
    let mut choices = wrong.schedule.choices().to_vec();
    choices.truncate(choices.len() - 1);
    wrong.schedule = Schedule::new(choices.clone());
    assert!(replay(&wrong).repeated.expect_err("too short").contains("cannot be repeated"));
    wrong.schedule = Schedule::new(choices.iter().map(|_| model::seam::ActorId(7)).collect());
    assert!(replay(&wrong).repeated.expect_err("no actor of that name").contains("cannot be repeated"));
}

#[test]
fn the_interleaving_can_be_read() {
    let replayed = replay(&witness("charge-between-switch-and-attach", "three-phase", "drift"));
    insta::assert_snapshot!("interleaving", replayed.text);
    let trace: serde_json::Value = serde_json::from_str(&(replayed.trace)()).expect("JSON");
    let events = trace["traceEvents"].as_array().expect("a list");
    let tracks: Vec<_> = events
        .iter()
        .filter(|event| event["name"] == "thread_name")
        .filter_map(|event| event["args"]["name"].as_str())
        .collect();
    for track in ["mover", "p.0", "mmap_sem(p) by p.0", "cgroup_mutex by mover"] {
        assert!(tracks.contains(&track), "{track} in {tracks:?}");
    }
    assert!(events.iter().all(|event| event["ph"] != "X" || event["dur"].as_u64() > Some(0)));
}

/// The model's version identifies the steps of all built-in tests, under one schedule each.
#[test]
fn the_version_of_the_model_is_that_of_this_behaviour() {
    let mut text = format!("model {MODEL}\n");
    for (test, protocol) in all() {
        let found = run(&test, protocol, "random", &limits(3));
        let states: Vec<_> = found.states.keys().map(ToString::to_string).collect();
        let _ = writeln!(text, "{} {protocol} {} {}", test.name, found.steps, states.join(" | "));
    }
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/explore/model.txt");
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(path, &text).expect("written");
    }
    let known = std::fs::read_to_string(path).unwrap_or_default();
    assert!(
        known == text,
        "the same choices lead elsewhere than before: raise MODEL in rig/explore/src/witness.rs, then UPDATE=1 cargo test -p rig --test it model"
    );
}

#[test]
fn a_saved_test_reads_as_the_one_that_was_saved() {
    let kept = witness("r02-room-taken-after-the-check", "three-phase", "drift");
    let again = Litmus::parse("again", &kept.litmus.toml).expect("reads");
    assert_eq!(again.actors, kept.litmus.actors);
}

#[test]
fn the_tokens_in_the_documents_replay() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    for readme in ["../docs/guide.md", "litmus/README.md"] {
        let text = std::fs::read_to_string(root.join(readme)).expect("README.md");
        let words =
            text.split_whitespace().filter(|word| word.starts_with('m') && word.matches('@').count() == 2);
        let tokens: Vec<_> = words.collect();
        assert!(!tokens.is_empty(), "{readme}");
        for token in tokens {
            let read = Witness::read(token).unwrap_or_else(|error| panic!("{readme}: {token}: {error}"));
            assert_eq!(replay(&read).repeated, Ok(()), "{readme}: {token}");
        }
    }
}

#[test]
fn an_altered_token_says_which_part_is_wrong() {
    let token = witness("charge-between-switch-and-attach", "three-phase", "drift").token();
    let says = |from: &str, to: &str| Witness::read(&token.replacen(from, to, 1)).unwrap_err();
    let (head, _) = token.split_once('@').unwrap();
    let digest = head.split('-').nth(1).unwrap();
    let version = head.split('-').next().unwrap();
    assert!(says(version, "m999").contains("version 999 of the model"), "{}", says(version, "m999"));
    assert!(says(version, "x").contains("its version `x`"));
    assert!(says(digest, "12").contains("the digest of the test, `12`"));
    assert!(says(digest, "00000000").contains("the token has 00000000"));
    assert!(says("@three-phase@", "@no-phase@").contains("the protocol of the token"));
    assert!(says(head, version).contains("VERSION-DIGEST-SCHEDULE"));
    assert!(says("@", "?@").contains("is not a schedule from character"));
    let longer = Witness::read(&token.replacen('@', "9z@", 1)).unwrap();
    let wrong = replay(&longer).repeated.unwrap_err();
    assert!(wrong.contains("one too many") || wrong.contains("`z` cannot go on"), "{wrong}");
}
