//! attach-rig: benchmarks and fault-injects the protocols that move tasks between control groups.
//!
//! **Start here:** [`engine`] is the seam, [`protocols`] is what is compared, [`driver`] runs one cell of an experiment.
//!
//! | module | what it does |
//! |---|---|
//! | [`cli`] | flags to one validated plan, dispatch, exit code |
//! | [`driver`] | one cell: build, warm up, run, drain, check, record |
//! | [`explore`] | litmus tests under every schedule, replay, the shortest counterexample |
//! | [`protocols`] | one folder a protocol: its sequence and its controllers' callbacks |
//! | [`paths`] | mmap, touch, fork, exec, exit, charging, the attach core: each once |
//! | [`world`] | the modelled kernel behind locks and Words |
//! | [`kernel`] | plain data and arithmetic of it |
//! | [`locks`] | policies as pure state machines, guards, statistics |
//! | [`engine`] | the trait `Current`, events, costs, the simulator, OS threads |
//! | [`checks`] | one promise a file |
//! | [`measure`] | recorders, environment, the step to the schema |
//! | [`linux`] | the real kernel |
//! | [`record`] | recordings of real programs by strace |
pub mod checks;
pub mod cli;
pub mod driver;
pub mod engine;
pub mod explore;
pub mod kernel;
pub mod linux;
pub mod locks;
pub mod measure;
pub mod paths;
pub mod protocols;
pub mod record;
pub mod world;
