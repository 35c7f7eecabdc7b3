//! The loops on ordinary files in the place of `cgroup.procs`: alternation, pacing, omission, early ends.
use super::*;
use crate::workers::shared::Shared;
use engines::Interrupt;
use reports::exit::Exit;
use std::io::Read as _;

/// Long enough ago, or far enough off, for any test.
const LONG: Duration = Duration::from_secs(3600);

struct Rig {
    mover: Mover,
    interrupts: Interrupt,
    died: AtomicBool,
    shared: Shared,
    _folder: tempfile::TempDir,
}

fn rig() -> Rig {
    let folder = tempfile::tempdir().unwrap();
    let cgroup = |name: &str| {
        let listing = folder.path().join(name);
        Destination { procs: File::create(&listing).unwrap(), threads: None, listing }
    };
    // The next move is into `a`.
    let target = Target { at: 1, ..Target::new(7, &[]) };
    let cgroups = vec![cgroup("a"), cgroup("b")];
    let mover = Mover { moves: MovedUnit::Processes, cgroups, targets: vec![target], turn: 0 };
    let shared = Shared::make(1).unwrap();
    Rig { mover, interrupts: Interrupt::never(), died: AtomicBool::new(false), shared, _folder: folder }
}

fn plan(rate: Option<&str>, duration: Duration) -> MovePlan {
    MovePlan { rate: rate.map(|r| Rate::parse(r, 1_000).unwrap()), pause: Duration::ZERO, duration }
}

impl Rig {
    fn measure(&mut self, rate: Option<&str>, duration: Duration) -> (Ended, u64, MoveSamples) {
        let mut samples = MoveSamples::new();
        let board = self.shared.board();
        let watch = Watch { interrupts: &self.interrupts, died: &self.died, board };
        let (ended, duration_ns) = self.mover.measure(plan(rate, duration), &mut samples, &watch);
        (ended, duration_ns, samples)
    }

    fn written(&self) -> [u64; 2] {
        [0, 1].map(|i| fs::metadata(&self.mover.cgroups[i].listing).unwrap().len())
    }
}

#[test]
fn writes_alternate_and_the_warm_up_is_not_recorded() {
    let mut rig = rig();
    let (ended, duration_ns, samples) = rig.measure(Some("1000/s"), Duration::from_millis(50));
    assert_eq!(ended, Ended::Complete);
    assert_eq!(samples.moved.count(), 50);
    assert_eq!(rig.written(), [27, 27], "50 moves and 4 of warm-up");
    assert!(duration_ns >= 49_000_000, "{duration_ns}");
    assert_eq!(samples.moved.corrected.hist().count, 50);
}

#[test]
fn a_closed_loop_has_no_corrected_series() {
    let mut rig = rig();
    let (ended, _, samples) = rig.measure(None, Duration::from_millis(5));
    assert_eq!(ended, Ended::Complete);
    assert_eq!(rig.written().iter().sum::<u64>(), samples.moved.count() + WARM_UP_CLOSED);
    assert_eq!(samples.moved.corrected.hist().count, 0);
}

#[test]
fn a_refused_write_is_tried_again_at_the_same_destination() {
    let mut rig = rig();
    rig.mover.cgroups[1].procs = File::open(&rig.mover.cgroups[1].listing).unwrap();
    let (_, _, samples) = rig.measure(Some("1000/s"), Duration::from_millis(10));
    assert_eq!((samples.moved.count(), samples.refused.count()), (0, 10));
    assert_eq!(samples.refusals(), [("cgroup.procs errno 9".to_string(), 10)].into());
    assert_eq!(rig.written(), [1, 0]);
}

/// Replaces the first destination by a pipe that is full for a while, as a write that takes long.
fn blocked(rig: &mut Rig, for_how_long: Duration) -> std::thread::JoinHandle<std::io::PipeReader> {
    const CAPACITY: usize = 65_536;
    let (mut reader, writer) = std::io::pipe().unwrap();
    assert_eq!(rustix::io::write(&writer, &[0; CAPACITY]).unwrap(), CAPACITY);
    rig.mover.cgroups[0].procs = File::from(std::os::fd::OwnedFd::from(writer));
    std::thread::spawn(move || {
        std::thread::sleep(for_how_long);
        reader.read_exact(&mut [0; CAPACITY]).unwrap();
        // Returned, so that it stays open until the writes are over.
        reader
    })
}

#[test]
fn late_moves_are_made_and_charged_from_their_intended_start() {
    let mut rig = rig();
    let drain = blocked(&mut rig, Duration::from_millis(60));
    let (ended, _, samples) = rig.measure(Some("1000/s"), Duration::from_millis(100));
    assert_eq!((ended, samples.moved.count()), (Ended::Complete, 100), "none is skipped");
    let (raw, corrected) = (samples.moved.raw.hist(), samples.moved.corrected.hist());
    assert!(
        corrected.max_ns >= 20_000_000,
        "the first measured one was held up by about 56 ms: {}",
        corrected.max_ns
    );
    assert!(corrected.total_ns >= raw.total_ns + 100_000_000, "those behind it waited too: {corrected:?}");
    drop(drain.join().unwrap());
}

