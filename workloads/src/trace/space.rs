//! The address spaces of a recording, and their sums.

use super::mm::{Books, Mm};
use super::report::PageCounts;

/// An address space of a process, or of threads that share it.
#[derive(Debug, Default)]
pub(super) struct Space {
    pub(super) mm: Mm,
    /// Number of tasks in it.
    pub(super) users: usize,
    /// Touched pages inherited from a fork; they are still the parent's, and /proc counts them twice.
    pub(super) inherited: u64,
    /// True if samples of /proc show how much is touched.
    pub(super) is_sampled: bool,
    /// The pages of the replay, in which unmapping takes untouched pages first.
    pub(super) replayed: Books,
    /// True if it is the address space of the first process.
    pub(super) is_first: bool,
}

impl Space {
    /// Returns the touched pages as /proc counts them.
    pub(super) fn anon_pages(&self) -> u64 {
        let books = self.mm.books();
        (books.touched + self.inherited).min(books.mapped)
    }

    /// Touches as many pages as a sample counted.
    pub(super) fn sample(&mut self, anon_pages: u64) {
        self.mm.set_sampled(anon_pages.saturating_sub(self.inherited));
    }
}

/// Sums over all address spaces.
#[derive(Debug, Default)]
pub(super) struct Totals {
    pub(super) pages: PageCounts,
    pub(super) touched_now: u64,
    pub(super) committed_now: u64,
    pub(super) threads_now: u64,
    pub(super) processes_now: u64,
    pub(super) threads_peak: u64,
    pub(super) processes_peak: u64,
    pub(super) threads: u64,
    pub(super) processes: u64,
}

impl Totals {
    pub(super) fn changed(&mut self, before: Books, after: Books) {
        let grown = after.mapped.saturating_sub(before.mapped);
        self.pages.mapped = self.pages.mapped.saturating_add(grown);
        let touched = after.touched.saturating_sub(before.touched);
        self.pages.touched = self.pages.touched.saturating_add(touched);
        self.touched_now = (self.touched_now + after.touched).saturating_sub(before.touched);
        self.pages.touched_peak = self.pages.touched_peak.max(self.touched_now);
    }

    pub(super) fn recommitted(&mut self, before: u64, after: u64) {
        self.committed_now = self.committed_now.saturating_add(after).saturating_sub(before);
        self.pages.committed_peak = self.pages.committed_peak.max(self.committed_now);
    }

    pub(super) fn thread_started(&mut self) {
        self.threads += 1;
        self.threads_now += 1;
        self.threads_peak = self.threads_peak.max(self.threads_now);
    }

    pub(super) fn process_started(&mut self) {
        self.processes += 1;
        self.processes_now += 1;
        self.processes_peak = self.processes_peak.max(self.processes_now);
    }

    /// Records that a program has ended, by an exit or an exec.
    pub(super) fn image_gone(&mut self, space: &Space) {
        self.touched_now = self.touched_now.saturating_sub(space.mm.books().touched);
        self.committed_now = self.committed_now.saturating_sub(space.mm.committed_now());
    }

    pub(super) fn process_ended(&mut self, space: &Space) {
        self.processes_now = self.processes_now.saturating_sub(1);
        let pages = space.anon_pages();
        self.pages.touched_at_ends = self.pages.touched_at_ends.saturating_add(pages);
        if space.is_first {
            self.pages.touched_first = pages;
        }
    }
}
