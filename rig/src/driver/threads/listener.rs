//! The listener of one actor: handles its events on its own thread, with its own recorder, statistics and checks, and a
//! ledger that others may read while all threads rest.
use crate::measure::Recorder;
use crate::measure::concurrent::Concurrent;
use crate::measure::timelines::per_thread::ThreadTimelines;
use crossbeam::utils::CachePadded;
use model::checks::{CheckSet, Checks, Shadow, Tally};
use model::kernel::{Controller, Layout};
use model::locks::held::HeldTable;
use model::locks::stats::LockStats;
use model::seam::event::Outcome;
use model::seam::{ActorId, Event, Observer, Stamp};
use parking_lot::Mutex;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering::Relaxed};

/// The number of the actor in its own recorders.
pub(super) const ME: ActorId = ActorId(0);

/// The balance of an actor's ledger, by counter. Written only by its actor, on its own cache lines.
#[derive(Debug)]
struct Books {
    rows: Vec<CachePadded<[AtomicI64; Self::ROW]>>,
}

impl Books {
    /// Counters per row.
    const ROW: usize = 8;

    fn new(counters: usize) -> Self {
        Self { rows: (0..counters.div_ceil(Self::ROW)).map(|_| CachePadded::default()).collect() }
    }

    fn all(&self) -> impl Iterator<Item = &AtomicI64> {
        self.rows.iter().flat_map(|row| row.iter())
    }

    fn add(&self, index: usize, pages: i64) {
        let book = &self.rows[index / Self::ROW][index % Self::ROW];
        // Relaxed, and not a read-modify-write: no other thread writes, and readers read while this actor rests.
        book.store(book.load(Relaxed) + pages, Relaxed);
    }
}

/// The factory of listeners, and the data they share.
pub(super) struct Hub {
    layout: Layout,
    /// Facts that a listener has to know: the process of each thread.
    opening: Vec<Event>,
    around: Arc<Concurrent>,
    on: CheckSet,
    from_ns: u64,
    books: Mutex<Vec<Arc<Books>>>,
}

impl Hub {
    /// Returns the hub of a world with that layout and opening.
    pub(super) fn new(layout: Layout, opening: &[Event], on: CheckSet, from_ns: u64) -> Self {
        let born = opening.iter().filter(|event| matches!(event, Event::Born { .. }));
        Self {
            around: Arc::new(Concurrent::new(layout.clone())),
            opening: born.copied().collect(),
            layout,
            on: on.own(),
            from_ns,
            books: Mutex::default(),
        }
    }

    /// Returns the current operations of all actors.
    pub(super) fn around(&self) -> &Arc<Concurrent> {
        &self.around
    }

    /// Makes a listener.
    pub(super) fn listener(&self) -> Listener {
        let counters = self.layout.cgroups.len() * Controller::COUNT;
        let books = Arc::new(Books::new(counters));
        self.books.lock().push(Arc::clone(&books));
        let mut checks = Checks::with(self.layout.clone(), self.on);
        let held = HeldTable::default();
        for event in &self.opening {
            checks.observe(&held, Stamp { at_ns: 0, actor: ME }, event);
        }
        Listener {
            layout: self.layout.clone(),
            books,
            recorder: Recorder::new(Arc::clone(&self.around), self.from_ns),
            timelines: ThreadTimelines::new(self.from_ns),
            locks: LockStats::default(),
            held,
            checks,
            in_part: Tally::default(),
        }
    }

    /// Adds every ledger to `sums`. Call it while all threads rest.
    pub(super) fn add_books(&self, sums: &mut [i64]) {
        for books in self.books.lock().iter() {
            for (sum, book) in sums.iter_mut().zip(books.all()) {
                // Relaxed: all threads rest, which the engine orders after their writes.
                *sum += book.load(Relaxed);
            }
        }
    }
}

/// The listener of one actor.
pub(super) struct Listener {
    layout: Layout,
    books: Arc<Books>,
    pub(super) recorder: Recorder,
    pub(super) timelines: ThreadTimelines,
    pub(super) locks: LockStats,
    pub(super) held: HeldTable,
    pub(super) checks: Checks,
    /// Attaches that moved only a part of their targets.
    pub(super) in_part: Tally,
}

impl Listener {
    fn keep_books(&self, event: &Event) {
        match *event {
            Event::Ledger { controller, cgroup, until, pages, .. } => {
                for level in self.layout.charged(cgroup, until) {
                    self.books.add(Shadow::index(controller, level), pages);
                }
            }
            Event::Clamp { controller, cgroup, missing } => {
                self.books.add(Shadow::index(controller, cgroup), missing as i64);
            }
            _ => {}
        }
    }

    fn judge_outcome(&mut self, stamp: Stamp, event: &Event) {
        let Event::AttachEnd { outcome } = *event else { return };
        if outcome.has_moved() || matches!(outcome, Outcome::Partial { .. }) {
            self.in_part.examine();
        }
        if let Outcome::Partial { site, errno } = outcome {
            let at_ns = stamp.at_ns;
            self.in_part.violated(|| {
                format!("at {at_ns} ns an attach moved a part: {} refused with {errno}", site.name())
            });
        }
    }
}

/// Reports whether the event is about something that others change as well. One actor cannot follow that; it is checked
/// at rest.
fn is_truth(event: &Event) -> bool {
    matches!(
        event,
        Event::TotalVm { .. }
            | Event::Owner { .. }
            | Event::Record { .. }
            | Event::Born { .. }
            | Event::Exiting { .. }
            | Event::Exited { .. }
            | Event::Mask { .. }
            | Event::Cpus { .. }
            | Event::Limit { .. }
            | Event::Frozen { .. }
            | Event::Removed { .. }
            | Event::Adopted { .. }
    )
}

impl Observer for Listener {
    fn observe(&mut self, stamp: Stamp, event: &Event) {
        let stamp = Stamp { actor: ME, ..stamp };
        if is_truth(event) {
            return;
        }
        match event {
            Event::LockContended { .. } | Event::AsksUnfairly { .. } => {
                return self.checks.observe(&self.held, stamp, event);
            }
            Event::LockAcquired { .. } | Event::LockReleased { .. } => {}
            _ => {
                self.keep_books(event);
                self.judge_outcome(stamp, event);
                self.recorder.observe(stamp, event);
            }
        }
        self.timelines.observe(stamp, event);
        self.checks.observe(&self.held, stamp, event);
        self.locks.observe(&mut self.held, stamp, event);
    }
}
