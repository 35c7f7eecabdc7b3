//! Locks, with the columns of `/proc/lock_stat`, one table for all protocols; holds by phase; the longest holds.
//!
//! Separate from the phases: a phase is the view of one attach, and a lock is shared by all. Times are µs with two
//! decimals, as in `/proc/lock_stat`.
use super::View;
use super::components::{Column, columns, folded, folded_table, open_table, section as headed, table, text};
use super::holds;
use crate::aggregate::{LockSum, ProtocolSum, TimeSum};
use crate::units::{NONE, NOT_MEASURED, grouped, lock_stat_us, maybe_ns, ns, percent};
use crate::verdict::in_order;
use maud::{Markup, html};

/// Protocols whose locks are shown.
const MAX_PROTOCOLS: usize = 12;
/// Rows of the table of locks up to which it is open.
const OPEN_ROWS: usize = 64;

/// Columns of lock_stat that a model has. Bounces between caches are missing, because it does not model them.
const TITLES: [&str; 12] = [
    "lock",
    "protocol",
    "#contentions",
    "#wait min",
    "#wait max",
    "#wait total",
    "#wait avg",
    "#acquisitions",
    "#hold min",
    "#hold max",
    "#hold total",
    "#hold avg",
];

/// Number of columns in front of acquisitions and holds.
const WAITS: usize = 7;

pub(super) fn section(view: &View<'_>) -> Markup {
    let with_locks = || view.sums.protocols.iter().filter(|sum| !sum.sum.locks.is_empty());
    if with_locks().next().is_none() {
        return html! {};
    }
    let body = html! {
        p { (takeaway(view)) }
        (lock_stat(view))
        @if with_locks().count() > MAX_PROTOCOLS { p.more { "Locks of the other protocols are in run.json." } }
        (holds::section(view))
        (by_phase(view))
        (longest(view))
    };
    headed(view, "locks", "How long are locks waited for and held?", &body)
}

/// Renders one row for each lock and protocol, so that the protocols of a lock are next to each other.
fn lock_stat(view: &View<'_>) -> Markup {
    let sums = || view.sums.protocols.iter().filter(|sum| !sum.sum.locks.is_empty()).take(MAX_PROTOCOLS);
    let all: Vec<String> = sums().flat_map(|sum| &sum.sum.locks).map(class).collect();
    let mut rows: Vec<Vec<Markup>> = Vec::new();
    for name in in_order(all.iter().map(String::as_str)) {
        for sum in sums() {
            rows.extend(sum.sum.locks.iter().filter(|lock| class(lock) == name).map(|lock| row(lock, sum)));
        }
    }
    let caption = format!("lock_stat, times in µs ({})", view.clock);
    let mut titles = TITLES.to_vec();
    if !sums().flat_map(|sum| &sum.sum.locks).any(LockSum::holds_known) {
        // No row has holds, so one column says so for all five.
        rows.iter_mut().for_each(|row| row.truncate(WAITS + 1));
        titles.splice(WAITS.., ["#acquisitions and holds"]);
    }
    let shown = if rows.len() <= OPEN_ROWS { open_table } else { folded_table };
    html! { div.wrap { (shown(&caption, &columns(&titles), &rows)) } }
}

/// `mmap_sem-R`, as lock_stat writes it.
fn class(lock: &LockSum) -> String {
    if lock.mode.is_empty() { lock.class.clone() } else { format!("{}-{}", lock.class, lock.mode) }
}

fn row(lock: &LockSum, sum: &ProtocolSum) -> Vec<Markup> {
    // No wait has no length.
    let times = |time: &TimeSum| {
        let said = |ns| if time.count == 0 { NONE.to_owned() } else { lock_stat_us(ns) };
        [time.min_ns, time.max_ns, time.total_ns, time.avg_ns()].map(|ns| html! { (said(ns)) })
    };
    let mut row = vec![text(&class(lock)), text(sum.subject.label()), html! { (grouped(lock.contentions)) }];
    row.extend(times(&lock.wait));
    if !lock.holds_known() {
        row.extend((WAITS..TITLES.len()).map(|_| html! { (NOT_MEASURED) }));
        return row;
    }
    row.push(html! { (grouped(lock.acquisitions)) });
    row.extend(times(&lock.hold));
    row
}

fn takeaway(view: &View<'_>) -> String {
    let said = view.sums.protocols.iter().take(6).filter_map(|sum| {
        let lock = sum
            .sum
            .locks
            .iter()
            .filter(|lock| lock.wait.total_ns > 0)
            .max_by_key(|lock| lock.wait.total_ns)?;
        let all = sum.sum.locks.iter().map(|lock| lock.wait.total_ns).fold(0, u64::saturating_add);
        Some(format!(
            "under {} {} is {} of all waiting",
            sum.subject.label(),
            class(lock),
            percent(lock.wait.total_ns, all)
        ))
    });
    let said: Vec<String> = said.collect();
    if said.is_empty() {
        "No thread waited for a lock.".to_owned()
    } else {
        format!("Most waited for: {}.", said.join("; "))
    }
}

fn by_phase(view: &View<'_>) -> Markup {
    let mut head = columns(&["protocol", "lock", "phase", "#holds"]);
    head.extend(["time in the phase", "each"].map(|title| Column(format!("{title}, {}", view.clock), true)));
    head.push(Column("of all holding".to_owned(), true));
    let mut rows = Vec::new();
    for sum in &view.sums.protocols {
        for lock in &sum.sum.locks {
            for (phase, holds, total) in &lock.by_phase {
                rows.push(vec![
                    text(sum.subject.label()),
                    text(&class(lock)),
                    text(phase),
                    html! { (grouped(*holds)) },
                    html! { (ns(*total)) },
                    html! { (maybe_ns(total.checked_div(*holds))) },
                    html! { (percent(*total, lock.hold.total_ns)) },
                ]);
            }
        }
    }
    html! { @if !rows.is_empty() { h3 { "In which phase do movers hold them?" } (table("movers' holds by phase", &head, &rows)) } }
}

fn longest(view: &View<'_>) -> Markup {
    let mut head = columns(&["protocol", "lock"]);
    head.push(Column(format!("hold, {}", view.clock), true));
    head.extend(columns(&["holder", "phase", "#waiters", "#seed"]));
    let mut rows = Vec::new();
    for sum in &view.sums.protocols {
        for (seed, hold) in sum.sum.longest_holds.iter().take(5) {
            rows.push(vec![
                text(sum.subject.label()),
                html! { (text(&hold.lock)) @if !hold.mode.is_empty() { " " (text(&hold.mode)) } },
                html! { (ns(hold.hold_ns)) },
                text(&hold.holder),
                text(hold.phase.as_deref().unwrap_or(NONE)),
                html! { (grouped(u64::from(hold.waiters))) },
                html! { (seed) },
            ]);
        }
    }
    html! { @if !rows.is_empty() {
        (folded("The longest holds, five a protocol", &open_table("longest holds", &head, &rows)))
    } }
}
