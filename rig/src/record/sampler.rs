//! The sampler: reads from /proc how many anonymous pages and which threads the recorded processes have.
use input::proc;
use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use workloads::Sample;

/// Divisor of a share of the pages: a change is kept if it is at least that share, and at least [`PAGES_KEPT`].
const SHARE_KEPT: u64 = 100;
const PAGES_KEPT: u64 = 4;
/// KiB of a page.
const PAGE_KIB: u64 = 4;

/// The sampler of one recording.
pub(super) struct Sampler {
    processes: BTreeMap<u32, Process>,
    /// Pids whose process is known.
    known: BTreeSet<u32>,
    samples: Vec<Sample>,
}

/// The last reading of a process.
#[derive(Default)]
struct Process {
    threads: Vec<u32>,
    kept_pages: Option<u64>,
    /// The last sample, if it was not kept because too little had changed.
    last: Option<Sample>,
    is_gone: bool,
}

impl Sampler {
    /// Returns a sampler that knows the processes that exist at the beginning.
    pub(super) fn new(pids: &[u32]) -> Self {
        let mut sampler = Self { processes: BTreeMap::new(), known: BTreeSet::new(), samples: Vec::new() };
        pids.iter().for_each(|pid| sampler.saw(*pid));
        sampler.sample();
        sampler
    }

    /// Notes a pid in a line of strace.
    pub(super) fn saw(&mut self, pid: u32) {
        if self.known.insert(pid)
            && let Some(process) = proc::of(pid, "status").and_then(|status| proc::number(&status, "Tgid"))
            && let Ok(process) = u32::try_from(process)
        {
            let process = self.processes.entry(process).or_default();
            // A pid may be reused.
            process.is_gone = false;
        }
    }

    /// Reads every process once.
    pub(super) fn sample(&mut self) {
        for (pid, process) in self.processes.iter_mut().filter(|(_, process)| !process.is_gone) {
            match read(*pid, process) {
                Some(sample) => process.keep(sample, &mut self.samples),
                None => {
                    process.is_gone = true;
                    self.samples.extend(process.last.take());
                }
            }
        }
        let gone = |pid: &u32| self.processes.get(pid).is_some_and(|process| process.is_gone);
        self.known.retain(|pid| !gone(pid));
    }

    /// Returns all samples that were kept, including the last ones.
    pub(super) fn into_samples(mut self) -> Vec<Sample> {
        self.samples.extend(self.processes.into_values().filter_map(|process| process.last));
        self.samples
    }
}

impl Process {
    fn keep(&mut self, sample: Sample, samples: &mut Vec<Sample>) {
        let change = self.kept_pages.map(|kept| kept.abs_diff(sample.anon_pages));
        let is_large = |change| change >= PAGES_KEPT.max(sample.anon_pages / SHARE_KEPT);
        if change.is_none_or(is_large) || !sample.threads.is_empty() {
            self.kept_pages = Some(sample.anon_pages);
            self.last = None;
            samples.push(sample);
        } else if change != Some(0) {
            self.last = Some(sample);
        }
    }
}

fn read(pid: u32, process: &mut Process) -> Option<Sample> {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO);
    let status = proc::of(pid, "status")?;
    // A zombie has no memory any more.
    let anon_kib = proc::number(&status, "RssAnon")?;
    let mut threads = Vec::new();
    if proc::number(&status, "Threads")? != process.threads.len() as u64 {
        threads = proc::threads(pid);
        process.threads.clone_from(&threads);
    }
    Some(Sample { pid, at_ns: since.as_nanos() as u64, anon_pages: anon_kib.div_ceil(PAGE_KIB), threads })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_process_has_pages_and_threads() {
        let own = std::process::id();
        let sampler = Sampler::new(&[own]);
        let samples = sampler.into_samples();
        let sample = samples.first().unwrap();
        assert!(sample.pid == own && sample.anon_pages > 10 && sample.threads.contains(&own), "{sample:?}");
    }

    #[test]
    fn small_changes_are_kept_only_at_the_end() {
        let sample = |anon_pages| Sample { pid: 7, at_ns: 1, anon_pages, threads: Vec::new() };
        let (mut process, mut samples) = (Process::default(), Vec::new());
        [1_000, 1_009, 1_010, 1_011, 1_012]
            .into_iter()
            .for_each(|pages| process.keep(sample(pages), &mut samples));
        let kept: Vec<u64> = samples.iter().map(|sample| sample.anon_pages).collect();
        assert_eq!((kept.as_slice(), process.last), ([1_000, 1_010].as_slice(), Some(sample(1_012))));
    }
}
