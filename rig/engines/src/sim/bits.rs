//! A set of small integers that finds its lowest member quickly. It holds the idle CPUs.

/// A set of integers below a bound that is fixed when the set is made.
#[derive(Clone, Debug)]
pub(super) struct Bits {
    words: Vec<u64>,
}

impl Bits {
    /// Returns the set of all integers below `bound`.
    pub(super) fn full(bound: u32) -> Self {
        let mut bits = Self { words: vec![0; bound.div_ceil(64) as usize] };
        (0..bound).for_each(|i| bits.insert(i));
        bits
    }

    pub(super) fn insert(&mut self, i: u32) {
        self.words[i as usize / 64] |= 1 << (i % 64);
    }

    pub(super) fn remove(&mut self, i: u32) {
        self.words[i as usize / 64] &= !(1 << (i % 64));
    }

    pub(super) fn contains(&self, i: u32) -> bool {
        self.words[i as usize / 64] & (1 << (i % 64)) != 0
    }

    pub(super) fn lowest(&self) -> Option<u32> {
        let (i, word) = self.words.iter().enumerate().find(|(_, word)| **word != 0)?;
        Some(i as u32 * 64 + word.trailing_zeros())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lowest_comes_first_across_words() {
        let mut bits = Bits::full(130);
        (0..129).for_each(|i| bits.remove(i));
        assert_eq!(bits.lowest(), Some(129));
        bits.insert(64);
        assert!(bits.contains(64) && !bits.contains(65));
        assert_eq!(bits.lowest(), Some(64));
    }
}
