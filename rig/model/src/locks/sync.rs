//! The primitives of [`super::state`], in a file of their own so that a test can replace them by a model checker's.
pub(super) use parking_lot::Mutex;
pub(super) use std::sync::atomic::{AtomicU32, Ordering};
