//! Seeded streams of operations: what the tasks of an experiment do, and nothing else.
//!
//! Start here: [`Spec`] is what a scenario says, [`WorkloadPlan`] is a `Spec` that was found valid, and
//! [`WorkloadPlan::stream`] gives the operations ([`Op`]) of one actor ([`ActorKey`]). The same seed and key give the
//! same operations on every machine, and no draw of one actor shifts anything in another.
//!
//! ```
//! use workloads::{ActorKey, BuiltIn, Plan, Spec};
//!
//! let plan = Plan::new(&Spec::new("churn", 2, 4), &BuiltIn)?;
//! let first: Vec<_> = plan.stream(42, &ActorKey::root(0, 3)).take(3).map(|op| op.to_string()).collect();
//! assert_eq!(first.len(), 3);
//! # Ok::<(), workloads::SpecError>(())
//! ```
//!
//! | file | what is in it |
//! |---|---|
//! | `op` | the operations |
//! | `actor` | who an operation belongs to, and the numbers of forked children |
//! | `random` | seed and key to a generator; ranges whose values never change |
//! | `shapes` | the named presets, one table, and the list for `attach-rig list` |
//! | `mixer` | operations drawn from a preset |
//! | `spec`, `resolve`, `error` | what a scenario may say; with the preset into one; what can be wrong |
//! | `plan`, `stream` | the two types that the rig holds |
//! | `files` | the door through which recordings come in, built-in or from a folder |
//! | `trace` | `strace` logs of real programs into streams |
//!
//! The streams need no answer: they go on as if every operation succeeded, and keep their own books of what
//! is mapped and touched. Whoever executes them takes what is there when a `munmap` or `release` asks for
//! more.
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
