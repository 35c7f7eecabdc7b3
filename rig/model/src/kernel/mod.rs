//! Plain data and arithmetic of the modelled kernel: no lock, no clock, no randomness, no engine.
//!
//! One level up, [`crate::world`] decides which data is reached through which lock.
pub mod controller;
pub mod counter;
pub mod cpumask;
pub mod ids;
pub mod layout;
pub mod page;
pub mod threadgroup;

pub use controller::Controller;
pub use counter::Counter;
pub use cpumask::CpuMask;
pub use ids::{CgroupId, CssSetId, HierarchyId, MaskId, MmId, ProcessId, TaskId};
pub use layout::{Layout, Snapshot};
pub use threadgroup::Threadgroup;
