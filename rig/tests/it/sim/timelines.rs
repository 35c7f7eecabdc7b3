//! Single attaches in run.json: they are attaches that took place, and their spans fit together.
use super::invariants::{cells, scenario};
use reports::axis::Axis;
use reports::schema::{Cell, Timeline};

fn short(name: &str) -> Vec<Cell> {
    let mut scenario = scenario(name);
    (scenario.seeds, scenario.duration_ns) = (1, 20_000_000);
    cells(&scenario)
}

fn all(cells: &[Cell]) -> impl Iterator<Item = (&Cell, &Timeline)> {
    cells.iter().flat_map(|cell| cell.timelines.iter().map(move |line| (cell, line)))
}

#[test]
fn at_most_three_a_cell_and_the_longest_is_the_longest() {
    for cell in short("default") {
        let latencies: Vec<u64> = cell.timelines.iter().map(|line| line.latency_ns).collect();
        assert!((1..=3).contains(&latencies.len()) && latencies.is_sorted(), "{latencies:?}");
        let moved = cell.attach.latency.iter().find(|series| series.outcome == "moved").expect("some moved");
        assert_eq!(latencies.last(), Some(&moved.hist.max_ns), "{}", cell.subject);
        // One attach of each eighth of an octave is kept, so the nearest one is at most that far from the median.
        let p50 = moved.hist.decode().expect("sound").value_at_quantile(0.5);
        let off = latencies.iter().map(|ns| ns.abs_diff(p50)).min().expect("one");
        assert!(off <= p50 / 8 + 1, "{}: {latencies:?} against {p50}", cell.subject);
    }
}

#[test]
fn spans_lie_within_the_attach_and_follow_each_other() {
    let cells = short("default");
    for (cell, line) in all(&cells) {
        let name = format!("{} {}", cell.subject, line.latency_ns);
        assert_eq!(line.left_out, 0, "{name}");
        assert!(line.from != [line.to.clone()] && line.who.starts_with("mover "), "{name}: {line:?}");
        assert!(line.phases.windows(2).all(|pair| pair[0].to_ns == pair[1].from_ns), "{name}: phases touch");
        assert_eq!(line.phases.last().map(|last| last.to_ns), Some(line.latency_ns), "{name}");
        for hold in &line.holds {
            assert!(hold.from_ns <= hold.to_ns && hold.to_ns <= line.latency_ns, "{name}: {hold:?}");
            assert!(hold.times >= 1 && hold.held_ns <= hold.to_ns - hold.from_ns, "{name}: {hold:?}");
            let spins =
                ["_lock", ".lock"].iter().any(|end| hold.lock.split('(').next().unwrap().ends_with(end));
            assert!(hold.times == 1 || spins, "{name}: {hold:?}");
        }
        for wait in &line.waits {
            let held = |hold: &&reports::schema::HoldSpan| {
                hold.lock == wait.lock && hold.from_ns <= wait.to_ns && wait.from_ns <= hold.to_ns
            };
            assert!(
                line.holds.iter().any(|hold| held(&hold)),
                "{name}: {wait:?} is not for one of its locks"
            );
            assert!(wait.who != line.who && wait.to_ns <= line.latency_ns, "{name}: {wait:?}");
        }
        for wait in &line.waited {
            assert_eq!(wait.who, line.who);
            let taken = line.holds.iter().any(|hold| hold.lock == wait.lock && hold.from_ns == wait.to_ns);
            assert!(taken || wait.lock.contains("lock"), "{name}: {wait:?} ends when the lock is taken");
        }
        let mutex = line.holds.iter().filter(|hold| hold.lock == "cgroup_mutex");
        assert_eq!(
            mutex.count() == 1,
            cell.subject.label() != "three-phase" || line.phases.len() < 8,
            "{name}"
        );
    }
    assert!(all(&cells).any(|(_, line)| !line.waits.is_empty()), "an actor waited");
    assert!(all(&cells).any(|(_, line)| line.holds.iter().any(|hold| hold.times > 20)), "a loop is one span");
}

#[test]
fn faults_that_fire_in_an_attach_are_in_it() {
    let mut scenario = scenario("window");
    (scenario.seeds, scenario.duration_ns) = (1, 20_000_000);
    let cells = cells(&scenario);
    let fired = |line: &Timeline| line.faults.iter().any(|fault| fault.what.contains("delay="));
    assert!(
        all(&cells).any(|(cell, line)| cell.point.get(Axis::Delay).is_some_and(|ns| ns > 0) && fired(line))
    );
    for (cell, line) in all(&cells).filter(|(_, line)| fired(line)) {
        let delay_ns = cell.point.get(Axis::Delay).expect("an axis of delays");
        assert!(
            line.latency_ns >= delay_ns && line.faults.iter().all(|fault| fault.at_ns <= line.latency_ns)
        );
    }
}
