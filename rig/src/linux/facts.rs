//! What may differ between two machines, for `env.json`: kernel, hierarchy, clock, worker.
use super::child::{LIGHT_PAUSE, PAGES};
use super::measured::{CellRecord, Setting};
use super::options::Load;
use super::worker::Work;
use std::collections::BTreeMap;
use std::fs;

/// `uname -srm`.
pub(super) fn kernel() -> String {
    let name = rustix::system::uname();
    [name.sysname(), name.release(), name.machine()].map(|part| part.to_string_lossy()).join(" ")
}

/// Facts for `env.json`, beside the kernel.
pub(super) fn facts(setting: &Setting<'_>, records: &[CellRecord]) -> BTreeMap<String, String> {
    let Setting { options, place, clock, .. } = setting;
    let read =
        |path: &str| fs::read_to_string(path).map_or_else(|_| "unknown".into(), |s| s.trim().to_string());
    let yes = |is: bool| if is { "yes" } else { "no" }.to_string();
    let mut facts: BTreeMap<String, String> = [
        ("cgroup.hierarchy", place.label.clone()),
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
        ("worker.threads", options.threads.to_string()),
        ("worker.load", options.load.name().into()),
        ("worker.operation", format!("map, touch and unmap {PAGES} pages{}", pause(options.load))),
    ]
    .into_iter()
    .map(|(name, value)| (name.to_string(), value))
    .collect();
    for record in records {
        let Work { operations, failed } = record.work;
        let name = format!("worker.operations[{}]", record.label());
        facts.insert(name, format!("{operations} done, {failed} failed"));
        if let Some(traced) = &record.traced {
            facts.insert(format!("trace.attaches[{}]", record.label()), traced.attaches.to_string());
        }
    }
    facts
}

fn pause(load: Load) -> String {
    match load {
        Load::Light => format!(", then sleep {} ms", LIGHT_PAUSE.as_millis()),
        Load::Busy => String::new(),
    }
}
