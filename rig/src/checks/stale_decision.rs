//! stale-decision: a controller said yes by looking, and at the switch its answer no longer held.
use super::{Shadow, Tally};
use crate::engine::{Event, Stamp};

/// Looks at one event.
pub(super) fn observe(tally: &mut Tally, shadow: &Shadow, stamp: Stamp, event: &Event) {
    if !matches!(event, Event::Switched) {
        return;
    }
    let Some(unit) = shadow.unit(stamp.actor) else { return };
    for (controller, cgroup, mm) in &unit.admitted {
        tally.examine();
        let pages = shadow.mm(*mm).map_or(0, |mm| mm.total_vm);
        for level in shadow.layout().upward(*cgroup) {
            let index = Shadow::index(*controller, level);
            let limit = shadow.layout().cgroups[level.index()].limits[controller.index()];
            let wanted = shadow.usage(index) + pages;
            if wanted > i64::try_from(limit).unwrap_or(i64::MAX) {
                let at_ns = stamp.at_ns;
                tally.broken(|| {
                    let name = shadow.name(index);
                    format!("at {at_ns} ns {name} was said to have room, but at the switch {wanted} pages want to be there, with a limit of {limit}")
                });
            }
        }
    }
}
