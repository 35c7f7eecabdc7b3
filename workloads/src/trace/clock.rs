//! Reads the times of one file. Each line shows the kind of its time, except that only all lines together show whether
//! plain seconds count from 1970 or from the line before.

use super::line::{Leader, Stamp};

const DAY_NS: u64 = 24 * 3600 * 1_000_000_000;
const SECOND_NS: u64 = 1_000_000_000;
/// Time in ns, in 1973, above which seconds certainly count from 1970.
const EPOCH_NS: u64 = 100_000_000 * SECOND_NS;
/// Lines that are examined.
const EVIDENCE_LINES: usize = 100_000;

/// The kind of time of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    /// `-ttt`
    Epoch,
    /// `-tt`
    Day,
    /// `-t`
    DaySeconds,
    /// `-r`
    Relative,
    /// No times.
    None,
}

impl Kind {
    /// Describes the kind, with the flag of strace that writes it.
    pub(super) fn shown(self) -> &'static str {
        match self {
            Kind::Epoch => "seconds since 1970 (-ttt)",
            Kind::Day => "times of day (-tt)",
            Kind::DaySeconds => "times of day in seconds (-t)",
            Kind::Relative => "times since the line before (-r)",
            Kind::None => "no times",
        }
    }

    /// Reports whether times of several files can be compared.
    pub(super) fn is_absolute(self) -> bool {
        matches!(self, Kind::Epoch | Kind::Day | Kind::DaySeconds)
    }

    /// Finds the kind of times in a file.
    pub(super) fn of(leaders: impl Iterator<Item = Leader>) -> Kind {
        let mut seen = Seen::default();
        leaders
            .filter(|leader| leader.stamp.is_some())
            .take(EVIDENCE_LINES)
            .for_each(|leader| seen.take(leader));
        seen.kind()
    }
}

/// Evidence for a kind of times.
#[derive(Default)]
struct Seen {
    since: u64,
    day: u64,
    day_fine: u64,
    seconds: u64,
    epoch: u64,
    padded: u64,
    first_ns: Option<u64>,
    last_ns: u64,
    largest_ns: u64,
    decreases: u64,
}

impl Seen {
    fn take(&mut self, leader: Leader) {
        self.since += u64::from(leader.since_ns.is_some());
        match leader.stamp {
            Some(Stamp::Day { is_coarse, .. }) => {
                self.day += 1;
                self.day_fine += u64::from(!is_coarse);
            }
            Some(Stamp::Seconds { ns, is_padded }) => {
                self.seconds += 1;
                self.epoch += u64::from(ns >= EPOCH_NS);
                self.padded += u64::from(is_padded);
                self.decreases += u64::from(ns < self.last_ns);
                self.first_ns = self.first_ns.or(Some(ns));
                self.last_ns = ns;
                self.largest_ns = self.largest_ns.max(ns);
            }
            None => {}
        }
    }

    fn kind(&self) -> Kind {
        match self {
            Seen { day: 0, seconds: 0, .. } => Kind::None,
            Seen { since, day, .. } if *since * 2 > *day && *day > 0 => Kind::Relative,
            Seen { day, seconds, .. } if day >= seconds => {
                if self.day_fine > 0 {
                    Kind::Day
                } else {
                    Kind::DaySeconds
                }
            }
            Seen { epoch, seconds, .. } if epoch * 2 > *seconds => Kind::Epoch,
            _ if self.is_relative() => Kind::Relative,
            _ => Kind::Epoch,
        }
    }

    /// Reports whether small seconds are relative. Absolute ones of a machine whose clock began at 1970 never decrease,
    /// are above a second, and differ.
    fn is_relative(&self) -> bool {
        let first_ns = self.first_ns.unwrap_or(0);
        self.decreases > 0
            || self.padded * 2 > self.seconds
            || first_ns < SECOND_NS
            || (self.seconds > 1 && first_ns == self.largest_ns)
    }
}

