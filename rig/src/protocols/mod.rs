//! The protocols, one folder each: its sequence, its callbacks' type, its controllers' callbacks; nothing else.
//!
//! To add one: a folder, and a line in each of the three tables below ([`Protocol`], [`ALL`], [`attach`]).
pub mod name;
pub mod prepare_undo;
pub mod three_phase;
pub mod transactional;

pub use name::NameError;

use crate::engine::event::{Callback, Outcome};
use crate::engine::{Current, Event};
use crate::kernel::Controller;
use crate::paths::attach::{MmapSemMode, Request};
use crate::world::World;
use faults::Site;
use prepare_undo::Hold;

/// A protocol with its options.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    /// Linux 2.6.24 to 2.6.33; the seed's "The Problem".
    ThreePhase,
    /// Paul Menage, July 2008.
    Transactional(MmapSemMode),
    /// Balbir Singh, July 2008.
    PrepareUndo(Hold),
}

/// What `list` says of a protocol.
#[derive(Clone, Copy, Debug)]
pub struct Info {
    /// Its id.
    pub id: &'static str,
    /// Where it comes from and what it does, in one line.
    pub about: &'static str,
    /// Its option, if it has one, with the values; the first is the default.
    pub option: Option<(&'static str, &'static [&'static str])>,
    /// The protocol with its option at that position.
    make: fn(usize) -> Protocol,
}

/// Every protocol.
pub const ALL: [Info; 3] = [
    Info {
        id: "three-phase",
        about: "Linux 2.6.24-2.6.33: can_attach each, switch, attach each; nobody is told of a failure",
        option: None,
        make: |_| Protocol::ThreePhase,
    },
    Info {
        id: "transactional",
        about: "Menage 2008: prepare sleep each, prepare nosleep each, switch, commit; abort undoes everything",
        option: Some(("mmap-sem", &["counted", "unfair", "plain"])),
        make: |value| {
            let modes = [MmapSemMode::Counted, MmapSemMode::Unfair, MmapSemMode::Plain];
            Protocol::Transactional(modes[value])
        },
    },
    Info {
        id: "prepare-undo",
        about: "Singh 2008: prepare each; on failure those that succeeded undo; move; attached each",
        option: Some(("hold", &["none", "locks"])),
        make: |value| Protocol::PrepareUndo([Hold::None, Hold::Locks][value]),
    },
];

/// Runs one attach under `protocol`.
pub fn attach<C: Current>(protocol: Protocol, cur: &C, world: &World, request: &Request) -> Outcome {
    cur.emit(Event::AttachBegin { target: request.target, dest: request.dest, due_ns: request.due_ns });
    let outcome = match protocol {
        Protocol::ThreePhase => three_phase::attach(cur, world, request),
        Protocol::Transactional(mmap_sem) => transactional::attach(cur, world, request, mmap_sem),
        Protocol::PrepareUndo(hold) => prepare_undo::attach(cur, world, request, hold),
    };
    cur.emit(Event::AttachEnd { outcome });
    outcome
}

impl Protocol {
    /// Every prepare site that `protocol` can reach with those controllers.
    #[must_use]
    pub fn sites<C: Current>(self, controllers: &[Controller]) -> Vec<Site> {
        let of_controllers = controllers.iter().flat_map(|controller| match self {
            Self::ThreePhase => three_phase::sites(*controller),
            Self::Transactional(_) => transactional::sites::<C>(*controller),
            Self::PrepareUndo(_) => prepare_undo::sites(*controller),
        });
        of_controllers.chain([Site::CoreCssSetAlloc]).collect()
    }

    /// Names of the callbacks that undo a prepare, for those controllers: `memrlimit.abort_attach_sleep`.
    #[must_use]
    pub fn undoing<C: Current>(self, controllers: &[Controller]) -> Vec<String> {
        let named = |controller: Controller, callbacks: Vec<Callback>| {
            callbacks.into_iter().map(move |callback| format!("{controller}.{}", callback.name()))
        };
        let of = |controller: &Controller| match self {
            Self::ThreePhase => named(*controller, Vec::new()),
            Self::Transactional(_) => named(*controller, transactional::undoing::<C>(*controller)),
            Self::PrepareUndo(_) => named(*controller, vec![Callback::Undo]),
        };
        controllers.iter().flat_map(of).collect()
    }
}
