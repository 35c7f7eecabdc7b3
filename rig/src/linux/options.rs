//! What to measure: the options of `attach-rig linux`, parsed from text and checked before anything is touched.
use super::hierarchy::Hierarchy;
use super::option_error::OptionError;
use super::rate::{Rate, text};
use super::refusal::Refusal;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

/// Most threads a worker may have; every one is an OS thread that is moved.
const THREADS_MAX: u32 = 1024;

/// Everything [`run`](super::run()) needs to know.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Options {
    /// Which hierarchy of cgroups.
    pub hierarchy: Hierarchy,
    /// Open-loop cells, one per rate, in this order.
    pub rates: Vec<Rate>,
    /// Whether a closed loop (back to back) runs before the rates.
    pub closed_loop: bool,
    /// Length of each cell's measured part.
    pub duration: Duration,
    /// Threads of the worker that map and unmap; its main thread comes on top.
    pub threads: u32,
    /// How hard they work.
    pub load: Load,
    /// Refusals to be provoked after the moves, one cell each.
    pub refusals: Vec<Refusal>,
    /// Whether a moved process takes its charges along, where the hierarchy carries the memory controller of v1.
    pub move_charges: bool,
    /// Whether traced cells follow, which look inside the kernel.
    pub trace: bool,
    /// Whether this kernel has no other user, as in a guest of our own: then all of its tracing may be used.
    pub own_kernel: bool,
    /// Program started as worker; the running executable when absent. Its `main` has to call
    /// [`worker_main`](super::worker_main).
    pub worker_program: Option<PathBuf>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            hierarchy: Hierarchy::Auto,
            rates: Vec::new(),
            closed_loop: true,
            duration: Duration::from_secs(10),
            threads: 4,
            load: Load::Light,
            refusals: Vec::new(),
            move_charges: false,
            trace: true,
            own_kernel: false,
            worker_program: None,
        }
    }
}

impl Options {
    /// Checks the options against each other.
    ///
    /// # Errors
    /// [`OptionError`] with what would be right.
    pub fn check(&self) -> Result<(), OptionError> {
        let wrong = |option, given: &dyn fmt::Display, problem, expected: String| {
            Err(OptionError { option, given: given.to_string(), problem, expected })
        };
        if self.threads == 0 || self.threads > THREADS_MAX {
            return wrong("--threads", &self.threads, "is out of range", format!("use 1 to {THREADS_MAX}"));
        }
        if self.duration.is_zero() {
            return wrong("--duration", &"0", "measures nothing", "use for example 10s or 500ms".into());
        }
        if self.rates.is_empty() && !self.closed_loop {
            return wrong(
                "--rate",
                &"",
                "leaves nothing to measure",
                "give a rate or the closed loop".into(),
            );
        }
        for (at, rate) in self.rates.iter().enumerate() {
            if self.rates[..at].contains(rate) {
                return wrong("--rate", rate, "is given twice", "give every rate once".into());
            }
            if rate.moves_in(self.duration) == 0 {
                let expected =
                    format!("no move falls within {}; use a longer --duration", text(self.duration));
                return wrong("--rate", rate, "is too low", expected);
            }
        }
        Ok(())
    }
}

/// How hard the worker's threads work.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Load {
    /// 64 pages mapped, touched and unmapped, then 1 ms of sleep: some percent of a CPU per thread, so that an
    /// open-loop mover finds a CPU when it wakes.
    #[default]
    Light,
    /// The same without any pause: the threads saturate the CPUs, and the mover competes for one.
    Busy,
}

impl Load {
    /// `light` or `busy`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Light => "light",
            Self::Busy => "busy",
        }
    }
}

impl FromStr for Load {
    type Err = OptionError;

    fn from_str(given: &str) -> Result<Self, OptionError> {
        match given {
            "light" => Ok(Self::Light),
            "busy" => Ok(Self::Busy),
            _ => Err(OptionError {
                option: "--worker-load",
                given: given.into(),
                problem: "is not a load",
                expected: "use light or busy".into(),
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rate(text: &str) -> Rate {
        text.parse().unwrap()
    }

    #[test]
    fn options_that_measure_nothing_are_refused() {
        let check = |change: fn(&mut Options), option: &str| {
            let mut options = Options::default();
            change(&mut options);
            assert_eq!(options.check().unwrap_err().option, option);
        };
        assert_eq!(Options::default().check(), Ok(()));
        check(|o| o.threads = 0, "--threads");
        check(|o| o.threads = 1025, "--threads");
        check(|o| o.duration = Duration::ZERO, "--duration");
        check(|o| o.closed_loop = false, "--rate");
        check(|o| o.rates = vec![rate("20/s"), rate("20/s")], "--rate");
        check(|o| (o.rates, o.duration) = (vec![rate("1/s")], Duration::from_millis(300)), "--rate");
    }
}
