//! Single moves over time: their plots, what is said of them, and the room that they take.
use crate::demo::{demo_linux, demo_run};
use crate::html::{keep, words};
use reports::html::render;
use reports::schema::{Move, Moves, Run};

fn page(run: &Run) -> String {
    render(run, None).unwrap()
}

/// Returns the picture under the question that begins so.
fn picture<'a>(html: &'a str, question: &str) -> &'a str {
    let (_, rest) = html.split_once(&format!("<title>{question}")).unwrap_or_else(|| panic!("{question}"));
    rest.split_once("</svg>").unwrap().0
}

#[test]
fn each_move_is_a_dot_and_each_refusal_a_cross() {
    let html = page(&demo_linux());
    let svg = picture(&html, "When do moves under v1:pids take long (1,000 /s)?");
    assert_eq!(svg.matches("h0").count(), 298, "one for each that moved");
    assert_eq!(svg.matches("stroke-linecap").count(), 1, "in one element");
    let crosses = svg.split_once("class=\"fault\"").unwrap().1.split_once("</g>").unwrap().0;
    assert_eq!(crosses.matches("<path").count(), 2 * 2, "two strokes for each refusal");
    for label in
        ["wall time at which a move began, since the first of the cell", "wall time that a move took"]
    {
        assert!(svg.contains(label), "{label}");
    }
    let said = words(&html);
    for sentence in [
        "300 of 4,000 moves are shown: the longest, and an even sample of the others. The ten longest take",
        "; 6 of them begin within 997 ms from 11.4 s on; within 99.7 ms of a refused move: 2 of them.",
    ] {
        assert!(said.contains(sentence), "{sentence}");
    }
}

#[test]
fn of_several_cells_the_one_with_the_longest_move_is_shown() {
    let mut run = demo_linux();
    let cell = run.cells.iter().position(|cell| cell.subject.label() == "v1:pids").unwrap();
    let mut second = run.cells[cell].clone();
    let longest = Move { start_ns: 0, duration_ns: 77_000_000_000, moved: true };
    second.attach.moves = Some(Moves::from((1, vec![longest])));
    run.cells.push(second);
    let said = words(&page(&run));
    assert!(
        said.contains("The only move is shown. Of 2 cells the one with the longest move is shown."),
        "{said}"
    );
}

#[test]
fn a_plot_of_as_many_moves_as_are_kept_is_small() {
    let mut run = demo_linux();
    let before = page(&run).len();
    let one =
        |n: u64| Move { start_ns: n * 5_000_000, duration_ns: 5_000 + n * n, moved: !n.is_multiple_of(8) };
    for cell in run.cells.iter_mut().filter(|cell| cell.attach.moves.is_some()) {
        cell.attach.moves = Some(Moves::from((1_000_000, (0..Moves::MOST as u64).map(one).collect())));
    }
    let html = page(&run);
    keep("moves.html", &html);
    assert!(html.len() < before + 3 * 60_000, "{} bytes more", html.len() - before);
    let svg = picture(&html, "When do moves under v1:pids take long (20 /s)?");
    assert_eq!(svg.matches("h0").count(), Moves::MOST * 7 / 8);
}

#[test]
fn the_model_and_earlier_results_have_no_such_section() {
    let mut earlier = demo_linux();
    earlier.cells.iter_mut().for_each(|cell| cell.attach.moves = None);
    for run in [demo_run(), earlier] {
        let html = page(&run);
        assert!(!html.contains("id=\"moves\"") && !html.contains("#moves"));
    }
}
