//! Comparison of the findings with the expectations of the scenario: invariant × protocol, and the exit code that
//! follows.
//!
//! The functions are pure, of cells and expectations, and separate from every output, because no verdict depends on a
//! plot or a table. [`judge`] fills `Run::verdicts`; [`exit_code`] reads them; [`headline`] says them in one sentence.
//!
//! | expected | pass when the invariant was violated in |
//! |---|---|
//! | `never`, or not mentioned | no cell |
//! | `sometimes` | at least one cell |
//! | `always` | every cell |
//!
//! A pass becomes inconclusive when too little happened in a cell of that protocol, and so does an expectation that names an
//! invariant which no cell checked: missing data never passes.
use crate::coverage::Coverage;
use crate::exit::Exit;
use crate::schema::{Cell, Expectation, Invariant, Judgement, Note, NoteKind, Run, Subject, Verdict};
use crate::units::{count, list};
use std::collections::{BTreeMap, BTreeSet};

/// Expectations of a scenario: protocol -> invariant -> how often it is expected to be violated. The key is a protocol
/// with its options, or a bare id. A bare id holds for that id with any options for which no exact key exists.
pub type Expectations = BTreeMap<String, BTreeMap<String, Expectation>>;

/// Returns one verdict for every subject of `cells` (in the order of the plan) and every invariant that any cell
/// checked or that is expected of the protocol. `notes` say which protocols had cells with too little activity; such a
/// note without a protocol is about all. `replay` gives the command that replays a cell in which an invariant was violated.
pub fn judge(
    cells: &[Cell],
    expected: &Expectations,
    notes: &[Note],
    replay: impl Fn(&Cell, &Invariant) -> Option<String>,
) -> Vec<Verdict> {
    let invariants =
        in_order(cells.iter().flat_map(|cell| &cell.invariants).map(|invariant| invariant.name.as_str()));
    let mut verdicts = Vec::new();
    for subject in subjects(cells) {
        let mine: Vec<&Cell> = cells.iter().filter(|cell| cell.subject == *subject).collect();
        let wanted = expected_of(expected, subject);
        let underpowered = is_underpowered(notes, subject.label());
        let named = wanted.into_iter().flat_map(BTreeMap::keys).map(String::as_str);
        for invariant in in_order(invariants.iter().copied().chain(named)) {
            let mut verdict = tally(&mine, subject, invariant, &replay);
            let explicit = wanted.and_then(|invariants| invariants.get(invariant)).copied();
            verdict.expected = explicit.unwrap_or_default();
            verdict.outcome = outcome(&verdict, explicit.is_some(), underpowered);
            verdicts.push(verdict);
        }
    }
    verdicts
}

/// Returns the subjects of `cells`, in the order of the plan.
#[must_use]
pub fn subjects(cells: &[Cell]) -> Vec<&Subject> {
    in_order(cells.iter().map(|cell| &cell.subject))
}

/// Returns the exit code that a run's verdicts ask for: violated when one failed, inconclusive when one is, a cell was
/// inconclusive or cells are missing. The caller adds codes for conditions that are not in a run, such as usage or cleanup.
#[must_use]
pub fn exit_code(run: &Run) -> Exit {
    let census = Census::of(&run.verdicts);
    if census.failed > 0 {
        Exit::Violated
    } else if census.inconclusive > 0
        || run.notes.iter().any(|note| note.kind == NoteKind::Inconclusive)
        || !Coverage::of(run).missing.is_empty()
    {
        Exit::Inconclusive
    } else {
        Exit::AsExpected
    }
}

/// Number of verdicts of each kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Census {
    /// As expected.
    pub passed: u64,
    /// Not as expected.
    pub failed: u64,
    /// Too few samples for a verdict.
    pub inconclusive: u64,
    /// Not checked.
    pub skipped: u64,
}

impl Census {
    /// Counts `verdicts`.
    #[must_use]
    pub fn of(verdicts: &[Verdict]) -> Self {
        let mut census = Self::default();
        for verdict in verdicts {
            *match verdict.outcome {
                Judgement::Pass => &mut census.passed,
                Judgement::Fail => &mut census.failed,
                Judgement::Inconclusive => &mut census.inconclusive,
                Judgement::Skipped => &mut census.skipped,
            } += 1;
        }
        census
    }

    /// Returns a text such as `46 as expected, 1 not as expected, 2 inconclusive, 3 not checked`; kinds that did not
    /// occur are left out.
    #[must_use]
    pub fn words(&self) -> String {
        let kinds = [
            (self.failed, "not as expected"),
            (self.inconclusive, "inconclusive"),
            (self.passed, "as expected"),
            (self.skipped, "not checked"),
        ];
        let said: Vec<String> =
            kinds.iter().filter(|(n, _)| *n > 0).map(|(n, words)| format!("{n} {words}")).collect();
        if said.is_empty() { "no invariant was checked".to_owned() } else { said.join(", ") }
    }
}

/// Number of protocols above which those with the same findings are not named one by one.
const MANY: usize = 4;

