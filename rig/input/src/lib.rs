//! External input: files of a bounded size, text, names, numbers with units, words of a command.
//!
//! | module | content |
//! |---|---|
//! | [`mod@file`] | reads a regular file up to a stated size; a FIFO, a device or a folder is an error that says so |
//! | [`text`] | escapes characters that a terminal would obey; refuses names with control characters |
//! | [`shell`] | quotes words so that a shell reads them back unchanged |
//! | [`units`] | durations and rates, from text and back |
//! | [`mistake`] | an error with the place in a text and a mark below it |
//! | [`nearest`] | "did you mean": the known names that are similar to an unknown one |
//! | [`mod@proc`] | fields of texts of /proc |
//! | [`wording`] | messages of serde, in words for users |
//!
//! A leaf: it depends on no other crate of this workspace, and every crate may use it.
#![forbid(unsafe_code)]
pub mod file;
pub mod mistake;
pub mod nearest;
pub mod proc;
pub mod shell;
pub mod text;
pub mod units;
pub mod wording;
