//! stale-decision: a controller admitted an attach without reserving, and at the switch its answer no longer held.
use super::check::{About, Checker, Excuse, Needs, RARE, Seen};
use super::unit::Admission;
use super::{Shadow, Tally};
use crate::seam::Admitted;
use crate::seam::Event;

/// The check.
#[derive(Debug, Default)]
pub(super) struct StaleDecision {
    pub(super) tally: Tally,
}

impl Checker for StaleDecision {
    const ABOUT: About = About {
        name: "stale-decision",
        needs: Needs::TotalOrder,
        by_final_state: false,
        excuse: Excuse::None,
        events: RARE,
    };

    fn observe(&mut self, Seen { shadow, stamp, .. }: Seen<'_>, event: &Event) {
        if !matches!(event, Event::Switched) {
            return;
        }
        let Some(unit) = shadow.unit(stamp.actor) else { return };
        let at_ns = stamp.at_ns;
        for admission in unit.admitted.iter().copied() {
            let Admission { cgroup, what, .. } = admission;
            self.tally.examine();
            let name = || shadow.cgroup_name(cgroup);
            match what {
                Admitted::Cpus if shadow.without_cpus(cgroup) => self.tally.violated(|| {
                    format!(
                        "at {at_ns} ns {} had CPUs when it was checked, but at the switch it has none",
                        name()
                    )
                }),
                Admitted::Thawed if shadow.is_frozen(cgroup) => self.tally.violated(|| {
                    format!(
                        "at {at_ns} ns {} was not frozen when it was checked, but at the switch it is",
                        name()
                    )
                }),
                Admitted::Cpus | Admitted::Thawed => {}
                Admitted::RoomForMm(mm) => {
                    let pages = shadow.mm(mm).map_or(0, |mm| mm.total_vm);
                    room(&mut self.tally, shadow, at_ns, (admission, pages));
                }
                Admitted::RoomForTasks(amount) | Admitted::RoomForPackets(amount) => {
                    room(&mut self.tally, shadow, at_ns, (admission, amount as i64));
                }
            }
        }
    }
}

/// Compares the room that a controller found with the room at the switch. `amount` is in its unit.
fn room(tally: &mut Tally, shadow: &Shadow, at_ns: u64, (admission, amount): (Admission, i64)) {
    let Admission { controller, cgroup, until, .. } = admission;
    for level in shadow.layout().charged(cgroup, until) {
        let index = Shadow::index(controller, level);
        let limit = shadow.limit(index);
        let wanted = shadow.usage(index) + amount;
        if wanted > i64::try_from(limit).unwrap_or(i64::MAX) {
            tally.violated(|| {
                let (name, unit) = (shadow.name(index), controller.unit());
                format!("at {at_ns} ns {name} had room when it was checked, but at the switch it needs {wanted} {unit}, with a limit of {limit}")
            });
        }
    }
}
