//! Cgroups by name. The root of the only hierarchy is `/`; of several, each root has the name of its hierarchy before
//! that: `mem:/`.
use super::CgroupSpec;
use crate::kernel::{CgroupId, HierarchyId};

/// The cgroups of a spec, then a root for each hierarchy.
#[derive(Clone, Debug)]
pub struct Tree<'a> {
    roots: Vec<String>,
    cgroups: &'a [CgroupSpec],
}

impl<'a> Tree<'a> {
    /// Returns the tree of `cgroups` in hierarchies of these names. A hierarchy without a name has an empty one.
    pub fn new<'n>(hierarchies: impl IntoIterator<Item = &'n str>, cgroups: &'a [CgroupSpec]) -> Self {
        let names: Vec<&str> = hierarchies.into_iter().collect();
        let prefix = |name: &&str| {
            if names.len() == 1 || name.is_empty() { String::new() } else { format!("{name}:") }
        };
        Self { roots: names.iter().map(|name| prefix(name) + "/").collect(), cgroups }
    }

    /// Returns the names of the roots, by hierarchy.
    #[must_use]
    pub fn roots(&self) -> &[String] {
        &self.roots
    }

    /// Returns the names of all cgroups, by id.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.cgroups.iter().map(|cgroup| &cgroup.name).chain(&self.roots).map(String::as_str)
    }

    /// Returns the cgroup of that name.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<CgroupId> {
        self.names().position(|known| known == name).map(|at| CgroupId(at as u32))
    }

    /// Returns the spec of a cgroup; `None` for a root, which is not configured.
    #[must_use]
    pub fn spec(&self, id: CgroupId) -> Option<&'a CgroupSpec> {
        self.cgroups.get(id.index())
    }

    /// Returns the name of a cgroup.
    ///
    /// # Panics
    /// If there is no such cgroup.
    #[must_use]
    pub fn name(&self, id: CgroupId) -> &str {
        self.spec(id).map_or_else(|| &self.roots[id.index() - self.cgroups.len()], |spec| &spec.name)
    }

    /// Returns the hierarchy of a cgroup.
    #[must_use]
    pub fn hierarchy(&self, id: CgroupId) -> HierarchyId {
        self.spec(id)
            .map_or_else(|| HierarchyId((id.index() - self.cgroups.len()) as u32), |spec| spec.hierarchy)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roots_follow_the_cgroups_and_have_a_name_each_if_there_are_several() {
        let a = CgroupSpec {
            name: "a".to_owned(),
            hierarchy: HierarchyId(1),
            limits: vec![],
            cpus: None,
            frozen: false,
        };
        let cgroups = [a];
        let tree = Tree::new(["mem", "cpu"], &cgroups);
        assert_eq!(tree.names().collect::<Vec<_>>(), ["a", "mem:/", "cpu:/"]);
        let (cpu, a) = (tree.find("cpu:/").expect("a root"), tree.find("a").expect("a cgroup"));
        assert_eq!(
            (tree.name(cpu), tree.hierarchy(cpu), tree.hierarchy(a)),
            ("cpu:/", HierarchyId(1), HierarchyId(1))
        );
        assert!(tree.spec(cpu).is_none() && tree.find("/").is_none());
        assert_eq!(Tree::new(["mem"], &cgroups).roots(), ["/"]);
    }
}
