//! Verdicts from cells, for a run that has just ended or for a stored one, whose stored verdicts are not trusted.
use super::flags::Request;
use super::output::say;
use super::{threads, underpowered};
use crate::driver::CellPlan;
use input::mistake::Mistake;
use model::checks::Check;
use reports::exit::Exit;
use reports::schema::{Cell, Engine, Expectation, Invariant, Judgement, Note, Run, Verdict};
use reports::verdict::{self, Expectations};
use reports::{labels, noise};
use scenario::Scenario;
use std::collections::BTreeMap;
use std::path::Path;

/// Judges `cells` by the expectations and demands of `scenario`; `replay` returns the command that runs one of them
/// again.
pub(super) fn judge(
    scenario: &Scenario,
    cells: &[Cell],
    engine: Engine,
    replay: impl Fn(&Cell) -> String,
) -> (Vec<Verdict>, Vec<Note>) {
    let mut notes = remarks(scenario, cells);
    let on_threads = engine == Engine::Threads;
    let expect = if on_threads { threads::expectations(scenario) } else { scenario.expect.clone() };
    let replay = |cell: &Cell, _: &Invariant| (!on_threads).then(|| replay(cell));
    let mut verdicts = verdict::judge(cells, &expect, &notes, replay);
    let unfinished = |protocol: &str| {
        let planned =
            CellPlan::all(scenario).iter().filter(|plan| plan.subject().label() == protocol).count();
        cells.iter().filter(|cell| cell.subject.label() == protocol).count() < planned
    };
    // A breach that is expected sometimes may be in a missing cell.
    for verdict in verdicts.iter_mut().filter(|verdict| verdict.expected == Expectation::Sometimes) {
        if verdict.outcome == Judgement::Fail && unfinished(&verdict.protocol) {
            verdict.outcome = Judgement::Inconclusive;
        }
    }
    expect_prices(&mut verdicts, cells, &expect);
    if on_threads {
        threads::finish(scenario, &mut verdicts, &mut notes);
        notes.extend(noise::of_starts(cells));
    }
    (verdicts, notes)
}

/// Expects what reserving costs, where the scenario does not list it.
fn expect_prices(verdicts: &mut [Verdict], cells: &[Cell], expect: &Expectations) {
    for subject in verdict::subjects(cells) {
        let listed =
            |name: &str| verdict::expected_of(expect, subject).is_some_and(|of| of.contains_key(name));
        let price = |name: &str| Check::parse(name).is_some_and(Check::is_price_of_reserving);
        let mine = verdicts.iter_mut().filter(|verdict| verdict.protocol == subject.label());
        for verdict in mine.filter(|verdict| verdict.outcome == Judgement::Fail) {
            if price(&verdict.invariant) && !listed(&verdict.invariant) {
                (verdict.expected, verdict.outcome) = (Expectation::Sometimes, Judgement::Pass);
            }
        }
    }
}

/// Returns notes on every cell of the scenario, and on rules that never fired at all.
fn remarks(scenario: &Scenario, cells: &[Cell]) -> Vec<Note> {
    let plans = CellPlan::all(scenario);
    let planned = planned(scenario, &plans, cells).into_iter();
    let of = |(plan, cell): (&CellPlan, &Cell)| underpowered::notes(scenario, plan, cell);
    planned.flat_map(of).chain(underpowered::silent(scenario, cells)).collect()
}

/// Returns the cells that are in the plan, each with its plan.
fn planned<'a>(
    scenario: &Scenario,
    plans: &'a [CellPlan],
    cells: &'a [Cell],
) -> Vec<(&'a CellPlan, &'a Cell)> {
    let key = |plan: &CellPlan| (plan.subject(), plan.point(scenario), plan.seed);
    let plans: BTreeMap<_, &CellPlan> = plans.iter().map(|plan| (key(plan), plan)).collect();
    let of = |cell: &'a Cell| Some((*plans.get(&(cell.subject.clone(), cell.point, cell.seed))?, cell));
    cells.iter().filter_map(of).collect()
}

/// Returns lines that name what an inconclusive run lacks, and the flag that fixes it; none for other runs.
pub(super) fn missing(run: &Run, file: &Path) -> Vec<String> {
    if run.engine == Engine::Linux || verdict::exit_code(run) != Exit::Inconclusive {
        return Vec::new();
    }
    // A scenario that cannot be read was reported when the run was judged.
    let Ok(scenario) = scenario_of(run, file) else { return Vec::new() };
    let plans = CellPlan::all(&scenario);
    underpowered::missing(&scenario, &run.cells, &planned(&scenario, &plans, &run.cells))
}

