//! Notes about cells: too little happened, a rule never fired, a run did not end.
use crate::driver::CellPlan;
use crate::driver::cell::CellCurrent;
use faults::Site;
use model::protocols::Protocol;
use reports::outcome;
use reports::schema::{Cell, Note, NoteKind, Subject};
use reports::units::grouped;
use reports::verdict;
use scenario::Scenario;
use std::collections::BTreeMap;

/// Returns notes on one cell.
pub(super) fn notes(scenario: &Scenario, plan: &CellPlan, cell: &Cell) -> Vec<Note> {
    let demand = scenario.demand;
    let done = outcome::tried(&cell.attach.outcomes);
    let name = name(plan);
    let mut notes = Vec::new();
    let mut underpowered = |text: String| {
        notes.push(Note { kind: NoteKind::Inconclusive, text, protocol: Some(cell.subject.to_string()) });
    };
    if done < demand.attaches {
        underpowered(format!(
            "{name}: {done} attaches other than noop, {} demanded; use a longer --duration",
            demand.attaches
        ));
    }
    if cell.attach.overlaps < demand.overlaps {
        let seen = cell.attach.overlaps;
        underpowered(format!(
            "{name}: {seen} attaches overlapped a charge, {} demanded; use a longer --duration",
            demand.overlaps
        ));
    }
    if plan.fault_rate.is_some_and(|rate| rate > 0) && demand.aborts > 0 {
        rare_aborts(scenario, plan, cell).into_iter().for_each(&mut underpowered);
        let silent = cell.faults.rules.iter().filter(|rule| rule.fired == 0);
        silent.for_each(|rule| {
            underpowered(format!("{name}: rule `{}` never fired in {} hits", rule.rule, rule.hits));
        });
    } else {
        for rule in cell.faults.rules.iter().filter(|rule| rule.fired == 0) {
            let text =
                format!("{name}: rule `{}` never fired; its site was reached {} times", rule.rule, rule.hits);
            notes.push(Note { kind: NoteKind::Warning, text, protocol: Some(cell.subject.to_string()) });
        }
    }
    notes
}

/// Returns notes on rules of the scenario that never fired: in no cell of a protocol that has their site, or in no cell
/// at all.
pub(super) fn silent(scenario: &Scenario, cells: &[Cell]) -> Vec<Note> {
    let mut notes = Vec::new();
    for rule in &scenario.faults {
        let text = rule.to_string();
        let fired = |cell: &&Cell| cell.faults.rules.iter().any(|rule| rule.rule == text && rule.fired > 0);
        let mut note = |protocol: Option<&Subject>, where_: &str| {
            let text = format!(
                "rule `{text}` never fired {where_}; remove it, or use a longer --duration or more --seeds"
            );
            notes.push(Note {
                kind: NoteKind::Inconclusive,
                text,
                protocol: protocol.map(Subject::to_string),
            });
        };
        let mut somewhere = false;
        for subject in verdict::subjects(cells) {
            if !has(scenario, subject, rule.site) {
                continue;
            }
            somewhere = true;
            let mut mine = cells.iter().filter(|cell| cell.subject == *subject);
            if !mine.any(|cell| fired(&cell)) {
                note(Some(subject), &format!("in any cell of {subject}"));
            }
        }
        if !somewhere && !cells.is_empty() {
            note(None, "and no protocol of this run has its site");
        }
    }
    notes
}

/// Reports whether an attach of `subject` can reach `site`.
fn has(scenario: &Scenario, subject: &Subject, site: Site) -> bool {
    let sites = |protocol: Protocol| protocol.sites::<CellCurrent>(&scenario.controllers());
    site.callback().is_none()
        || Protocol::parse(&subject.parts().protocol).is_ok_and(|protocol| sites(protocol).contains(&site))
}

fn rare_aborts(scenario: &Scenario, plan: &CellPlan, cell: &Cell) -> Vec<String> {
    let demanded = scenario.demand.aborts;
    let few = aborts(scenario, plan, cell).into_iter().filter(|(_, ran)| *ran < demanded);
    few.map(|(abort, ran)| format!("{}: {abort} ran {ran} times, {demanded} demanded", name(plan))).collect()
}

/// Returns each callback that undoes a preparation, and the number of times that it ran.
fn aborts(scenario: &Scenario, plan: &CellPlan, cell: &Cell) -> Vec<(String, u64)> {
    let undoing = plan.undoing::<CellCurrent>(scenario).into_iter();
    let ran = |name: &String| cell.attach.aborts.get(name).copied().unwrap_or(0);
    let named = undoing.map(|(controller, callback)| format!("{controller}.{}", callback.name()));
    named.map(|name| (name.clone(), ran(&name))).collect()
}

