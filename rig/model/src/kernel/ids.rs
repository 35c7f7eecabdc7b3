//! Newtypes for the identities of kernel objects. An id is a slot: it may be used again after its object is gone.
macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub u32);

        impl $name {
            /// Returns the id as an index.
            #[must_use]
            pub fn index(self) -> usize {
                self.0 as usize
            }

            /// Returns the id as the value of a shared cell.
            #[must_use]
            pub fn word(self) -> u64 {
                u64::from(self.0)
            }

            /// Returns the id that is the value of a shared cell.
            #[must_use]
            pub fn from_word(word: u64) -> Self {
                Self(word as u32)
            }
        }
    };
}

id! {
    /// A thread (`task_struct`).
    TaskId
}
id! {
    /// A process (`signal_struct`, a thread group).
    ProcessId
}
id! {
    /// An address space (`mm_struct`).
    MmId
}
id! {
    /// A cgroup, numbered over all hierarchies.
    CgroupId
}
id! {
    /// A hierarchy.
    HierarchyId
}
id! {
    /// An interned CPU mask.
    MaskId
}

/// The largest number of hierarchies.
pub const MAX_HIERARCHIES: usize = 4;
/// The largest number of cgroups, over all hierarchies.
pub const MAX_CGROUPS: usize = u16::MAX as usize;

impl CgroupId {
    /// No cgroup. A page record made before its controller joined names it.
    pub const NONE: Self = Self(u32::MAX);
}

/// A `css_set`: one cgroup per hierarchy. The id is its content, 16 bits per hierarchy.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct CssSetId(pub u64);

impl CssSetId {
    /// Returns the cgroup in `hierarchy`.
    #[must_use]
    pub fn cgroup(self, hierarchy: HierarchyId) -> CgroupId {
        CgroupId((self.0 >> (16 * hierarchy.0)) as u32 & 0xffff)
    }

    /// Returns the css_set with `cgroup` in `hierarchy`.
    #[must_use]
    pub fn with(self, hierarchy: HierarchyId, cgroup: CgroupId) -> Self {
        let shift = 16 * hierarchy.0;
        Self(self.0 & !(0xffff << shift) | u64::from(cgroup.0) << shift)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_css_set_holds_a_cgroup_per_hierarchy() {
        let (first, third) = (HierarchyId(0), HierarchyId(2));
        let css = CssSetId::default().with(first, CgroupId(7)).with(third, CgroupId(65_534));
        assert_eq!((css.cgroup(first), css.cgroup(third)), (CgroupId(7), CgroupId(65_534)));
        assert_eq!(css.with(third, CgroupId(0)).cgroup(third), CgroupId(0));
    }
}
