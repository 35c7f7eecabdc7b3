//! stale-decision: a controller admitted an attach without reserving, and at the switch its answer no longer held.
use super::check::{About, Checker, Needs, RARE, Seen};
use super::unit::Admitted;
use super::{Shadow, Tally};
use crate::kernel::{CgroupId, Controller, MmId};
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
        without_locks: false,
        events: RARE,
    };

    fn observe(&mut self, Seen { shadow, stamp, .. }: Seen<'_>, event: &Event) {
        if !matches!(event, Event::Switched) {
            return;
        }
        let Some(unit) = shadow.unit(stamp.actor) else { return };
        let at_ns = stamp.at_ns;
        for Admitted { controller, cgroup, until, mm } in unit.admitted.iter().copied() {
            self.tally.examine();
            let name = || shadow.cgroup_name(cgroup);
            match controller {
                Controller::Cpuset if shadow.without_cpus(cgroup) => self.tally.violated(|| {
                    format!(
                        "at {at_ns} ns {} had CPUs when it was checked, but at the switch it has none",
                        name()
                    )
                }),
                Controller::Freezer if shadow.is_frozen(cgroup) => self.tally.violated(|| {
                    format!(
                        "at {at_ns} ns {} was not frozen when it was checked, but at the switch it is",
                        name()
                    )
                }),
                _ => {}
            }
            if let Some(mm) = mm {
                let levels = shadow.layout().charged(cgroup, until);
                room(&mut self.tally, shadow, at_ns, (controller, levels, mm));
            }
        }
    }
}

fn room(
    tally: &mut Tally,
    shadow: &Shadow,
    at_ns: u64,
    (controller, levels, mm): (Controller, impl Iterator<Item = CgroupId>, MmId),
) {
    let pages = shadow.mm(mm).map_or(0, |mm| mm.total_vm);
    for level in levels {
        let index = Shadow::index(controller, level);
        let limit = shadow.limit(index);
        let wanted = shadow.usage(index) + pages;
        if wanted > i64::try_from(limit).unwrap_or(i64::MAX) {
            tally.violated(|| {
                let name = shadow.name(index);
                format!("at {at_ns} ns {name} had room when it was checked, but at the switch it needs {wanted} pages, with a limit of {limit}")
            });
        }
    }
}
