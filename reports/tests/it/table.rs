//! The text on stdout, as snapshots.
use crate::demo::{demo_charges, demo_linux, demo_run, note};
use reports::schema::{Judgement, NoteKind, Run};
use reports::table::{TableOptions, render};

fn plain(run: &Run) -> String {
    render(run, TableOptions::default()).unwrap()
}

#[test]
fn the_model_shows_invariants() {
    insta::assert_snapshot!("sim", plain(&demo_run()));
}

#[test]
fn linux_shows_percentiles_per_rate() {
    insta::assert_snapshot!("linux", plain(&demo_linux()));
}

#[test]
fn counters_of_the_kernel_have_tolerances() {
    insta::assert_snapshot!("charges", plain(&demo_charges()));
}

#[test]
fn a_narrow_terminal_wraps() {
    let text = render(&demo_run(), TableOptions { width: Some(100), color: false }).unwrap();
    let figures = text.lines().take_while(|line| !line.starts_with("failed:"));
    assert!(figures.map(|line| line.chars().count()).max().unwrap() <= 100, "{text}");
    insta::assert_snapshot!("sim-100", text);
}

#[test]
fn colour_is_the_only_difference_that_colour_makes() {
    let run = demo_run();
    let coloured = render(&run, TableOptions { width: None, color: true }).unwrap();
    assert!(coloured.contains("\u{1b}["));
    let mut bare = String::new();
    let mut rest = coloured.as_str();
    while let Some((before, after)) = rest.split_once('\u{1b}') {
        bare.push_str(before);
        rest = after.split_once('m').map_or("", |(_, rest)| rest);
    }
    bare.push_str(rest);
    let squeeze = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    assert_eq!(squeeze(&bare), squeeze(&plain(&run)));
}

#[test]
fn the_last_line_is_the_verdict() {
    let last = |run: &Run| plain(run).lines().last().unwrap().to_owned();
    let mut run = demo_run();
    assert!(last(&run).starts_with("verdict: not as expected (1 not as expected, "), "{}", last(&run));
    run.verdicts.retain(|verdict| verdict.outcome != Judgement::Fail);
    assert!(last(&run).starts_with("verdict: as expected ("));
    run.notes.push(note(NoteKind::Inconclusive, "11 attaches"));
    assert!(last(&run).starts_with("verdict: inconclusive ("));
}

#[test]
fn early_ends_and_many_remarks_are_listed() {
    let mut run = demo_run();
    run.cells[3].ended =
        Some("deadlock: mover-0 waits for mmap_sem(mm 1), held by p1.0\nwhich waits".to_owned());
    run.interrupted = true;
    assert!(plain(&run).contains("ended early: cell 3, three-phase seed 1: deadlock: mover-0 waits"));
    assert!(plain(&run).contains("interrupted: cells are missing"));
    run.notes = (0..100).map(|n| note(NoteKind::Warning, &format!("number {n}"))).collect();
    assert!(plain(&run).contains("more; all are in run.json"));
}