/// A thing that a scenario demands of every cell.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Thing {
    Attaches,
    Overlaps,
    Abort(String),
    Rule(String),
}

/// A thing of which cells have too little.
struct Shortage {
    needed: u64,
    /// The smallest number in a cell.
    least: u64,
    /// The first cell with that number.
    place: String,
    cells: usize,
}

/// Most missing things that are named; the rest are counted.
const MAX_MISSING: usize = 12;

/// Returns lines that name what is missing for a verdict, each thing once for all cells, and the flag that fixes it.
/// `cells` are those of `all` that are in the plan.
pub(super) fn missing(scenario: &Scenario, all: &[Cell], cells: &[(&CellPlan, &Cell)]) -> Vec<String> {
    let mut short: BTreeMap<Thing, Shortage> = BTreeMap::new();
    for (plan, cell) in cells {
        for (thing, needed, has) in
            counts(scenario, plan, cell).into_iter().filter(|(_, needed, has)| has < needed)
        {
            let new = || Shortage { needed, least: u64::MAX, place: String::new(), cells: 0 };
            let known = short.entry(thing).or_insert_with(new);
            known.cells += 1;
            if has < known.least {
                (known.least, known.place) = (has, name(plan));
            }
        }
    }
    let mut lines: Vec<String> = short.iter().map(|(thing, short)| short.line(thing, cells.len())).collect();
    lines.extend(silent(scenario, all).into_iter().map(|note| format!("missing: {}", note.text)));
    let more = lines.len().saturating_sub(MAX_MISSING);
    lines.truncate(MAX_MISSING);
    lines.extend((more > 0).then(|| format!("missing: {more} more")));
    let longest = cells.iter().map(|(_, cell)| cell.duration_ns).max().unwrap_or(0);
    let needed_ns = short.values().filter_map(|short| short.duration_ns(longest)).max();
    lines.extend(needed_ns.map(|ns| {
        let more = if short.values().any(|short| short.least == 0) { " or longer" } else { "" };
        format!("fix: --duration {}{more}", rounded_up(ns))
    }));
    lines
}

/// Returns what the scenario demands of a cell: the thing, the number that is needed, and the number that there is.
fn counts(scenario: &Scenario, plan: &CellPlan, cell: &Cell) -> Vec<(Thing, u64, u64)> {
    let demand = scenario.demand;
    let done = outcome::tried(&cell.attach.outcomes);
    let mut all = vec![
        (Thing::Attaches, demand.attaches, done),
        (Thing::Overlaps, demand.overlaps, cell.attach.overlaps),
    ];
    if plan.fault_rate.is_some_and(|rate| rate > 0) && demand.aborts > 0 {
        let aborts = aborts(scenario, plan, cell).into_iter();
        all.extend(aborts.map(|(abort, ran)| (Thing::Abort(abort), demand.aborts, ran)));
        all.extend(cell.faults.rules.iter().map(|rule| (Thing::Rule(rule.rule.clone()), 1, rule.fired)));
    }
    all
}

impl Shortage {
    fn line(&self, thing: &Thing, of: usize) -> String {
        let Self { needed, least, place, cells } = self;
        let (needed, least) = (grouped(*needed), grouped(*least));
        let missing = match thing {
            Thing::Attaches => format!("needs {needed} attaches other than noop a cell, has {least}"),
            Thing::Overlaps => format!("needs {needed} attaches that overlap a charge a cell, has {least}"),
            Thing::Abort(name) if self.least == 0 => {
                format!("needs {needed} runs of {name} a cell, and it never ran")
            }
            Thing::Abort(name) => format!("needs {needed} runs of {name} a cell, has {least}"),
            Thing::Rule(rule) => format!("rule `{rule}` never fired"),
        };
        format!("missing: {missing} ({place}); too few in {cells} of {of} cells")
    }

    /// Returns the length of a cell in which there should be enough, with a quarter to spare; `None` if there was none
    /// of it, so that nothing is known.
    fn duration_ns(&self, now_ns: u64) -> Option<u64> {
        let longer = u128::from(now_ns) * u128::from(self.needed) * 5 / 4;
        longer.checked_div(u128::from(self.least)).map(|ns| u64::try_from(ns).unwrap_or(u64::MAX))
    }
}

/// Formats a duration as flags take it, rounded up to milliseconds or seconds.
fn rounded_up(ns: u64) -> String {
    let ms = ns.div_ceil(1_000_000);
    if ms < 1_000 { format!("{ms}ms") } else { format!("{}s", ms.div_ceil(1_000)) }
}

fn name(plan: &CellPlan) -> String {
    let rate = plan.fault_rate.map_or(String::new(), |rate| format!(", faults {rate} %"));
    format!("{}{rate}, seed {}", plan.protocol, plan.seed)
}
