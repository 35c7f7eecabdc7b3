//! Coverage of a run's plan: the cells, seeds and protocols that are missing.
//!
//! Separate from the verdicts, which judge only the cells of the run: no missing cell can pass. The plan of a run names
//! its cells. A run of an older version has no plan, and a run may have been edited. For these, the cells and the text
//! of the scenario are used as far as possible: all places have as many seeds as the one with the most.
use crate::axis::{Axes, Point};
use crate::schema::{Engine, NoteKind, Plan, PlannedPlace, Run, Subject};
use crate::units::{count, list};
use crate::verdict::{self, Census};
use std::collections::{BTreeMap, BTreeSet};

/// Cells of one place: those that exist, and those that were planned.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Share {
    /// Cells that exist; on `sim` and `threads` distinct seeds.
    pub have: u64,
    /// Cells that were planned, at least `have`.
    pub planned: u64,
}

/// A subject at a point.
pub type Place = (Subject, Point);

/// The part of its plan that a run holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Coverage {
    /// Every place of the plan and every other that has cells.
    pub places: BTreeMap<Place, Share>,
    /// Missing cells, in words; empty when nothing is missing.
    pub missing: Vec<String>,
}

impl Coverage {
    /// Counts the cells of `run`.
    #[must_use]
    pub fn of(run: &Run) -> Self {
        let mut places = counted(run);
        let mut missing = doubles(run);
        let most = most(run, &places);
        for place in run.plan.iter().flat_map(|plan| &plan.places) {
            let share = places.entry((place.subject.clone(), place.point)).or_default();
            share.planned = share.planned.max(place.cells);
        }
        for ((subject, _), share) in &mut places {
            share.planned = share.planned.max(most.get(subject).copied().unwrap_or(0)).max(share.have);
        }
        missing.extend(protocols(run));
        missing.extend(short(&places));
        if run.interrupted && missing.is_empty() {
            missing.push("the run was interrupted".to_owned());
        }
        Self { places, missing }
    }

    /// Returns the share of one place.
    #[must_use]
    pub fn at(&self, subject: &Subject, point: &Point) -> Share {
        self.places.get(&(subject.clone(), *point)).copied().unwrap_or_default()
    }
}

impl Plan {
    /// Returns the plan with those cells, by place.
    #[must_use]
    pub fn of(cells: impl IntoIterator<Item = Place>) -> Self {
        let mut plan = Self::default();
        for (subject, point) in cells {
            let known = plan.places.iter_mut().find(|place| place.subject == subject && place.point == point);
            match known {
                Some(place) => place.cells += 1,
                None => plan.places.push(PlannedPlace { subject, point, cells: 1 }),
            }
        }
        plan
    }
}

/// Says why nothing that `run` shows can pass: cells are missing, or its own verdict is inconclusive.
#[must_use]
pub fn doubt(run: &Run) -> Option<String> {
    let missing = Coverage::of(run).missing;
    if !missing.is_empty() {
        return Some(format!("not all of the run is there: {}", list(&missing)));
    }
    let open = Census::of(&run.verdicts).inconclusive;
    let underpowered = run.notes.iter().filter(|note| note.kind == NoteKind::Inconclusive).count() as u64;
    let why = match (run.cells.is_empty(), open, underpowered) {
        (true, _, _) => "it has no cell".to_owned(),
        (_, 0, 0) => return None,
        (_, 0, cells) => format!("{} with too little to tell", count(cells, "cell")),
        (_, open, _) => count(open, "verdict is inconclusive"),
    };
    Some(format!("the run itself is inconclusive: {why}; see its report"))
}

fn counted(run: &Run) -> BTreeMap<Place, Share> {
    let mut seen = BTreeSet::new();
    let mut places: BTreeMap<Place, Share> = BTreeMap::new();
    for cell in &run.cells {
        let place = (cell.subject.clone(), cell.point);
        // Repeated cells of the real kernel have one seed.
        if run.engine == Engine::Linux || seen.insert((place.clone(), cell.seed)) {
            places.entry(place).or_default().have += 1;
        }
    }
    places
}

/// Returns the seeds that occur twice in one place.
fn doubles(run: &Run) -> Vec<String> {
    let mut seen = BTreeSet::new();
    let twice = run.cells.iter().filter(|cell| !seen.insert((&cell.subject, cell.point, cell.seed)));
    let twice: BTreeSet<String> =
        twice.map(|cell| format!("seed {} of {} is there twice", cell.seed, cell.subject)).collect();
    if run.engine == Engine::Linux { Vec::new() } else { twice.into_iter().take(FEW).collect() }
}

/// Returns the seeds that each subject should have at every point, from the scenario and the other places.
fn most(run: &Run, places: &BTreeMap<Place, Share>) -> BTreeMap<Subject, u64> {
    let said = if run.engine == Engine::Linux { 0 } else { number(&run.scenario.toml, "seeds") };
    let all = places.values().map(|share| share.have).max().unwrap_or(0).max(said);
    let mut most: BTreeMap<Subject, u64> = BTreeMap::new();
    for ((subject, _), share) in places {
        let known = most.entry(subject.clone()).or_default();
        // On Linux refusals are tried once, whatever is repeated.
        *known = (*known).max(if run.engine == Engine::Linux { share.have } else { all });
    }
    most
}

/// Returns a note on missing protocols, by the text of the scenario.
fn protocols(run: &Run) -> Option<String> {
    if run.engine == Engine::Linux {
        return None;
    }
    let table: toml::Table = run.scenario.toml.parse().ok()?;
    let named = table.get("protocols")?.as_array()?.len();
    let there = verdict::subjects(&run.cells).len();
    (there < named).then(|| format!("{there} of {} of the scenario", count(named as u64, "protocol")))
}

fn number(toml: &str, key: &str) -> u64 {
    let table: Option<toml::Table> = toml.parse().ok();
    let number = table.and_then(|table| table.get(key)?.as_integer());
    number.and_then(|number| u64::try_from(number).ok()).unwrap_or(0)
}

/// Places that are named before the rest is counted.
const FEW: usize = 4;

fn short(places: &BTreeMap<Place, Share>) -> Vec<String> {
    let points: Vec<Point> = places.keys().map(|(_, point)| *point).collect();
    let axes = Axes::varying(&points);
    let short = places.iter().filter(|(_, share)| share.have < share.planned);
    let mut said: Vec<String> = short
        .map(|((subject, point), share)| {
            let words = axes.words(point);
            let comma = if words.is_empty() { "" } else { ", " };
            format!("{subject}{comma}{words} has {} of {}", share.have, count(share.planned, "cell"))
        })
        .collect();
    if said.len() > FEW {
        let more = said.len() - FEW;
        said.truncate(FEW);
        said.push(format!("{more} more places are short"));
    }
    said
}

/// Returns `64 seeds`, or `2 of 64 seeds`; cells of the real kernel differ in no seed.
#[must_use]
pub fn seeds(engine: Engine, share: Share) -> String {
    let planned = count(share.planned, if engine == Engine::Linux { "cell" } else { "seed" });
    if share.have == share.planned { planned } else { format!("{} of {planned}", share.have) }
}
