//! Tests of the seam: the same protocol modules under other engines than the simulator's time.
//!
//! | test | file |
//! |---|---|
//! | the litmus example of the design, written over any `Current` | `engines/example.rs` |
//! | an engine that runs every interleaving in turn | `engines/depth_first.rs` |
//! | the final states and deadlocks that it finds | `engines/exploring.rs` |
//! | the reducing policy against it | `engines/reducing.rs` |
//! | runs given up anywhere, worlds put back to the start | `engines/abandoned.rs` |
//! | outcomes of attaches, and the times that they take | `engines/outcomes.rs` |
//! | thousands of attaches on OS threads, and in virtual time | `engines/hammer.rs` |

mod engines {
    pub(super) mod abandoned;
    pub(super) mod depth_first;
    pub(super) mod example;
    pub(super) mod exploring;
    pub(super) mod hammer;
    pub(super) mod outcomes;
    pub(super) mod reducing;
}
