//! The state that a controller looked at when it admitted an attach without reserving.
use crate::kernel::MmId;

/// The property of a cgroup for which a controller admitted an attach.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Admitted {
    /// It had room for the address space.
    RoomForMm(MmId),
    /// It had room for this many tasks.
    RoomForTasks(u64),
    /// It had room for this many packets.
    RoomForPackets(u64),
    /// It had CPUs.
    Cpus,
    /// It was not frozen.
    Thawed,
}