/// Converts stamps to nanoseconds that never decrease.
#[derive(Debug)]
pub(super) struct Clock {
    kind: Kind,
    at_ns: u64,
    day_ns: u64,
    last_day_ns: u64,
}

impl Clock {
    pub(super) fn new(kind: Kind) -> Clock {
        // Not 0, which marks events without a time.
        let at_ns = if kind == Kind::None { 0 } else { 1 };
        Clock { kind, at_ns, day_ns: DAY_NS, last_day_ns: 0 }
    }

    /// Returns the time of a line; a line without one has that of the line before.
    pub(super) fn read(&mut self, leader: &Leader) -> u64 {
        let read_ns = match (self.kind, leader.stamp) {
            (Kind::Relative, stamp) => {
                let since = leader.since_ns.or(match stamp {
                    Some(Stamp::Seconds { ns, .. }) => Some(ns),
                    _ => None,
                });
                self.at_ns.saturating_add(since.unwrap_or(0))
            }
            (Kind::Epoch, Some(Stamp::Seconds { ns, .. })) => ns,
            (Kind::Day | Kind::DaySeconds, Some(Stamp::Day { ns, .. })) => self.of_day(ns),
            _ => self.at_ns,
        };
        self.at_ns = self.at_ns.max(read_ns);
        self.at_ns
    }

    /// Returns the time of the last line.
    pub(super) fn now_ns(&self) -> u64 {
        self.at_ns
    }

    /// Returns a time of day in ns; going back by half a day means the next day.
    fn of_day(&mut self, ns: u64) -> u64 {
        if ns.saturating_add(DAY_NS / 2) < self.last_day_ns {
            self.day_ns = self.day_ns.saturating_add(DAY_NS);
        }
        self.last_day_ns = ns;
        self.day_ns.saturating_add(ns)
    }
}

#[cfg(test)]
mod tests {
    use super::super::line::leader;
    use super::*;

    #[track_caller]
    fn check(kind: Kind, lines: &[&str], gaps_ms: &[u64]) {
        let leaders: Vec<Leader> = lines.iter().map(|line| leader(line).0).collect();
        let found = Kind::of(leaders.iter().copied());
        let mut clock = Clock::new(found);
        let times: Vec<u64> = leaders.iter().map(|leader| clock.read(leader)).collect();
        let gaps: Vec<u64> = times.windows(2).map(|pair| (pair[1] - pair[0]) / 1_000_000).collect();
        assert_eq!((found, gaps.as_slice()), (kind, gaps_ms), "{lines:?}");
    }

    #[test]
    fn the_kind_of_time_is_found_from_all_of_them() {
        check(Kind::None, &["a()", "5 a()"], &[0]);
        check(Kind::Epoch, &["1795475818.5 a()", "1795475818.501 a()", "a()"], &[1, 0]);
        check(Kind::Epoch, &["5 12.000 a()", "5 12.010 a()", "5 13.000 a()"], &[10, 990]);
        check(Kind::Epoch, &["1795475818.5 a()", "1795475818.4 a()", "1795475818.6 a()"], &[0, 100]);
        check(Kind::Relative, &["     0.000000 a()", "     0.003000 a()", "     2.000000 a()"], &[3, 2000]);
        check(Kind::Relative, &["5      0.001 a()", "5      0.001 a()"], &[1]);
        check(Kind::Relative, &["[pid 5] 3.5 a()", "[pid 6] 0.002 a()"], &[2]);
        check(Kind::Relative, &["5 1.001 a()", "5 1.001 a()"], &[1001]);
        check(Kind::Day, &["5 23:59:59.900 a()", "5 00:00:00.100 a()"], &[200]);
        check(Kind::DaySeconds, &["11:00:00 a()", "11:00:02 a()"], &[2000]);
        check(Kind::Relative, &["11:00:00 (+     0.000) a()", "11:00:00 (+     0.007) a()"], &[7]);
    }
}
