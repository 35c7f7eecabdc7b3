//! Damaged, truncated, foreign and nonsensical inputs through the readers and through all outputs of a run. Each gives
//! an error that names its place, or an output; never a panic, and never more than a second for one output.
use crate::demo::{demo_charges, demo_linux, demo_run};
use crate::dice::Dice;
use crate::mutate::{bytes, cpu_time, fuzz, lap, meaning};
use crate::outputs::FORMS;
use reports::compare::history::{Entry, chapters};
use reports::compare::{exact, history, paired, text};
use reports::figure::Baseline;
use reports::figure::diff::diff;
use reports::gate::{Earlier, Gates, evaluate, forms, self_test};
use reports::json::{read_run, write_run};
use reports::schema::Run;
use reports::table::{self, TableOptions};
use reports::{html, outputs, verdict};
use std::cell::Cell;
use std::fs;
use std::time::Duration;

const GATES: [(&str, &str); 2] = [
    ("default.toml", include_str!("../../gates/default.toml")),
    ("steady.toml", include_str!("../../gates/steady.toml")),
];

/// Returns runs of each kind, with a few cells each, so that a round is short.
fn small() -> [Run; 3] {
    let few = |mut run: Run, every: usize| {
        let mut at = 0;
        run.cells.retain(|_| {
            at += 1;
            (at - 1) % every == 0
        });
        run
    };
    [few(demo_run(), 9), few(demo_linux(), 4), demo_charges()]
}

/// Makes every output of one run.
fn drive(run: &Run, whole: &Run) {
    lap();
    for (_, of) in FORMS {
        drop(of(run));
        lap();
    }
    for options in [TableOptions::default(), TableOptions { width: Some(40), color: true }] {
        drop(table::render(run, options));
    }
    lap();
    drop(html::render(run, None));
    lap();
    drop(html::render_all(&[(run.clone(), None), (whole.clone(), None)]));
    lap();
    drop(outputs::chrome_trace(run));
    drop((outputs::annotations(run), verdict::exit_code(run), verdict::headline(run)));
    for (file, text) in GATES {
        let gates = Gates::parse(file, text, "2026-11-26").unwrap();
        for (run, base) in [(run, whole), (whole, run)] {
            held(&gates, run, base);
        }
        drop(self_test(&gates, std::slice::from_ref(run), Earlier::Nothing).map(|tested| tested.text()));
        lap();
    }
    compare_both(run, whole);
}

/// Checks `run` against gates, compared with figures and with runs made in turn.
fn held(gates: &Gates, run: &Run, base: &Run) {
    let Ok(figures) = Baseline::of(base) else { return };
    let (runs, others) = (vec![run.clone(); 2], vec![base.clone(); 2]);
    for (runs, earlier) in [(&runs[..1], Earlier::Figures(&figures)), (&runs[..], Earlier::Paired(&others))] {
        if let Ok(ladder) = evaluate(gates, runs, earlier) {
            drop((
                ladder.text(),
                forms::markdown(&ladder),
                forms::junit(&ladder),
                forms::annotations(&ladder),
                html::render_gated(run, None, &ladder),
            ));
        }
        lap();
    }
}

/// Compares `run` with another run, and its protocols with each other.
fn compare_both(run: &Run, whole: &Run) {
    let (Ok(a), Ok(b)) = (Baseline::of(whole), Baseline::of(run)) else { return };
    let first = run.cells.first().map(|cell| cell.subject.to_string()).unwrap_or_default();
    let mut compared: Vec<_> = exact::exact(("a", "b"), &a, &b).into_iter().collect();
    compared.extend(paired::protocols(&b, Some(run), &first).into_iter().flatten());
    compared.extend(paired::sides(("a", "b"), &vec![whole.clone(); 2], &vec![run.clone(); 2]));
    drop(compared.iter().map(|one| (text::text(one, true), one.exit_code())).collect::<Vec<_>>());
    drop((diff(Some(&a), &b), diff(Some(&b), &a)));
    let entry = |figures: Baseline| Entry { name: String::new(), started: String::new(), figures };
    drop(history::text(&chapters(vec![entry(a), entry(b)])));
}

