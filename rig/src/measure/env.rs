//! The environment: everything about the machine that may differ between two runs of one seed.
use reports::schema::Env;
use std::collections::BTreeMap;

/// Build profile of this program.
pub const PROFILE: &str = env!("ATTACH_RIG_PROFILE");
/// Commit that this program was built from, with `with changes` if its sources differed from it. `unknown` outside a
/// repository, and `not recorded` in a debug build.
pub const COMMIT: &str = env!("ATTACH_RIG_COMMIT");

/// Returns the facts that are known at the start of a run.
#[must_use]
pub fn here(started: String, facts: BTreeMap<String, String>) -> Env {
    Env {
        started,
        kernel: input::proc::kernel(),
        cpu: input::proc::cpu_model(),
        cpus: std::thread::available_parallelism().map_or(1, |n| n.get() as u32),
        profile: PROFILE.to_owned(),
        commit: Some(COMMIT.to_owned()),
        facts,
        ..Env::default()
    }
}
