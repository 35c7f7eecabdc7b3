//! The explorer: litmus tests under every schedule.
//!
//! - `support`: searches in a few words
//! - `museum`: every built-in test ends as expected, explored completely; the table in the folder's README
//! - `reduction`: the reduced search loses no state of plain depth-first search, and runs no trace twice
//! - `workers`: several workers find the same as one; bounds hold; the same seed gives the same schedules
//! - `replays`: a witness replays from its token and its file, and another model refuses it
//! - `shrinking`: a long counterexample becomes a short one
//! - `verdicts`: an invariant that is not listed is expected to hold; conditions on final states; faults that never
//!   fired; bounds
//! - `metamorphic`: other names, an idle process, an mmap in two parts: nothing else is found
//! - `mistakes`: bad litmus tests, with the place and the remedy
//! - `beside_shuttle`: the same planted bug, found by the explorer and by shuttle
//! - `command`: the command as a user runs it: exit codes, files, JSON
mod beside_shuttle;
mod command;
mod metamorphic;
mod mistakes;
mod museum;
mod reduction;
mod replays;
mod shrinking;
mod support;
mod verdicts;
mod workers;
