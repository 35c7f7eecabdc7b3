//! Statistics of machine time: decisions whether one thing is slower than another, when the machine is noisy.
//!
//! Separate from the measurements: input and output are plain numbers. The unit is a run and not a sample, because
//! samples of one run share its luck. Runs of two sides are in blocks A B B A ([`blocks()`]), so that a machine that
//! gets slower steadily does so for both. Each pair gives one log ratio. [`SignedRank`] estimates the ratio (Hodges and
//! Lehmann) and says how likely it is by chance (Wilcoxon, exact). [`holm()`] is for several such questions at once,
//! and [`decide()`] joins all of it to a rule. Simulated figures need none of this: they are compared exactly.
mod blocks;
mod decide;
mod holm;
mod signed_rank;

pub use blocks::{NotPaired, Run, blocks};
pub use decide::{ALPHA, Answer, Estimate, Question, decide, pairs_needed};
pub use holm::holm;
pub use signed_rank::SignedRank;
