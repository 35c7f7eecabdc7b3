//! What [`super::state`] is made of; apart, so that a test can put a model checker's parts in their place.
pub(super) use parking_lot::Mutex;
pub(super) use std::sync::atomic::{AtomicU32, Ordering};
