//! Helpers for several modules: recordings in memory, and streams as text.

use std::borrow::Cow;
use std::io;

use workloads::{ActorKey, BuiltIn, Files, Op, Spec, WorkloadPlan};

pub(crate) const PRESETS: [&str; 6] = ["mixed", "steady", "churn", "near-limit", "fork-storm", "idle"];

/// A source that returns the same bytes for every name.
pub(crate) struct Bytes(pub(crate) Vec<u8>);

impl Files for Bytes {
    fn read(&self, _name: &str) -> io::Result<Cow<'static, [u8]>> {
        Ok(Cow::Owned(self.0.clone()))
    }
}

pub(crate) fn plan(shape: &str) -> WorkloadPlan {
    WorkloadPlan::new(&Spec::new(shape, 4, 1), &BuiltIn).unwrap()
}

/// Returns the plan of a log that runs once.
pub(crate) fn trace_plan(log: &str) -> WorkloadPlan {
    let spec = Spec { trace_repeat: Some(false), ..Spec::new("trace:log", 1, 1) };
    WorkloadPlan::new(&spec, &Bytes(log.as_bytes().to_vec())).unwrap()
}

pub(crate) fn ops(plan: &WorkloadPlan, key: &ActorKey, count: usize) -> Vec<Op> {
    plan.stream(42, key).take(count).collect()
}

pub(crate) fn shown(plan: &WorkloadPlan, key: &ActorKey, count: usize) -> Vec<String> {
    ops(plan, key, count).iter().map(ToString::to_string).collect()
}

/// Returns the child that an operation forks.
pub(crate) fn forked(op: Op) -> Option<u32> {
    match op {
        Op::ForkThread { child } | Op::ForkProcess { child } => Some(child),
        _ => None,
    }
}
