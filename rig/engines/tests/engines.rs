//! The seam, proved: protocol modules, unchanged, under other engines than the simulator's time.
//!
//! | what | in |
//! |---|---|
//! | the litmus example of the design, written over any `Current` | `engines/example.rs` |
//! | an engine: every interleaving, one after the other | `engines/depth_first.rs` |
//! | what it finds: final states, deadlocks | `engines/exploring.rs` |
//! | the reducing policy against it | `engines/reducing.rs` |
//! | runs given up anywhere, worlds put back to the start | `engines/abandoned.rs` |
//! | thousands of attaches on OS threads, and in virtual time | `engines/hammer.rs` |

mod engines {
    pub(super) mod abandoned;
    pub(super) mod depth_first;
    pub(super) mod example;
    pub(super) mod exploring;
    pub(super) mod hammer;
    pub(super) mod reducing;
}
