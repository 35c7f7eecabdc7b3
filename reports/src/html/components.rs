//! Parts that sections share: headed sections, figures with a takeaway, bounded tables.
//!
//! Separate, so that bounds and layout are decided once. A plot is never without its table.
use super::View;
use crate::plot::frame::{Frame, legend};
use crate::plot::ink::Ink;
use crate::plot::same::coincident;
use crate::schema::{Engine, Env, Run};
use crate::units::{NONE, clip, count, grouped, list};
use maud::{Markup, html};

/// Rows of a table; the rest is counted.
pub(super) const MAX_ROWS: usize = 160;
/// Rows up to which a table is shown without being unfolded.
const OPEN_ROWS: usize = 24;
/// Longest name from the run, in letters.
const MAX_NAME: usize = 120;
/// Longest sentence from the run, in letters.
const MAX_SENTENCE: usize = 600;

/// A column: its title, and whether it holds figures.
pub(super) struct Column(pub(super) String, pub(super) bool);

/// Columns from titles; figures are marked with `#` in front.
pub(super) fn columns(titles: &[&str]) -> Vec<Column> {
    let column = |title: &&str| match title.strip_prefix('#') {
        Some(title) => Column(title.to_owned(), true),
        None => Column((*title).to_owned(), false),
    };
    titles.iter().map(column).collect()
}

/// Renders a section with an anchor.
pub(super) fn section(view: &View<'_>, id: &str, title: &str, body: &Markup) -> Markup {
    html! { section id=(view.id(id)) { h2 { (title) } (body) } }
}

/// Renders a table; a long one is folded, and a very long one cut.
pub(super) fn table(caption: &str, columns: &[Column], rows: &[Vec<Markup>]) -> Markup {
    if rows.len() <= OPEN_ROWS {
        open_table(caption, columns, rows)
    } else {
        folded_table(caption, columns, rows)
    }
}

/// Renders a table that is always folded.
pub(super) fn folded_table(caption: &str, columns: &[Column], rows: &[Vec<Markup>]) -> Markup {
    html! { details {
        summary { "Table: " (caption) ", " (count(rows.len() as u64, "row")) }
        (open_table(caption, columns, rows))
    } }
}

/// Renders what is noise unless a reader looks for it: a heading that unfolds it.
pub(super) fn folded(title: &str, body: &Markup) -> Markup {
    html! { details.aside { summary { (title) } (body) } }
}

/// Renders a table that is never folded.
pub(super) fn open_table(caption: &str, columns: &[Column], rows: &[Vec<Markup>]) -> Markup {
    html! {
        div.scroll { table {
            caption { (caption) }
            thead { tr { @for Column(title, figures) in columns { th scope="col" class=[number(*figures)] { (title) } } } }
            tbody { @for row in rows.iter().take(MAX_ROWS) { (table_row(columns, row)) } }
        } }
        @if rows.len() > MAX_ROWS {
            p.more { "and " (grouped((rows.len() - MAX_ROWS) as u64)) " more rows; all are in run.json" }
        }
    }
}

/// Returns the class of a column of figures. A class that is empty would cost 9 bytes in each of thousands of cells.
fn number(figures: bool) -> Option<&'static str> {
    figures.then_some("n")
}

fn table_row(columns: &[Column], cells: &[Markup]) -> Markup {
    html! { tr {
        @for (index, (cell, Column(_, figures))) in cells.iter().zip(columns).enumerate() {
            @if index == 0 { th scope="row" { (cell) } } @else { td class=[number(*figures)] { (cell) } }
        }
    } }
}

/// Renders a plot under its question and its takeaway, with its legend; nothing when there is no plot.
pub(super) fn figure(frame: Option<&Frame>, takeaway: &str, keys: &[(Ink, String)]) -> Markup {
    let Some(frame) = frame else { return html! {} };
    html! { figure {
        figcaption { h3 { (frame.question) } p { (takeaway) (hidden(frame, keys)) } }
        (legend(keys))
        div.plot { (frame.draw()) }
    } }
}

/// Names the curves that coincide, of which only one can be seen.
fn hidden(frame: &Frame, keys: &[(Ink, String)]) -> String {
    let name = |ink: &Ink| keys.iter().find(|(key, _)| key == ink).map(|(_, name)| clip(name, 60));
    let groups = coincident(frame).into_iter();
    let names = groups.map(|group| group.iter().filter_map(name).collect::<Vec<_>>());
    names.filter(|names| names.len() > 1).map(|names| format!(" {} coincide.", list(&names))).collect()
}

/// Renders a name from the run, cut when it is very long.
pub(super) fn text(name: &str) -> Markup {
    html! { (clip(name, MAX_NAME)) }
}

/// Renders a sentence from the run, cut when it is very long.
pub(super) fn sentence(text: &str) -> Markup {
    html! { (clip(text, MAX_SENTENCE)) }
}

/// Renders a command to copy: one click selects the whole line.
pub(super) fn command(command: &str) -> Markup {
    html! { pre.command { code { (clip(command, 2_000)) } } }
}

/// Returns the machine: `Linux 6.18.0 x86_64, AMD EPYC 7B13`; the modelled CPUs of a simulation, which runs on any
/// machine alike.
pub(super) fn machine(run: &Run, env: Option<&Env>) -> String {
    if run.engine == Engine::Sim {
        return format!("modelled, {}", count(u64::from(run.scenario.cpus), "CPU"));
    }
    let Some(env) = env else { return NONE.to_owned() };
    let known = [env.kernel.as_str(), env.cpu.as_str()];
    let known: Vec<&str> = known.into_iter().filter(|fact| !fact.is_empty()).collect();
    format!("{}, {}", known.join(", "), count(u64::from(env.cpus), "CPU"))
}
