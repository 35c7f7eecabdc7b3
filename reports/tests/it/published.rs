//! The committed JSON Schema is the one of the code. `UPDATE=1 cargo test -p reports published` writes it anew.
use std::path::Path;

#[test]
fn the_committed_schema_is_current() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("schema/run.schema.json");
    let current = reports::json::schema_json();
    if std::env::var_os("UPDATE").is_some() {
        reports::json::write_atomic(&path, current.as_bytes()).unwrap();
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        committed == current,
        "schema/run.schema.json is stale: run `UPDATE=1 cargo test -p reports published`, and when a field changed its \
         meaning or went away, raise `schema::SCHEMA`"
    );
}
