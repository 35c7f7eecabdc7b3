//! `calibrate`: a table of costs measured on this machine, printed next to the built-in one.
use super::exit::Failure;
use super::flags::CalibrateFlags;
use super::output::{self, say};
use crate::measure::calibrate::{Calibration, Measured};
use crate::measure::env;
use comfy_table::{CellAlignment, Table as Grid, presets};
use engines::signals;
use engines::threads::trials::{self, AGREEING_FACTOR};
use model::seam::costs::{self, Costs, Table};
use reports::exit::Exit;
use reports::json::write_atomic;
use std::collections::BTreeMap;

pub(super) fn calibrate(flags: &CalibrateFlags) -> Result<Exit, Failure> {
    // Nothing measured so far needs saving: half a table is of no use.
    signals::end_at_once().map_err(Failure::internal)?;
    let (date, _) = output::now();
    let machine = env::here(date.clone(), BTreeMap::new());
    let measured = Calibration::measure(flags.rounds, |part| say(&format!("measuring {part}")));
    let measured = measured.map_err(|error| super::threads::refused(&error))?;
    let table = measured.table(date.split('T').next().unwrap_or(&date));
    let name = flags.out.display();
    let head = format!(
        "Costs in ns, measured by `attach-rig calibrate` on {}, {}, {} CPUs, {date}.\nFor `attach-rig run --costs {name}`. Entries that could not be measured, or whose trials disagreed, have the values of the built-in table.",
        machine.cpu, machine.kernel, machine.cpus
    );
    write_atomic(&flags.out, costs::text(&head, &table).as_bytes()).map_err(Failure::unwritten)?;
    let count = measured.agreed().count();
    let (refused, code) = refused(&measured);
    refused.iter().for_each(|words| say(words));
    let text = format!(
        "{}\n\n{}\n\ncalibrate: {count} entries measured on {}, {} kept as built in; written to {name}\n",
        entries(&measured),
        together(&measured, &table),
        machine.cpu,
        costs::names().count() - count,
    );
    Ok(super::streams::conclude(&text, code))
}

/// Names the entries that are not written because their trials disagree, with the code that says so.
fn refused(measured: &Calibration) -> (Option<String>, Exit) {
    let named = |Measured { entry: (group, name), trials }: &Measured| {
        format!("{group}.{name} ({} ns)", trials.spread())
    };
    let all: Vec<String> = measured.disagreeing().map(named).collect();
    if all.is_empty() {
        return (None, Exit::AsExpected);
    }
    let words = format!(
        "{} not written and {} the built-in value, because the trials differ by more than a factor of {AGREEING_FACTOR} from p10 to p90: {}. Something else was running: measure again on a quieter machine, or longer with --rounds 10",
        if all.len() == 1 { "1 entry is".to_owned() } else { format!("{} entries are", all.len()) },
        if all.len() == 1 { "keeps" } else { "keep" },
        all.join(", "),
    );
    (Some(words), Exit::Inconclusive)
}

/// Tabulates each entry: the built-in value and the measured one.
fn entries(measured: &Calibration) -> String {
    let built_in = Costs::default();
    let mut grid = grid(&["cost", "built in, ns", "measured, ns", "p10..p90, ns", "n", "source"]);
    for (group, name) in costs::names() {
        let known = built_in.named(group, name).unwrap_or_default().to_string();
        let of = measured.of((group, name));
        let (median, spread, n, source) = of.map_or_else(
            || ("–".to_owned(), "–".to_owned(), "–".to_owned(), "kept"),
            |found| {
                let source = if found.agree() { "measured" } else { "disagree" };
                (trials::ns(found.median_ps()), found.spread(), found.n().to_string(), source)
            },
        );
        grid.add_row([format!("{group}.{name}"), known, median, spread, n, source.to_owned()]);
    }
    grid.to_string()
}

/// Tabulates sums of entries: each measured as a whole, and as either table predicts it.
fn together(measured: &Calibration, table: &Table) -> String {
    let (built_in, costs) = (Costs::default(), Costs::of(table));
    let mut grid =
        grid(&["together", "built in, ns", "by the new table, ns", "measured, ns", "p10..p90, ns", "as"]);
    for found in &measured.together {
        let names: Vec<_> = found.entries.iter().map(|(group, name)| format!("{group}.{name}")).collect();
        grid.add_row([
            found.what.to_owned(),
            found.sum_ns(&built_in).to_string(),
            found.sum_ns(&costs).to_string(),
            trials::ns(found.trials.median_ps()),
            found.trials.spread(),
            names.join(" + "),
        ]);
    }
    grid.to_string()
}

fn grid(head: &[&str]) -> Grid {
    let mut grid = Grid::new();
    grid.load_style(presets::ASCII_MARKDOWN);
    grid.set_header(head.to_vec());
    for column in 1..5 {
        if let Some(column) = grid.column_mut(column) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    grid
}

#[cfg(test)]
mod tests {
    use super::*;
    use engines::threads::trials::{Trials, timed};

    /// Trials by a timer that says 40 ns a turn, and `factor` times as much in every third trial.
    fn trials(factor: u64) -> Trials {
        let (mut now_ns, mut readings) = (0, 0_u64);
        let timer = || {
            if readings % 2 == 1 {
                now_ns += 400 * if readings % 3 == 0 { factor } else { 1 };
            }
            readings += 1;
            now_ns
        };
        timed(timer, 10, || {})
    }

    #[test]
    fn an_entry_whose_trials_disagree_is_named_and_not_written() {
        let entry = |name, trials| Measured { entry: ("access", name), trials };
        let entries = vec![entry("load", trials(1)), entry("store", trials(3)), entry("lock", trials(2))];
        let mut measured = Calibration { entries, together: Vec::new() };
        let (words, code) = refused(&measured);
        let words = words.expect("one disagrees");
        assert_eq!(code.number(), 5);
        assert!(words.starts_with("1 entry is not written and keeps the built-in value"), "{words}");
        for part in ["factor of 2", "access.store (40.0..120.0 ns)", "quieter machine", "--rounds 10"] {
            assert!(words.contains(part), "{part}: {words}");
        }
        assert!(!words.contains("access.load") && !words.contains("access.lock"), "{words}");
        let (table, built_in) = (measured.table("2026-11-27"), costs::built_in());
        assert_eq!(table["access"]["store"], built_in["access"]["store"]);
        assert_eq!((table["access"]["load"].ns, table["access"]["lock"].ns), (40, 40));
        let shown = entries_of(&measured, "access.store");
        assert!(shown.contains("| disagree |") && shown.contains("40.0..120.0"), "{shown}");
        measured.entries.remove(1);
        assert_eq!(refused(&measured), (None, Exit::AsExpected));
    }

    fn entries_of(measured: &Calibration, name: &str) -> String {
        entries(measured).lines().find(|line| line.contains(name)).expect("a row").to_owned()
    }
}
