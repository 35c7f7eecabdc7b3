//! Text that comes from outside: files of a bounded size, names, words of a command.
//!
//! | module | content |
//! |---|---|
//! | [`file`] | reads a regular file up to a stated size; a FIFO, a device or a folder is an error with that word |
//! | [`text`] | escapes what a terminal would obey; refuses names with control characters |
//! | [`shell`] | quotes words so that a shell reads them back as they are |
//!
//! A leaf: knows no other crate of this workspace, and every crate may use it.
#![forbid(unsafe_code)]
pub mod file;
pub mod shell;
pub mod text;
