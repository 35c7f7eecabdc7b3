//! Noise of this machine from the begin of a run to its end: load, and CPU time that its host took away.
//!
//! The texts come from /proc, which a guest has as well. A text that cannot be read leaves its figures out.
use input::proc::{self, CpuTimes};
use reports::schema::Noise;
use rustix::param::clock_ticks_per_second;

/// The machine at the begin of a run.
#[derive(Clone, Debug, Default)]
pub struct NoiseWatch {
    load_percent: Option<u64>,
    times: Option<CpuTimes>,
}

impl NoiseWatch {
    /// Reads the machine's present state.
    #[must_use]
    pub fn begin() -> Self {
        let read = |file: &str| proc::machine(file).unwrap_or_default();
        Self::of(&read("loadavg"), &read("stat"))
    }

    fn of(loadavg: &str, stat: &str) -> Self {
        Self { load_percent: proc::load_percent(loadavg), times: proc::cpu_times(stat) }
    }

    /// Returns the noise from the begin until now.
    #[must_use]
    pub fn end(&self) -> Noise {
        self.until(&Self::begin(), clock_ticks_per_second())
    }

    fn until(&self, end: &Self, ticks_per_s: u64) -> Noise {
        let both = self.times.zip(end.times);
        // The kernel's own counts may go back by a tick.
        let passed = |of: fn(&CpuTimes) -> u64| {
            let ticks = both.map(|(begin, end)| of(&end).saturating_sub(of(&begin)))?;
            ticks.checked_mul(1_000)?.checked_div(ticks_per_s)
        };
        Noise {
            guest: None,
            cpus: self.times.map(|times| times.cpus),
            load_begin_percent: self.load_percent,
            load_end_percent: end.load_percent,
            cpu_ms: passed(|times| times.all_ticks),
            steal_ms: passed(|times| times.steal_ticks),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn noise_is_the_difference_between_two_states() {
        let begin = NoiseWatch::of("1.50 0.00 0.00", "cpu 1 0 0 100 0 0 0 9\ncpu0 1\ncpu1 1\n");
        let end = NoiseWatch::of("2.00 0.00 0.00", "cpu 5 0 0 200 0 0 0 25\ncpu0 1\ncpu1 1\n");
        let expected = Noise {
            guest: None,
            cpus: Some(2),
            load_begin_percent: Some(150),
            load_end_percent: Some(200),
            cpu_ms: Some(1_200),
            steal_ms: Some(160),
        };
        assert_eq!(begin.until(&end, 100), expected);
        assert_eq!(end.until(&begin, 100).steal_ms, Some(0), "a count that went back");
        let unknown = NoiseWatch::of("", "").until(&end, 100);
        assert_eq!(unknown, Noise { load_end_percent: Some(200), ..Noise::default() });
    }

    #[test]
    fn this_machine_has_cpus_and_a_load() {
        let noise = NoiseWatch::begin().end();
        assert!(
            noise.cpus.is_some_and(|cpus| cpus > 0)
                && noise.load_begin_percent.is_some()
                && noise.cpu_ms.is_some(),
            "{noise:?}"
        );
    }
}
