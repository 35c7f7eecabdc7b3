//! Looks inside the kernel while it moves: extra cells with tracing on, so that the other cells stay undisturbed.
//!
//! ```text
//! cell        the traced cells from begin to end, and what a reader has to know of them
//! moving      their loop: a fixed number of moves, with the time of each
//! session     everything that is switched on for them, and off again
//! tracefs     the file system, reached without a mount that others see; instances, made and removed
//! buffer      one trace buffer: its files, its pages
//! page        pages of the kernel's ring buffer -> records; format: where their fields are
//! event       records -> attaches, lock waits, function calls
//! graph       which functions, and in which buffer the kernel draws their graph
//! calls       the calls of one move -> phases that add up to it, and holds of locks
//! waits       begin and end of contention -> waits by class; flags: what kind of lock it is
//! symbols     /proc/kallsyms: addresses -> names
//! figures     all of it, summed up as series and rows; remarks: what a reader has to know
//! why         why something is not available, and what would fix that
//! ```
//!
//! A note reports anything that the kernel or the machine does not allow; that is not an error. On a host nothing is
//! switched on outside an instance of our own.
mod buffer;
mod calls;
mod cell;
mod event;
mod figures;
mod flags;
mod format;
mod graph;
mod moving;
mod page;
mod remarks;
mod session;
mod symbols;
mod tracefs;
mod waits;
mod why;

pub(super) use cell::Scene;
pub(super) use figures::Traced;
pub(super) use moving::TIME_MAX;
pub(super) use tracefs::{Tracefs, remains};

/// Reads a page of the ring buffer, for the fuzzer.
pub(super) fn read_page(page: &[u8]) {
    let head = "field: u64 timestamp;offset:0;size:8;signed:0;\nfield: local_t commit;offset:8;size:8;signed:1;\n\
        field: char data;offset:16;size:4080;signed:1;\n";
    if let Some(layout) = format::Format::parse(head).and_then(|head| page::Layout::of(&head)) {
        let records: usize = page::Page::new(page, layout).map(|record| record.data.len()).sum();
        assert!(records <= page.len(), "records lie within their page");
    }
}
