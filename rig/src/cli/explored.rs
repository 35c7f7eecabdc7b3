//! Tables of what `explore` found: a row for each test under each protocol, or in short a row for each test and one for
//! each protocol.
use comfy_table::{CellAlignment, Table, presets};
use explore::Found;
use explore::judge::{Judgement, Observation, TestVerdict, word};
use reports::exit::Exit;
use reports::schema::Expectation;
use std::collections::{BTreeMap, BTreeSet};

/// One test under one protocol.
pub(super) struct Row {
    test: String,
    protocol: String,
    /// Invariants that were violated as expected.
    violated: BTreeSet<String>,
    /// Observations in words; those that are not as expected are marked.
    observed: String,
    states: usize,
    schedules: u64,
    complete: bool,
    verdict: TestVerdict,
}

impl Row {
    pub(super) fn new(test: &str, protocol: &str, found: &Found, judged: &Judgement) -> Self {
        let known =
            |seen: &&Observation| seen.seen != Expectation::Never && seen.verdict == TestVerdict::AsExpected;
        Self {
            test: test.to_owned(),
            protocol: protocol.to_owned(),
            violated: judged.observations.iter().filter(known).map(|seen| seen.invariant.clone()).collect(),
            observed: observed(judged),
            states: found.states.len(),
            schedules: found.schedules,
            complete: found.complete,
            verdict: judged.verdict,
        }
    }
}

/// Returns what was observed in words; `!` marks what is not as expected, and `?` what is inconclusive.
fn observed(judged: &Judgement) -> String {
    let mark = |verdict| match verdict {
        TestVerdict::Unexpected => "!",
        TestVerdict::Inconclusive => "?",
        TestVerdict::AsExpected => "",
    };
    let invariant =
        |seen: &Observation| format!("{} {}{}", seen.invariant, word(seen.seen), mark(seen.verdict));
    let bad = judged.states.iter().filter(|seen| seen.verdict != TestVerdict::AsExpected);
    let held =
        |seen: &&Observation| seen.seen == Expectation::Never && seen.verdict == TestVerdict::AsExpected;
    let mut seen: Vec<_> = judged.observations.iter().filter(|seen| !held(seen)).map(invariant).collect();
    seen.extend(bad.map(|seen| format!("{} \"{}\"{}", seen.kind, seen.condition, mark(seen.verdict))));
    seen.extend((!judged.silent.is_empty()).then(|| "a fault never fired!".to_owned()));
    if seen.is_empty() { "nothing violated".to_owned() } else { seen.join(", ") }
}

/// Returns a table with every row.
pub(super) fn every(rows: &[Row]) -> String {
    let mut table = grid(&["test", "protocol", "observed", "states", "schedules", "explored"], &[]);
    table.add_rows(rows.iter().map(|row| {
        [
            row.test.clone(),
            row.protocol.clone(),
            row.observed.clone(),
            row.states.to_string(),
            row.schedules.to_string(),
            if row.complete { "all" } else { "bounded" }.to_owned(),
        ]
    }));
    table.to_string()
}

/// Returns a table with a row for each test, and one with a row for each protocol.
pub(super) fn short(rows: &[Row]) -> String {
    let mut tests = grid(&["test", "protocols", "schedules", "violated, as expected", "verdict"], &[1, 2]);
    for rows in rows.chunk_by(|a, b| a.test == b.test) {
        let tally = Tally::of(rows);
        let names: BTreeSet<&str> = rows.iter().flat_map(|row| &row.violated).map(String::as_str).collect();
        let names = names.into_iter().collect::<Vec<_>>().join(", ");
        let violated =
            if names.is_empty() { "nothing".to_owned() } else { format!("{names} under {}", tally.violated) };
        tests.add_row([
            rows[0].test.clone(),
            tally.count.to_string(),
            tally.schedules.to_string(),
            violated,
            tally.verdict(),
        ]);
    }
    let mut order: Vec<&str> = Vec::new();
    let mut by_protocol: BTreeMap<&str, Vec<&Row>> = BTreeMap::new();
    for row in rows {
        let rows = by_protocol.entry(&row.protocol).or_default();
        if rows.is_empty() {
            order.push(&row.protocol);
        }
        rows.push(row);
    }
    let head = ["protocol", "tests", "schedules", "nothing violated", "violated, as expected", "verdict"];
    let mut protocols = grid(&head, &[1, 2, 3, 4]);
    for protocol in order {
        let tally = Tally::of(by_protocol[protocol].iter().copied());
        protocols.add_row([
            protocol.to_owned(),
            tally.count.to_string(),
            tally.schedules.to_string(),
            tally.held.to_string(),
            tally.violated.to_string(),
            tally.verdict(),
        ]);
    }
    format!("{tests}\n\n{protocols}")
}

/// Sums over rows.
#[derive(Default)]
struct Tally {
    count: usize,
    schedules: u64,
    /// As expected, and no invariant was violated.
    held: usize,
    /// As expected, and an invariant was violated.
    violated: usize,
    unexpected: usize,
    inconclusive: usize,
}

impl Tally {
    fn of<'a>(rows: impl IntoIterator<Item = &'a Row>) -> Self {
        let mut tally = Self::default();
        for row in rows {
            tally.count += 1;
            tally.schedules += row.schedules;
            *match row.verdict {
                TestVerdict::AsExpected if row.violated.is_empty() => &mut tally.held,
                TestVerdict::AsExpected => &mut tally.violated,
                TestVerdict::Unexpected => &mut tally.unexpected,
                TestVerdict::Inconclusive => &mut tally.inconclusive,
            } += 1;
        }
        tally
    }

    fn verdict(&self) -> String {
        let kinds = [(self.unexpected, "not as expected"), (self.inconclusive, "inconclusive")];
        let said: Vec<String> =
            kinds.iter().filter(|(n, _)| *n > 0).map(|(n, words)| format!("{n} {words}")).collect();
        if said.is_empty() { "as expected".to_owned() } else { said.join(", ") }
    }
}

/// Returns the last line: the number of tests under a protocol by their verdict.
pub(super) fn last_line(codes: &[Exit]) -> String {
    let count = |wanted: Exit| codes.iter().filter(|code| **code == wanted).count();
    format!(
        "litmus: {} as expected, {} not, {} inconclusive\n",
        count(Exit::AsExpected),
        codes.len() - count(Exit::AsExpected) - count(Exit::Inconclusive),
        count(Exit::Inconclusive)
    )
}

/// Returns an empty table with this head, whose columns `numbers` are aligned to the right.
fn grid(head: &[&str], numbers: &[usize]) -> Table {
    let mut table = Table::new();
    table.load_style(presets::ASCII_MARKDOWN);
    table.set_header(head.to_vec());
    for column in numbers {
        if let Some(column) = table.column_mut(*column) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    table
}
