//! The head of the report: the verdict in a sentence, the description of the run, and links to the sections.
//!
//! Separate from the matrix of invariants, so that the first screen answers the first question.
use super::View;
use super::components::command;
use crate::exit::Exit;
use crate::labels;
use crate::schema::NoteKind;
use crate::units::{clip, count, grouped, ns};
use crate::verdict::{Census, exit_code, headline};
use maud::{Markup, html};

/// Anchors of the sections that every report has.
const PLACES: [(&str, &str); 16] = [
    ("gates", "gates"),
    ("price", "price of correctness"),
    ("invariants", "invariants"),
    ("sides", "side by side"),
    ("latency", "attach latency"),
    ("time", "over time"),
    ("moves", "single moves"),
    ("sweep", "along the axis of the run"),
    ("resident", "resident pages"),
    ("phases", "phases"),
    ("bystanders", "bystanders"),
    ("locks", "locks"),
    ("drift", "drift"),
    ("faults", "faults"),
    ("attach", "one attach, step by step"),
    ("remarks", "notes and how to repeat it"),
];

pub(super) fn section(view: &View<'_>) -> Markup {
    let run = view.run;
    let (class, word) = match exit_code(run) {
        _ if run.verdicts.is_empty() => ("none", "No invariant was checked"),
        Exit::Violated => ("bad", "Not as expected"),
        Exit::Inconclusive => ("inconclusive", "Inconclusive"),
        _ => ("good", "As expected"),
    };
    html! {
        header {
            h1 { (clip(&run.scenario.name, 120)) " " small { "on " (labels::engine(run.engine)) } }
            p { (clip(&run.scenario.about, 600)) }
            div.verdict.(class) {
                p { (findings(view, word)) }
                @if !run.verdicts.is_empty() { p.census { (Census::of(&run.verdicts).words()) } }
            }
            (missing(view))
            p.facts { (facts(view)) }
            (command(&run.command))
            nav { ul { @for (id, name) in PLACES { @if exists(view, id) { li { a href=(view.link(id)) { (name) } } } } } }
        }
    }
}

/// Renders the verdict's word, the headline, and on Linux the finding about rates. A headline may begin with the word
/// itself.
fn findings(view: &View<'_>, word: &str) -> Markup {
    let mut said = if view.run.verdicts.is_empty() { String::new() } else { headline(view.run) };
    if let Some(finding) = super::sweep::finding(view) {
        said = format!("{said} {finding}").trim_start().to_owned();
    }
    if view.run.verdicts.is_empty() && !said.is_empty() {
        return html! { strong { (said) } " " (word) "." };
    }
    let said = clip(&said, 3_000);
    match said.strip_prefix(word) {
        Some(rest) => html! { strong { (word) } (rest) },
        None => html! { strong { (word) "." } " " (said) },
    }
}

fn missing(view: &View<'_>) -> Markup {
    let ended = view.run.cells.iter().filter(|cell| cell.ended.is_some()).count() as u64;
    let underpowered =
        view.run.notes.iter().filter(|note| note.kind == NoteKind::Inconclusive).count() as u64;
    html! {
        @if view.run.interrupted { p.warn { "The run was interrupted: cells are missing." } }
        @if ended > 0 { p.warn { a href=(view.link("remarks")) { (count(ended, "cell")) " ended early." } } }
        @if underpowered > 0 { p.warn { a href=(view.link("remarks")) { (count(underpowered, "cell")) " with too little activity to tell." } } }
    }
}

fn facts(view: &View<'_>) -> String {
    let run = view.run;
    let scenario = &run.scenario;
    let time = match view.clock {
        "virtual" => "times are virtual: they come from a table of costs, not from this machine",
        _ if run.cells.iter().all(|cell| cell.subject.parts().guest) => {
            "times are wall time of a virtual machine, see the notes"
        }
        _ => "times are wall time of the machine in the notes",
    };
    format!(
        "{}, {}, {} each; {}; controllers {}; seed {}; {time}. attach-rig {}.",
        count(run.cells.len() as u64, "cell"),
        count(view.sums.protocols.len() as u64, "protocol"),
        ns(scenario.duration_ns),
        count(u64::from(scenario.cpus), "CPU"),
        clip(&scenario.controllers.join(", "), 200),
        grouped(scenario.seed),
        run.version,
    )
}

fn exists(view: &View<'_>, id: &str) -> bool {
    let any = |what: fn(&crate::aggregate::Group) -> bool| view.sums.protocols.iter().any(|p| what(&p.sum));
    match id {
        "gates" => view.gated,
        "invariants" => !view.run.verdicts.is_empty(),
        "sides" => super::by_protocol::any(view),
        "time" => super::over_time::any(view),
        "moves" => super::moves::any(view),
        "price" => super::price::any(view),
        "sweep" => super::sweep::any(view),
        "resident" => super::resident::points(view).len() > 1,
        "phases" => any(|group| !group.phases.is_empty()),
        "bystanders" => any(|group| !group.bystanders.is_empty()),
        "locks" => any(|group| !group.locks.is_empty()),
        "drift" => any(|group| !group.drift.is_empty()),
        "faults" => any(super::failures::any),
        "attach" => any(super::timeline::any),
        _ => true,
    }
}
