//! Options of `attach-rig linux`, which say what to measure: parsed from text and checked before anything is touched.
use super::checks::refusal::Refusal;
use super::option_error::OptionError;
use super::place::hierarchy::Hierarchy;
use super::workers::shared::TIDS;
use super::workers::workload::{Load, MovedUnit, Workload};
use input::units::{Rate, ShowNs, ShowRange};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::time::Duration;

/// Most processes and most threads of one; each is a real one.
const PROCESSES_MAX: u32 = 64;
const THREADS_MAX: u32 = TIDS as u32;
/// Most movers; each is a thread.
const MOVERS_MAX: u32 = 16;
/// Most pages that a moved process may be asked to keep: 1 GiB.
const KEPT_MAX: u64 = 1 << 18;
/// Highest rate: above it the spacing would be shorter than a clock resolves.
pub const RATE_MAX_PER_S: u64 = 1_000_000;
/// Times that may be asked for, in ns: a microsecond to a day.
pub const DURATION_NS: RangeInclusive<u64> = 1_000..=86_400_000_000_000;

/// Everything [`run`](super::run()) needs to know.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LinuxOptions {
    /// Hierarchy of cgroups to use.
    pub hierarchy: Hierarchy,
    /// Open-loop cells, one per rate, in this order.
    pub rates: Vec<Rate>,
    /// True when a closed loop (back to back) runs before the rates.
    pub closed_loop: bool,
    /// Pause between two moves of the closed loop.
    pub pause: Duration,
    /// Length of each cell's measured part.
    pub duration: Duration,
    /// Work of the workers: at least one is moved.
    pub workloads: Vec<Workload>,
    /// First seed of their streams.
    pub seed: u64,
    /// Movers; each has workers of its own.
    pub movers: u32,
    /// Unit that one move moves.
    pub moves: MovedUnit,
    /// Cells that move idle processes back to back, each of which keeps this many touched pages: the cost of a page.
    pub resident_pages: Vec<u64>,
    /// Number of times that all these cells are measured, in ABBA order, so that they can be compared in pairs.
    pub repeat: u32,
    /// Refusals to be provoked after the moves, one cell each.
    pub refusals: Vec<Refusal>,
    /// Source of all these options.
    pub origin: Origin,
    /// True when a moved process takes its charges along, where the hierarchy carries the memory controller of v1.
    pub move_charges: bool,
    /// True when traced cells follow, which look inside the kernel.
    pub trace: bool,
    /// True when this kernel has no other user, as in a guest of our own: then all of its tracing may be used.
    pub own_kernel: bool,
    /// Program started as worker; the running executable when absent. Its `main` has to call
    /// [`worker_main`](super::worker_main).
    pub worker_program: Option<PathBuf>,
}

/// A scenario, or the flags that make up one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Origin {
    /// Name of the scenario.
    pub name: String,
    /// One sentence on the question that the scenario asks.
    pub about: String,
    /// The text of the scenario; empty where flags say everything.
    pub toml: String,
    /// Words of the command line that say what workers and movers do.
    pub words: Vec<String>,
    /// Remarks that a reader of the run has to know.
    pub notes: Vec<String>,
}

impl Default for Origin {
    fn default() -> Self {
        let about = "How long a move takes, and what it costs others, while the moved process maps and unmaps memory.";
        Self {
            name: "linux".into(),
            about: about.into(),
            toml: String::new(),
            words: Vec::new(),
            notes: Vec::new(),
        }
    }
}

impl Default for LinuxOptions {
    fn default() -> Self {
        Self {
            hierarchy: Hierarchy::Auto,
            rates: Vec::new(),
            closed_loop: true,
            pause: Duration::ZERO,
            duration: Duration::from_secs(10),
            workloads: vec![Workload::mapping(1, 4, Load::Light), Workload::forking(1)],
            seed: 1,
            movers: 1,
            moves: MovedUnit::Processes,
            resident_pages: Vec::new(),
            repeat: 1,
            refusals: Vec::new(),
            origin: Origin::default(),
            move_charges: false,
            trace: true,
            own_kernel: false,
            worker_program: None,
        }
    }
}

