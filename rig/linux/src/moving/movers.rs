//! Several movers at once, each with targets of its own, on a thread of its own.
use super::super::clock::PreciseSleep;
use super::super::error::LinuxError;
use super::super::place::group::Groups;
use super::super::workers::workload::MovedUnit;
use super::mover::{Ended, MovePlan, Mover, Watch};
use super::samples::MoveSamples;
use std::thread;

/// Several movers at once, each with targets and a thread of its own; never empty.
#[derive(Debug)]
pub(crate) struct Movers(Vec<Mover>);

impl Movers {
    /// Deals the workers out to this many movers and moves all of them into the first cgroup.
    ///
    /// # Errors
    /// As [`Mover::enter`].
    pub(crate) fn enter(
        groups: &Groups,
        moves: MovedUnit,
        workers: &[Vec<u32>],
        movers: u32,
    ) -> Result<Self, LinuxError> {
        let movers = movers.max(1) as usize;
        let dealt = |mover: usize| workers.iter().skip(mover).step_by(movers).cloned().collect::<Vec<_>>();
        (0..movers)
            .map(|mover| Mover::enter(groups, moves, &dealt(mover)))
            .collect::<Result<_, _>>()
            .map(Self)
    }

    /// Runs one cell: all movers at once, and the calling thread alone when there is one.
    pub(crate) fn measure(&mut self, plan: MovePlan, watch: &Watch<'_>) -> (MoveSamples, Ended, u64) {
        if let [only] = self.0.as_mut_slice() {
            return one(only, plan, watch);
        }
        thread::scope(|scope| {
            let start = |mover| scope.spawn(move || one(mover, plan, watch));
            let running: Vec<_> = self.0.iter_mut().map(start).collect();
            let ended = running
                .into_iter()
                .map(|thread| thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
            ended.fold(
                (MoveSamples::new(), Ended::Complete, 0),
                |(mut sum, ended, ns), (samples, other, other_ns)| {
                    sum.add(&samples);
                    (sum, ended.worse(other), ns.max(other_ns))
                },
            )
        })
    }

    /// The first one, for cells that have one only.
    pub(crate) fn first(&mut self) -> &mut Mover {
        &mut self.0[0]
    }

    /// See [`Mover::verify`].
    ///
    /// # Errors
    /// As there.
    pub(crate) fn verify(&self) -> Result<(), LinuxError> {
        self.0.iter().try_for_each(Mover::verify)
    }

    /// Ids of the targets, by cgroup.
    pub(crate) fn places(&self) -> Vec<Vec<u32>> {
        let each: Vec<_> = self.0.iter().map(Mover::places).collect();
        let of = |cgroup: usize| each.iter().flat_map(|places| places[cgroup].clone()).collect();
        (0..each[0].len()).map(of).collect()
    }
}

fn one(mover: &mut Mover, plan: MovePlan, watch: &Watch<'_>) -> (MoveSamples, Ended, u64) {
    let _precise = PreciseSleep::start();
    let mut samples = MoveSamples::new();
    let (ended, ns) = mover.measure(plan, &mut samples, watch);
    (samples, ended, ns)
}
