//! Samples of /proc that `attach-rig record` appends to a recording: the number of anonymous pages that a process
//! really had, and its threads. One sample per line:
//!
//! ```text
//! #attach-rig process 100 at 1795475818.123456789 anon_pages 812 threads 100,101
//! ```
//!
//! The threads are left out if they are the same as in the previous sample.

/// Beginning of every line that attach-rig writes into a recording.
pub(super) const COMMENT: &str = "#attach-rig ";
/// Beginning of the line of a sample.
const PREFIX: &str = "#attach-rig process ";
/// Most threads of a process that are read.
const THREADS_MAX: usize = 65_536;

/// The memory and threads of one process at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sample {
    /// The process.
    pub pid: u32,
    /// Nanoseconds since 1970.
    pub at_ns: u64,
    /// Pages of 4 KiB that are resident and anonymous (`RssAnon`).
    pub anon_pages: u64,
    /// The threads of the process; empty if they have not changed.
    pub threads: Vec<u32>,
}

impl std::fmt::Display for Sample {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (seconds, ns) = (self.at_ns / 1_000_000_000, self.at_ns % 1_000_000_000);
        write!(f, "{PREFIX}{} at {seconds}.{ns:09} anon_pages {}", self.pid, self.anon_pages)?;
        let threads: Vec<String> = self.threads.iter().map(ToString::to_string).collect();
        if threads.is_empty() { Ok(()) } else { write!(f, " threads {}", threads.join(",")) }
    }
}

impl Sample {
    /// Reads a line; `None` if it is not a sample.
    pub(super) fn read(line: &str) -> Option<Sample> {
        let mut words = line.strip_prefix(PREFIX)?.split_whitespace();
        let pid = words.next()?.parse().ok()?;
        let ("at", Some(at)) = (words.next()?, words.next()) else { return None };
        let (seconds, fraction) = at.split_once('.')?;
        let fraction_ns: u64 = (fraction.len() == 9).then(|| fraction.parse().ok())??;
        let at_ns = seconds.parse::<u64>().ok()?.checked_mul(1_000_000_000)?.checked_add(fraction_ns)?;
        let ("anon_pages", Some(pages)) = (words.next()?, words.next()) else { return None };
        let anon_pages = pages.parse().ok().filter(|pages| *pages < 1 << 40)?;
        let threads = match (words.next(), words.next()) {
            (None, _) => Vec::new(),
            (Some("threads"), Some(list)) => {
                list.split(',').take(THREADS_MAX).map(|tid| tid.parse().ok()).collect::<Option<_>>()?
            }
            _ => return None,
        };
        Some(Sample { pid, at_ns, anon_pages, threads })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sample_is_read_as_it_is_written() {
        for threads in [vec![], vec![100, 101]] {
            let sample = Sample { pid: 100, at_ns: 1_795_475_818_000_000_009, anon_pages: 812, threads };
            assert_eq!(Sample::read(&sample.to_string()), Some(sample));
        }
        for line in ["#attach-rig process x", "#attach-rig process 1 at 2.5 anon_pages 3", "brk(0) = 0"] {
            assert_eq!(Sample::read(line), None, "{line}");
        }
    }
}
