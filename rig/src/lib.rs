//! attach-rig: benchmarks and fault-injects the protocols that move tasks between control groups.
//!
//! **Start here:** [`driver`] runs one cell of a [`scenario`] on the [`model`] with one of the [`engines`].
//!
//! | module | what it does |
//! |---|---|
//! | [`cli`] | flags to one validated plan, dispatch, exit code |
//! | [`driver`] | one cell: build, warm up, run, drain, check, record |
//! | [`measure`] | recorders, environment, the step to the schema |
//! | [`record`] | recordings of real programs by strace |
pub mod cli;
pub mod driver;
pub mod measure;
pub mod record;
