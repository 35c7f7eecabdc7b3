//! Text that comes from outside: files of a bounded size, names, numbers with units, words of a command.
//!
//! | module | content |
//! |---|---|
//! | [`mod@file`] | reads a regular file up to a stated size; a FIFO, a device or a folder is an error with that word |
//! | [`text`] | escapes what a terminal would obey; refuses names with control characters |
//! | [`shell`] | quotes words so that a shell reads them back as they are |
//! | [`units`] | durations and rates, from text and back |
//! | [`nearest`] | "did you mean": the known names that look like an unknown one |
//! | [`wording`] | messages of serde, in words that people know |
//!
//! A leaf: knows no other crate of this workspace, and every crate may use it.
#![forbid(unsafe_code)]
pub mod file;
pub mod nearest;
pub mod shell;
pub mod text;
pub mod units;
pub mod wording;
