//! Tests of the crate `faults`.
//!
//! | module | what belongs there |
//! |---|---|
//! | `decisions` | when rules fire |
//! | `grammar` | rules that are read, and as what |
//! | `mistakes` | rules that are refused: what is said, and where the caret stands |
//! | `sites` | the list of sites |
//! | `text` | rules and plans as text, and back |
mod decisions;
mod grammar;
mod mistakes;
mod sites;
mod text;
