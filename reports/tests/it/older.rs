//! Results and files of older versions are read with their original meaning.
//!
//! `fixtures/schema-1` has results that the last version of schema 1 wrote, cut to few cells. `fixtures/schema-2` has
//! the same results as this version writes them. `UPDATE=1 cargo test -p reports --test it older` writes the latter
//! anew, which is right only until a version that writes schema 2 is released.
use reports::cells::{FOLDER, salvage};
use reports::figure::{Baseline, Key};
use reports::gate::{Earlier, Gates, evaluate};
use reports::json::{read_run, write_atomic, write_run};
use reports::outputs::csv;
use reports::schema::{Cell, Run, SCHEMA, SCHEMA_1, Subject, SubjectParts, Subtree};
use reports::table::{TableOptions, render};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// Two results of the simulator (without faults, and with faults and violated invariants), one of a kernel, and one of
/// the kernels of three guests.
const RESULTS: [&str; 4] = ["idle", "churn", "linux", "guest"];

fn fixture(schema: u32, name: &str) -> PathBuf {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/fixtures");
    fixtures.join(format!("schema-{schema}/{name}.json"))
}

/// Returns the result of schema 1 as JSON.
fn older(name: &str) -> Value {
    let value: Value = serde_json::from_slice(&fs::read(fixture(1, name)).unwrap()).unwrap();
    assert_eq!(value["schema"], SCHEMA_1);
    value
}

/// Returns the result of schema 1 as it is read.
fn current(name: &str) -> Run {
    read_run(&fixture(1, name)).unwrap()
}

/// Returns the bytes of a file that holds `run`.
fn written(run: &Run) -> String {
    let file = tempfile::NamedTempFile::new().unwrap();
    write_run(file.path(), run).unwrap();
    fs::read_to_string(file.path()).unwrap()
}

/// Returns every number of a result, in order.
fn numbers(value: &Value) -> Vec<u64> {
    match value {
        Value::Number(number) => number.as_u64().into_iter().collect(),
        Value::Array(list) => list.iter().flat_map(numbers).collect(),
        Value::Object(fields) => fields.values().flat_map(numbers).collect(),
        _ => Vec::new(),
    }
}

#[test]
fn a_result_of_schema_1_is_written_as_one_of_schema_2() {
    for name in RESULTS {
        let text = written(&current(name));
        let path = fixture(2, name);
        if std::env::var_os("UPDATE").is_some() {
            write_atomic(&path, text.as_bytes()).unwrap();
        }
        assert!(text == fs::read_to_string(&path).unwrap_or_default(), "{name} is not {}", path.display());
        let sorted = |value: &Value| {
            let mut numbers = numbers(value);
            numbers.sort_unstable();
            numbers
        };
        assert_eq!(sorted(&older(name)), sorted(&serde_json::from_str(&text).unwrap()), "{name}");
    }
}

#[test]
fn the_figures_are_the_same_under_both_schemas() {
    for name in RESULTS {
        let (before, after) = (current(name), read_run(&fixture(2, name)).unwrap());
        assert_eq!((before.schema.as_str(), &before), (SCHEMA, &after), "{name}");
        assert_eq!(csv(&before).unwrap(), csv(&after).unwrap(), "{name}");
        assert_eq!(Baseline::of(&before).unwrap(), Baseline::of(&after).unwrap(), "{name}");
        insta::assert_snapshot!(format!("older-{name}"), render(&before, TableOptions::default()).unwrap());
    }
}

#[test]
fn names_of_schema_1_become_facts_and_stay_what_people_read() {
    let named = |value: &Value| -> Vec<String> {
        let all = value.as_array().unwrap().iter();
        all.map(|one| one["protocol"].as_str().unwrap().to_owned()).collect()
    };
    for name in RESULTS {
        let (run, before) = (current(name), older(name));
        let cells: Vec<String> = run.cells.iter().map(|cell| cell.subject.to_string()).collect();
        let verdicts: Vec<String> = run.verdicts.iter().map(|verdict| verdict.protocol.clone()).collect();
        assert_eq!((cells, verdicts), (named(&before["cells"]), named(&before["verdicts"])), "{name}");
        let places = run.plan.iter().flat_map(|plan| &plan.places);
        let planned: Vec<String> = places.map(|place| place.subject.to_string()).collect();
        assert_eq!(planned, named(&before["plan"]["places"]), "{name}");
    }
}

/// Returns the subjects of the cells of `run`, each once.
fn subjects(run: &Run) -> Vec<Subject> {
    let mut subjects: Vec<Subject> = run.cells.iter().map(|cell| cell.subject.clone()).collect();
    subjects.dedup();
    subjects
}

#[test]
fn every_cell_of_schema_1_says_in_fields_what_it_is() {
    let still = |moves: &Subject| moves.with(|parts| parts.still = true);
    let traced = |moves: &Subject| moves.with(|parts| parts.traced = true);
    let refused = |moves: &Subject| moves.with(|parts| parts.refusal = Some("core.exit: errno=ESRCH".into()));
    let pids = Subject::of("v1:pids");
    assert_eq!(subjects(&current("linux")), [pids.clone(), still(&pids), traced(&pids), refused(&pids)]);
    let v1 = Subject::of("v1").with(|parts| (parts.guest, parts.charges) = (true, true));
    let v2 = Subject::of("v2").with(|parts| (parts.guest, parts.favordynmods) = (true, true));
    let user =
        Subject::of("v2").with(|parts| (parts.guest, parts.subtree) = (true, Some(Subtree::Delegated)));
    let of_guests = [v1, v2, user]
        .iter()
        .flat_map(|moves| [moves.clone(), still(moves), refused(moves)])
        .collect::<Vec<_>>();
    assert_eq!(subjects(&current("guest")), of_guests);
    let modelled = ["three-phase", "prepare-undo:hold=locks"].map(Subject::of);
    assert_eq!(subjects(&current("idle")), modelled);
}

