//! The simulated protocol nearest to each protocol of a kernel. This is the one place that chooses it.
//!
//! Separate, because it is a judgement and not a figure. Nearest is not the same: each row says what is alike and what
//! is not, and outputs print both. The protocol of mainline today (ask all, switch all, notify all, under a write-held
//! rwsem) is not in the simulator. When it is, the rows below have to change.
use crate::schema::Subject;

/// A row of the judgement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Nearest {
    /// Protocol that the kernel offers.
    pub offered: &'static str,
    /// Id of the simulator's nearest protocol.
    pub protocol: &'static str,
    /// Properties that the two have in common.
    pub alike: &'static str,
    /// Differences between the two.
    pub unlike: &'static str,
}

const ALIKE: &str = "every controller is asked first (can_attach, prepare) and may refuse or reserve; when one refuses, those \
    asked before it take their part back (cancel_attach, undo), in the same order; then all threads switch; then every \
    controller is notified (attach, attached) and cannot refuse any more";

const UNLIKE: &str = "Linux holds threadgroup_rwsem for writing all the while, so fork, exec and exit wait, and unless it \
    favours moves the writer may wait for an RCU grace period; prepare-undo takes that lock with hold=locks only, and then \
    keeps mmap_sem as well, which Linux does not. Linux allocates before it asks, prepare-undo after. Controllers differ: \
    Linux has no memrlimit";

const OFFERS: [Nearest; 3] = [
    Nearest { offered: "v1", protocol: "prepare-undo", alike: ALIKE, unlike: UNLIKE },
    Nearest { offered: "v1 with moving charges", protocol: "prepare-undo", alike: ALIKE, unlike: UNLIKE },
    Nearest { offered: "v2", protocol: "prepare-undo", alike: ALIKE, unlike: UNLIKE },
];

/// Returns the protocol nearest to a subject of a run on Linux, whatever its cells measure; `None` for one without a
/// hierarchy.
#[must_use]
pub fn nearest(subject: &Subject) -> Option<&'static Nearest> {
    let parts = subject.parts();
    let offered = match (parts.family(), parts.charges) {
        ("v1", true) => "v1 with moving charges",
        ("v1", false) => "v1",
        ("v2", _) => "v2",
        _ => return None,
    };
    OFFERS.iter().find(|row| row.offered == offered)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_subject_of_linux_has_its_row() {
        let row = |protocol| nearest(&Subject::of(protocol)).map(|row| row.offered);
        assert_eq!((row("v1:pids"), row("v1"), row("v2")), (Some("v1"), Some("v1"), Some("v2")));
        assert_eq!((row("transactional"), row(""), row("v3")), (None, None, None));
        let charges = Subject::of("v1").with(|parts| (parts.charges, parts.guest) = (true, true));
        assert_eq!(nearest(&charges).map(|row| row.offered), Some("v1 with moving charges"));
    }
}