/// Returns one sentence per protocol on its violated and held invariants, failures named first.
#[must_use]
pub fn headline(run: &Run) -> String {
    let mut sentences = Vec::new();
    let wrong: Vec<String> = run
        .verdicts
        .iter()
        .filter(|verdict| verdict.outcome == Judgement::Fail)
        .map(|verdict| format!("{} under {}", verdict.invariant, verdict.protocol))
        .collect();
    if wrong.len() > 6 {
        sentences.push(format!("Not as expected: {} verdicts.", wrong.len()));
    } else if !wrong.is_empty() {
        sentences.push(format!("Not as expected: {}.", list(&wrong)));
    }
    let names = in_order(run.verdicts.iter().map(|verdict| verdict.protocol.as_str()));
    if names.len() > MANY && run.verdicts.iter().all(|verdict| verdict.cells_violated == 0) {
        return format!("{} held every invariant that was checked.", count(names.len() as u64, "protocol"));
    }
    sentences.extend(names.iter().take(8).map(|name| protocol_sentence(&run.verdicts, name)));
    if names.len() > 8 {
        sentences.push(format!("{} more protocols are in the table.", names.len() - 8));
    }
    if names.is_empty() {
        sentences.push("This run checked no invariants.".to_owned());
    }
    sentences.join(" ")
}

fn protocol_sentence(verdicts: &[Verdict], protocol: &str) -> String {
    let mine = || {
        verdicts.iter().filter(|v| v.protocol == protocol && v.outcome != Judgement::Skipped && v.cells > 0)
    };
    let cells = mine().map(|verdict| verdict.cells).max().unwrap_or(0);
    let violated: Vec<String> =
        mine().filter(|v| v.cells_violated > 0).map(|v| v.invariant.clone()).collect();
    let checked = mine().count();
    if violated.is_empty() {
        return format!(
            "{protocol} held all {} in {}.",
            count(checked as u64, "invariant"),
            count(cells, "cell")
        );
    }
    let held = match checked - violated.len() {
        0 => "it held none".to_owned(),
        held => format!("it held the other {held}"),
    };
    format!("{protocol} violated {}; {held}.", list(&violated))
}

/// Returns the expectations for `subject`: under the exact name of its protocol, or under the bare id.
#[must_use]
pub fn expected_of<'a>(
    expected: &'a Expectations,
    subject: &Subject,
) -> Option<&'a BTreeMap<String, Expectation>> {
    let parts = subject.parts();
    expected.get(&parts.protocol).or_else(|| expected.get(parts.family()))
}

fn is_underpowered(notes: &[Note], label: &str) -> bool {
    let about = |note: &Note| note.protocol.as_deref().is_none_or(|named| named == label);
    notes.iter().any(|note| note.kind == NoteKind::Inconclusive && about(note))
}

/// Counts one invariant over the cells of one subject.
fn tally(
    cells: &[&Cell],
    subject: &Subject,
    invariant: &str,
    replay: &impl Fn(&Cell, &Invariant) -> Option<String>,
) -> Verdict {
    let checked: Vec<(&Cell, &Invariant)> = cells
        .iter()
        .flat_map(|cell| cell.invariants.iter().filter(|p| p.name == invariant).map(move |p| (*cell, p)))
        .collect();
    let mut violated = checked.iter().filter(|(_, p)| p.violated > 0).peekable();
    let replay = violated.peek().and_then(|(cell, invariant)| replay(cell, invariant));
    Verdict {
        protocol: subject.to_string(),
        invariant: invariant.to_owned(),
        expected: Expectation::Never,
        cells_violated: violated.count() as u64,
        cells: checked.len() as u64,
        violations: checked.iter().map(|(_, invariant)| invariant.violated).fold(0, u64::saturating_add),
        outcome: Judgement::Skipped,
        replay,
    }
}

fn outcome(verdict: &Verdict, explicit: bool, underpowered: bool) -> Judgement {
    if verdict.cells == 0 {
        return if explicit { Judgement::Inconclusive } else { Judgement::Skipped };
    }
    let as_expected = match verdict.expected {
        Expectation::Never => verdict.cells_violated == 0,
        Expectation::Sometimes => verdict.cells_violated > 0,
        Expectation::Always => verdict.cells_violated == verdict.cells,
    };
    // A violation counts however little happened. That none was seen proves nothing where too little happened.
    let seen = !as_expected && verdict.expected == Expectation::Never;
    match (as_expected, underpowered) {
        _ if seen => Judgement::Fail,
        (_, true) => Judgement::Inconclusive,
        (false, false) => Judgement::Fail,
        (true, false) => Judgement::Pass,
    }
}

/// Returns distinct names in the order of their first appearance.
pub(crate) fn in_order<'a, T: Ord + ?Sized>(names: impl Iterator<Item = &'a T>) -> Vec<&'a T> {
    let mut seen = BTreeSet::new();
    names.filter(|name| seen.insert(*name)).collect()
}
