//! Seeded streams of operations: the work of the tasks of an experiment, and nothing else.
//!
//! Start here: [`Spec`] is the workload in a scenario, [`WorkloadPlan`] is a validated `Spec`, and
//! [`WorkloadPlan::stream`] returns the operations ([`Op`]) of one actor ([`ActorKey`]). The same seed and key give the
//! same operations on every machine, and draws of one actor never affect another.
//!
//! ```
//! use workloads::{ActorKey, BuiltIn, Spec, WorkloadPlan};
//!
//! let plan = WorkloadPlan::new(&Spec::new("churn", 2, 4), &BuiltIn)?;
//! let first: Vec<_> = plan.stream(42, &ActorKey::root(0, 3)).take(3).map(|op| op.to_string()).collect();
//! assert_eq!(first.len(), 3);
//! # Ok::<(), workloads::SpecError>(())
//! ```
//!
//! | file | content |
//! |---|---|
//! | `op` | the operations |
//! | `actor` | the owner of an operation, and the numbers of forked children |
//! | `random` | generators from seed and key; ranges whose values never change |
//! | `shapes` | the named presets in one table, and the list for `attach-rig list` |
//! | `mixer` | operations drawn from a preset |
//! | `spec`, `resolve`, `error` | the form of a workload in a scenario; its merge with the preset; its mistakes |
//! | `plan`, `stream` | the two types that the rig uses |
//! | `files` | the source of recordings, built in or from a folder |
//! | `trace` | `strace` logs of real programs, turned into streams |
//!
//! The streams need no feedback: they continue as if every operation succeeded, and keep their own count of mapped and
//! touched pages. If a `munmap` or `release` asks for more than there is, the code that executes it takes what there
//! is.
#![forbid(unsafe_code)]

mod actor;
mod error;
mod files;
mod mixer;
mod op;
mod plan;
mod random;
mod resolve;
mod shapes;
mod spec;
mod stream;
mod trace;

pub use actor::ActorKey;
pub use error::SpecError;
pub use files::{BuiltIn, Carried, Files, Folder};
pub use op::Op;
pub use plan::{ACTORS_MAX, WorkloadPlan};
pub use shapes::{ShapeInfo, shapes};
pub use spec::{Mix, Spec, TRACE_PREFIX};
pub use stream::Stream;
pub use trace::{
    DroppedLines, Drops, PageCounts, Part, Sample, Trace, TraceError, TraceOptions, TraceReport,
};
