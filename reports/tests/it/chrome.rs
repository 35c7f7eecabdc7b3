//! The Chrome trace: the fields that a viewer needs, and a check that spans of one track are nested or disjoint.
use crate::demo::{demo_linux, demo_run};
use reports::outputs::{OutputError, chrome_trace};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

fn events() -> Vec<Value> {
    let text = chrome_trace(&demo_run()).unwrap();
    serde_json::from_str::<Value>(&text).unwrap()["traceEvents"].as_array().unwrap().clone()
}

/// ns of a field in µs.
fn ns(event: &Value, field: &str) -> u64 {
    (event[field].as_f64().unwrap() * 1_000.0).round() as u64
}

#[test]
fn golden_file() {
    let mut run = demo_run();
    run.cells.truncate(1);
    insta::assert_snapshot!("chrome-trace", chrome_trace(&run).unwrap());
}

#[test]
fn every_attach_is_a_process_and_every_track_has_a_name() {
    let all = events();
    let kept: usize = demo_run().cells.iter().map(|cell| cell.timelines.len()).sum();
    let of = |what: &str| all.iter().filter(|event| event["name"] == what).collect::<Vec<_>>();
    assert_eq!(of("process_name").len(), kept);
    assert!(kept > 0);
    assert!(of("process_name").iter().all(|event| {
        let name = event["args"]["name"].as_str().unwrap();
        name.starts_with("sim default, ") && name.contains("(virtual)")
    }));
    let named: BTreeSet<(u64, u64)> = of("thread_name").iter().map(|event| track(event)).collect();
    for event in all.iter().filter(|event| event["ph"] != "M") {
        assert!(named.contains(&track(event)), "{event}");
    }
}

fn track(event: &Value) -> (u64, u64) {
    (event["pid"].as_u64().unwrap(), event["tid"].as_u64().unwrap())
}

#[test]
fn spans_of_a_track_nest_and_times_are_those_of_the_run() {
    let mut tracks: BTreeMap<(u64, u64), Vec<(u64, u64)>> = BTreeMap::new();
    for event in events().iter().filter(|event| event["ph"] == "X") {
        tracks.entry(track(event)).or_default().push((ns(event, "ts"), ns(event, "ts") + ns(event, "dur")));
    }
    for spans in tracks.values() {
        for (a, b) in spans.iter().flat_map(|a| spans.iter().map(move |b| (a, b))) {
            let (nested, disjoint) = (a.0 <= b.0 && b.1 <= a.1, a.1 <= b.0);
            assert!(nested || disjoint || (b.0 <= a.0 && a.1 <= b.1) || b.1 <= a.0, "{a:?} and {b:?}");
        }
    }
    let run = demo_run();
    let first = &run.cells[0].timelines[0];
    let wanted: Vec<(u64, u64)> = first.phases.iter().map(|phase| (phase.from_ns, phase.to_ns)).collect();
    assert_eq!(tracks[&(1, 0)], wanted, "to the ns");
}

#[test]
fn a_run_that_keeps_no_attach_has_no_trace() {
    let error = chrome_trace(&demo_linux()).unwrap_err();
    assert!(
        matches!(error, OutputError::Nothing { .. }) && error.to_string().contains("keeps no attach"),
        "{error}"
    );
}
