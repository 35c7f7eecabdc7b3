//! Accounting against the workers' own books while every worker is parked: what the counters say, and what they should.
//!
//! Counters of tasks are exact. Counters of memory are not: each CPU keeps a batch of pages charged in advance, and
//! some freed pages wait in a list of their own. The number of pages that the kernel may hide in this way is computed,
//! and only a difference above it counts as drift. Pages that workers need for themselves are not part of their books;
//! smaps counts them. Pages that by design stay charged where they were touched are distinguished from pages that got
//! lost.
use super::super::clock::now_ns;
use super::super::moving::movers::Movers;
use super::super::place::discovery::Place;
use super::super::place::group::Groups;
use super::super::workers::pages::PAGE_BYTES;
use super::super::workers::worker_pool::{Ledger, WorkerPool};
use super::counters::{Counters, Kept};
use super::foreign::Foreign;
use std::fs;
use std::path::PathBuf;
use std::thread;
use std::time::Duration;

/// Pages that a CPU charges in advance (MEMCG_CHARGE_BATCH since Linux 6.0; 32 before).
const BATCH: i64 = 64;
/// Freed pages that wait on a CPU (PAGEVEC_SIZE: 15, since Linux 6.8 31).
const WAITING: i64 = 31;
/// Kernel version since which a CPU keeps a batch for each of several cgroups.
const MANY_BATCHES: (u32, u32) = (6, 16);
/// Counters of tasks that are exiting follow a moment later.
const SETTLE_NS: u64 = 1_000_000_000;
const LOOK: Duration = Duration::from_millis(2);

/// One counter and the value that it should have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Audited {
    /// `pids` or `memory`.
    pub(crate) controller: &'static str,
    /// Name of the cgroup; `all` for the run's.
    pub(crate) cgroup: String,
    /// `tasks` or `pages`.
    pub(crate) unit: &'static str,
    pub(crate) usage: i64,
    pub(crate) truth: i64,
    /// Largest difference that is allowed between them.
    pub(crate) tolerance: i64,
    /// Explanation of the tolerance, in words.
    pub(crate) how: Option<String>,
    /// Pages that by design stay in a cgroup that their process has left.
    pub(crate) by_design: Option<i64>,
}

impl Audited {
    /// A counter that is exact.
    fn exact(
        (controller, unit): (&'static str, &'static str),
        cgroup: &str,
        (usage, truth): (i64, i64),
    ) -> Self {
        let cgroup = cgroup.into();
        Self { controller, cgroup, unit, usage, truth, tolerance: 0, how: None, by_design: None }
    }

    pub(crate) fn drift(&self) -> i64 {
        self.usage - self.truth
    }

    /// Name of the row, such as `pids:a`.
    fn name(&self) -> String {
        format!("{}:{}", self.controller, self.cgroup)
    }

    /// Folders of the cgroups that a counter of tasks adds up.
    fn counted(&self, groups: &Groups) -> Vec<PathBuf> {
        let children = groups.children().iter();
        children.filter(|child| self.cgroup == "all" || child.ends_with(&self.cgroup)).cloned().collect()
    }

    fn holds(&self) -> bool {
        self.drift().abs() <= self.tolerance
    }

    /// Returns the breach in words.
    pub(crate) fn breach(&self) -> Option<String> {
        let Self { controller, cgroup, unit, usage, truth, tolerance, .. } = self;
        let words = || {
            format!(
                "{controller} of cgroup {cgroup} counts {usage} {unit} where the workers have {truth}, and {tolerance} may differ"
            )
        };
        (!self.holds()).then(words)
    }
}

/// Comparison of counters with the workers' books, with the readings from which it starts.
#[derive(Clone, Debug)]
pub(crate) struct Audit {
    kept: Kept,
    /// True when charges follow a moved process.
    charges_move: bool,
    begin: Counters,
    ledger: Ledger,
    tolerance: i64,
    how: String,
    /// Processes of others that were seen at any time. Pages that they touched may stay where they were.
    seen: Foreign,
}

/// The counters that could be compared, and the reason for those that could not.
#[derive(Debug, Default)]
pub(crate) struct Looked {
    /// Rows of counters that count only the workers.
    pub(crate) audited: Vec<Audited>,
    /// Names of the other counters, such as `pids:a`.
    pub(crate) void: Vec<String>,
    /// Processes of others.
    pub(crate) foreign: Foreign,
}

impl Audit {
    /// Takes the present readings as the start of the comparison. The workers stand still.
    pub(crate) fn begin(place: &Place, groups: &Groups, crew: &WorkerPool, charges_move: bool) -> Self {
        let kept = Kept::at(place, groups);
        let (tolerance, how) = tolerance(cpus(), batches(groups.children().len()));
        let seen = Foreign::look(groups, &crew.pids());
        Self { kept, charges_move, begin: kept.read(groups), ledger: crew.ledger(), tolerance, how, seen }
    }

