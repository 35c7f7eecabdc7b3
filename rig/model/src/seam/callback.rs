//! Callbacks of controllers, with the rules that their protocols set for them.

/// Callbacks of all protocols.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Callback {
    /// `three-phase`: asks whether the task may come.
    CanAttach,
    /// `three-phase`: the task has come.
    Attach,
    /// `prepare-undo`.
    PrepareAttach,
    /// `prepare-undo`.
    Undo,
    /// `prepare-undo`.
    Attached,
    /// `transactional`.
    PrepareAttachSleep,
    /// `transactional`.
    PrepareAttachNosleep,
    /// `transactional`.
    AbortAttachNosleep,
    /// `transactional`.
    AbortAttachSleep,
    /// `transactional`.
    CommitAttachNosleep,
    /// `transactional`.
    CommitAttachSleep,
}

impl Callback {
    /// Returns the name, as in the mails and the kernel.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::CanAttach => "can_attach",
            Self::Attach => "attach",
            Self::PrepareAttach => "prepare_attach",
            Self::Undo => "undo",
            Self::Attached => "attached",
            Self::PrepareAttachSleep => "prepare_attach_sleep",
            Self::PrepareAttachNosleep => "prepare_attach_nosleep",
            Self::AbortAttachNosleep => "abort_attach_nosleep",
            Self::AbortAttachSleep => "abort_attach_sleep",
            Self::CommitAttachNosleep => "commit_attach_nosleep",
            Self::CommitAttachSleep => "commit_attach_sleep",
        }
    }

    /// Returns the rules that its protocol sets for it.
    #[must_use]
    pub fn terms(self) -> CallbackContract {
        let terms = |role, may_sleep, order| CallbackContract { role, may_sleep, order };
        match self {
            Self::CanAttach | Self::Attach => terms(Role::Unpaired, true, Order::AsMounted),
            Self::PrepareAttach => terms(Role::Prepare, true, Order::AsMounted),
            Self::Undo => terms(Role::Abort, true, Order::AsMounted),
            Self::Attached => terms(Role::Commit, true, Order::AsMounted),
            Self::PrepareAttachSleep => terms(Role::Prepare, true, Order::AsMounted),
            Self::PrepareAttachNosleep => terms(Role::Prepare, false, Order::AsMounted),
            Self::AbortAttachNosleep => terms(Role::Abort, false, Order::Reverse),
            Self::AbortAttachSleep => terms(Role::Abort, true, Order::Reverse),
            Self::CommitAttachNosleep => terms(Role::Commit, false, Order::Reverse),
            Self::CommitAttachSleep => terms(Role::Commit, true, Order::Reverse),
        }
    }

    /// Returns its kind of fault site; `None` if it cannot refuse the attach.
    #[must_use]
    pub fn fault(self) -> Option<faults::SiteCallback> {
        match self {
            Self::CanAttach => Some(faults::SiteCallback::CanAttach),
            Self::PrepareAttach => Some(faults::SiteCallback::Prepare),
            Self::PrepareAttachSleep => Some(faults::SiteCallback::PrepareSleep),
            Self::PrepareAttachNosleep => Some(faults::SiteCallback::PrepareNosleep),
            _ => None,
        }
    }

    /// Reports whether it may refuse the attach.
    #[must_use]
    pub fn can_refuse(self) -> bool {
        self.fault().is_some()
    }

    /// Reports whether it undoes a prepare.
    #[must_use]
    pub fn undoes(self) -> bool {
        self.terms().role == Role::Abort
    }
}

/// The role of a callback in its half, which is one controller's prepare with its abort and commit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// Has no half: no other callback undoes or completes it.
    Unpaired,
    /// Prepares. If it passes, an abort or a commit follows.
    Prepare,
    /// Undoes.
    Abort,
    /// Completes.
    Commit,
}

/// The rules that a protocol sets for a callback.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CallbackContract {
    /// The role in its half.
    pub role: Role,
    /// True if it may sleep, which distinguishes the two halves of a controller.
    pub may_sleep: bool,
    /// The order in which the controllers' callbacks of this kind run.
    pub order: Order,
}

/// An order of callbacks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// That of the controllers in the hierarchy.
    AsMounted,
    /// The reverse of that in which they prepared, nosleep halves first.
    Reverse,
}
