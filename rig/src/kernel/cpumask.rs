//! Sets of CPUs, in the kernel's list form (`0-3,8`).
use std::fmt;

/// Largest number of modelled CPUs.
pub const MAX_CPUS: u32 = 1024;

/// A set of CPUs below [`MAX_CPUS`].
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct CpuMask {
    /// Sorted, without repetition.
    cpus: Vec<u32>,
}

impl CpuMask {
    /// CPUs 0 to `count` - 1.
    #[must_use]
    pub fn first(count: u32) -> Self {
        Self { cpus: (0..count).collect() }
    }

    /// The CPUs of a list; order and repetition do not matter.
    #[must_use]
    pub fn from_list(list: &[u32]) -> Self {
        let mut cpus = list.to_vec();
        cpus.sort_unstable();
        cpus.dedup();
        Self { cpus }
    }

    /// Whether there is no CPU in it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.cpus.is_empty()
    }

    /// The highest CPU.
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
}
