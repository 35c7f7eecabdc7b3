//! Several runs on one page: a description of each, a comparison where one is possible, and then each run with its own
//! sections.
//!
//! Separate from the report of one run, whose sections are used as they are; only their anchors differ. Engines never
//! share an axis or a column here. Every plot and table belongs to one run.
use super::components::{Column, columns, machine, sentence, table, text};
use super::{MAX_BYTES, ROOM, View, bound, cross_engine, overlay, page, scaling, summary};
use crate::aggregate::AggregateError;
use crate::labels;
use crate::schema::{Env, Run, Subject};
use crate::table::verdict_line;
use crate::units::{count, grouped};
use crate::verdict::subjects;
use maud::{Markup, html};

/// Runs that a page may hold.
pub const MAX_RUNS: usize = 32;

/// Renders one page for `runs`, each with the facts about its machine, in the order given. Runs beyond [`MAX_RUNS`] are
/// left out, and the page says so. The same arguments give the same bytes.
///
/// # Errors
/// [`AggregateError`] when a histogram in a run is damaged.
pub fn render_all(runs: &[(Run, Option<Env>)]) -> Result<String, AggregateError> {
    let shown = &runs[..runs.len().min(MAX_RUNS)];
    let views: Vec<View<'_>> = shown
        .iter()
        .enumerate()
        .map(|(n, (run, _))| View::of(run, &format!("r{}-", n + 1)))
        .collect::<Result<_, _>>()?;
    let envs: Vec<Option<&Env>> = shown.iter().map(|(_, env)| env.as_ref()).collect();
    let mut sections =
        vec![cross_engine::section(&views, &envs), overlay::section(&views), scaling::section(&views)];
    let in_front = sections.len();
    let per_run: Vec<Vec<Markup>> = views.iter().zip(&envs).map(|(view, env)| view.sections(*env)).collect();
    let lengths: Vec<usize> = per_run.iter().map(Vec::len).collect();
    sections.extend(per_run.into_iter().flatten());
    let summaries: Vec<Markup> = views.iter().map(summary::section).collect();
    let head = head(&views, &envs, runs.len() - shown.len());
    let fixed = summaries.iter().map(|summary| summary.0.len() + 200).sum::<usize>() + head.0.len() + ROOM;
    bound(&mut sections, MAX_BYTES.saturating_sub(fixed));
    let mut rest = sections.iter();
    let joint = rest.by_ref().take(in_front).collect::<Vec<_>>();
    let articles = html! {
        @for (n, (summary, length)) in summaries.iter().zip(lengths).enumerate() {
            article id={ "r" (n + 1) } {
                p.census { "Run " (n + 1) " of " (summaries.len()) }
                (summary)
                @for section in rest.by_ref().take(length) { (section) }
            }
        }
    };
    let body = html! { (head) @for section in joint { (section) } (articles) };
    Ok(page(&format!("{} – attach-rig", count(runs.len() as u64, "run")), &body).into_string())
}

fn head(views: &[View<'_>], envs: &[Option<&Env>], left_out: usize) -> Markup {
    let mut head = columns(&["#run", "scenario", "engine", "times are", "protocols", "machine", "verdict"]);
    head[0] = Column("run".to_owned(), false);
    let rows: Vec<Vec<Markup>> =
        views.iter().zip(envs).enumerate().map(|(n, (view, env))| row(n, view, *env)).collect();
    html! { header {
        h1 { (count(views.len() as u64, "run")) }
        div.wrap { (table("what was run", &head, &rows)) }
        @if left_out > 0 { p.warn { (count(left_out as u64, "run")) " more than a page may hold: left out." } }
        p.key { "Virtual times come from a table of costs, wall times from a machine. They are never drawn on one axis, nor \
            written in one column." }
    } }
}

fn row(n: usize, view: &View<'_>, env: Option<&Env>) -> Vec<Markup> {
    let run = view.run;
    let names: Vec<&str> = subjects(&run.cells).into_iter().map(Subject::label).collect();
    let more = names.len().saturating_sub(6);
    vec![
        html! { a href={ "#r" (n + 1) } { "run " (n + 1) } },
        text(&run.scenario.name),
        html! { (labels::engine(run.engine)) },
        html! { (view.clock) },
        html! { (labels::names(names.iter().copied().take(6))) @if more > 0 { " and " (grouped(more as u64)) " more" } },
        sentence(&machine(run, env)),
        sentence(verdict_line(run).trim_start_matches("verdict: ")),
    ]
}
