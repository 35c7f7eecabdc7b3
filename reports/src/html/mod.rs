//! `report.html`: one file without network or fonts, readable without its script and its style sheet as well.
//!
//! Separate from the terminal's table, because the page has room for evidence. Each section has a file, in the order on
//! the page: `summary`, `price`, `invariants`, `by_protocol`, `latency`, `over_time`, `moves`, `sweep`, `resident`, `phases`, `bystanders`,
//! `locks` (with `holds`), `drift`, `faults` (in `failures` and `rollback`), `attach` (in `timeline`), `recordings`,
//! `remarks`. `joint` puts several runs on one page, with `cross_engine` (and `predicted`), `overlay` and `scaling` in
//! front. Each section
//! computes its sentences from the data, and `components` has the parts that sections share. Whatever the size of the
//! run, the report stays under [`MAX_BYTES`]: seeds are merged, tables and plots are bounded.
mod by_protocol;
mod bystanders;
mod components;
mod cross_engine;
mod drift;
mod failures;
mod gates;
mod holds;
mod invariants;
mod joint;
mod latency;
mod locks;
mod moves;
mod over_time;
mod overlay;
mod phases;
mod predicted;
mod price;
mod recordings;
mod remarks;
mod resident;
mod rollback;
mod scaling;
mod summary;
mod sweep;
mod timeline;

pub use joint::{MAX_RUNS, render_all};

use crate::aggregate::{Aggregate, AggregateError, aggregate};
use crate::gate::GateReport;
use crate::labels;
use crate::plot::ink::series;
use crate::schema::{Engine, Env, Run};
use crate::units::clip;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use maud::{DOCTYPE, Markup, PreEscaped, html};
use sha2::{Digest as _, Sha256};
use std::sync::LazyLock;

/// Bytes that a report never exceeds.
pub const MAX_BYTES: usize = 2 << 20;

/// The style sheet.
const STYLE: &str = include_str!("style.css");
/// The script as it is written.
const SOURCE: &str = include_str!("report.js");
/// The script, which only adds functions: every word and figure is on the page without it. Comments and indentation
/// stay in the source.
static SCRIPT: LazyLock<String> = LazyLock::new(|| {
    let lines = SOURCE.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with("//"));
    lines.collect::<Vec<_>>().join("\n")
});
/// Bytes of the page outside of its sections.
const ROOM: usize = STYLE.len() + SOURCE.len() + 4_096;

/// Data that every section reads.
struct View<'a> {
    run: &'a Run,
    sums: Aggregate,
    /// `virtual` or `wall`.
    clock: &'static str,
    /// Prefix of every anchor: empty, or the mark of the run where a page has several.
    prefix: String,
    /// Says whether there are gates to show.
    gated: bool,
}

impl<'a> View<'a> {
    fn of(run: &'a Run, prefix: &str) -> Result<Self, AggregateError> {
        let (sums, clock) = (aggregate(run)?, labels::clock(run.engine));
        Ok(Self { run, sums, clock, prefix: prefix.to_owned(), gated: false })
    }

    /// Returns the sections of a run without its summary, in the order on the page.
    fn sections(&self, env: Option<&Env>) -> Vec<Markup> {
        vec![
            price::section(self),
            invariants::section(self),
            by_protocol::section(self),
            latency::section(self),
            over_time::section(self),
            moves::section(self),
            sweep::section(self),
            resident::section(self),
            phases::section(self),
            bystanders::section(self),
            locks::section(self),
            drift::section(self),
            failures::section(self),
            timeline::section(self),
            recordings::section(self),
            remarks::section(self, env),
        ]
    }

    /// Returns the anchor `id` of this run.
    fn id(&self, id: &str) -> String {
        format!("{}{id}", self.prefix)
    }

    /// Returns the target of a link to anchor `id`.
    fn link(&self, id: &str) -> String {
        format!("#{}", self.id(id))
    }

    /// Returns the number of the series of `protocol`, which has the same colour, dash and marker in every plot.
    fn series(&self, protocol: &str) -> u8 {
        series(self.sums.protocols.iter().position(|sum| sum.subject.label() == protocol).unwrap_or(0))
    }

    fn linux(&self) -> bool {
        self.run.engine == Engine::Linux
    }
}

/// Renders the report of `run` as one HTML file; `env`, if given, is shown at its end. The same arguments give the same
/// bytes.
///
/// # Errors
/// [`AggregateError`] when a histogram in the run is damaged.
pub fn render(run: &Run, env: Option<&Env>) -> Result<String, AggregateError> {
    whole(run, env, None)
}

fn whole(run: &Run, env: Option<&Env>, ladder: Option<&GateReport>) -> Result<String, AggregateError> {
    let view = View { gated: ladder.is_some(), ..View::of(run, "")? };
    let mut sections = view.sections(env);
    sections.splice(..0, ladder.map(|ladder| gates::section(&view, ladder)));
    let summary = summary::section(&view);
    bound(&mut sections, MAX_BYTES.saturating_sub(summary.0.len() + ROOM));
    let title = format!("{} on {} – attach-rig", clip(&run.scenario.name, 120), labels::engine(run.engine));
    Ok(page(&title, &html! { (summary) @for section in &sections { (section) } }).into_string())
}

/// Renders the report with the gates that the run was checked against, right below its summary.
///
/// # Errors
/// As [`render`].
pub fn render_gated(run: &Run, env: Option<&Env>, ladder: &GateReport) -> Result<String, AggregateError> {
    whole(run, env, Some(ladder))
}

/// Leaves the longest sections out until all of them are within `bytes`. Rows, plots and names are bounded, so this
/// happens only to runs made for the purpose.
fn bound(sections: &mut [Markup], bytes: usize) {
    while sections.iter().map(|section| section.0.len()).sum::<usize>() > bytes {
        let Some(longest) = sections.iter_mut().max_by_key(|section| section.0.len()) else { return };
        *longest = html! { section { p.warn { "A section is left out because it is too long; its figures are in run.json." } } };
    }
}

fn page(title: &str, body: &Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta http-equiv="Content-Security-Policy" content=(policy());
                title { (title) }
                style { (PreEscaped(STYLE)) }
            }
            body { main { (body) } script { (PreEscaped(&*SCRIPT)) } }
        }
    }
}

/// Returns the policy of the page, which allows only its own style and this one script, known by its hash.
fn policy() -> String {
    let hash = STANDARD.encode(Sha256::digest(SCRIPT.as_bytes()));
    format!("default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{hash}'")
}