impl LinuxOptions {
    /// Checks the options against each other.
    ///
    /// # Errors
    /// [`OptionError`] with what would be right.
    pub fn check(&self) -> Result<(), OptionError> {
        let wrong = |option, given: &dyn fmt::Display, problem, expected: String| {
            Err(OptionError { option, given: given.to_string(), problem, expected })
        };
        self.check_workers()?;
        let duration_ns = in_ns(self.duration);
        if !DURATION_NS.contains(&duration_ns) {
            let expected = format!("use {}, for example 10s or 500ms", ShowRange(&DURATION_NS));
            return wrong("--duration", &ShowNs(duration_ns), "is out of range", expected);
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
            if rate.per_s() > RATE_MAX_PER_S {
                return wrong("--rate", rate, "is too high", format!("use 1/s to {RATE_MAX_PER_S}/s"));
            }
            if self.rates[..at].contains(rate) {
                return wrong("--rate", rate, "is given twice", "give every rate once".into());
            }
            if rate.intervals_in(self.duration) == 0 {
                let expected =
                    format!("no move falls within {}; use a longer --duration", ShowNs(duration_ns));
                return wrong("--rate", rate, "is too low", expected);
            }
        }
        Ok(())
    }
}

/// A duration in ns.
pub(crate) fn in_ns(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

impl LinuxOptions {
    /// Cells that are measured, without the traced ones, which are not always possible.
    #[must_use]
    pub fn cells(&self) -> usize {
        let once = usize::from(self.closed_loop) + self.rates.len() + self.resident_pages.len();
        once * self.repeat as usize + self.refusals.len()
    }

    /// Processes that are moved.
    #[must_use]
    pub fn moved(&self) -> u32 {
        self.workloads.iter().filter(|workload| workload.moved).map(|workload| workload.spec.processes).sum()
    }

    fn check_workers(&self) -> Result<(), OptionError> {
        let wrong = |option, given: &dyn fmt::Display, problem, expected: String| {
            Err(OptionError { option, given: given.to_string(), problem, expected })
        };
        let processes = self.workloads.iter().map(|workload| workload.spec.processes);
        let processes = processes.fold(0, u32::saturating_add);
        if self.moved() == 0 || processes > PROCESSES_MAX {
            let expected =
                format!("use 1 to {PROCESSES_MAX}, bystanders included, at least one of them moved");
            return wrong("--processes", &processes, "is out of range", expected);
        }
        for Workload { spec, .. } in &self.workloads {
            if spec.threads == 0 || spec.threads > THREADS_MAX {
                let expected = format!("use 1 to {THREADS_MAX}");
                return wrong("--threads", &spec.threads, "is out of range", expected);
            }
            let files = workloads::Folder::new(std::path::Path::new("."));
            if let Err(error) = workloads::WorkloadPlan::new(spec, &files) {
                return wrong("--workload", &spec.shape, "cannot be run", error.to_string());
            }
        }
        if self.movers == 0 || self.movers > self.moved().min(MOVERS_MAX) {
            let expected = format!(
                "use 1 to {MOVERS_MAX}, and as many --processes: each mover moves processes of its own"
            );
            return wrong("--movers", &self.movers, "is out of range", expected);
        }
        match self.resident_pages.iter().find(|pages| **pages > KEPT_MAX) {
            Some(pages) => wrong("--resident-pages", pages, "is too much", format!("use at most {KEPT_MAX}")),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rate(text: &str) -> Rate {
        Rate::parse(text, u64::MAX).unwrap()
    }

    #[test]
    fn options_that_measure_nothing_are_refused() {
        let check = |change: fn(&mut LinuxOptions), option: &str| {
            let mut options = LinuxOptions::default();
            change(&mut options);
            assert_eq!(options.check().unwrap_err().option, option);
        };
        assert_eq!(LinuxOptions::default().check(), Ok(()));
        check(|o| o.workloads[0].spec.threads = 0, "--threads");
        check(|o| o.workloads[0].spec.threads = 1025, "--threads");
        check(|o| o.workloads[0].spec.shape = "churm".into(), "--workload");
        check(|o| o.workloads[0].moved = false, "--processes");
        check(|o| o.movers = 2, "--movers");
        check(|o| o.resident_pages = vec![1 << 30], "--resident-pages");
        check(|o| o.duration = Duration::ZERO, "--duration");
        check(|o| o.duration = Duration::MAX, "--duration");
        check(|o| o.rates = vec![rate("1000001/s")], "--rate");
        check(|o| o.closed_loop = false, "--rate");
        check(|o| o.rates = vec![rate("20/s"), rate("20/s")], "--rate");
        check(|o| (o.rates, o.duration) = (vec![rate("1/s")], Duration::from_millis(300)), "--rate");
    }
}
