//! Orders for a guest, which say what to measure, as JSON and back.
//!
//! A file of the initramfs carries it, since a kernel hands no more than 32 words on to init. The hierarchy is not
//! among them: the kernel's command line names it.
use super::super::options::LinuxOptions;

/// The text for `options`.
pub(super) fn to_text(options: &LinuxOptions) -> serde_json::Result<String> {
    serde_json::to_string(options)
}

/// Reads it back.
pub(super) fn from_text(text: &str) -> Result<LinuxOptions, String> {
    serde_json::from_str(text).map_err(|error| format!("orders that cannot be read: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Load, MovedUnit, Refusal, Workload};
    use input::units::Rate;
    use std::time::Duration;

    #[test]
    fn orders_survive_the_way_into_the_guest() {
        let options = LinuxOptions {
            rates: vec![Rate::parse("20/s", 1_000).unwrap(), Rate::parse("1000/s", 1_000).unwrap()],
            closed_loop: false,
            duration: Duration::from_millis(1_500),
            workloads: vec![Workload::mapping(2, 7, Load::Busy), Workload::forking(3)],
            moves: MovedUnit::Scattered,
            resident_pages: vec![0, 512],
            refusals: vec![Refusal::parse("core.exit: errno=ESRCH times=3").unwrap()],
            ..LinuxOptions::default()
        };
        assert_eq!(from_text(&to_text(&options).unwrap()), Ok(options));
        assert!(from_text("please").unwrap_err().contains("cannot be read"));
    }
}
