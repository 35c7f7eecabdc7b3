//! Tests of the crate `faults`.
//!
//! | module | what belongs there |
//! |---|---|
//! | `decisions` | when rules fire |
//! | `grammar` | valid rules and their meaning |
//! | `mistakes` | refused rules: the message, and the marked part |
//! | `sites` | the list of sites |
//! | `text` | rules and plans as text, and back |
mod decisions;
mod grammar;
mod mistakes;
mod sites;
mod text;
