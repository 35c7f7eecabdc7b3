//! The table of costs, measured on this machine with the code that the rig itself runs on.
//!
//! [`trials`](engines::threads::trials) repeats and summarises, `locks` measures accesses and locks, `sched` waiting
//! and waking, `memory` mappings and pages. Costs that cannot be measured from user space keep their value and source,
//! and so do costs whose trials disagree.
mod locks;
mod memory;
mod sched;

use engines::threads::Refused;
use engines::threads::trials::Trials;
use model::seam::costs::{self, Costs, Entry, Table};

/// One entry of the table, measured.
#[derive(Clone, Debug)]
pub struct Measured {
    /// Group and name in the table.
    pub entry: (&'static str, &'static str),
    /// The trials.
    pub trials: Trials,
}

/// An operation that consists of several entries, to check whether they add up.
#[derive(Clone, Debug)]
pub struct Together {
    /// The operation in words.
    pub what: &'static str,
    /// Entries whose sum the simulator charges for it.
    pub entries: &'static [(&'static str, &'static str)],
    /// The trials of the whole operation.
    pub trials: Trials,
}

/// All measurements.
#[derive(Clone, Debug, Default)]
pub struct Calibration {
    /// Entries, in no particular order.
    pub entries: Vec<Measured>,
    /// Operations that consist of several entries.
    pub together: Vec<Together>,
}

impl Calibration {
    /// Measures everything `rounds` times, and takes the trials together; `begins` is called with the name of each part.
    /// A round takes a few seconds, on an idle machine. A disturbance that is shorter than a tenth of all rounds leaves the
    /// trials in agreement.
    ///
    /// # Errors
    /// If the system has no thread or no memory for it: [`Refused`].
    pub fn measure(rounds: u32, mut begins: impl FnMut(&str)) -> Result<Self, Refused> {
        let mut all = Self::default();
        for _ in 0..rounds {
            all.join(Self::round(&mut begins)?);
        }
        Ok(all)
    }

    fn round(begins: &mut impl FnMut(&str)) -> Result<Self, Refused> {
        let mut all = Self::default();
        begins("accesses and locks");
        locks::measure(&mut all)?;
        begins("system calls, mappings, pages");
        memory::measure(&mut all)?;
        begins("waiting, waking, switching");
        sched::measure(&mut all)?;
        Ok(all)
    }

    fn join(&mut self, other: Self) {
        for Measured { entry, trials } in other.entries {
            match self.entries.iter_mut().find(|known| known.entry == entry) {
                Some(known) => known.trials.join(trials),
                None => self.entries.push(Measured { entry, trials }),
            }
        }
        for together in other.together {
            match self.together.iter_mut().find(|known| known.what == together.what) {
                Some(known) => known.trials.join(together.trials),
                None => self.together.push(together),
            }
        }
    }

    /// Returns the entries whose trials agree, which are part of the table.
    pub fn agreed(&self) -> impl Iterator<Item = &Measured> {
        self.entries.iter().filter(|measured| measured.trials.agree())
    }

    /// Returns the entries whose trials disagree, which are not.
    pub fn disagreeing(&self) -> impl Iterator<Item = &Measured> {
        self.entries.iter().filter(|measured| !measured.trials.agree())
    }

    /// Keeps a figure. One that is 0 after the rest of its loop was subtracted counts as not measured.
    fn entry(&mut self, entry: (&'static str, &'static str), trials: Trials) {
        if trials.median_ps() > 0 {
            self.entries.push(Measured { entry, trials });
        }
    }

    /// Returns the figure for that entry.
    #[must_use]
    pub fn of(&self, entry: (&str, &str)) -> Option<&Trials> {
        self.entries.iter().find(|measured| measured.entry == entry).map(|measured| &measured.trials)
    }

    /// Returns the complete table: entries whose trials agree with their source, the others as built in.
    #[must_use]
    pub fn table(&self, date: &str) -> Table {
        let cpu = input::proc::cpu_model();
        let mut table = costs::built_in();
        for Measured { entry: (group, name), trials } in self.agreed() {
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
    /// Returns the sum of its entries in `costs`, in ns.
    #[must_use]
    pub fn sum_ns(&self, costs: &Costs) -> u64 {
        self.entries.iter().filter_map(|(group, name)| costs.named(group, name)).sum()
    }
}