#[test]
fn damage_to_what_a_run_says() {
    let whole = small();
    let values: Vec<_> = whole.iter().map(|run| serde_json::to_value(run).unwrap()).collect();
    let make = |dice: &mut Dice| {
        let at = dice.below(3) as usize;
        // The first byte selects the run; a run is of no use without the one to compare it with.
        let mut input = vec![at as u8];
        input.extend(serde_json::to_vec(&meaning(dice, &values[at])).unwrap());
        input
    };
    let driven = Cell::new(0);
    fuzz("meaning", 110, make, |input| {
        if let Ok(run) = serde_json::from_slice::<Run>(&input[1..]) {
            driven.set(driven.get() + 1);
            drive(&run, &whole[usize::from(input[0])]);
        }
    });
    assert!(driven.get() > 25, "much damage is not found by the reader: {}", driven.get());
}

#[test]
fn damage_to_the_bytes_of_run_json() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("run.json");
    let [whole, ..] = small();
    write_run(&path, &whole).unwrap();
    let text = fs::read(&path).unwrap();
    fuzz(
        "bytes",
        200,
        |dice| bytes(dice, &text),
        |input| {
            fs::write(&path, input).unwrap();
            match read_run(&path) {
                Ok(run) => drive(&run, &whole),
                Err(error) => assert!(error.to_string().contains("run.json"), "{error}"),
            }
        },
    );
}

#[test]
fn damage_to_gates() {
    let [whole, ..] = small();
    let figures = Baseline::of(&whole).unwrap();
    fuzz(
        "gates",
        250,
        |dice| bytes(dice, GATES[1].1.as_bytes()),
        |input| {
            let text = String::from_utf8_lossy(input);
            match Gates::parse("gates.toml", &text, "2026-11-26") {
                Ok(gates) => match evaluate(&gates, std::slice::from_ref(&whole), Earlier::Figures(&figures))
                {
                    Ok(ladder) => drop((ladder.text(), forms::junit(&ladder))),
                    Err(error) => assert!(error.to_string().contains("gates.toml:"), "{error}"),
                },
                Err(error) => assert!(error.to_string().starts_with("gates.toml:"), "{error}"),
            }
        },
    );
}

#[test]
fn damage_to_a_baseline() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("steady.json");
    let [whole, ..] = small();
    let figures = Baseline::of(&whole).unwrap();
    figures.write(&path).unwrap();
    let written = fs::read(&path).unwrap();
    let value: serde_json::Value = serde_json::from_slice(&written).unwrap();
    let make = |dice: &mut Dice| match dice.below(2) {
        0 => bytes(dice, &written),
        _ => serde_json::to_vec(&meaning(dice, &value)).unwrap(),
    };
    let gates = Gates::parse(GATES[0].0, GATES[0].1, "2026-11-26").unwrap();
    fuzz("baseline", 200, make, |input| {
        fs::write(&path, input).unwrap();
        match Baseline::read(&path) {
            Ok(read) => {
                let ladder = evaluate(&gates, std::slice::from_ref(&whole), Earlier::Figures(&read));
                drop(ladder.map(|ladder| ladder.text()));
                let compared = exact::exact(("a", "b"), &read, &figures);
                drop(compared.map(|compared| text::text(&compared, true)));
                drop((paired::protocols(&read, None, "transactional"), diff(Some(&read), &figures)));
            }
            Err(error) => assert!(error.to_string().contains("steady.json"), "{error}"),
        }
    });
}

#[test]
#[should_panic(expected = "planted, round 3: panicked; the input is in")]
fn a_panic_is_found_and_its_input_kept() {
    fuzz(
        "planted",
        9,
        |dice| dice.next().to_le_bytes().to_vec(),
        |input| {
            assert_ne!(input, Dice::new(3).next().to_le_bytes(), "planted");
        },
    );
}

#[test]
#[should_panic(expected = "planted-slow, round 0: took")]
fn an_input_that_takes_too_long_is_found() {
    fuzz(
        "planted-slow",
        1,
        |_| vec![0],
        |_| {
            let end = cpu_time() + Duration::from_millis(1_100);
            while cpu_time() < end {}
        },
    );
}
