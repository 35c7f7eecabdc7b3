//! `doctor`: what works on this machine, and how to fix what does not.
use super::exit::Failure;
use super::flags::DoctorFlags;
use super::output::complain;
use super::streams;
use comfy_table::{ColumnConstraint, Table, Width, presets};
use linux::{self, Checkup, Finding, Health};
use reports::exit::Exit;

/// Width above which findings are wrapped. Remedies never are: they are meant to be copied.
const FINDING_WIDTH: u16 = 60;

pub(super) fn doctor(flags: &DoctorFlags) -> Result<Exit, Failure> {
    let failed = |error: linux::LinuxError| Failure { code: error.exit_code(), message: error.to_string() };
    // Otherwise a signal would leave a cgroup behind.
    let interrupt = engines::signals::listen().map_err(Failure::internal)?;
    let checkup = linux::checkup(flags.kernel.as_deref(), &interrupt).map_err(failed)?;
    let found =
        if checkup.remedy().is_some() || checkup.kernel_fails() { Exit::CannotRun } else { Exit::AsExpected };
    let printed = streams::judged(&format!("{}\n{}\n", grid(&checkup.rows), last_line(&checkup)), found);
    let written = flags.json.as_ref().map_or(Ok(()), |to| to.write_value(&checkup));
    let mut code = [printed, written].into_iter().fold(Exit::AsExpected, streams::also);
    for leftover in &checkup.leftovers {
        complain(&leftover.to_string());
        code = code.worst([leftover.exit_code()]);
    }
    if let Some(remedy) = checkup.remedy() {
        let message = format!("no hierarchy on this machine lets a process be moved\n  try: {remedy}");
        code = streams::also(code, Err(Failure::cannot(message)));
    }
    if checkup.kernel_fails() {
        let message = "the kernel given by --kernel does not boot here; see the table for the reason";
        code = streams::also(code, Err(Failure::cannot(message)));
    }
    Ok(code.worst(checkup.signal.map(|signal| Exit::Signal(signal as u8))))
}

fn grid(rows: &[Finding]) -> String {
    let mut table = Table::new();
    table.load_style(presets::ASCII_MARKDOWN);
    table.set_header(["check", "verdict", "finding", "remedy"]);
    table.add_rows(
        rows.iter().map(|row| {
            [row.check.to_owned(), row.verdict.to_string(), row.finding.clone(), row.remedy.clone()]
        }),
    );
    if let Some(finding) = table.column_mut(2) {
        finding.set_constraint(ColumnConstraint::UpperBoundary(Width::Fixed(FINDING_WIDTH)));
    }
    table.to_string()
}

fn last_line(checkup: &Checkup) -> String {
    format!(
        "doctor: {} ok, {} missing, {} without permission",
        checkup.count(Health::Ok),
        checkup.count(Health::Missing),
        checkup.count(Health::NoPermission)
    )
}
