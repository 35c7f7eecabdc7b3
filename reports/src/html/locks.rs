//! Locks, with the names and in the order of `/proc/lock_stat`, per protocol; holds by phase; the longest holds.
//!
//! Separate from the phases: a phase is the view of one attach, and a lock is shared by all. Times are µs with two
//! decimals, as in `/proc/lock_stat`.
use super::View;
use super::components::{Column, columns, section as headed, table, text};
use super::holds;
use crate::aggregate::{LockSum, ProtocolSum, TimeSum};
use crate::units::{NOT_MEASURED, clip, grouped, lock_stat_us, ns, percent};
use maud::{Markup, html};

/// Protocols whose locks are shown.
const MAX_TABLES: usize = 12;

/// Columns of lock_stat that a model has. Bounces between caches are missing, because it does not model them.
const TITLES: [&str; 11] = [
    "class name",
    "#contentions",
    "#waittime-min",
    "#waittime-max",
    "#waittime-total",
    "#waittime-avg",
    "#acquisitions",
    "#holdtime-min",
    "#holdtime-max",
    "#holdtime-total",
    "#holdtime-avg",
];

/// Number of columns about waits.
const WAITS: usize = 6;

pub(super) fn section(view: &View<'_>) -> Markup {
    let with_locks = || view.sums.protocols.iter().filter(|sum| !sum.sum.locks.is_empty());
    if with_locks().next().is_none() {
        return html! {};
    }
    let body = html! {
        p { (takeaway(view)) }
        @for sum in with_locks().take(MAX_TABLES) { (lock_stat(view, sum)) }
        @if with_locks().count() > MAX_TABLES { p.more { "Locks of the other protocols are in run.json." } }
        (holds::section(view))
        (by_phase(view))
        (longest(view))
    };
    headed(view, "locks", "Who waits for which lock, and who holds it?", &body)
}

fn lock_stat(view: &View<'_>, sum: &ProtocolSum) -> Markup {
    let mut rows: Vec<Vec<Markup>> = sum.sum.locks.iter().map(row).collect();
    let caption = format!("{}: lock_stat, times in µs ({})", clip(sum.subject.label(), 80), view.clock);
    if sum.sum.locks.iter().any(LockSum::holds_known) {
        return table(&caption, &columns(&TITLES), &rows);
    }
    // No row has holds, so one column says so for all five.
    rows.iter_mut().for_each(|row| row.truncate(WAITS + 1));
    let titles: Vec<&str> = TITLES[..WAITS].iter().copied().chain(["#acquisitions and holds"]).collect();
    table(&caption, &columns(&titles), &rows)
}

/// `mmap_sem-R`, as lock_stat writes it.
fn class(lock: &LockSum) -> String {
    if lock.mode.is_empty() { lock.class.clone() } else { format!("{}-{}", lock.class, lock.mode) }
}

fn row(lock: &LockSum) -> Vec<Markup> {
    let times = |time: &TimeSum| {
        [time.min_ns, time.max_ns, time.total_ns, time.avg_ns()].map(|ns| html! { (lock_stat_us(ns)) })
    };
    let mut row = vec![text(&class(lock)), html! { (lock.contentions) }];
    row.extend(times(&lock.wait));
    if !lock.holds_known() {
        row.extend((WAITS..TITLES.len()).map(|_| html! { (NOT_MEASURED) }));
        return row;
    }
    row.push(html! { (lock.acquisitions) });
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
        "Nobody waited for a lock.".to_owned()
    } else {
        format!("Most waited for: {}.", said.join("; "))
    }
}

fn by_phase(view: &View<'_>) -> Markup {
    let mut head = columns(&["protocol", "class name", "phase", "#holds"]);
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
                    html! { (total.checked_div(*holds).map_or_else(String::new, ns)) },
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
                hold.phase.as_deref().map_or_else(|| html! { "–" }, text),
                html! { (hold.waiters) },
                html! { (seed) },
            ]);
        }
    }
    html! { @if !rows.is_empty() { h3 { "The longest holds" } (table("longest holds, five a protocol", &head, &rows)) } }
}
