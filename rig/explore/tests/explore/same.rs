//! Both models find the same final states of random cases, under every protocol.
//!
//! `ATTACH_RIG_CASES=500 cargo test -p explore --test explore same` runs that many seeds of each kind.
use super::against::{Bounds, Compared, compared};
use super::naive::protocol::{Variant, all};
use super::random::{Kind, case};

/// Seeds of each kind, unless `ATTACH_RIG_CASES` gives another number.
const SEEDS: u64 = 16;

/// Most schedules and states of a case; a larger case is left out.
const BOUNDS: Bounds = Bounds { schedules: 500, states: 8_000 };

fn seeds() -> u64 {
    std::env::var("ATTACH_RIG_CASES")
        .map_or(SEEDS, |text| text.parse().expect("ATTACH_RIG_CASES is a number"))
}

/// Compares every seed of a kind. Returns the numbers of comparisons that were the same and that were too large.
fn compare(kind: Kind, variants: &[Variant]) -> (usize, usize) {
    let (mut same, mut large, mut wrong) = (0, 0, Vec::new());
    for seed in 0..seeds() {
        let case = case(kind, seed);
        for variant in variants {
            match compared(&case, *variant, &variant.name(), BOUNDS) {
                Compared::Same => same += 1,
                Compared::TooLarge => large += 1,
                Compared::Different(text) => wrong.push(format!("# {kind:?}, seed {seed}\n{text}")),
            }
        }
    }
    let all = same + large + wrong.len();
    assert!(
        wrong.is_empty(),
        "{} of {all} differ; the first of them:\n{}",
        wrong.len(),
        wrong[..wrong.len().min(5)].join("\n")
    );
    (same, large)
}

fn same(kind: Kind) {
    let started = std::time::Instant::now();
    let (same, large) = compare(kind, &all());
    println!("{kind:?}: {same} same, {large} too large, {:?}", started.elapsed());
    assert!(same > large, "{kind:?}: {large} of {} are too large", same + large);
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
