//! Readers of all external input, as targets of a fuzzer.
//!
//! A [`Target`] has seeds (valid inputs) and a function that reads an input and uses the result. Every input must give
//! an error or a usable value; a panic, an abort, a hang or gigabytes of memory are bugs. `tests/fuzz.rs` drives the
//! targets. They are in a crate of their own, so that few crates have to be built with instrumentation.
mod modelled;
mod results;
mod system;

// Links the coverage counters into the test program of this crate, which has no test.
#[cfg(test)]
use bolero as _;

/// One reader.
#[derive(Clone, Copy, Debug)]
pub struct Target {
    /// The name of the reader, which is also the name of its test.
    pub name: &'static str,
    /// Returns inputs that the reader accepts.
    pub seeds: fn() -> Vec<Vec<u8>>,
    /// Reads an input and uses what was read.
    pub drive: fn(&[u8]),
}

/// Every reader.
pub const TARGETS: &[Target] = &[
    modelled::SCENARIO,
    modelled::LITMUS,
    modelled::FAULT_RULES,
    modelled::COSTS,
    modelled::SCHEDULE,
    modelled::RECORDING,
    results::RUN,
    results::GATES,
    results::BASELINE,
    system::MOUNTS,
    system::GUEST,
    system::RING_BUFFER,
];

/// Returns the target of that name.
#[must_use]
pub fn target(name: &str) -> Option<&'static Target> {
    TARGETS.iter().find(|target| target.name == name)
}

/// Returns the text of an input; bytes that are not UTF-8 become U+FFFD, since no reader of text ever sees them.
fn text(input: &[u8]) -> String {
    String::from_utf8_lossy(input).into_owned()
}

/// Returns the texts of a built-in list as seeds.
fn texts<'a>(all: impl IntoIterator<Item = &'a str>) -> Vec<Vec<u8>> {
    all.into_iter().map(|text| text.as_bytes().to_vec()).collect()
}