#[test]
fn moves_that_took_charges_along_are_known_from_the_command() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let mut value = older("linux");
    let command = value["command"].as_str().unwrap().replace("auto", "v1:memory --move-charges");
    value["command"] = command.into();
    value["notes"][0]["protocol"] = "v1:pids still".into();
    value["fits"] = json!([older("guest")["fits"][0]]);
    value["fits"][0]["protocol"] = "v1:pids still".into();
    fs::write(file.path(), value.to_string()).unwrap();
    let run = read_run(file.path()).unwrap();
    assert!(run.cells.iter().all(|cell| cell.subject.parts().charges));
    assert_eq!(run.cells[2].subject.label(), "v1:pids+charges still");
    assert_eq!(run.notes[0].protocol.as_deref(), Some("v1:pids+charges still"));
    assert_eq!(run.fits[0].protocol, "v1:pids+charges still");
    let names: BTreeSet<&str> = run.cells.iter().map(|cell| cell.subject.label()).collect();
    assert!(run.verdicts.iter().all(|verdict| names.contains(verdict.protocol.as_str())), "{names:?}");
}

#[test]
fn cells_of_an_interrupted_run_of_schema_1_are_read() {
    for name in ["churn", "guest"] {
        let folder = tempfile::tempdir().unwrap();
        let cells = folder.path().join(FOLDER);
        fs::create_dir(&cells).unwrap();
        let mut request = older(name);
        let kept = request["cells"].take();
        (request["cells"], request["verdicts"]) = (json!([]), json!([]));
        let bytes = request.to_string();
        fs::write(cells.join("request.json"), &bytes).unwrap();
        let digest: String = Sha256::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect();
        for (index, cell) in kept.as_array().unwrap().iter().enumerate() {
            let note = json!({ "kind": "thin", "text": "odd", "protocol": cell["protocol"] });
            let file = json!({ "request": digest, "notes": [note], "cell": cell });
            fs::write(cells.join(format!("{index:05}.json")), file.to_string()).unwrap();
        }
        let left = salvage(folder.path()).unwrap().unwrap();
        assert!(left.foreign.is_empty() && left.unreadable.is_empty(), "{left:?}");
        let (whole, run) = (current(name), left.run);
        assert_eq!((run.schema.as_str(), &run.cells, run.plan), (SCHEMA, &whole.cells, whole.plan));
        let of_cells = run.notes.iter().filter(|note| note.text == "odd");
        let noted: Vec<&str> = of_cells.filter_map(|note| note.protocol.as_deref()).collect();
        let labels: Vec<&str> = run.cells.iter().map(|cell| cell.subject.label()).collect();
        assert_eq!(noted, labels, "{name}");
    }
}

/// A gate by the names of this version, and the same gate by those of the version before.
const GATE: &str = r#"
[[gate]]
name = "drifts"
metric = "invariant.violated"
select = { invariant = "drift" }
equals = 7
class = "correctness"

[[gate]]
name = "as before"
metric = "invariant.violated"
change = 0
class = "correctness"
"#;

fn before(text: &str) -> String {
    text.replace("invariant.violated", "promise.broken").replace("invariant =", "promise =")
}

#[test]
fn gates_and_baselines_with_the_names_of_before_ask_for_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let mut run = current("churn");
    // Too little happened in the run for a verdict, and nothing passes without one.
    run.notes.clear();
    run.verdicts.clear();
    let path = folder.path().join("churn.json");
    let baseline = Baseline::of(&run).unwrap();
    baseline.write(&path).unwrap();
    let text = fs::read_to_string(&path).unwrap();
    let older = before(&text);
    assert_ne!(older, text);
    fs::write(&path, older).unwrap();
    let read = Baseline::read(&path).unwrap();
    assert_eq!(read, baseline);
    let key: Key = "invariant.violated[drift] count".parse().unwrap();
    assert_eq!(("promise.broken[drift] count".parse(), read.places[0].get(&key)), (Ok(key), Some(7)));
    let judged = |text: &str| {
        let gates = Gates::parse("g.toml", text, "2026-11-26").unwrap();
        evaluate(&gates, std::slice::from_ref(&run), Earlier::Figures(&read)).unwrap().text()
    };
    let said = judged(GATE);
    assert_eq!(judged(&before(GATE)), said);
    assert!(said.contains("2 passed, 0 failed"), "{said}");
}

#[test]
fn facts_that_do_not_hold_are_not_written_and_unknown_ones_are_refused() {
    let keys = |parts: SubjectParts| serde_json::to_value(Subject::from(parts)).unwrap();
    let parts = || SubjectParts { protocol: "v2".to_owned(), ..SubjectParts::default() };
    assert_eq!(keys(parts()), json!({ "protocol": "v2" }));
    let special = SubjectParts { favordynmods: true, traced: true, ..parts() };
    assert_eq!(keys(special), json!({ "protocol": "v2", "favordynmods": true, "traced": true }));
    let mut cell = serde_json::to_value(&current("linux").cells[0]).unwrap();
    cell["tracde"] = true.into();
    let error = serde_json::from_value::<Cell>(cell).unwrap_err().to_string();
    assert!(error.contains("unknown field `tracde`"), "{error}");
}