/// Reads the scenario of a stored run; its recordings are next to `file`.
fn scenario_of(run: &Run, file: &Path) -> Result<Scenario, Mistake> {
    let folder = file.parent().unwrap_or(Path::new("."));
    let name = format!("{}: scenario", file.display());
    Scenario::parse(&name, &run.scenario.toml, &workloads::Folder::new(folder))
}

/// Judges a stored run again from its cells and its scenario, and reports where the stored verdicts differ.
pub(super) fn again(mut run: Run, file: &Path) -> Run {
    let stored = std::mem::take(&mut run.verdicts);
    let run = by_cells(run, file);
    tell(&stored, &run.verdicts, file);
    run
}

/// Judges a run from its cells and its scenario; recordings are found relative to the folder of `file`.
pub(super) fn by_cells(mut run: Run, file: &Path) -> Run {
    let (verdicts, notes) = match run.engine {
        Engine::Linux => (of_expectations(&run, &Expectations::default()), Vec::new()),
        Engine::Sim | Engine::Threads => of_scenario(&run, file),
    };
    // Stored notes are kept.
    let new: Vec<Note> = notes.into_iter().filter(|note| !run.notes.contains(note)).collect();
    run.notes.extend(new);
    run.verdicts = verdicts;
    run
}

fn of_scenario(run: &Run, file: &Path) -> (Vec<Verdict>, Vec<Note>) {
    match scenario_of(run, file) {
        Ok(scenario) => {
            let request = Request::read(&run.command);
            let replay =
                |cell: &Cell| request.as_ref().map_or_else(|| run.command.clone(), |made| made.replay(cell));
            judge(&scenario, &run.cells, run.engine, replay)
        }
        Err(error) => {
            say(&format!(
                "{}: its scenario cannot be read, so the stored notes are used to judge whether enough happened in its cells: {error}",
                file.display()
            ));
            let table: Option<toml::Table> = run.scenario.toml.parse().ok();
            let expect = table.and_then(|table| table.get("expect")?.clone().try_into().ok());
            (of_expectations(run, &expect.unwrap_or_default()), Vec::new())
        }
    }
}

fn of_expectations(run: &Run, expect: &Expectations) -> Vec<Verdict> {
    let judged: Vec<Cell> = run.cells.iter().filter(|cell| !cell.invariants.is_empty()).cloned().collect();
    verdict::judge(&judged, expect, &run.notes, |_, _| Some(run.command.clone()))
}

/// Most differing verdicts that are printed; the rest are counted.
const MOST: usize = 4;

fn tell(stored: &[Verdict], found: &[Verdict], file: &Path) {
    let judged = |verdicts: &[Verdict]| -> BTreeMap<(String, String), (Judgement, u64, u64, u64)> {
        let checked = verdicts.iter().filter(|verdict| verdict.outcome != Judgement::Skipped);
        let says = |v: &Verdict| (v.outcome, v.cells_violated, v.cells, v.violations);
        checked.map(|v| ((v.protocol.clone(), v.invariant.clone()), says(v))).collect()
    };
    let (stored, found) = (judged(stored), judged(found));
    let outcome = |of: &BTreeMap<_, (Judgement, u64, u64, u64)>, key| {
        of.get(key).map_or("not judged", |(outcome, ..)| labels::outcome(*outcome))
    };
    let differ: Vec<String> = stored
        .keys()
        .chain(found.keys().filter(|key| !stored.contains_key(*key)))
        .filter(|key| stored.get(*key) != found.get(*key))
        .map(|key| {
            let (protocol, invariant) = key;
            let (before, now) = (outcome(&stored, key), outcome(&found, key));
            format!("{invariant} under {protocol} is stored as `{before}` and is `{now}`")
        })
        .collect();
    if differ.is_empty() {
        return;
    }
    let more = differ.len().saturating_sub(MOST);
    let shown = differ[..differ.len() - more].join("; ");
    let more = if more > 0 { format!("; {more} more differ") } else { String::new() };
    say(&format!(
        "{}: the stored verdicts differ from those computed from its cells, which are used: {shown}{more}",
        file.display()
    ));
}
