//! `recording`: reports how a recording is read, without running it. Runs that replay recordings print the same report.
use super::exit::Failure;
use super::flags::RecordingFlags;
use super::output;
use reports::exit::Exit;
use reports::schema::{DroppedLines, Recording};
use std::path::Path;
use workloads::{BuiltIn, Files as _, Folder, Spec, TRACE_PREFIX, TraceReport, WorkloadPlan};

pub(super) fn recording(flags: &RecordingFlags) -> Result<Exit, Failure> {
    let mut all = Vec::new();
    for name in &flags.names {
        let spec = Spec {
            trace_touch_percent: flags.touch_percent,
            trace_lenient: flags.lenient.then_some(true),
            ..Spec::new(format!("{TRACE_PREFIX}{name}"), 1, 1)
        };
        let plan = WorkloadPlan::new(&spec, &Folder::new(Path::new("."))).map_err(Failure::usage)?;
        let Some(report) = plan.trace_report() else { continue };
        output::result(&format!("{}\n{report}\n", input::text::printable(name)))?;
        warn(name, report);
        all.push(kept(name, report));
    }
    let written = flags.json.as_ref().map_or(Ok(()), |to| to.write_value(&all));
    written.map(|()| Exit::AsExpected)
}

/// Prints once per recording how it was read; returns that in the form in which results store it.
pub(super) fn say_all<'a>(plans: impl Iterator<Item = (&'a Spec, &'a WorkloadPlan)>) -> Vec<Recording> {
    let all = of_plans(plans);
    for (name, report) in &all {
        output::say(&format!("recording {}:\n{report}", input::text::printable(name)));
        warn(name, report);
    }
    all.iter().map(|(name, report)| kept(name, report)).collect()
}

/// Returns the recordings of plans in the form in which results store them.
pub(super) fn keep_all<'a>(plans: impl Iterator<Item = (&'a Spec, &'a WorkloadPlan)>) -> Vec<Recording> {
    of_plans(plans).iter().map(|(name, report)| kept(name, report)).collect()
}

fn of_plans<'a>(plans: impl Iterator<Item = (&'a Spec, &'a WorkloadPlan)>) -> Vec<(String, TraceReport)> {
    let mut all: Vec<(String, TraceReport)> = Vec::new();
    for (spec, plan) in plans {
        let (Some(name), Some(report)) = (spec.shape.strip_prefix(TRACE_PREFIX), plan.trace_report()) else {
            continue;
        };
        if all.iter().all(|(known, seen)| known != name || seen != report) {
            all.push((name.to_owned(), report.clone()));
        }
    }
    all
}

/// Returns the spec with the path of its recording, given relative to `folder`, made independent of the current folder.
pub(super) fn anchored(spec: &Spec, folder: &Path) -> Spec {
    let mut spec = spec.clone();
    let file = spec.shape.strip_prefix(TRACE_PREFIX).filter(|name| BuiltIn.read(name).is_err());
    let path = file.and_then(|name| std::path::absolute(folder.join(name)).ok());
    if let Some(path) = path.as_deref().and_then(Path::to_str) {
        spec.shape = format!("{TRACE_PREFIX}{path}");
    }
    spec
}

fn warn(name: &str, report: &TraceReport) {
    if report.is_doubtful() {
        output::complain(&format!(
            "warning: recording {}: {} of {} lines could not be read, more than 1 %",
            input::text::printable(name),
            report.dropped(),
            report.lines_filled()
        ));
    }
}

fn kept(name: &str, report: &TraceReport) -> Recording {
    let dropped = report.drops.iter().map(|(kind, lines)| DroppedLines {
        kind: kind.clone(),
        count: lines.count,
        first_line: lines.first_line,
        excerpt: lines.excerpt.clone(),
    });
    let pages = report.pages;
    Recording {
        name: name.to_owned(),
        form: report.form.clone(),
        lines: report.lines_filled(),
        threads: report.threads,
        threads_peak: report.threads_peak,
        processes: report.processes,
        processes_peak: report.processes_peak,
        adopted: report.adopted,
        used: report.used.clone(),
        ignored: report.ignored.clone(),
        failed: report.failed.clone(),
        dropped: dropped.collect(),
        pages_mapped: pages.mapped,
        pages_reserved: pages.reserved,
        pages_committed: pages.committed,
        pages_touched: pages.touched,
        pages_touched_peak: pages.touched_peak,
        pages_touched_at_ends: pages.touched_at_ends,
        touch_rule: report.touch_rule.clone(),
        assumptions: report.assumptions.clone(),
    }
}
