//! Both models find the same final states of random cases, under every protocol.
//!
//! `ATTACH_RIG_CASES=500 cargo test -p explore --test explore same` runs that many seeds of each kind.
use super::against::{Compared, compared};
use super::naive::protocol::all;
use super::random::{Kind, case};

/// Seeds of each kind, unless `ATTACH_RIG_CASES` gives another number.
const SEEDS: u64 = 16;

fn seeds() -> u64 {
    std::env::var("ATTACH_RIG_CASES")
        .map_or(SEEDS, |text| text.parse().expect("ATTACH_RIG_CASES is a number"))
}

/// Compares every seed of a kind under every protocol. A comparison that is too large is left out; most must not be.
fn same(kind: Kind) {
    let (mut same, mut large, mut wrong) = (0, 0, Vec::new());
    for seed in 0..seeds() {
        let case = case(kind, seed);
        for variant in all() {
            match compared(&case, variant, &variant.name()) {
                Compared::Same => same += 1,
                Compared::TooLarge => large += 1,
                Compared::Different(text) => wrong.push(format!("# {kind:?}, seed {seed}\n{text}")),
            }
        }
    }
    let count = same + large + wrong.len();
    assert!(wrong.is_empty(), "{} of {count} comparisons differ. The first:\n{}", wrong.len(), wrong[0]);
    assert!(same > 2 * large, "{large} of {count} comparisons are too large");
}

#[test]
fn address_spaces() {
    same(Kind::Spaces);
}

#[test]
fn owners() {
    same(Kind::Owners);
}

#[test]
fn tasks() {
    same(Kind::Tasks);
}

#[test]
fn nested_cgroups() {
    same(Kind::Nested);
}

#[test]
fn both_controllers() {
    same(Kind::Both);
}

#[test]
fn refusals() {
    same(Kind::Refused);
}
