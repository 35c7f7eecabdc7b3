//! An admin: writes to the files of a cgroup, makes and removes it, or takes CPUs offline, at a rate or with a pause.
//! At its end it restores the initial state.
use super::pacing::wait;
use super::worker::WorkerContext;
use model::kernel::{CgroupId, CpuMask};
use model::paths::admin;
use model::protocols::evacuate;
use model::seam::event::Who;
use model::seam::{Current, Event};
use scenario::Act;
use scenario::Pacing;

/// The job of one admin. Failures are counted by their own events; the admin goes on.
pub(super) struct Admin {
    pub(super) number: u32,
    pub(super) pacing: Pacing,
    pub(super) act: Act,
}

/// Changes that have not been undone yet.
#[derive(Default)]
struct Away {
    /// CPUs, each with the cpusets that named it.
    cpus: Vec<(u32, Vec<(CgroupId, CpuMask)>)>,
    cgroup: bool,
    /// True if freezer.state differs from its initial value.
    flipped: bool,
}

impl Admin {
    /// Acts until the cell ends. Waits before its first act, so that the other actors are at work by then.
    pub(super) fn work<C: Current>(self, cur: &C, stage: &WorkerContext) {
        cur.emit(Event::Start(Who::Admin(self.number)));
        let mut away = Away::default();
        for turn in 1.. {
            if wait(self.pacing, cur, stage.end_ns, turn).is_none() {
                break;
            }
            self.turn(cur, stage, turn as usize - 1, &mut away);
        }
        self.restore(cur, stage, &mut away);
    }

    fn turn<C: Current>(&self, cur: &C, stage: &WorkerContext, turn: usize, away: &mut Away) {
        let world = &*stage.world;
        match &self.act {
            Act::Limit { controller, cgroup, values, force } => {
                let limit = values[turn % values.len()];
                let _ = admin::set_limit(cur, world, (*controller, *cgroup), limit, *force);
            }
            Act::Cpus { cgroup, values } => {
                let _ = admin::set_cpus(cur, world, *cgroup, values[turn % values.len()].clone());
            }
            Act::Freeze { cgroup } => {
                let found = world.spec.cgroups[cgroup.index()].frozen;
                away.flipped = !away.flipped;
                let _ = admin::freeze(cur, world, *cgroup, found != away.flipped);
            }
            Act::Hotplug { cpus } if away.cpus.is_empty() => {
                for cpu in cpus.iter().copied() {
                    let named = world.callback_mutex.lock(cur).naming(cpu);
                    if admin::offline_cpu(cur, world, cpu).is_ok() {
                        away.cpus.push((cpu, named));
                    }
                }
                evacuate(stage.protocol, cur, world);
            }
            Act::Rmdir { cgroup } if !away.cgroup => {
                away.cgroup = admin::rmdir(cur, world, *cgroup).is_ok();
            }
            Act::Hotplug { .. } | Act::Rmdir { .. } => self.bring_back(cur, stage, away),
        }
    }

    fn bring_back<C: Current>(&self, cur: &C, stage: &WorkerContext, away: &mut Away) {
        // In reverse order, so that each cpuset ends as it was before the first change.
        for (cpu, named) in std::mem::take(&mut away.cpus).into_iter().rev() {
            let _ = admin::online_cpu(cur, &stage.world, cpu);
            admin::write_back(cur, &stage.world, named);
        }
        if let Act::Rmdir { cgroup } = self.act
            && std::mem::take(&mut away.cgroup)
        {
            let _ = admin::mkdir(cur, &stage.world, cgroup);
        }
    }

    fn restore<C: Current>(&self, cur: &C, stage: &WorkerContext, away: &mut Away) {
        let world = &*stage.world;
        match &self.act {
            Act::Limit { controller, cgroup, force, .. } => {
                let limit = world.spec.limit(*cgroup, *controller);
                let _ = admin::set_limit(cur, world, (*controller, *cgroup), limit, *force);
            }
            Act::Cpus { cgroup, .. } => {
                let cpus = world.spec.cgroups[cgroup.index()].cpus.clone();
                let all = || CpuMask::first(world.spec.cpus);
                let _ = admin::set_cpus(cur, world, *cgroup, cpus.unwrap_or_else(all));
            }
            Act::Freeze { .. } if away.flipped => self.turn(cur, stage, 0, away),
            Act::Freeze { .. } => {}
            Act::Hotplug { .. } | Act::Rmdir { .. } => self.bring_back(cur, stage, away),
        }
    }
}
