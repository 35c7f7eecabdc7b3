//! The protocols, one folder each: its sequence, its callbacks' type, its controllers' callbacks; nothing else.
//!
//! To add one: a folder, and a line in each of the three tables below ([`Protocol`], [`ALL`], [`attach`]).
pub mod evacuate;
pub mod name;
pub mod prepare_undo;
pub mod three_phase;
pub mod transactional;

pub use evacuate::evacuate;
pub use name::NameError;
pub use transactional::canary::Canary;

use crate::engine::event::{Callback, Outcome};
use crate::engine::{Current, Event};
use crate::kernel::Controller;
use crate::paths::attach::{MmapSemMode, Request};
use crate::world::World;
use faults::Site;
use prepare_undo::{Hold, Spin};

/// A protocol with its options.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    /// Linux 2.6.24 to 2.6.33; the seed's "The Problem".
    ThreePhase,
    /// Paul Menage, July 2008.
    Transactional(transactional::Options),
    /// Balbir Singh, July 2008.
    PrepareUndo(prepare_undo::Options),
}

/// An option with its values; the first is the default.
pub type OptionValues = (&'static str, &'static [&'static str]);

/// What `list` says of a protocol.
#[derive(Clone, Copy, Debug)]
pub struct Info {
    /// Its id.
    pub id: &'static str,
    /// Where it comes from and what it does, in one line.
    pub about: &'static str,
    /// Its options.
    pub options: &'static [OptionValues],
    /// The protocol with its options at those positions.
    make: fn(&[usize]) -> Protocol,
}

/// Every protocol.
pub const ALL: [Info; 3] = [
    Info {
        id: "three-phase",
        about: "Linux 2.6.24-2.6.33: can_attach each, switch, attach each; nobody is told of a failure",
        options: &[],
        make: |_| Protocol::ThreePhase,
    },
    Info {
        id: "transactional",
        about: "Menage 2008: prepare sleep each, prepare nosleep each, switch, commit; abort undoes everything",
        options: &[("mmap-sem", &["counted", "unfair", "plain"])],
        make: |at| {
            let modes = [MmapSemMode::Counted, MmapSemMode::Unfair, MmapSemMode::Plain];
            Protocol::Transactional(transactional::Options { mmap_sem: modes[at[0]], canary: None })
        },
    },
    Info {
        id: "prepare-undo",
        about: "Singh 2008: prepare each; on failure those that succeeded undo; move; attached each",
        options: &[("hold", &["none", "locks"]), ("spin", &["drop", "keep"])],
        make: |at| {
            let (hold, spin) = ([Hold::None, Hold::Locks][at[0]], [Spin::Drop, Spin::Keep][at[1]]);
            Protocol::PrepareUndo(prepare_undo::Options { hold, spin })
        },
    },
];

/// Runs one attach under `protocol`.
pub fn attach<C: Current>(protocol: Protocol, cur: &C, world: &World, request: &Request) -> Outcome {
    cur.emit(Event::AttachBegin { target: request.target, dest: request.dest, due_ns: request.due_ns });
    let outcome = match protocol {
        Protocol::ThreePhase => three_phase::attach(cur, world, request),
        Protocol::Transactional(options) => transactional::attach(cur, world, request, options),
        Protocol::PrepareUndo(options) => prepare_undo::attach(cur, world, request, options),
    };
    cur.emit(Event::AttachEnd { outcome });
    outcome
}

impl Protocol {
    /// What is wrong with it on purpose.
    #[must_use]
    pub fn canary(self) -> Option<Canary> {
        if let Self::Transactional(options) = self { options.canary } else { None }
    }

    /// The same with that wrong; only transactional has canaries.
    #[must_use]
    pub fn with_canary(self, canary: Option<Canary>) -> Self {
        match self {
            Self::Transactional(options) => {
                let plain = canary == Some(Canary::PlainRead);
                let mmap_sem = if plain { MmapSemMode::Plain } else { options.mmap_sem };
                Self::Transactional(transactional::Options { mmap_sem, canary })
            }
            other => other,
        }
    }

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

    /// The callbacks that `controller` has under it.
    #[must_use]
    pub fn callbacks<C: Current>(self, controller: Controller) -> Vec<Callback> {
        match self {
            Self::ThreePhase => three_phase::names::<C>(controller),
            Self::Transactional(_) => transactional::names::<C>(controller),
            Self::PrepareUndo(_) => {
                vec![Callback::PrepareAttach, Callback::Undo, Callback::Attached]
            }
        }
    }

    /// Names of the callbacks that undo a prepare, for those controllers: `memrlimit.abort_attach_sleep`.
    #[must_use]
    pub fn undoing<C: Current>(self, controllers: &[Controller]) -> Vec<String> {
        let of = |controller: &Controller| {
            let undo = self.callbacks::<C>(*controller).into_iter().filter(|callback| callback.undoes());
            undo.map(|callback| format!("{controller}.{}", callback.name())).collect::<Vec<_>>()
        };
        controllers.iter().flat_map(of).collect()
    }
}
