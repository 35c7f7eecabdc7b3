//! The source of chance: a hash of (seed, rule, site, hit), never a stream.
//!
//! With a stream, one extra hit at one site would shift the draws of all others. Here a draw depends only on its own
//! coordinates. The mixing function is that of SplitMix64 (Steele, Lea, Flood, OOPSLA 2014; finalizer: Stafford's
//! variant 13), a bijection of 64 bits, applied once per coordinate:
//!
//! ```text
//! key  = mix(mix(mix(seed) ^ rule) ^ fnv1a(site name))     once per run and rule
//! roll = mix(key ^ hit) scaled to 0..100                   once per hit
//! ```
//!
//! The site enters by name and not by index, so that a new site does not change decisions at the old ones. These
//! formulas define the meaning of a seed; a test pins them.

use crate::Site;

/// The coordinates of a rule's draws that are constant during a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Key(u64);

impl Key {
    /// Returns the key of the rule at that index of the plan.
    pub(crate) fn new(seed: u64, rule: usize, site: Site) -> Self {
        let rule = mix(mix(seed) ^ rule as u64);
        Self(mix(rule ^ fnv1a(site.name())))
    }

    /// Returns the draw of a hit: 0 to 99.
    #[inline]
    pub(crate) fn roll(self, hit: u64) -> u8 {
        // The upper half times 100 is below 100 * 2^32; the shift leaves 0..=99, biased by less than 2^-25.
        (((mix(self.0 ^ hit) >> 32) * 100) >> 32) as u8
    }
}

/// One step of SplitMix64.
#[inline]
fn mix(x: u64) -> u64 {
    let z = x.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// FNV-1a, 64 bits.
fn fnv1a(name: &str) -> u64 {
    name.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mix_and_fnv1a_are_the_published_functions() {
        assert_eq!(mix(0), 0xe220_a839_7b1d_cdaf, "first output of SplitMix64 seeded with 0");
        assert_eq!(fnv1a(""), 0xcbf2_9ce4_8422_2325);
        assert_eq!(fnv1a("a"), 0xaf63_dc4c_8601_ec8c);
    }

    #[test]
    fn every_roll_is_a_percentage_and_all_occur() {
        let key = Key::new(7, 0, Site::MemoryPrepare);
        let mut seen = [0_u32; 100];
        for hit in 1..=100_000 {
            seen[usize::from(key.roll(hit))] += 1;
        }
        // 1000 each are expected; five standard deviations are 157.
        assert!(seen.iter().all(|&count| (843..=1157).contains(&count)), "{seen:?}");
    }
}
