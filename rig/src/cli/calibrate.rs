//! `calibrate`: a table of costs measured on this machine, printed next to the built-in one.
use super::exit::Failure;
use super::flags::CalibrateFlags;
use super::output::{self, say};
use crate::measure::calibrate::Calibration;
use crate::measure::env;
use comfy_table::{CellAlignment, Table as Grid, presets};
use engines::signals;
use engines::threads::trials;
use model::seam::costs::{self, Costs, Table};
use reports::exit::Exit;
use reports::json::write_atomic;
use std::collections::BTreeMap;

pub(super) fn calibrate(flags: &CalibrateFlags) -> Result<Exit, Failure> {
    // Nothing measured so far needs saving: half a table is of no use.
    signals::end_at_once().map_err(Failure::internal)?;
    let (date, _) = output::now();
    let machine = env::here(date.clone(), BTreeMap::new());
    let measured = Calibration::measure(|part| say(&format!("measuring {part}")));
    let measured = measured.map_err(|error| super::threads::refused(&error))?;
    let table = measured.table(date.split('T').next().unwrap_or(&date));
    let name = flags.out.display();
    let head = format!(
        "Costs in ns, measured by `attach-rig calibrate` on {}, {}, {} CPUs, {date}.\nFor `attach-rig run --costs {name}`. Entries that could not be measured have the values of the built-in table.",
        machine.cpu, machine.kernel, machine.cpus
    );
    write_atomic(&flags.out, costs::text(&head, &table).as_bytes()).map_err(Failure::unwritten)?;
    let count = measured.entries.len();
    let wide = measured.entries.iter().filter(|found| found.trials.is_wide()).count();
    if wide > 0 {
        say(&format!(
            "the trials of {wide} entries differ by more than a factor of two: something else was running; measure again on an idle machine"
        ));
    }
    let text = format!(
        "{}\n\n{}\n\ncalibrate: {count} entries measured on {}, {} kept as built in; written to {name}\n",
        entries(&measured),
        together(&measured, &table),
        machine.cpu,
        costs::names().count() - count,
    );
    Ok(super::streams::conclude(&text, Exit::AsExpected))
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
            |found| (trials::ns(found.median_ps()), found.spread(), found.n().to_string(), "measured"),
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
