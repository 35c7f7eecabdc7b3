//! The shapes by name: one table of presets, and the list that `attach-rig list` prints. `mixer` uses the numbers;
//! `spec` says which of them a scenario may override.

use crate::files::RECORDINGS;

/// A number from `min` to `max`, both included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Range<T> {
    pub(crate) min: T,
    pub(crate) max: T,
}

const fn range<T: Copy>(min: T, max: T) -> Range<T> {
    Range { min, max }
}

/// Weights with which operations are drawn, relative to each other. The presets map as often as they unmap, so that the
/// address space varies between 0 and the cap instead of staying at either.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Weights {
    pub(crate) mmap: u32,
    pub(crate) munmap: u32,
    pub(crate) touch: u32,
    pub(crate) release: u32,
    pub(crate) think: u32,
    pub(crate) fork_thread: u32,
    pub(crate) fork_process: u32,
}

/// The reaction of an actor to an `mmap` that would exceed its cap.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AtCap {
    /// Unmaps a part instead.
    Unmap,
    /// Unmaps everything it mapped, and starts again.
    DropAll,
}

/// The numbers of one shape. Pages are 4 KiB; the cap counts the pages that one thread has mapped itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Preset {
    pub(crate) name: &'static str,
    pub(crate) about: &'static str,
    /// Initial address space of a process; it does not count against caps and is never unmapped on purpose.
    pub(crate) initial_pages: u32,
    pub(crate) op_pages: Range<u32>,
    pub(crate) cap_pages: u32,
    pub(crate) at_cap: AtCap,
    pub(crate) think_ns: Range<u64>,
    pub(crate) mix: Weights,
    /// Fewest operations of the parent between two forks; not below `child_ops.max`, so that a child has ended before
    /// its parent forks again and the number of live children stays small.
    pub(crate) fork_gap_ops: u32,
    /// Operations of a forked child before it exits.
    pub(crate) child_ops: Range<u32>,
    /// Share of forked processes that exec first.
    pub(crate) exec_percent: u32,
}

const NO_FORKS: (u32, Range<u32>, u32) = (8, range(2, 6), 0);

/// All shapes that are drawn rather than recorded.
pub(crate) const PRESETS: [Preset; 6] = [
    Preset {
        name: "mixed",
        about: "maps, unmaps, touches, releases, a few forks and short thinks: a mix of all paths",
        initial_pages: 32,
        op_pages: range(1, 8),
        cap_pages: 256,
        at_cap: AtCap::Unmap,
        think_ns: range(1_000, 5_000),
        mix: weights([24, 24, 25, 9, 12], [3, 3]),
        fork_gap_ops: 24,
        child_ops: range(2, 8),
        exec_percent: 10,
    },
    Preset {
        name: "steady",
        about: "maps, touches, releases and unmaps at a moderate pace, thinking in between; no forks",
        initial_pages: 64,
        op_pages: range(1, 16),
        cap_pages: 512,
        at_cap: AtCap::Unmap,
        think_ns: range(2_000, 20_000),
        mix: weights([19, 19, 30, 12, 20], [0, 0]),
        fork_gap_ops: NO_FORKS.0,
        child_ops: NO_FORKS.1,
        exec_percent: NO_FORKS.2,
    },
    Preset {
        name: "churn",
        about: "maps and unmaps as fast as possible, with some touches and a fork now and then; never thinks",
        initial_pages: 16,
        op_pages: range(1, 8),
        cap_pages: 256,
        at_cap: AtCap::Unmap,
        think_ns: range(1_000, 1_000),
        mix: weights([39, 39, 20, 0, 0], [1, 1]),
        fork_gap_ops: 64,
        child_ops: range(2, 6),
        exec_percent: 0,
    },
    Preset {
        name: "near-limit",
        about: "maps up to its cap, unmaps everything and starts again, so that free room disappears",
        initial_pages: 8,
        op_pages: range(1, 8),
        cap_pages: 256,
        at_cap: AtCap::DropAll,
        think_ns: range(1_000, 5_000),
        mix: weights([70, 0, 20, 0, 10], [0, 0]),
        fork_gap_ops: NO_FORKS.0,
        child_ops: NO_FORKS.1,
        exec_percent: NO_FORKS.2,
    },
    Preset {
        name: "fork-storm",
        about: "forks threads and processes; the children do a few operations and exit, some exec first",
        initial_pages: 16,
        op_pages: range(1, 4),
        cap_pages: 64,
        at_cap: AtCap::Unmap,
        think_ns: range(1_000, 4_000),
        mix: weights([14, 14, 15, 3, 10], [25, 19]),
        fork_gap_ops: 6,
        child_ops: range(2, 5),
        exec_percent: 25,
    },
    Preset {
        name: "idle",
        about: "thinks, and occasionally does one operation",
        initial_pages: 32,
        op_pages: range(1, 4),
        cap_pages: 64,
        at_cap: AtCap::Unmap,
        think_ns: range(200_000, 2_000_000),
        mix: weights([1, 1, 1, 1, 60], [0, 0]),
        fork_gap_ops: NO_FORKS.0,
        child_ops: NO_FORKS.1,
        exec_percent: NO_FORKS.2,
    },
];

/// Returns the weights of `[mmap, munmap, touch, release, think]` and `[fork thread, fork process]`.
const fn weights(calm: [u32; 5], forks: [u32; 2]) -> Weights {
    let [mmap, munmap, touch, release, think] = calm;
    let [fork_thread, fork_process] = forks;
    Weights { mmap, munmap, touch, release, think, fork_thread, fork_process }
}

/// A shape, as `attach-rig list` shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ShapeInfo {
    /// The value of `shape` in a scenario.
    pub name: &'static str,
    /// One line about what its tasks do.
    pub about: &'static str,
}

const SHAPE_COUNT: usize = PRESETS.len() + RECORDINGS.len();

static SHAPES: [ShapeInfo; SHAPE_COUNT] = {
    let mut all = [ShapeInfo { name: "", about: "" }; SHAPE_COUNT];
    let mut at = 0;
    while at < PRESETS.len() {
        all[at] = ShapeInfo { name: PRESETS[at].name, about: PRESETS[at].about };
        at += 1;
    }
    while at < SHAPE_COUNT {
        let recording = &RECORDINGS[at - PRESETS.len()];
        all[at] = ShapeInfo { name: recording.shape, about: recording.about };
        at += 1;
    }
    all
};

/// Returns every shape that needs no file: the presets, then the built-in recordings.
pub fn shapes() -> &'static [ShapeInfo] {
    &SHAPES
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_preset_keeps_the_rule_that_bounds_live_children() {
        for preset in &PRESETS {
            assert!(preset.fork_gap_ops >= preset.child_ops.max, "{}", preset.name);
            assert!(preset.op_pages.min <= preset.op_pages.max && preset.op_pages.max <= preset.cap_pages);
        }
    }
}
