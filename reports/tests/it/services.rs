//! Forms for benchmark services: read as strictly as the services' documentation says, and the figures in them.
use crate::demo::{demo_linux, demo_run, demo_run_of};
use crate::outputs::demos;
use reports::outputs::{bmf, gab};
use serde::Deserialize;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// Bencher Metric Format: benchmark, measure, metric, after <https://bencher.dev/docs/reference/bencher-metric-format>.
type Bmf = BTreeMap<String, BTreeMap<String, Metric>>;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(dead_code, reason = "reading them is the test")]
struct Metric {
    value: f64,
    lower_value: Option<f64>,
    upper_value: Option<f64>,
}

/// An entry of the input for `customSmallerIsBetter`, after the README of
/// <https://github.com/benchmark-action/github-action-benchmark>.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(dead_code, reason = "reading them is the test")]
struct Entry {
    name: String,
    unit: String,
    value: f64,
    range: Option<String>,
    extra: Option<String>,
}

fn parsed(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

/// Returns the document, if Bencher accepts it: of the form above, with something in each map, and names within its
/// limit.
fn bencher(text: &str) -> Result<Bmf, String> {
    let read: Bmf = serde_json::from_str(text).map_err(|error| error.to_string())?;
    let empty = read.is_empty() || read.values().any(BTreeMap::is_empty);
    let long = |name: &String, most: usize| name.is_empty() || name.len() > most;
    let named = read.keys().any(|name| long(name, 1024))
        || read.values().flat_map(BTreeMap::keys).any(|m| long(m, 64));
    if empty || named { Err(format!("empty, or a name too long: {read:?}")) } else { Ok(read) }
}

fn action(text: &str) -> Result<Vec<Entry>, String> {
    let read: Vec<Entry> = serde_json::from_str(text).map_err(|error| error.to_string())?;
    let bad = read.is_empty() || read.iter().any(|entry| entry.name.is_empty() || entry.unit.is_empty());
    if bad { Err(format!("empty: {read:?}")) } else { Ok(read) }
}

#[test]
fn both_forms_are_as_the_services_say() {
    for (name, run) in demos() {
        let (bmf, gab) = (bmf(&run).unwrap(), gab(&run).unwrap());
        assert!(bencher(&bmf).is_ok_and(|read| read.len() >= 3), "bmf of {name}: {bmf}");
        assert!(action(&gab).is_ok_and(|read| read.len() >= 3), "gab of {name}: {gab}");
    }
}

#[test]
fn what_the_services_do_not_take_is_found() {
    assert!(bencher(r#"{"a": {"attach-p99-virtual-ns": {"value": 1}}}"#).is_ok());
    for wrong in [
        "{}",
        r#"{"a": {}}"#,
        r#"{"a": {"m": {"lower_value": 1}}}"#,
        r#"{"a": {"m": {"value": "1"}}}"#,
        r#"{"a": {"m": {"value": 1, "unit": "ns"}}}"#,
        &format!(r#"{{"a": {{"{}": {{"value": 1}}}}}}"#, "m".repeat(65)),
    ] {
        assert!(bencher(wrong).is_err(), "{wrong}");
    }
    for wrong in
        ["{}", "[]", r#"[{"name": "a", "unit": "ns"}]"#, r#"[{"name": "a", "unit": "ns", "value": "1"}]"#]
    {
        assert!(action(wrong).is_err(), "{wrong}");
    }
}

#[test]
fn virtual_and_wall_time_never_stand_under_one_name() {
    let of = |text: String| -> (BTreeSet<String>, BTreeSet<String>) {
        let benches = parsed(&text);
        let benches = benches.as_object().unwrap();
        let measures = benches.values().flat_map(|bench| bench.as_object().unwrap().keys().cloned());
        (benches.keys().cloned().collect(), measures.filter(|name| name.ends_with("-ns")).collect())
    };
    let ((sim, virtual_ns), (linux, wall_ns)) =
        (of(bmf(&demo_run()).unwrap()), of(bmf(&demo_linux()).unwrap()));
    assert!(
        sim.iter().all(|name| name.starts_with("sim/"))
            && linux.iter().all(|name| name.starts_with("linux/"))
    );
    assert!(!virtual_ns.is_empty() && virtual_ns.is_disjoint(&wall_ns));
    for (run, unit) in [(demo_run(), "virtual ns"), (demo_linux(), "wall ns")] {
        let all = parsed(&gab(&run).unwrap());
        let units: BTreeSet<&str> =
            all.as_array().unwrap().iter().map(|entry| entry["unit"].as_str().unwrap()).collect();
        assert!(units.contains(unit));
        assert_eq!(units.iter().filter(|unit| unit.ends_with(" ns")).count(), 1, "{units:?}");
    }
}

#[test]
fn both_services_get_the_same_figures_once_and_within_their_bounds() {
    for (name, run) in demos() {
        let benches = parsed(&bmf(&run).unwrap());
        let list = parsed(&gab(&run).unwrap());
        let list = list.as_array().unwrap();
        let names: BTreeSet<&str> = list.iter().map(|entry| entry["name"].as_str().unwrap()).collect();
        assert_eq!(names.len(), list.len(), "{name}: each name once");
        let metrics: Vec<&Value> = benches
            .as_object()
            .unwrap()
            .values()
            .flat_map(|bench| bench.as_object().unwrap().values())
            .collect();
        assert_eq!(metrics.len(), list.len(), "{name}");
        for (metric, entry) in metrics.iter().zip(list) {
            assert_eq!(metric["value"], entry["value"]);
            let Some(range) = entry.get("range") else {
                assert!(metric.get("lower_value").is_none());
                continue;
            };
            let bounds = ["lower_value", "value", "upper_value"].map(|bound| metric[bound].as_u64().unwrap());
            assert!(bounds.is_sorted(), "{bounds:?}");
            assert_eq!(range, &format!("{}..{}", bounds[0], bounds[2]));
        }
    }
}

#[test]
fn a_figure_stands_only_where_its_samples_support_it() {
    let whats = |text: String| -> BTreeSet<String> {
        let list = parsed(&text);
        let names = list.as_array().unwrap().iter().map(|entry| entry["name"].as_str().unwrap().to_owned());
        names.map(|name| name.rsplit('/').next().unwrap().to_owned()).collect()
    };
    let few = whats(gab(&demo_run_of(1, 100)).unwrap());
    assert!(few.contains("attach-p50") && !few.contains("attach-p99"), "{few:?}");
    assert!(!gab(&demo_run_of(1, 900)).unwrap().contains("\"range\""), "one seed has no spread");
    let many = whats(gab(&demo_linux()).unwrap());
    assert!(many.contains("attach-p99.9") && many.contains("attach-from-intended-start-p99"), "{many:?}");
}
