//! The table of costs, measured on this machine with the pieces that the rig itself runs on.
//!
//! [`trials`](engines::threads::trials) repeats and sums up, `locks` measures accesses and locks, `sched` waiting and waking, `memory` mappings and
//! pages. What cannot be measured from outside a kernel keeps its value and its source.
mod locks;
mod memory;
mod sched;

use super::env;
use engines::threads::Refused;
use engines::threads::trials::Trials;
use model::seam::costs::{self, Costs, Entry, Table};

/// One entry of the table, measured.
#[derive(Clone, Debug)]
pub struct Measured {
    /// Group and name in the table.
    pub entry: (&'static str, &'static str),
    /// What came of it.
    pub trials: Trials,
}

/// Something that several entries make up together, to see whether they add up.
#[derive(Clone, Debug)]
pub struct Together {
    /// What it is.
    pub what: &'static str,
    /// Entries whose sum the simulator takes for it.
    pub entries: &'static [(&'static str, &'static str)],
    /// What came of it.
    pub trials: Trials,
}

/// Everything that was measured.
#[derive(Clone, Debug, Default)]
pub struct Calibration {
    /// Entries, in no order.
    pub entries: Vec<Measured>,
    /// What several entries make up.
    pub together: Vec<Together>,
}

impl Calibration {
    /// Measures; `begins` is told of each part. Takes a few seconds, on an idle machine.
    ///
    /// # Errors
    /// [`Refused`] when the system has no thread or memory for it.
    pub fn measure(mut begins: impl FnMut(&str)) -> Result<Self, Refused> {
        let mut all = Self::default();
        begins("accesses and locks");
        locks::measure(&mut all)?;
        begins("system calls, mappings, pages");
        memory::measure(&mut all)?;
        begins("waiting, waking, switching");
        sched::measure(&mut all)?;
        Ok(all)
    }

    /// Keeps a figure. One that is nothing after what else is in it was taken off was not measured.
    fn entry(&mut self, entry: (&'static str, &'static str), trials: Trials) {
        if trials.median_ps() > 0 {
            self.entries.push(Measured { entry, trials });
        }
    }

    /// The figure for that entry.
    #[must_use]
    pub fn of(&self, entry: (&str, &str)) -> Option<&Trials> {
        self.entries.iter().find(|measured| measured.entry == entry).map(|measured| &measured.trials)
    }

    /// The complete table: measured entries with their source, the others as they are built in.
    #[must_use]
    pub fn table(&self, date: &str) -> Table {
        let cpu = env::cpu_model();
        let mut table = costs::built_in();
        for Measured { entry: (group, name), trials } in &self.entries {
            let source = format!(
                "measured on {cpu}, {date}, n={}, spread {} ns (p10 to p90)",
                trials.n(),
                trials.spread()
            );
            let entry = Entry { ns: trials.ns(), source };
            table.entry((*group).to_owned()).or_default().insert((*name).to_owned(), entry);
        }
        table
    }
}

impl Together {
    /// What `costs` say, in ns.
    #[must_use]
    pub fn sum_ns(&self, costs: &Costs) -> u64 {
        self.entries.iter().filter_map(|(group, name)| costs.named(group, name)).sum()
    }
}
