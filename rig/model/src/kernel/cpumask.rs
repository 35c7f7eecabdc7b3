//! Sets of CPUs, in the kernel's list form (`0-3,8`).
use std::fmt;

/// The largest number of modelled CPUs.
pub const MAX_CPUS: u32 = 1024;

/// A set of CPUs below [`MAX_CPUS`].
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct CpuMask {
    /// Sorted, without repetition.
    cpus: Vec<u32>,
}

impl CpuMask {
    /// Creates the set of CPUs 0 to `count` - 1.
    #[must_use]
    pub fn first(count: u32) -> Self {
        Self { cpus: (0..count).collect() }
    }

    /// Creates the set of the CPUs in a list, in any order and with any repetition.
    #[must_use]
    pub fn from_list(list: &[u32]) -> Self {
        let mut cpus = list.to_vec();
        cpus.sort_unstable();
        cpus.dedup();
        Self { cpus }
    }

    /// Returns the CPUs that are in both sets.
    #[must_use]
    pub fn and(&self, other: &Self) -> Self {
        Self { cpus: self.cpus.iter().copied().filter(|cpu| other.contains(*cpu)).collect() }
    }

    /// Reports whether `cpu` is in the set.
    #[must_use]
    pub fn contains(&self, cpu: u32) -> bool {
        self.cpus.binary_search(&cpu).is_ok()
    }

    /// Returns the set without `cpu`.
    #[must_use]
    pub fn without(&self, cpu: u32) -> Self {
        Self { cpus: self.cpus.iter().copied().filter(|c| *c != cpu).collect() }
    }

    /// Returns the set with `cpu`.
    #[must_use]
    pub fn with(&self, cpu: u32) -> Self {
        let mut cpus = self.cpus.clone();
        if let Err(at) = cpus.binary_search(&cpu) {
            cpus.insert(at, cpu);
        }
        Self { cpus }
    }

    /// Returns the number of CPUs in the set.
    #[must_use]
    pub fn count(&self) -> usize {
        self.cpus.len()
    }

    /// Reports whether the set is empty.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.cpus.is_empty()
    }

    /// Returns the highest CPU.
    #[must_use]
    pub fn last(&self) -> Option<u32> {
        self.cpus.last().copied()
    }
}

impl fmt::Display for CpuMask {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut rest = self.cpus.as_slice();
        while let Some(&first) = rest.first() {
            let run = rest.iter().zip(first..).take_while(|(cpu, expected)| *cpu == expected).count();
            let comma = if run == rest.len() { "" } else { "," };
            match run {
                1 => write!(f, "{first}{comma}")?,
                _ => write!(f, "{first}-{}{comma}", rest[run - 1])?,
            }
            rest = &rest[run..];
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prints_as_the_kernel_does() {
        assert_eq!(CpuMask::from_list(&[8, 0, 1, 2, 2]).to_string(), "0-2,8");
        assert_eq!(CpuMask::from_list(&[]).to_string(), "");
        assert_eq!(CpuMask::first(1).to_string(), "0");
    }

    #[test]
    fn sets_are_changed_one_cpu_at_a_time() {
        let mask = CpuMask::from_list(&[1, 4]);
        assert_eq!(mask.with(2).with(4).to_string(), "1-2,4");
        assert_eq!(mask.without(1).to_string(), "4");
        assert_eq!(mask.and(&CpuMask::first(3)), CpuMask::from_list(&[1]));
        assert!(mask.contains(4) && !mask.contains(2) && mask.count() == 2);
    }
}
