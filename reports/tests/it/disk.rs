//! run.json, env.json and cells on disk.
use crate::demo::{demo_env, demo_linux, demo_run, empty_cell};
use reports::cells::{CellStore, salvage};
use reports::json::{ReadError, WriteError, read_env, read_run, write_atomic, write_env, write_run};
use reports::schema::{Note, NoteKind};
use std::fs;
use std::path::Path;

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> =
        fs::read_dir(folder).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn a_run_comes_back_as_it_was_and_with_the_same_bytes() {
    let folder = tempfile::tempdir().unwrap();
    for run in [demo_run(), demo_linux()] {
        let path = folder.path().join("run.json");
        write_run(&path, &run).unwrap();
        let first = fs::read(&path).unwrap();
        let back = read_run(&path).unwrap();
        assert_eq!(back, run);
        let lines = String::from_utf8(first.clone())
            .unwrap()
            .lines()
            .filter(|line| line.contains("\"protocol\":"))
            .count();
        assert_eq!(lines, run.cells.len() + run.verdicts.len(), "a cell is a line, and so is a verdict");
        write_run(&path, &back).unwrap();
        assert_eq!(fs::read(&path).unwrap(), first);
    }
    let path = folder.path().join("env.json");
    write_env(&path, &demo_env()).unwrap();
    assert_eq!(read_env(&path).unwrap(), demo_env());
    assert_eq!(names(folder.path()), ["env.json", "run.json"], "no temporary file is left");
}

#[test]
fn an_error_names_the_file_the_line_and_what_is_wrong() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("run.json");
    write_run(&path, &demo_linux()).unwrap();
    let text = fs::read_to_string(&path).unwrap();

    fs::write(&path, &text[..text.len() / 2]).unwrap();
    let error = read_run(&path).unwrap_err().to_string();
    assert!(error.contains("run.json") && error.contains("EOF") && error.contains("line "), "{error}");

    fs::write(&path, text.replacen("\"interrupted\": false", "\"interrupted\": \"no\"", 1)).unwrap();
    let error = read_run(&path).unwrap_err().to_string();
    assert!(error.contains("expected a boolean at line ") && error.contains("column"), "{error}");

    fs::write(&path, text.replacen("\"verdicts\"", "\"verdict\"", 1)).unwrap();
    let error = read_run(&path).unwrap_err().to_string();
    assert!(error.contains("unknown field `verdict`"), "{error}");

    let missing = read_run(&folder.path().join("none.json")).unwrap_err();
    assert!(matches!(missing, ReadError::File(_)) && missing.to_string().contains("none.json"));
}

#[test]
fn a_foreign_schema_is_its_own_error() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("run.json");
    let mut run = demo_linux();
    run.schema = "attach-rig/run/7".to_owned();
    write_run(&path, &run).unwrap();
    let error = read_run(&path).unwrap_err();
    assert!(
        matches!(&error, ReadError::ForeignSchema { found, .. } if found == "\"attach-rig/run/7\""),
        "{error}"
    );

    // A version that also changed its fields is still recognised by its version, and any other JSON by having none.
    fs::write(&path, r#"{"schema": "attach-rig/run/3", "news": []}"#).unwrap();
    assert!(matches!(read_run(&path).unwrap_err(), ReadError::ForeignSchema { .. }));
    fs::write(&path, "[1, 2]").unwrap();
    assert!(
        matches!(read_run(&path).unwrap_err(), ReadError::ForeignSchema { found, .. } if found == "missing")
    );
}

#[test]
fn a_failed_write_leaves_the_old_file_and_no_other() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("run.json");
    write_atomic(&path, b"old").unwrap();
    write_atomic(&path, b"new").unwrap();
    assert_eq!(fs::read(&path).unwrap(), b"new");

    // A folder is in the way, so the rename fails after everything was written.
    let blocked = folder.path().join("blocked");
    fs::create_dir(&blocked).unwrap();
    fs::write(blocked.join("x"), "x").unwrap();
    let error = write_atomic(&blocked, b"bytes").unwrap_err();
    assert!(matches!(&error, WriteError::Io { path, .. } if path == &blocked), "{error}");
    assert_eq!(names(folder.path()), ["blocked", "run.json"]);

    let nowhere = write_atomic(&folder.path().join("none/run.json"), b"bytes").unwrap_err();
    assert!(nowhere.to_string().contains("none/run.json"), "{nowhere}");
}

#[test]
fn finished_cells_survive_and_come_back_in_the_order_of_the_plan() {
    let folder = tempfile::tempdir().unwrap();
    let asked = demo_run();
    let store = CellStore::begin(folder.path(), &asked).unwrap();
    let note = Note { kind: NoteKind::Warning, text: "odd".into(), protocol: None };
    for index in [11, 2, 100_000, 0] {
        let notes = if index == 2 { vec![note.clone()] } else { Vec::new() };
        store.save(index, &empty_cell("transactional", index as u64), &notes).unwrap();
    }
    // A kill in the middle of a write leaves this behind.
    fs::write(folder.path().join("cells/.tmp-Ab12"), "{\"protocol").unwrap();

    let left = salvage(folder.path()).unwrap().unwrap();
    let seeds: Vec<u64> = left.run.cells.iter().map(|cell| cell.seed).collect();
    assert_eq!(seeds, [0, 2, 11, 100_000]);
    assert_eq!((left.run.notes, left.run.interrupted), ([asked.notes, vec![note]].concat(), true));
    assert!(left.foreign.is_empty() && left.unreadable.is_empty());

    fs::write(folder.path().join("cells/00002.json"), "{").unwrap();
    let left = salvage(folder.path()).unwrap().unwrap();
    assert_eq!((left.run.cells.len(), left.unreadable.len()), (3, 1));
    assert!(left.unreadable[0].contains("00002.json"), "{:?}", left.unreadable);
    assert!(CellStore::begin(folder.path(), &demo_run()).is_err(), "two requests in one folder");
    store.remove().unwrap();
    assert!(names(folder.path()).is_empty() && salvage(folder.path()).unwrap().is_none());
}

#[test]
fn cells_of_another_request_are_distinguished() {
    let (folder, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let store = CellStore::begin(folder.path(), &demo_run()).unwrap();
    let mut asked = demo_run();
    asked.scenario.seed += 1;
    let foreign = CellStore::begin(other.path(), &asked).unwrap();
    store.save(0, &empty_cell("transactional", 0), &[]).unwrap();
    foreign.save(1, &empty_cell("transactional", 1), &[]).unwrap();
    fs::copy(other.path().join("cells/00001.json"), folder.path().join("cells/00001.json")).unwrap();

    let left = salvage(folder.path()).unwrap().unwrap();
    assert_eq!(left.run.cells, [empty_cell("transactional", 0)]);
    assert_eq!(left.foreign, [folder.path().join("cells/00001.json")]);
}
