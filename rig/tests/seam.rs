//! The seam, proved: protocol modules, unchanged, under other engines than the simulator's time.
//!
//! | what | in |
//! |---|---|
//! | the litmus example of the design, written over any `Current` | `seam/example.rs` |
//! | an engine: every interleaving, one after the other | `seam/depth_first.rs` |
//! | what it finds: final states, deadlocks | `seam/exploring.rs` |
//! | the reducing policy against it | `seam/reducing.rs` |
//! | runs given up anywhere, worlds put back to the start | `seam/abandoned.rs` |
//! | thousands of attaches on OS threads, and in virtual time | `seam/hammer.rs` |
//! | what must not compile | `seam/compile_fail.rs` |

mod seam {
    pub(super) mod abandoned;
    pub(super) mod compile_fail;
    pub(super) mod depth_first;
    pub(super) mod example;
    pub(super) mod exploring;
    pub(super) mod hammer;
    pub(super) mod reducing;
}
