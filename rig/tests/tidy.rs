//! The rules of this repository, as tests: which crate and module may know which, how large things may grow, where
//! `unsafe` may stand, and what lies where.
//!
//! A rule is a pure function from files to violations, so that beside each stands a test that plants a violation and
//! sees it found. Rules read text, not types: they cannot be complete, but they are quick and need no compiler.
//!
//! | rules about | in |
//! |---|---|
//! | which crate may depend on which | `tidy/crates.rs` |
//! | which module of rig may name which | `tidy/modules.rs` |
//! | first lines, lengths | `tidy/shape.rs` |
//! | words that are not allowed in some place | `tidy/words.rs` |
//! | what may lie at the top | `tidy/layout.rs` |
//!
//! `tidy/source.rs` reads files and `tidy/tokens.rs` finds the paths in them; neither knows a rule.

mod tidy {
    pub(super) mod crates;
    pub(super) mod layout;
    pub(super) mod modules;
    pub(super) mod shape;
    pub(super) mod source;
    pub(super) mod tokens;
    pub(super) mod words;
}

use tidy::{
    crates, layout, modules, shape,
    source::{Files, Violation, read_tree},
    words,
};

/// Asserts that a rule holds in this repository.
#[track_caller]
fn holds(rule: fn(&Files) -> Vec<Violation>) {
    let files = read_tree();
    assert!(files.len() > 20, "only {} files: is this the repository?", files.len());
    let violations: Vec<String> = rule(&files).iter().map(ToString::to_string).collect();
    assert!(violations.is_empty(), "{} violations:\n{}\n", violations.len(), violations.join("\n"));
}

#[test]
fn leaves_depend_on_none_of_ours_and_rig_on_the_leaves() {
    holds(crates::manifests);
}

#[test]
fn leaves_name_none_of_ours() {
    holds(crates::names_in_code);
}

#[test]
fn modules_name_only_those_below() {
    holds(modules::arrows);
}

#[test]
fn only_measure_linux_and_cli_name_reports() {
    holds(modules::reports);
}

#[test]
fn a_protocol_names_no_other_protocol() {
    holds(modules::protocols);
}

#[test]
fn every_file_says_what_it_is() {
    holds(shape::headers);
}

#[test]
fn files_and_functions_do_not_only_grow() {
    holds(shape::sizes);
}

#[test]
fn unsafe_stands_where_the_design_says() {
    holds(words::unsafety);
}

#[test]
fn the_modelled_kernel_is_plain_data() {
    holds(words::kernel);
}

#[test]
fn maps_are_ordered() {
    holds(words::maps);
}

#[test]
fn protocols_do_not_know_their_engine() {
    holds(words::engines);
}

#[test]
fn code_lies_in_the_four_crates() {
    holds(layout::top);
}
