//! Begin and end of contention -> how long a thread waited for which lock.
use super::event::{TraceEvent, What};
use std::collections::BTreeMap;

/// A wait that has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Wait {
    /// Begin of the wait, in ns of our clock.
    pub(super) at: u64,
    /// Length of the wait in ns.
    pub(super) ns: u64,
    /// Address of the lock.
    pub(super) lock: u64,
    /// All flags that the kernel gave during the wait.
    pub(super) flags: u32,
}

/// Pairs begin and end per thread and lock. A mutex begins anew when it stops spinning and sleeps, which is still one
/// wait. Begins and ends without a partner, at the edges or next to records that were thrown away, are left out.
pub(super) fn waits(events: &[TraceEvent]) -> Vec<Wait> {
    let (mut waits, mut open) = (Vec::new(), BTreeMap::<(u32, u64), (u64, u32)>::new());
    for event in events {
        match event.what {
            What::WaitBegin { lock, flags } => {
                open.entry((event.tid, lock)).or_insert((event.at, 0)).1 |= flags;
            }
            What::WaitEnd { lock } => {
                if let Some((at, flags)) = open.remove(&(event.tid, lock)) {
                    waits.push(Wait { at, ns: event.at.saturating_sub(at), lock, flags });
                }
            }
            // The end of a wait may be among the lost records, and the next begin is then another wait.
            What::Missed => open.clear(),
            What::Attach | What::Transfer | What::Enter { .. } | What::Leave { .. } => {}
        }
    }
    waits
}

#[cfg(test)]
mod tests {
    use super::*;

    fn begin(at: u64, tid: u32, lock: u64, flags: u32) -> TraceEvent {
        TraceEvent { at, tid, what: What::WaitBegin { lock, flags } }
    }

    fn end(at: u64, tid: u32, lock: u64) -> TraceEvent {
        TraceEvent { at, tid, what: What::WaitEnd { lock } }
    }

    fn lengths(events: &[TraceEvent]) -> Vec<(u64, u64, u32)> {
        waits(events).into_iter().map(|wait| (wait.lock, wait.ns, wait.flags)).collect()
    }

    #[test]
    fn pairs_are_of_one_thread_and_one_lock() {
        let events = [
            begin(1, 7, 100, 2),
            begin(3, 8, 100, 4),
            begin(4, 7, 200, 1),
            end(5, 7, 200),
            end(6, 8, 100),
            end(9, 7, 100),
        ];
        assert_eq!(lengths(&events), [(200, 1, 1), (100, 3, 4), (100, 8, 2)]);
    }

    #[test]
    fn spinning_and_sleeping_is_one_wait() {
        assert_eq!(lengths(&[begin(1, 7, 100, 33), begin(4, 7, 100, 32), end(9, 7, 100)]), [(100, 8, 33)]);
    }

    #[test]
    fn what_stands_alone_is_no_wait() {
        let missed = TraceEvent { at: 3, tid: 0, what: What::Missed };
        assert_eq!(
            lengths(&[end(1, 7, 100), begin(2, 7, 100, 0), missed, end(4, 7, 100), begin(5, 7, 100, 0)]),
            []
        );
    }
}