    /// Bytes by which two readings of a memory counter may differ although no worker does anything.
    pub(crate) fn slack_bytes(&self) -> i64 {
        self.tolerance * PAGE_BYTES as i64
    }

    /// Compares, again and again for a while until all is as it should be.
    pub(crate) fn look(&mut self, groups: &Groups, crew: &WorkerPool, movers: &Movers) -> Looked {
        let mut foreign = Foreign::look(groups, &crew.pids());
        // With processes of others there, the comparison does not wait for the counters to settle.
        let until = now_ns() + if foreign.is_empty() { SETTLE_NS } else { 0 };
        let found = self.settled(until, groups, crew, movers);
        foreign.add(Foreign::look(groups, &crew.pids()));
        self.seen.add(foreign.clone());
        let is_void = |row: &Audited| match row.controller {
            "pids" => row.counted(groups).iter().any(|folder| foreign.is_below(folder)),
            _ => !self.seen.is_empty(),
        };
        let (void, audited): (Vec<_>, Vec<_>) = found.into_iter().partition(is_void);
        let void: Vec<String> = void.iter().map(Audited::name).collect();
        if void.iter().any(|name| name.starts_with("memory")) {
            foreign.add(self.seen.clone());
        }
        Looked { audited, void, foreign }
    }

    fn settled(&self, until: u64, groups: &Groups, crew: &WorkerPool, movers: &Movers) -> Vec<Audited> {
        loop {
            let (places, ledger) = (crew.tasks(&movers.places()), crew.ledger());
            let found = self.compare(&names(groups), &self.kept.read(groups), places.as_deref(), ledger);
            if now_ns() >= until || found.iter().all(Audited::holds) {
                return found;
            }
            thread::sleep(LOOK);
        }
    }

    /// Compares each counter with the books. `places` are the tasks by child, where that is known.
    fn compare(
        &self,
        names: &[String],
        now: &Counters,
        places: Option<&[i64]>,
        ledger: Ledger,
    ) -> Vec<Audited> {
        let mut found = Vec::new();
        if self.kept.pids {
            let row = |cgroup: &str, usage, truth| Audited::exact(("pids", "tasks"), cgroup, (usage, truth));
            match places {
                Some(places) => found.extend(
                    names
                        .iter()
                        .zip(&now.tasks)
                        .zip(places)
                        .map(|((name, usage), truth)| row(name, *usage, *truth)),
                ),
                None => found.push(row("all", now.tasks.iter().sum(), ledger.tasks)),
            }
        }
        if self.kept.memory {
            found.extend(self.memory(names, now, places, ledger));
        }
        found
    }

    fn memory(
        &self,
        names: &[String],
        now: &Counters,
        places: Option<&[i64]>,
        ledger: Ledger,
    ) -> Vec<Audited> {
        let empty = |number: usize| places.is_some_and(|places| places[number] == 0);
        let behind: i64 =
            (0..names.len()).filter(|number| empty(*number)).map(|number| now.pages_of[number]).sum();
        let row = |cgroup: &str, usage, truth| Audited {
            tolerance: self.tolerance,
            how: Some(self.how.clone()),
            ..Audited::exact(("memory", "pages"), cgroup, (usage, truth))
        };
        // The memory that workers need for themselves may grow, for example by the stacks of more threads. If it
        // shrank, the books would have pages that do not exist.
        let besides = ledger.besides.zip(self.ledger.besides).map_or(0, |(now, begin)| (now - begin).max(0));
        let truth = self.begin.pages + ledger.touched - self.ledger.touched + besides;
        let all = Audited {
            by_design: (!self.charges_move && places.is_some()).then_some(behind),
            ..row("all", now.pages, truth)
        };
        // Such a cgroup is empty, and the processes that left it have taken their charges along.
        let left = (0..names.len()).filter(|number| self.charges_move && empty(*number));
        std::iter::once(all).chain(left.map(|number| row(&names[number], now.pages_of[number], 0))).collect()
    }
}

fn names(groups: &Groups) -> Vec<String> {
    let name = |path: &PathBuf| path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    groups.children().iter().map(name).collect()
}

/// The pages that counters may hide, and how that number comes about. Both readings are between the truth and the truth
/// plus that number.
fn tolerance(cpus: i64, batches: i64) -> (i64, String) {
    let pages = cpus * (BATCH * batches + WAITING);
    let each = if batches > 1 { format!(" for each of {batches} cgroups") } else { String::new() };
    (
        pages,
        format!("{cpus} CPUs x ({BATCH} pages charged in advance{each} + {WAITING} that wait to be freed)"),
    )
}

