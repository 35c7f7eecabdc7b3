//! Programs that must not compile, with the errors that the compiler must report.
//!
//! The expected errors are stored next to the programs. `TRYBUILD=overwrite cargo test -p model` updates them. That is
//! needed when a new compiler words an error differently, or when the list of types that may be shared has changed.

#[test]
fn raw_shared_fields_and_ways_around_the_locks_do_not_compile() {
    trybuild::TestCases::new().compile_fail("tests/compile_fail/*.rs");
}
