//! Each rule of a verdict, and each way in which it must fail.
use crate::demo::{demo_run, empty_cell, invariant, note};
use reports::exit::Exit;
use reports::schema::{Cell, Expectation, Judgement, Note, NoteKind, Verdict};
use reports::verdict::{Census, Expectations, exit_code, headline, judge};
use std::collections::BTreeMap;

/// Returns cells of `protocol`, one per entry, with the number of violations of `drift`.
fn cells(protocol: &str, violated: &[u64]) -> Vec<Cell> {
    let cell = |(seed, violated): (usize, &u64)| {
        let mut cell = empty_cell(protocol, seed as u64);
        cell.invariants.push(invariant("drift", *violated));
        cell
    };
    violated.iter().enumerate().map(cell).collect()
}

fn expect(protocol: &str, invariant: &str, how: Expectation) -> Expectations {
    BTreeMap::from([(protocol.to_owned(), BTreeMap::from([(invariant.to_owned(), how)]))])
}

fn judged(cells: &[Cell], expected: &Expectations, notes: &[Note]) -> Vec<Verdict> {
    judge(cells, expected, notes, |cell, _| Some(format!("seed {}", cell.seed)))
}

fn drift(violated: &[u64], how: Expectation) -> Judgement {
    judged(&cells("p", violated), &expect("p", "drift", how), &[])[0].outcome
}

#[test]
fn never_fails_on_a_single_violated_cell() {
    assert_eq!(drift(&[0, 0, 0], Expectation::Never), Judgement::Pass);
    assert_eq!(drift(&[0, 0, 1], Expectation::Never), Judgement::Fail);
}

#[test]
fn sometimes_fails_when_it_was_never_seen() {
    assert_eq!(drift(&[0, 4, 0], Expectation::Sometimes), Judgement::Pass);
    assert_eq!(drift(&[3, 4, 5], Expectation::Sometimes), Judgement::Pass);
    assert_eq!(drift(&[0, 0, 0], Expectation::Sometimes), Judgement::Fail);
}

#[test]
fn always_fails_on_a_single_cell_that_held() {
    assert_eq!(drift(&[3, 1, 2], Expectation::Always), Judgement::Pass);
    assert_eq!(drift(&[3, 0, 2], Expectation::Always), Judgement::Fail);
}

#[test]
fn an_invariant_that_is_not_mentioned_is_expected_to_hold() {
    let verdict = &judged(&cells("p", &[0, 2]), &BTreeMap::new(), &[])[0];
    assert_eq!((verdict.expected, verdict.outcome), (Expectation::Never, Judgement::Fail));
    assert_eq!((verdict.cells_violated, verdict.cells, verdict.violations), (1, 2, 2));
    assert_eq!(verdict.replay.as_deref(), Some("seed 1"), "the first cell in which it was violated");
}

#[test]
fn a_bare_id_holds_for_its_options_unless_they_have_their_own_key() {
    let mut expected = expect("p", "drift", Expectation::Sometimes);
    assert_eq!(judged(&cells("p:hold=locks", &[1]), &expected, &[])[0].outcome, Judgement::Pass);
    expected.insert("p:hold=locks".to_owned(), BTreeMap::new());
    assert_eq!(judged(&cells("p:hold=locks", &[1]), &expected, &[])[0].outcome, Judgement::Fail);
    assert_eq!(judged(&cells("p:hold=none", &[1]), &expected, &[])[0].outcome, Judgement::Pass);
    assert_eq!(judged(&cells("pp", &[1]), &expected, &[])[0].outcome, Judgement::Fail);
}

#[test]
fn a_thin_cell_takes_a_pass_away_but_no_failure() {
    let underpowered = |protocol: Option<&str>| {
        vec![Note { protocol: protocol.map(str::to_owned), ..note(NoteKind::Inconclusive, "11 attaches") }]
    };
    let never = BTreeMap::new();
    for (notes, violated, outcome) in [
        (underpowered(Some("p")), 0, Judgement::Inconclusive),
        (underpowered(None), 0, Judgement::Inconclusive),
        (underpowered(Some("q")), 0, Judgement::Pass),
        (underpowered(Some("p")), 1, Judgement::Fail),
        (vec![note(NoteKind::Warning, "slow")], 0, Judgement::Pass),
    ] {
        assert_eq!(judged(&cells("p", &[violated]), &never, &notes)[0].outcome, outcome, "{notes:?}");
    }
}

#[test]
fn what_nobody_checked_is_skipped_and_what_was_wanted_of_it_is_inconclusive() {
    let mut both = cells("p", &[0]);
    both.push(empty_cell("q", 1));
    assert_eq!(judged(&both, &BTreeMap::new(), &[])[1].outcome, Judgement::Skipped);
    let wanted = expect("q", "rollback", Expectation::Never);
    let verdicts = judged(&both, &wanted, &[]);
    let of = |protocol: &str| verdicts.iter().find(|v| v.protocol == protocol && v.invariant == "rollback");
    assert_eq!(of("q").map(|v| v.outcome), Some(Judgement::Inconclusive));
    assert!(of("p").is_none());
}

#[test]
fn exit_codes_rank_failure_above_inconclusive() {
    let mut run = demo_run();
    assert_eq!(exit_code(&run), Exit::Violated, "prepare-undo breaks its contract in the demo");
    run.verdicts.retain(|verdict| verdict.outcome != Judgement::Fail);
    assert_eq!(exit_code(&run), Exit::AsExpected);
    run.notes.push(note(NoteKind::Inconclusive, "11 attaches where 100 were wanted"));
    assert_eq!(exit_code(&run), Exit::Inconclusive);
    run.notes.clear();
    run.verdicts[0].outcome = Judgement::Inconclusive;
    assert_eq!(exit_code(&run), Exit::Inconclusive);
    run.verdicts[1].outcome = Judgement::Fail;
    assert_eq!(exit_code(&run), Exit::Violated);
}

#[test]
fn the_headline_says_what_was_violated() {
    let run = demo_run();
    let text = headline(&run);
    assert!(text.starts_with("Not as expected: "), "{text}");
    assert!(text.contains("transactional held all 12 invariants in 9 cells."), "{text}");
    assert!(Census::of(&run.verdicts).words().contains("not as expected"));
    assert_eq!(Census::default().words(), "no invariant was checked");
}