#[test]
fn a_rate_that_cannot_be_kept_is_given_up_and_the_rest_is_counted() {
    let mut rig = rig();
    let drain = blocked(&mut rig, Duration::from_millis(1_200));
    let (ended, _, samples) = rig.measure(Some("1000/s"), Duration::from_millis(5));
    assert_eq!((ended, samples.moved.count()), (Ended::Backlog { unstarted: 5 }, 0));
    drop(drain.join().unwrap());
}

#[test]
fn a_death_and_a_signal_end_a_sleep_that_would_take_long() {
    let mut rig = rig();
    rig.died.store(true, Ordering::Release);
    assert_eq!(rig.measure(Some("1/s"), LONG).0, Ended::WorkerDied);
    assert_eq!(rig.measure(None, LONG).0, Ended::WorkerDied);
    rig.interrupts.set(2);
    assert_eq!(rig.measure(Some("1/s"), LONG).0, Ended::Interrupted(2), "a signal comes first");
    assert_eq!(rig.written(), [0, 0]);
}

#[test]
fn a_worker_that_is_elsewhere_is_noticed() {
    let mut rig = rig();
    rig.mover.write().unwrap();
    rig.mover.verify().unwrap();
    assert_eq!(rig.mover.places(), [vec![7], vec![]]);
    fs::write(&rig.mover.cgroups[0].listing, "17\n8\n").unwrap();
    assert_eq!(rig.mover.verify().unwrap_err().exit_code(), Exit::Violated);
}

#[test]
fn targets_take_turns_each_from_where_it_is() {
    let mut rig = rig();
    rig.mover.targets.push(Target::new(8, &[]));
    for _ in 0..3 {
        rig.mover.write().unwrap();
    }
    assert_eq!(rig.mover.places(), [vec![], vec![7, 8]]);
    assert_eq!(rig.written(), [1, 2]);
}

#[test]
fn threads_are_scattered_over_all_cgroups_but_the_destination() {
    let mut rig = rig();
    let folder = rig._folder.path().to_owned();
    let listing = folder.join("c");
    rig.mover.cgroups.push(Destination { procs: File::create(&listing).unwrap(), threads: None, listing });
    for (cgroup, name) in rig.mover.cgroups.iter_mut().zip(["ta", "tb", "tc"]) {
        cgroup.threads = Some(File::create(folder.join(name)).unwrap());
    }
    rig.mover.moves = MovedUnit::Scattered;
    rig.mover.targets = vec![Target::new(7, &[7, 8, 9])];
    rig.mover.scatter();
    let read = |name: &str| fs::read_to_string(folder.join(name)).unwrap();
    assert_eq!((read("ta").as_str(), read("tb").as_str(), read("tc").as_str()), ("8", "", "79"));
}

#[test]
fn a_closed_loop_keeps_its_pause() {
    let mut rig = rig();
    let mut samples = MoveSamples::new();
    let watch = Watch { interrupts: &rig.interrupts, died: &rig.died, board: rig.shared.board() };
    let plan = MovePlan { pause: Duration::from_millis(1), ..plan(None, Duration::from_millis(50)) };
    let (_, took_ns) = rig.mover.measure(plan, &mut samples, &watch);
    let moves = samples.moved.count();
    assert!((LEAST..=51).contains(&moves) && took_ns >= 50_000_000, "{moves} in {took_ns} ns");
}

#[test]
fn a_closed_loop_of_long_moves_goes_on_until_there_are_some_but_not_for_ever() {
    let mut rig = rig();
    let drain = blocked(&mut rig, Duration::from_millis(30));
    let (_, took_ns, samples) = rig.measure(None, Duration::from_millis(10));
    // The slow move comes within the warm-up or after it. Either way there are enough moves in the end.
    assert!(
        samples.moved.count() >= LEAST && took_ns >= 10_000_000,
        "{} in {took_ns} ns",
        samples.moved.count()
    );
    drop(drain.join().unwrap());
    let mut slow = self::rig();
    let mut samples = MoveSamples::new();
    let watch = Watch { interrupts: &slow.interrupts, died: &slow.died, board: slow.shared.board() };
    let plan = MovePlan { pause: Duration::from_millis(10), ..plan(None, Duration::from_millis(10)) };
    let (_, took_ns) = slow.mover.measure(plan, &mut samples, &watch);
    assert!(
        samples.moved.count() < LEAST && took_ns >= 30_000_000,
        "{} in {took_ns} ns",
        samples.moved.count()
    );
}

#[test]
fn the_worst_end_of_several_movers_counts() {
    let backlog = |unstarted| Ended::Backlog { unstarted };
    assert_eq!(backlog(2).worse(backlog(3)), backlog(5));
    assert_eq!(Ended::Complete.worse(Ended::Interrupted(2)), Ended::Interrupted(2));
    assert_eq!(Ended::WorkerDied.worse(backlog(1)), Ended::WorkerDied);
}
