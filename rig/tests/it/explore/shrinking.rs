//! A long counterexample becomes a short one, within its time, and still fails.
use super::support::{limits, protocol, run};
use engines::Interrupt;
use explore::replay::replay;
use explore::shrink::{Size, shrink};
use explore::{Litmus, Witness};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// The first test of the design, with unrelated actors, operations and a fault added.
const LONG: &str = r#"
name = "long"
faults = ["numtasks.can_attach: nth=9"]
hierarchy.controllers = ["memrlimit", "numtasks"]
cgroups.a = {}
cgroups.b = {}
cgroups.c = {}
processes.p = { cgroup = "a", vm = 10, threads = 2 }
processes.q = { cgroup = "c", vm = 3 }
[[actors]]
name = "mover"
ops = ["attach process q -> a", "attach process p -> b", "attach process q -> c"]
[[actors]]
as = "p.0"
ops = ["munmap 1", "mmap 5", "munmap 1"]
[[actors]]
as = "q.0"
ops = ["mmap 1", "munmap 1"]
[expect]
three-phase = { underflow = "never" }
"#;

fn long() -> Witness {
    let litmus = Arc::new(Litmus::parse("long", LONG).unwrap_or_else(|error| panic!("{error}")));
    let found = run(&litmus, protocol("three-phase"), "random", &limits(3000));
    let breach = &found.breaches["underflow"];
    Witness {
        place: "long".to_owned(),
        litmus: (*litmus).clone(),
        protocol: protocol("three-phase"),
        schedule: breach.witness.clone(),
        state: Some(breach.state.to_string()),
        violated: vec!["underflow".to_owned()],
    }
}

#[test]
fn what_does_not_matter_goes() {
    let before = long();
    let after = shrink(&before, "underflow", Duration::from_secs(60), &Interrupt::never());
    let size = Size::of(&after);
    assert!(size < Size::of(&before));
    assert_eq!((size.actors, size.operations, size.faults), (2, 2, 0), "{}", after.litmus.toml);
    assert_eq!(size.switches, 2, "{}", after.schedule);
    let again = replay(&after);
    assert_eq!(again.repeated, Ok(()), "{}", again.text);
    assert!(again.violated.contains(&"underflow".to_owned()));
}

#[test]
fn without_time_it_stays_as_it_was() {
    let before = long();
    let began = Instant::now();
    let after = shrink(&before, "underflow", Duration::ZERO, &Interrupt::never());
    assert_eq!(Size::of(&after), Size::of(&before));
    assert!(began.elapsed() < Duration::from_secs(5));
}
