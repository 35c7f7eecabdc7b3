//! What the depth-first engine finds.
use super::depth_first::{Body, explore};
use super::example::{B, mapper, mover, protocol, state, world};
use rig::kernel::Controller;
use std::time::Instant;

fn see(name: &str, body: Body) -> Vec<String> {
    let began = Instant::now();
    let states = explore(&world(&[Controller::Memrlimit]), &[body, |cur, w| mapper(cur, w)], state);
    let schedules: u64 = states.values().sum();
    println!("{name}: {schedules} schedules in {:?}: {states:?}", began.elapsed());
    states.into_keys().collect()
}

#[test]
fn three() {
    see("three-phase", |c, w| drop(mover(c, w, protocol("three-phase"), B)));
}
#[test]
fn tx() {
    see("transactional", |c, w| drop(mover(c, w, protocol("transactional"), B)));
}
#[test]
fn pu() {
    see("prepare-undo", |c, w| drop(mover(c, w, protocol("prepare-undo"), B)));
}
#[test]
fn pul() {
    see("prepare-undo:hold=locks", |c, w| drop(mover(c, w, protocol("prepare-undo:hold=locks"), B)));
}
