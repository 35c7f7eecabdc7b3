//! Notes about cells: too little happened, a rule never fired, a run did not end.
use crate::driver::CellPlan;
use crate::driver::cell::CellCurrent;
use faults::Site;
use model::protocols::Protocol;
use reports::outcome;
use reports::schema::{Cell, Note, NoteKind, Subject};
use reports::verdict;
use scenario::Scenario;

/// Returns notes on one cell.
pub(super) fn notes(scenario: &Scenario, plan: &CellPlan, cell: &Cell) -> Vec<Note> {
    let demand = scenario.demand;
    let done = outcome::tried(&cell.attach.outcomes);
    let name = name(plan);
    let mut notes = Vec::new();
    let mut thin = |text: String| {
        notes.push(Note { kind: NoteKind::Thin, text, protocol: Some(cell.subject.to_string()) });
    };
    if done < demand.attaches {
        thin(format!(
            "{name}: {done} attaches other than noop, {} demanded; use a longer --duration",
            demand.attaches
        ));
    }
    if cell.attach.overlaps < demand.overlaps {
        let seen = cell.attach.overlaps;
        thin(format!(
            "{name}: {seen} attaches overlapped a charge, {} demanded; use a longer --duration",
            demand.overlaps
        ));
    }
    if plan.fault_rate.is_some_and(|rate| rate > 0) && demand.aborts > 0 {
        thin_aborts(scenario, plan, cell).into_iter().for_each(&mut thin);
        let silent = cell.faults.rules.iter().filter(|rule| rule.fired == 0);
        silent
            .for_each(|rule| thin(format!("{name}: rule `{}` never fired in {} hits", rule.rule, rule.hits)));
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
            notes.push(Note { kind: NoteKind::Thin, text, protocol: protocol.map(Subject::to_string) });
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

fn thin_aborts(scenario: &Scenario, plan: &CellPlan, cell: &Cell) -> Vec<String> {
    let demanded = scenario.demand.aborts;
    let undoing = plan.undoing::<CellCurrent>(scenario);
    let undoing =
        undoing.into_iter().map(|(controller, callback)| format!("{controller}.{}", callback.name()));
    let ran = |name: &String| cell.attach.aborts.get(name).copied().unwrap_or(0);
    let few = undoing.filter(|name| ran(name) < demanded);
    few.map(|abort| format!("{}: {abort} ran {} times, {demanded} demanded", name(plan), ran(&abort)))
        .collect()
}

fn name(plan: &CellPlan) -> String {
    let rate = plan.fault_rate.map_or(String::new(), |rate| format!(", faults {rate} %"));
    format!("{}{rate}, seed {}", plan.protocol, plan.seed)
}
