//! The timed loop: one write per move, by one mover or several.
//!
//! ```text
//! mover       closed or at a rate, on the one clock; movers: several at once
//! samples     what one cell records; kept: single moves of it
//! ```
pub(super) mod kept;
pub(super) mod mover;
pub(super) mod movers;
pub(super) mod samples;
