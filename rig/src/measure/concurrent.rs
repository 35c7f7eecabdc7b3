//! Counts that the recorder of one actor needs about all others: attaches under way, charges by cgroup, reservations.
//! Each count is on a cache line of its own, and most are touched by movers alone.
//!
//! Every ordering is Relaxed: the counts only show which operations overlapped, accurate to one cache-line transfer. No
//! other data is read because of them.
use crossbeam::utils::CachePadded;
use model::kernel::{CgroupId, Controller, Layout, MmId};
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering::Relaxed};

/// Operations on one address space that charge.
#[derive(Debug, Default)]
struct Charging {
    begun: AtomicU64,
    ended: AtomicU64,
}

/// The reservations at a counter, in pages.
#[derive(Debug, Default)]
struct Reserved {
    now: AtomicI64,
    peak: AtomicI64,
}

/// The shared counts of all actors.
#[derive(Debug)]
pub struct Concurrent {
    layout: Layout,
    /// Attaches under way.
    open: CachePadded<AtomicU64>,
    /// Attaches that have begun.
    attaches: CachePadded<AtomicU64>,
    /// Charges to each cgroup and its descendants, begun while an attach was under way.
    charges: Vec<CachePadded<AtomicU64>>,
    /// By address space.
    charging: boxcar::Vec<CachePadded<Charging>>,
    /// By counter.
    reserved: Vec<Reserved>,
}

/// Returns the index of the counter of `controller` at `cgroup`.
fn index(controller: Controller, cgroup: CgroupId) -> usize {
    cgroup.index() * Controller::COUNT + controller.index()
}

impl Concurrent {
    /// Returns counts in which nothing has happened yet.
    #[must_use]
    pub fn new(layout: Layout) -> Self {
        let counters = layout.cgroups.len() * Controller::COUNT;
        Self {
            open: CachePadded::default(),
            attaches: CachePadded::default(),
            charges: layout.cgroups.iter().map(|_| CachePadded::default()).collect(),
            charging: boxcar::Vec::new(),
            reserved: (0..counters).map(|_| Reserved::default()).collect(),
            layout,
        }
    }

    /// Returns the most pages that open transactions have reserved at a counter.
    #[must_use]
    pub fn reserved_peak(&self, controller: Controller, cgroup: CgroupId) -> i64 {
        self.reserved[index(controller, cgroup)].peak.load(Relaxed)
    }

    pub(super) fn layout(&self) -> &Layout {
        &self.layout
    }

    /// Returns the pages that open transactions have reserved at a counter now.
    pub(super) fn reserved(&self, controller: Controller, cgroup: CgroupId) -> i64 {
        self.reserved[index(controller, cgroup)].now.load(Relaxed)
    }

    /// Reserves `pages` more at `cgroup` and its ancestors below `until`; negative numbers are given back.
    pub(super) fn reserve(&self, controller: Controller, (cgroup, until): (CgroupId, CgroupId), pages: i64) {
        for level in self.layout.charged(cgroup, until) {
            let Reserved { now, peak } = &self.reserved[index(controller, level)];
            peak.fetch_max(now.fetch_add(pages, Relaxed) + pages, Relaxed);
        }
    }

    /// Returns the attaches under way, and the attaches begun so far.
    pub(super) fn attaches(&self) -> (usize, u64) {
        (self.open.load(Relaxed) as usize, self.attaches.load(Relaxed))
    }

    pub(super) fn attach_begins(&self) {
        self.attaches.fetch_add(1, Relaxed);
        self.open.fetch_add(1, Relaxed);
    }

    pub(super) fn attach_ends(&self) {
        self.open.fetch_sub(1, Relaxed);
    }

    /// Counts a charge to `cgroup`. Returns how many of the increments belong to `dest`, 0 or 1.
    pub(super) fn charges_begin(&self, cgroup: CgroupId, dest: Option<CgroupId>) -> u64 {
        if self.open.load(Relaxed) == 0 {
            return 0;
        }
        let mut own = 0;
        for level in self.layout.upward(cgroup) {
            self.charges[level.index()].fetch_add(1, Relaxed);
            own += u64::from(Some(level) == dest);
        }
        own
    }

    /// Returns the charges to `cgroup` so far.
    pub(super) fn charges(&self, cgroup: CgroupId) -> u64 {
        self.charges[cgroup.index()].load(Relaxed)
    }

    fn charging(&self, mm: MmId) -> &Charging {
        loop {
            if let Some(charging) = self.charging.get(mm.index()) {
                return charging;
            }
            // Another thread may be adding it at the same time; then there is one more than needed.
            self.charging.push(CachePadded::default());
        }
    }

    pub(super) fn op_begins(&self, mm: MmId) {
        self.charging(mm).begun.fetch_add(1, Relaxed);
    }

    pub(super) fn op_ends(&self, mm: MmId) {
        self.charging(mm).ended.fetch_add(1, Relaxed);
    }

    /// Returns the operations on `mm` that charge, begun and ended so far.
    pub(super) fn ops(&self, mm: MmId) -> (u64, u64) {
        let Charging { begun, ended } = self.charging(mm);
        (begun.load(Relaxed), ended.load(Relaxed))
    }
}
