//! Facts that may differ between two machines, for `env.json`: kernel, hierarchy, clock, worker.
use super::super::workers::workload::Workload;
use super::measured::{CellRecord, RunSetting};
use std::collections::BTreeMap;
use std::fs;

/// Returns the facts for `env.json`, except the kernel.
pub(crate) fn facts(setting: &RunSetting<'_>, records: &[CellRecord]) -> BTreeMap<String, String> {
    let RunSetting { options, place, clock, .. } = setting;
    let read =
        |path: &str| fs::read_to_string(path).map_or_else(|_| "unknown".into(), |s| s.trim().to_string());
    let yes = |is: bool| if is { "yes" } else { "no" }.to_string();
    let mut facts: BTreeMap<String, String> = [
        ("cgroup.hierarchy", place.subject(options.move_charges).to_string()),
        ("cgroup.controllers", place.controllers.join(",")),
        ("cgroup.mount_point", place.mount_point.display().to_string()),
        ("cgroup.own", place.own.display().to_string()),
        (
            "cgroup.favordynmods",
            if place.favordynmods { "yes".into() } else { "not among the mount options".into() },
        ),
        ("clock.id", "CLOCK_MONOTONIC".into()),
        ("clock.source", read("/sys/devices/system/clocksource/clocksource0/current_clocksource")),
        ("clock.resolution_ns", clock.resolution_ns.to_string()),
        ("clock.step_ns", clock.step_ns.to_string()),
        ("clock.read_ns", clock.read_ns.to_string()),
        ("mover.timer_slack_1ns", yes(setting.precise_sleep)),
        ("mover.count", options.movers.to_string()),
        ("mover.moves", options.moves.name().into()),
    ]
    .into_iter()
    .map(|(name, value)| (name.to_string(), value))
    .collect();
    for (number, workload) in options.workloads.iter().enumerate() {
        facts.insert(format!("worker.workload[{number}]"), words(workload));
    }
    for record in records {
        let (operations, failed) = record.work();
        let name = format!("worker.operations[{}]", record.label());
        let touched = record.touched;
        facts.insert(name, format!("{operations} done, {failed} failed, {touched} pages touched at the end"));
        if let Some(traced) = &record.traced {
            facts.insert(format!("trace.attaches[{}]", record.label()), traced.attaches.to_string());
        }
    }
    facts
}

/// A workload in words.
pub(crate) fn words(workload: &Workload) -> String {
    let Workload { spec, moved } = workload;
    let moved = if *moved { "moved" } else { "not moved" };
    format!("{} processes of {} threads, {}, {moved}", spec.processes, spec.threads, spec.shape)
}
