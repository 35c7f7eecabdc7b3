//! attach-rig.
pub mod engine;
pub mod kernel;
pub mod locks;
pub mod paths;
pub mod protocols;
pub mod world;