/// Cgroups for which a CPU may hold a batch.
fn batches(children: usize) -> i64 {
    let release = rustix::system::uname().release().to_string_lossy().into_owned();
    if version(&release) < Some(MANY_BATCHES) { 1 } else { children as i64 }
}

fn version(release: &str) -> Option<(u32, u32)> {
    let mut numbers = release.split(|c: char| !c.is_ascii_digit()).map(str::parse);
    Some((numbers.next()?.ok()?, numbers.next()?.ok()?))
}

/// CPUs of the machine, not only those that this process may use: workers may have run on any of them.
fn cpus() -> i64 {
    let online = fs::read_to_string("/sys/devices/system/cpu/online").unwrap_or_default();
    let range = |range: &str| {
        let (first, last) = range.split_once('-').unwrap_or((range, range));
        Some(last.parse::<i64>().ok()? - first.parse::<i64>().ok()? + 1)
    };
    online.trim().split(',').filter_map(range).sum::<i64>().max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn audit(charges_move: bool) -> Audit {
        let kept = Kept::all();
        let begin = Counters { tasks: vec![5, 0], pages: 100, pages_of: vec![100, 0] };
        let ledger = Ledger { touched: 30, tasks: 5, besides: Some(70) };
        Audit {
            kept,
            charges_move,
            begin,
            ledger,
            tolerance: 190,
            how: String::new(),
            seen: Foreign::default(),
        }
    }

    fn compare(charges_move: bool, tasks: [i64; 2], pages_of: [i64; 2]) -> Vec<Audited> {
        with(charges_move, tasks, pages_of, Some(70))
    }

    fn with(charges_move: bool, tasks: [i64; 2], pages_of: [i64; 2], besides: Option<i64>) -> Vec<Audited> {
        let now = Counters { tasks: tasks.into(), pages: pages_of.iter().sum(), pages_of: pages_of.into() };
        let ledger = Ledger { touched: 2_030, tasks: 5, besides };
        audit(charges_move).compare(&["a".into(), "b".into()], &now, Some(&[0, 5]), ledger)
    }

    #[test]
    fn what_stays_behind_by_design_is_no_drift() {
        let found = compare(false, [0, 5], [1_500, 600]);
        assert!(found.iter().all(Audited::holds), "{found:?}");
        assert_eq!((found[2].cgroup.as_str(), found[2].by_design), ("all", Some(1_500)));
        assert_eq!(found.len(), 3, "no row for the cgroup that was left");
    }

    #[test]
    fn what_workers_need_for_themselves_is_no_drift_unless_it_shrinks() {
        let all = |besides, usage: i64| {
            let found = with(false, [0, 5], [1_500, usage - 1_500], besides);
            (found[2].truth, found[2].holds())
        };
        assert_eq!(all(Some(670), 2_700), (2_700, true), "600 pages of stacks");
        assert_eq!(all(None, 2_700), (2_100, false), "pages of their own are not known");
        assert_eq!(all(Some(-530), 1_500), (2_100, false), "600 pages of the books are not there");
    }

    #[test]
    fn lost_pages_and_lost_tasks_are_reported() {
        let found = compare(false, [0, 5], [1_000, 600]);
        assert!(
            found[2].breach().unwrap().contains("counts 1600 pages where the workers have 2100"),
            "{found:?}"
        );
        let found = compare(false, [1, 5], [1_500, 600]);
        assert!(found[0].breach().unwrap().contains("pids of cgroup a counts 1 tasks"), "{found:?}");
    }

    #[test]
    fn where_charges_move_none_may_stay() {
        let found = compare(true, [0, 5], [0, 2_100]);
        assert!(
            found.iter().all(Audited::holds) && found.iter().all(|row| row.by_design.is_none()),
            "{found:?}"
        );
        let found = compare(true, [0, 5], [500, 1_600]);
        assert!(found[2].holds() && !found[3].holds(), "{found:?}");
    }

    #[test]
    fn the_tolerance_says_how_it_came_about() {
        assert_eq!(tolerance(2, 1).0, 190);
        assert_eq!(
            tolerance(2, 2),
            (
                318,
                "2 CPUs x (64 pages charged in advance for each of 2 cgroups + 31 that wait to be freed)"
                    .into()
            )
        );
        assert_eq!(version("6.1.0-49-cloud-amd64"), Some((6, 1)));
        assert_eq!(version("7.0-rc1"), Some((7, 0)));
        assert!(cpus() >= 1);
    }
}
