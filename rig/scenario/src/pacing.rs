//! How often somebody acts: at a rate with intended start times, or one after the other with a pause. Movers and admins
//! wait alike.
use super::fields::Pace;
use model::seam::Current;

/// See the module's text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pacing {
    /// Closed loop, or a rate.
    pub pace: Pace,
    /// Pause after each act of a closed loop, in ns.
    pub pause_ns: u64,
}

impl Pacing {
    /// Waits for that turn; turn 0 of a closed loop is at once. `None` when the cell is over at `end_ns`, else when the
    /// act was due, if there is a rate.
    pub fn wait<C: Current>(self, cur: &C, end_ns: u64, turn: u64) -> Option<Option<u64>> {
        let due_ns = match self.pace {
            Pace::Closed => {
                if turn > 0 && self.pause_ns > 0 {
                    cur.sleep_until(cur.now() + self.pause_ns);
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
}
