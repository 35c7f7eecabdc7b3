//! The environment: everything about the machine that may differ between two runs of one seed.
use reports::schema::Env;
use std::collections::BTreeMap;

/// Returns the facts that are known at the start of a run.
#[must_use]
pub fn here(started: String, facts: BTreeMap<String, String>) -> Env {
    let uname = rustix::system::uname();
    let part = |text: &std::ffi::CStr| text.to_string_lossy().into_owned();
    Env {
        started,
        kernel: format!("{} {} {}", part(uname.sysname()), part(uname.release()), part(uname.machine())),
        cpu: cpu_model(),
        cpus: std::thread::available_parallelism().map_or(1, |n| n.get() as u32),
        profile: if cfg!(debug_assertions) { "debug" } else { "release" }.to_owned(),
        facts,
        ..Env::default()
    }
}

/// Returns the name of the CPU according to the kernel; `unknown` if it gives none.
pub(super) fn cpu_model() -> String {
    let info = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let line = info.lines().find(|line| line.starts_with("model name")).unwrap_or("unknown");
    line.rsplit(": ").next().unwrap_or("unknown").to_owned()
}
