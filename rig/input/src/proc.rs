//! Texts of /proc, and of files in the same form. A part that is missing or damaged is `None`; the others are still read.
//!
//! Own code, because texts are read here that a crate for /proc refuses as a whole: partial ones of tests, of a process
//! that is ending, and of kernels with other fields.
use std::fmt::Display;
use std::fs;

/// Returns the text of `/proc/PID/FILE`; `pid` is a number or `self`. `None` if the process has ended or is hidden.
pub fn of(pid: impl Display, file: &str) -> Option<String> {
    machine(&format!("{pid}/{file}"))
}

/// Returns the text of `/proc/FILE`, which is about the machine. `None` if there is none.
#[must_use]
pub fn machine(file: &str) -> Option<String> {
    let bytes = fs::read(format!("/proc/{file}")).ok()?;
    Some(String::from_utf8_lossy(&bytes).into_owned())
}

/// Returns the threads of a process in the order of their ids; none if it has ended.
#[must_use]
pub fn threads(pid: u32) -> Vec<u32> {
    let entries = fs::read_dir(format!("/proc/{pid}/task")).into_iter().flatten().flatten();
    let mut threads: Vec<u32> =
        entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok()).collect();
    threads.sort_unstable();
    threads
}

/// Returns the value in the first line `NAME: VALUE` or `NAME VALUE`, as in `status`, `meminfo` or `memory.stat`.
#[must_use]
pub fn field<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    let value = |line: &'a str| {
        let rest = line.strip_prefix(name)?;
        let value = rest.trim_start_matches([' ', '\t', ':']);
        (value.len() < rest.len()).then(|| value.trim_end())
    };
    text.lines().find_map(value)
}

/// Returns the number at the beginning of that value, whatever its unit.
#[must_use]
pub fn number(text: &str, name: &str) -> Option<u64> {
    field(text, name)?.split_whitespace().next()?.parse().ok()
}

/// Returns that value as a set of bits, which /proc writes in hexadecimal.
#[must_use]
pub fn bits(text: &str, name: &str) -> Option<u64> {
    u64::from_str_radix(field(text, name)?, 16).ok()
}

/// Returns field `at` of `/proc/PID/stat`, counted from 1 as in proc(5). Only fields from 3 on are read, because the
/// name before them may contain anything.
#[must_use]
pub fn stat_field(stat: &str, at: usize) -> Option<&str> {
    stat.rsplit_once(") ")?.1.split_whitespace().nth(at.checked_sub(3)?)
}

/// Returns the name of the kernel, as `uname -srm` prints it.
#[must_use]
pub fn kernel() -> String {
    let name = rustix::system::uname();
    [name.sysname(), name.release(), name.machine()].map(|part| part.to_string_lossy()).join(" ")
}

/// Returns the name of the CPU according to the kernel; `unknown` if it gives none.
#[must_use]
pub fn cpu_model() -> String {
    let info = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    field(&info, "model name").unwrap_or("unknown").to_owned()
}

/// Returns the load average of the last minute in `/proc/loadavg`, in percent of one CPU.
#[must_use]
pub fn load_percent(loadavg: &str) -> Option<u64> {
    let (whole, hundredths) = loadavg.split_whitespace().next()?.split_once('.')?;
    let hundredths: u64 = hundredths.parse().ok().filter(|_| hundredths.len() == 2)?;
    whole.parse::<u64>().ok()?.checked_mul(100)?.checked_add(hundredths)
}

/// CPU time since boot, of all CPUs, in ticks of USER_HZ.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CpuTimes {
    /// CPUs that are online.
    pub cpus: u32,
    /// All time, idle time included.
    pub all_ticks: u64,
    /// Time for which a CPU had work and the host ran something else.
    pub steal_ticks: u64,
}

/// Returns the times in `/proc/stat`. The time of guests, in the last two columns, is part of the first two.
#[must_use]
pub fn cpu_times(stat: &str) -> Option<CpuTimes> {
    let ticks: Option<Vec<u64>> =
        field(stat, "cpu")?.split_whitespace().take(8).map(|ticks| ticks.parse().ok()).collect();
    let ticks = ticks.filter(|ticks| ticks.len() == 8)?;
    let is_cpu = |line: &&str| {
        line.strip_prefix("cpu").is_some_and(|rest| rest.starts_with(|letter: char| letter.is_ascii_digit()))
    };
    Some(CpuTimes {
        cpus: u32::try_from(stat.lines().filter(is_cpu).count()).ok()?,
        all_ticks: ticks.iter().fold(0, |sum: u64, ticks| sum.saturating_add(*ticks)),
        steal_ticks: ticks[7],
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_is_found_by_its_whole_name() {
        let status = "Name:\ta: b\nUid:\t0\t1\nSigIgn:\t0000000000001000\nVmRSS:\t  12 kB\n";
        assert_eq!((field(status, "Name"), field(status, "Vm")), (Some("a: b"), None));
        assert_eq!((number(status, "Uid"), number(status, "VmRSS")), (Some(0), Some(12)));
        assert_eq!((bits(status, "SigIgn"), bits(status, "CapEff")), (Some(1 << 12), None));
        assert_eq!(number("oom_kill_disable 0\noom_kill 3\n", "oom_kill"), Some(3));
        assert_eq!(field("model\t\t: 85\nmodel name\t: X 1: y\n", "model name"), Some("X 1: y"));
        assert_eq!((field("", "a"), number("a: b", "a")), (None, None));
    }

    #[test]
    fn fields_of_stat_are_counted_after_any_name() {
        assert_eq!(
            (stat_field("7 (a) b) R 1 2\n", 3), stat_field("7 (a) b) R 1 2\n", 5)),
            (Some("R"), Some("2"))
        );
        assert_eq!(
            (stat_field("7 (a) R", 2), stat_field("7 (a) R", 4), stat_field("", 3)),
            (None, None, None)
        );
    }

    #[test]
    fn a_load_is_in_percent_of_a_cpu() {
        assert_eq!(load_percent("2.95 3.66 3.30 4/321 12345\n"), Some(295));
        assert_eq!(load_percent("0.05 0 0"), Some(5));
        for damaged in ["", "2", "2.9", "x.00", "99999999999999999999.00"] {
            assert_eq!(load_percent(damaged), None, "{damaged}");
        }
    }

    #[test]
    fn cpu_times_have_the_time_of_guests_once() {
        let stat = "cpu  10 20 30 40 50 60 70 80 10 20\ncpu0 1 2 3\ncpu1 1 2 3\nintr 7\n";
        assert_eq!(cpu_times(stat), Some(CpuTimes { cpus: 2, all_ticks: 360, steal_ticks: 80 }));
        for damaged in ["", "cpu0 1 2 3 4 5 6 7 8\n", "cpu  1 2 3 4 5 6 7\n", "cpu  1 2 3 4 5 6 7 x\n"] {
            assert_eq!(cpu_times(damaged), None, "{damaged}");
        }
    }

    #[test]
    fn this_process_is_found() {
        let (own, status) = (std::process::id(), of("self", "status").unwrap());
        assert_eq!(number(&status, "Tgid"), Some(own.into()));
        assert!(
            threads(own).contains(&own) && of(u32::MAX, "status").is_none() && threads(u32::MAX).is_empty()
        );
    }
}
