//! Warnings about work out of proportion, printed before it begins with what to change: runs that take long, and cells
//! too short to measure.
//!
//! These are only notes: the work is done anyway. The simulator's speed is measured with short cells of the scenario,
//! which leave no trace in the result.
use super::matrix::On;
use super::output::say;
use crate::driver::{CellPlan, run_cell_until};
use engines::Interrupt;
use scenario::Scenario;
use std::time::{Duration, Instant};

/// Duration above which a run is announced as long.
const LONG: Duration = Duration::from_secs(600);
/// Virtual time below which a whole run is not worth measuring, in ns.
const SHORT_NS: u64 = 5_000_000_000;
/// Virtual time of the first measured cell, in ns.
const FIRST_NS: u64 = 100_000;
/// Wall time that makes a measurement good enough.
const ENOUGH: Duration = Duration::from_millis(100);
/// Ratio of warm-up to measured time above which a warm-up is announced as long, if it is long in itself.
const WARM_UP_TIMES: u64 = 10;
const WARM_UP_MIN_NS: u64 = 100_000_000;

/// Prints what is out of proportion in `plans`.
pub(super) fn say_before(
    engine: On,
    scenario: &Scenario,
    plans: &[CellPlan],
    (jobs, interrupt): (usize, &Interrupt),
) {
    odd_times(scenario).into_iter().for_each(|line| say(&line));
    let all_ns = cell_ns(scenario).saturating_mul(plans.len() as u64);
    let cells = format!("{} cells of {}", plans.len(), shown(Duration::from_nanos(cell_ns(scenario))));
    let less = "fewer --seeds or a shorter --duration takes less";
    if engine != On::Sim {
        say_real(plans.len(), Duration::from_nanos(cell_ns(scenario)), less);
        return;
    }
    let Some(first) = plans.first().filter(|_| all_ns >= SHORT_NS) else { return };
    let Some(one_core) = on_one_core(scenario, first, all_ns, interrupt) else { return };
    if one_core > LONG {
        let here = shown(one_core / jobs.min(plans.len()).max(1) as u32);
        say(&format!(
            "this takes about {} on one core, {here} with {jobs} workers: {cells} virtual; {less}",
            shown(one_core)
        ));
    }
}

/// Prints how long that many cells take one after the other in real time, if that is long; `less` says how to shorten
/// it.
pub(super) fn say_real(cells: usize, each: Duration, less: &str) {
    real(cells, each, less).into_iter().for_each(|line| say(&line));
}

fn real(cells: usize, each: Duration, less: &str) -> Option<String> {
    let takes = each.saturating_mul(u32::try_from(cells).unwrap_or(u32::MAX));
    let (all, one) = (shown(takes), shown(each));
    let line = || format!("this takes at least {all}: {cells} cells of {one}, one after the other; {less}");
    (takes > LONG).then(line)
}

fn cell_ns(scenario: &Scenario) -> u64 {
    scenario.warm_up_ns.saturating_add(scenario.duration_ns)
}

/// Returns lines about times in the scenario that leave little to measure.
fn odd_times(scenario: &Scenario) -> Vec<String> {
    let (warm_up, measured) = (scenario.warm_up_ns, scenario.duration_ns);
    let time = |ns| shown(Duration::from_nanos(ns));
    let mut lines = Vec::new();
    if warm_up >= WARM_UP_MIN_NS && warm_up / WARM_UP_TIMES >= measured {
        lines.push(format!(
            "every cell warms up for {} and measures {}: give a shorter warm-up, or a longer --duration",
            time(warm_up),
            time(measured)
        ));
    }
    if let Some(delay) = scenario.delays_ns.iter().copied().max().filter(|delay| *delay > measured) {
        lines.push(format!(
            "a delay of {} is longer than a cell of {}, in which no such attach ends: give a shorter --delay, or a longer --duration",
            time(delay),
            time(measured)
        ));
    }
    lines
}

/// Estimates the wall time for `all_ns` of virtual time, from cells that get longer until the measurement is good
/// enough; `None` when a signal came.
fn on_one_core(scenario: &Scenario, plan: &CellPlan, all_ns: u64, interrupt: &Interrupt) -> Option<Duration> {
    let whole_ns = cell_ns(scenario);
    let mut length_ns = FIRST_NS.min(whole_ns);
    loop {
        let short = Scenario { duration_ns: length_ns, warm_up_ns: 0, ..scenario.clone() };
        let began = Instant::now();
        run_cell_until(&short, plan, &scenario.costs, interrupt)?;
        let took = began.elapsed();
        if took >= ENOUGH || length_ns >= whole_ns {
            let ns = took.as_nanos() * u128::from(all_ns) / u128::from(length_ns.max(1));
            return Some(Duration::from_nanos(u64::try_from(ns).unwrap_or(u64::MAX)));
        }
        length_ns = length_ns.saturating_mul(4).min(whole_ns);
    }
}

/// Formats a time for people, with two significant units at most.
fn shown(time: Duration) -> String {
    match time.as_secs() {
        0 => format!("{time:?}"),
        s @ 1..120 => format!("{s} s"),
        s @ 120..7_200 => format!("{} min", s / 60),
        s @ 7_200..172_800 => format!("{} h", s / 3_600),
        s => format!("{} days", s / 86_400),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use scenario::built_in;

    fn scenario(edit: impl Fn(&mut Scenario)) -> Scenario {
        let text = built_in::find("window").unwrap();
        let files = workloads::Folder::new(".");
        let mut scenario = Scenario::parse("window", text, &files).unwrap();
        edit(&mut scenario);
        scenario
    }

    #[test]
    fn warm_ups_and_delays_are_held_against_the_duration() {
        assert_eq!(odd_times(&scenario(|_| {})), [""; 0]);
        let long = scenario(|scenario| scenario.warm_up_ns = 65_535_000_000);
        assert!(odd_times(&long)[0].contains("warms up for 65 s"), "{:?}", odd_times(&long));
        let slow = scenario(|scenario| scenario.delays_ns = vec![0, scenario.duration_ns + 1]);
        assert!(odd_times(&slow)[0].starts_with("a delay of"), "{:?}", odd_times(&slow));
    }

    #[test]
    fn time_of_the_machine_is_counted_and_said_where_it_is_long() {
        assert_eq!(real(60, Duration::from_secs(10), "less"), None);
        let line = real(61, Duration::from_secs(10), "stop").unwrap();
        assert_eq!(line, "this takes at least 10 min: 61 cells of 10 s, one after the other; stop");
        assert!(real(usize::MAX, Duration::MAX, "stop").is_some());
    }

    #[test]
    fn an_estimate_grows_with_the_work_and_ends_with_a_signal() {
        let (scenario, never) = (scenario(|_| {}), Interrupt::never());
        let plan = CellPlan::all(&scenario).remove(0);
        let estimate = |all_ns| on_one_core(&scenario, &plan, all_ns, &never).unwrap();
        assert!(estimate(3_600_000_000_000) > 10 * estimate(3_600_000_000));
        let interrupt = Interrupt::never();
        interrupt.set(2);
        assert_eq!(on_one_core(&scenario, &plan, 1, &interrupt), None);
    }

    #[test]
    fn times_are_short() {
        let shown = |s| shown(Duration::from_secs(s));
        assert_eq!(
            [shown(90), shown(600), shown(7_200), shown(900_000)],
            ["90 s", "10 min", "2 h", "10 days"]
        );
    }
}
