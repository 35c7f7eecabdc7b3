//! The environment: everything about the machine that may differ between two runs of one seed.
use reports::schema::Env;
use std::collections::BTreeMap;

/// Returns the facts that are known at the start of a run.
#[must_use]
pub fn here(started: String, facts: BTreeMap<String, String>) -> Env {
    Env {
        started,
        kernel: input::proc::kernel(),
        cpu: input::proc::cpu_model(),
        cpus: std::thread::available_parallelism().map_or(1, |n| n.get() as u32),
        profile: if cfg!(debug_assertions) { "debug" } else { "release" }.to_owned(),
        facts,
        ..Env::default()
    }
}
