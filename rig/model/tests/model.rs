//! What must not compile, and what the compiler says of it.
//!
//! The expected messages are stored next to the programs. `TRYBUILD=overwrite cargo test -p model` writes
//! them anew; that is called for when the compiler words something differently, or when the list of types that may be
//! shared has changed.

#[test]
fn raw_shared_fields_and_ways_around_the_locks_do_not_compile() {
    trybuild::TestCases::new().compile_fail("tests/compile_fail/*.rs");
}
