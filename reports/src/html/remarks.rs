//! The end of the report: notes, cells that ended early, the commands that repeat the run, and the machine.
//!
//! Separate from the results, because nothing in this section is a result. Facts about the machine are the only part of
//! a report in which two runs of one seed may differ.
use super::View;
use super::components::{MAX_ROWS, columns, command, section as headed, sentence, table, text};
use crate::labels;
use crate::noise::load_words;
use crate::schema::{Env, Noise, NoteKind};
use crate::units::{NOT_MEASURED, clip, grouped, ns, percent};
use maud::{Markup, html};

/// Longest scenario file, in letters.
const MAX_SCENARIO: usize = 40_000;

pub(super) fn section(view: &View<'_>, env: Option<&Env>) -> Markup {
    headed(
        view,
        "remarks",
        "Notes, and how to repeat this",
        &html! {
            (notes(view))
            (ended(view))
            h3 { "The same run again" }
            (command(&view.run.command))
            @if !view.run.scenario.toml.is_empty() {
                details { summary { "Scenario file, with what the command line changed" }
                    pre { code { (clip(&view.run.scenario.toml, MAX_SCENARIO)) } } }
            }
            @if let Some(env) = env { (machine(view, env)) }
        },
    )
}

fn notes(view: &View<'_>) -> Markup {
    let notes = &view.run.notes;
    html! {
        @if notes.is_empty() { p { "No remarks." } }
        @else { ul.notes {
            @for note in notes.iter().take(MAX_ROWS) {
                li .warn[note.kind != NoteKind::Info] {
                    strong { (labels::note(note.kind)) } ": "
                    @if let Some(protocol) = &note.protocol { (text(protocol)) ": " }
                    (sentence(&note.text))
                }
            }
        } }
        @if notes.len() > MAX_ROWS {
            p.more { "and " (grouped((notes.len() - MAX_ROWS) as u64)) " more; all are in run.json" }
        }
    }
}

fn ended(view: &View<'_>) -> Markup {
    let early =
        view.run.cells.iter().enumerate().filter_map(|(n, cell)| Some((n, cell, cell.ended.as_ref()?)));
    let row = |(n, cell, how): (usize, &crate::schema::Cell, &String)| {
        vec![html! { (n) }, text(cell.subject.label()), html! { (cell.seed) }, sentence(how)]
    };
    let rows: Vec<Vec<Markup>> = early.map(row).collect();
    html! { @if !rows.is_empty() {
        h3 { "Cells that ended early" }
        (table("cells that ended early", &columns(&["cell", "protocol", "#seed", "how"]), &rows))
    } }
}

/// Returns the noise of one machine with its name.
fn quiet(noise: &Noise) -> (String, String) {
    let load = |percent: Option<u64>| percent.map_or_else(|| NOT_MEASURED.to_owned(), load_words);
    let stolen = match (noise.steal_ms, noise.cpu_ms) {
        (Some(steal_ms), Some(cpu_ms)) => percent(steal_ms, cpu_ms),
        _ => NOT_MEASURED.to_owned(),
    };
    let name = noise.guest.as_ref().map_or_else(|| "noise".to_owned(), |guest| format!("noise of {guest}"));
    let (begin, end) = (load(noise.load_begin_percent), load(noise.load_end_percent));
    (name, format!("load {begin} at the begin, {end} at the end, stolen CPU time {stolen}"))
}

fn machine(view: &View<'_>, env: &Env) -> Markup {
    let speed = |figure: Option<u64>| figure.map(|figure| format!("{} /s", grouped(figure)));
    let mut facts: Vec<(String, String)> = vec![
        ("started".into(), env.started.clone()),
        ("took".into(), ns(env.wall_ns)),
        ("kernel".into(), env.kernel.clone()),
        ("CPU".into(), env.cpu.clone()),
        ("CPUs".into(), grouped(u64::from(env.cpus))),
        ("build".into(), env.profile.clone()),
    ];
    facts.extend(env.commit.iter().map(|commit| ("commit".into(), commit.clone())));
    facts.extend(speed(env.dispatches_per_s).map(|speed| ("dispatches".into(), speed)));
    facts.extend(speed(env.accesses_per_s).map(|speed| ("accesses".into(), speed)));
    facts.extend(env.noise.iter().take(MAX_ROWS).map(quiet));
    facts.extend(env.facts.iter().take(MAX_ROWS).map(|(name, value)| (name.clone(), value.clone())));
    html! {
        h3 id=(view.id("machine")) { "The machine, in wall time" }
        dl.facts { @for (name, value) in &facts { dt { (text(name)) } dd { (sentence(value)) } } }
    }
}
