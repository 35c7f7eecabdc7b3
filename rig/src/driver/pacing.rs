//! Pacing of movers and admins: at a rate with intended start times, or one act after the other with a pause.
use model::seam::Current;
use scenario::{Pace, Pacing};

/// Waits for that turn; turn 0 of a closed loop is immediate. Returns `None` if the cell is over at `end_ns`, otherwise
/// the intended start if there is a rate.
pub(super) fn wait<C: Current>(pacing: Pacing, cur: &C, end_ns: u64, turn: u64) -> Option<Option<u64>> {
    let due_ns = match pacing.pace {
        Pace::Closed => {
            if turn > 0 && pacing.pause_ns > 0 {
                cur.sleep_until(cur.now() + pacing.pause_ns);
            }
            None
        }
        Pace::PerSecond(rate) => {
            let due_ns = rate.offset_ns(turn);
            cur.sleep_until(due_ns.min(end_ns));
            Some(due_ns)
        }
    };
    (cur.now() < end_ns).then_some(due_ns)
}
