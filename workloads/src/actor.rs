//! The owner of an operation. A key is a path and not a number, so that a fork in one place never renumbers an actor in
//! another; `random` turns it into a generator.

use std::fmt;

use smallvec::SmallVec;

/// The path to an actor: process, thread, then the number of the child at every fork on the way.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ActorKey {
    path: SmallVec<[u32; 6]>,
}

impl ActorKey {
    /// Returns a thread that exists from the start; thread 0 is the leader of its process.
    pub fn root(process: u32, thread: u32) -> Self {
        ActorKey { path: SmallVec::from_slice(&[process, thread]) }
    }

    /// Returns the child that a [`ForkThread`](crate::Op::ForkThread) or [`ForkProcess`](crate::Op::ForkProcess) of
    /// this actor names.
    #[must_use]
    pub fn child(&self, child: u32) -> Self {
        let mut path = self.path.clone();
        path.push(child);
        ActorKey { path }
    }

    /// Returns the whole path, which has at least two numbers.
    pub fn path(&self) -> &[u32] {
        &self.path
    }

    /// Returns the numbers of the children below the root thread; empty for an actor that exists from the start.
    pub fn descent(&self) -> &[u32] {
        &self.path[2..]
    }
}

impl fmt::Display for ActorKey {
    /// `1.3` for thread 3 of process 1, `1.3/0/5` for its child 0's child 5.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.path[0], self.path[1])?;
        self.descent().iter().try_for_each(|child| write!(f, "/{child}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_ordered_by_path_and_show_it() {
        let root = ActorKey::root(1, 3);
        let grandchild = root.child(0).child(5);
        assert_eq!(grandchild.to_string(), "1.3/0/5");
        assert_eq!(grandchild.descent(), [0, 5]);
        assert!(root < grandchild && grandchild < ActorKey::root(1, 4));
    }
}
