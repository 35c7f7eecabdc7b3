//! `doctor`: what works on this machine, and how to mend what does not.
use super::exit::{self, Failure};
use super::flags::DoctorFlags;
use super::output::{complain, result};
use super::streams;
use comfy_table::{ColumnConstraint, Table, Width, presets};
use linux::{self, Checkup, Row, Verdict};
use reports::json::write_atomic;

/// Longer findings are broken. Remedies never are, since they are there to be copied.
const FINDING_WIDTH: u16 = 60;

pub(super) fn doctor(flags: &DoctorFlags) -> Result<u8, Failure> {
    let failed = |error: linux::LinuxError| Failure { code: error.exit_code(), message: error.to_string() };
    // Without it a signal would leave a cgroup behind.
    let interrupt = engines::signals::listen().map_err(Failure::internal)?;
    let checkup = linux::checkup(flags.kernel.as_deref(), &interrupt).map_err(failed)?;
    let printed = result(&format!("{}\n{}\n", grid(&checkup.rows), last_line(&checkup)));
    if let Some(file) = &flags.json {
        let text = serde_json::to_string_pretty(&checkup).map_err(Failure::internal)?;
        write_atomic(file, (text + "\n").as_bytes()).map_err(Failure::unwritten)?;
    }
    let unwritten = printed.err().map(|failure| streams::also(exit::OK, &failure));
    let mut codes: Vec<u8> = checkup.leftovers.iter().map(linux::LinuxError::exit_code).collect();
    for leftover in &checkup.leftovers {
        complain(&leftover.to_string());
    }
    if let Some(remedy) = checkup.remedy() {
        complain(&format!("no hierarchy here in which a process could be moved\n  try: {remedy}"));
        codes.push(exit::CANNOT);
    }
    if checkup.kernel_fails() {
        complain("the kernel that is named by --kernel does not boot here; the table says why");
        codes.push(exit::CANNOT);
    }
    codes.extend(unwritten);
    codes.extend(checkup.signal.map(|signal| exit::SIGNAL + signal as u8));
    Ok(exit::worst(&codes))
}

fn grid(rows: &[Row]) -> String {
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
        checkup.count(Verdict::Ok),
        checkup.count(Verdict::Missing),
        checkup.count(Verdict::NoPermission)
    )
}
