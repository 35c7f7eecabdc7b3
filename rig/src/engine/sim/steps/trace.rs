//! Which schedules are the same but for the order of steps that do not depend on each other.
use super::Step;
use crate::engine::{ActorId, Object};
use std::collections::BTreeMap;

/// A number that is the same for two schedules exactly if they are one trace: all steps that depend on each other come in
/// the same order. (128 bits of a hash.)
#[must_use]
pub fn trace(steps: &[Step]) -> u128 {
    let mut of_objects: BTreeMap<Object, Vec<(ActorId, u32, bool)>> = BTreeMap::new();
    let mut taken: Vec<u32> = Vec::new();
    for Step { actor, touch } in steps {
        if actor.index() >= taken.len() {
            taken.resize(actor.index() + 1, 0);
        }
        taken[actor.index()] += 1;
        of_objects.entry(touch.object).or_default().push((*actor, taken[actor.index()], touch.reads()));
    }
    let mut hash = Hash::default();
    for (object, mut order) in of_objects {
        order.chunk_by_mut(|a, b| a.2 && b.2).for_each(<[_]>::sort_unstable);
        hash.add(object.class as u64);
        hash.add(u64::from(object.owner));
        for (actor, step, _) in order {
            hash.add(u64::from(actor.0) << 32 | u64::from(step));
        }
    }
    hash.0
}

/// FNV-1a of 128 bits, a word at a time.
struct Hash(u128);

impl Default for Hash {
    fn default() -> Self {
        Self(0x6c62_272e_07bb_0142_62b8_2175_6295_c58d)
    }
}

impl Hash {
    fn add(&mut self, value: u64) {
        self.0 = (self.0 ^ u128::from(value)).wrapping_mul(0x0000_0000_0100_0000_0000_0000_0000_013b);
        self.0 ^= self.0 >> 67;
    }
}
