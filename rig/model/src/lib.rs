//! The modelled kernel: data, locks, paths and protocols, each written once, and the checks that judge runs of it.
//!
//! **Start here:** [`seam`] is the interface to the engine that runs the model; [`protocols`] holds the protocols that
//! are compared.
//!
//! | module | what it does |
//! |---|---|
//! | [`seam`] | the trait `Current`, events, shared cells, costs |
//! | [`kernel`] | plain data and its arithmetic |
//! | [`locks`] | policies as pure state machines, guards, statistics |
//! | [`world`] | the modelled kernel behind locks and shared cells |
//! | [`paths`] | mmap, touch, fork, exec, exit, charging, and the part of attach that protocols share |
//! | [`protocols`] | a folder for each protocol: its sequence and its controllers' callbacks |
//! | [`checks`] | a file for each invariant |
#![forbid(unsafe_code)]
pub mod checks;
pub mod kernel;
pub mod locks;
pub mod paths;
pub mod protocols;
pub mod seam;
pub mod world;
