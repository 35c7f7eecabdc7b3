//! The modelled kernel: data, locks, paths and protocols, each written once, and the checks that judge them.
//!
//! **Start here:** [`seam`] says what runs underneath, [`protocols`] is what is compared.
//!
//! | module | what it does |
//! |---|---|
//! | [`seam`] | the trait `Current`, events, Words, costs |
//! | [`kernel`] | plain data and arithmetic of it |
//! | [`locks`] | policies as pure state machines, guards, statistics |
//! | [`world`] | the modelled kernel behind locks and Words |
//! | [`paths`] | mmap, touch, fork, exec, exit, charging, the attach core: each once |
//! | [`protocols`] | one folder a protocol: its sequence and its controllers' callbacks |
//! | [`checks`] | one invariant a file |
#![forbid(unsafe_code)]
pub mod checks;
pub mod kernel;
pub mod locks;
pub mod paths;
pub mod protocols;
pub mod seam;
pub mod world;
