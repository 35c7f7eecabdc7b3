//! Orders of a worker process when it is started, and when it has replaced itself by exec: JSON, as its argument.
use serde::{Deserialize, Serialize};
use std::os::fd::RawFd;
use workloads::{ActorKey, Spec};

/// Orders of a worker process.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct WorkerConfig {
    /// Work of its threads.
    pub(crate) spec: Spec,
    /// Seed of its workload.
    pub(crate) seed: u64,
    /// Number of the process within its workload.
    pub(crate) process: u32,
    /// Number under which it inherits the shared memory. `families` says for how many families that is, `family` which
    /// one is its own.
    pub(crate) memory: RawFd,
    /// See `memory`.
    pub(crate) families: usize,
    /// See `memory`.
    pub(crate) family: usize,
    /// Point at which it goes on after an exec; absent at the start.
    pub(crate) resume: Option<Resume>,
}

/// Point at which a program goes on after an exec.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Resume {
    /// Path of the actor's key.
    pub(crate) actor: Vec<u32>,
    /// Operations that it has done, the exec included.
    pub(crate) done: usize,
    /// Time at which the exec began, in ns of the one clock.
    pub(crate) began_ns: u64,
    /// Moves begun by then.
    pub(crate) moves_begun: u64,
    /// True when one was under way.
    pub(crate) attaching: bool,
    /// Pid of the process that forked this one; absent for the worker process itself.
    pub(crate) parent: Option<i32>,
}

impl Resume {
    /// The key of the actor.
    pub(crate) fn key(&self) -> Option<ActorKey> {
        let [process, thread, descent @ ..] = self.actor.as_slice() else { return None };
        Some(descent.iter().fold(ActorKey::root(*process, *thread), |key, child| key.child(*child)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_survives_an_exec() {
        let key = ActorKey::root(1, 2).child(3).child(4);
        let resume = |actor: &[u32]| Resume {
            actor: actor.to_vec(),
            done: 1,
            began_ns: 2,
            moves_begun: 3,
            attaching: true,
            parent: Some(4),
        };
        assert_eq!(resume(key.path()).key(), Some(key));
        assert_eq!(resume(&[1]).key(), None);
    }
}
