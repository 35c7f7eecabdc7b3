//! A generator for each actor, derived from the seed, and numbers in a range drawn from it.
//!
//! Written out here rather than taken from a hasher or from `rand`'s distributions, because those may change their
//! values between versions, and a stored seed must keep its meaning. The parts of others that are used here are
//! guaranteed to be stable: PCG XSL RR 128/64 (O'Neill 2014), through [`rand_pcg::Pcg64`] and [`rand::Rng::next_u64`].
//!
//! The mixing: a 64-bit state starts as the seed. For the length of the path, and then for each of its numbers, it
//! becomes `splitmix64(state ^ splitmix64(number + 1))`. Four further outputs of splitmix64, run as a generator from
//! that state, are the generator's 256 bits. The shape is not included, so that two shapes with one seed differ by
//! their rules only. The digests in `tests/all/golden.rs` pin all of it.

use rand::Rng;
use rand_pcg::Pcg64;

use crate::actor::ActorKey;

/// The increment of splitmix64 (Steele, Lea and Flood 2014): 2^64 divided by the golden ratio, made odd.
const GOLDEN_GAMMA: u64 = 0x9e37_79b9_7f4a_7c15;

/// Returns the output of splitmix64 for the state after `state`.
fn splitmix64(state: u64) -> u64 {
    let mut z = state.wrapping_add(GOLDEN_GAMMA);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// The random numbers of one actor.
#[derive(Clone, Debug)]
pub(crate) struct Draws {
    pcg: Pcg64,
}

impl Draws {
    /// Returns the generator of `actor` under `seed`.
    pub(crate) fn new(seed: u64, actor: &ActorKey) -> Self {
        let fold = |state: u64, number: u64| splitmix64(state ^ splitmix64(number.wrapping_add(1)));
        let start = fold(seed, actor.path().len() as u64);
        let mut state = actor.path().iter().fold(start, |state, &number| fold(state, u64::from(number)));
        let mut word = || {
            let out = splitmix64(state);
            state = state.wrapping_add(GOLDEN_GAMMA);
            u128::from(out)
        };
        let mut two_words = || word() | (word() << 64);
        Draws { pcg: Pcg64::new(two_words(), two_words()) }
    }

    /// Returns a number below `bound` (0 when `bound` is 0): the upper half of the 128-bit product of one draw and
    /// `bound` (Lemire 2019, without the rejection; the bias is below `bound` / 2^64). Takes exactly one draw.
    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        ((u128::from(self.pcg.next_u64()) * u128::from(bound)) >> 64) as u64
    }

    /// Returns a number from `min` to `max`, both included; `min` when `max` is smaller. Takes one draw.
    pub(crate) fn between(&mut self, min: u64, max: u64) -> u64 {
        let span = max.saturating_sub(min).saturating_add(1);
        min + self.below(span)
    }

    /// Returns true in `percent` of 100 cases. Takes one draw.
    pub(crate) fn percent(&mut self, percent: u32) -> bool {
        self.below(100) < u64::from(percent)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn splitmix64_gives_the_published_numbers() {
        // The first two outputs for seed 1234567, as on Rosetta Code ("Pseudo-random numbers/Splitmix64").
        let states = [1_234_567u64, 1_234_567u64.wrapping_add(GOLDEN_GAMMA)];
        assert_eq!(states.map(splitmix64), [6_457_827_717_110_365_317, 3_203_168_211_198_807_973]);
    }

    #[test]
    fn ranges_reach_both_ends_and_nothing_else() {
        let mut dice = Draws::new(1, &ActorKey::root(0, 0));
        let drawn: std::collections::BTreeSet<u64> = (0..1000).map(|_| dice.between(3, 6)).collect();
        assert_eq!(drawn.into_iter().collect::<Vec<_>>(), [3, 4, 5, 6]);
        assert_eq!(dice.between(7, 7), 7);
        assert_eq!(dice.below(0), 0);
    }

    #[test]
    fn near_keys_and_seeds_give_unlike_numbers() {
        let first = |seed, key: &ActorKey| Draws::new(seed, key).below(u64::MAX);
        let keys =
            [ActorKey::root(0, 0), ActorKey::root(0, 1), ActorKey::root(1, 0), ActorKey::root(0, 0).child(0)];
        let drawn: std::collections::BTreeSet<u64> =
            keys.iter().flat_map(|key| (0..50).map(move |seed| first(seed, key))).collect();
        assert_eq!(drawn.len(), 200);
    }
}
