//! The simulated protocol nearest to each protocol of a kernel. This is the one place that chooses it.
//!
//! Separate, because it is a judgement and not a figure. Nearest is not the same: it says what is alike and what is not,
//! and outputs print both. The protocol of mainline today (ask all, switch all, notify all, under a write-held rwsem) is
//! not in the simulator. When it is, the judgement has to change.
use crate::schema::Subject;

/// The judgement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Nearest {
    /// Id of the simulator's nearest protocol.
    pub protocol: &'static str,
    /// Properties that the two have in common.
    pub alike: &'static str,
    /// Differences between the two.
    pub unlike: &'static str,
}

/// The judgement on every hierarchy that Linux offers, since all of them go through one attach path.
pub const LINUX: Nearest = Nearest {
    protocol: "prepare-undo",
    alike: "every controller is asked first (can_attach, prepare) and may refuse or reserve; when one refuses, those \
        asked before it take their part back (cancel_attach, undo), in the same order; then all threads switch; then every \
        controller is notified (attach, attached) and cannot refuse any more",
    unlike: "Linux holds threadgroup_rwsem for writing all the while, so fork, exec and exit wait, and unless it \
        favours moves the writer may wait for an RCU grace period; prepare-undo takes that lock with hold=locks only, and \
        then keeps mmap_sem as well, which Linux does not. Linux allocates before it asks, prepare-undo after. Controllers \
        differ: Linux has no memrlimit",
};

/// Names what a subject of a run on Linux offers, whatever its cells measure; `None` for one without a hierarchy.
#[must_use]
pub fn offered(subject: &Subject) -> Option<&'static str> {
    let parts = subject.parts();
    match (parts.family(), parts.charges) {
        ("v1", true) => Some("v1 with moving charges"),
        ("v1", false) => Some("v1"),
        ("v2", _) => Some("v2"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_subject_of_linux_has_a_name() {
        let named = |protocol| offered(&Subject::of(protocol));
        assert_eq!([named("v1:pids"), named("v1"), named("v2")], [Some("v1"), Some("v1"), Some("v2")]);
        assert_eq!([named("transactional"), named(""), named("v3")], [None; 3]);
        let charges = Subject::of("v1").with(|parts| (parts.charges, parts.guest) = (true, true));
        assert_eq!(offered(&charges), Some("v1 with moving charges"));
    }
}
