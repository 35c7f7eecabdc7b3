//! Tests of the explorer against a second model.
//!
//! | module | content |
//! |---|---|
//! | `naive` | a second model of the attach path, which shares no code with the crate `model` |
//! | `random` | random tiny cases, from a seed |
//! | `against` | one case on both models, and the difference |
//! | `same` | both models find the same final states |

mod explore {
    pub(super) mod against;
    pub(super) mod naive;

    pub(super) mod power;
    pub(super) mod random;
    pub(super) mod same;
}
