//! The protocols, one folder each, with only its sequence, the type of its callbacks, and its controllers' callbacks.
//!
//! To add a protocol, write its folder, its `mod`, and its line in the table below. A folder has `ABOUT`, its `Options`
//! with a field `threadgroup` and `options()`, `attach()`, `names()` and `keeps_locks()`.
pub mod evacuate;
pub mod name;
pub mod prepare_undo;
pub mod three_phase;
pub mod transactional;

pub use evacuate::evacuate;
pub use name::NameError;
pub use transactional::mutant::Mutant;

use crate::kernel::{Controller, Threadgroup};
use crate::paths::attach::Request;
use crate::seam::event::{Callback, Outcome};
use crate::seam::{Current, Event};
use crate::world::{World, WorldSpec};
use faults::Site;

/// An option with its values; the first is the default.
pub type OptionValues = (&'static str, &'static [&'static str]);

/// The lock of an attach against fork, exit and exec, as an option of protocols that move a process as one.
const THREADGROUP: OptionValues = ("threadgroup", Threadgroup::NAMES);

/// The facts about a protocol.
#[derive(Clone, Copy, Debug)]
pub struct About {
    /// The id.
    pub id: &'static str,
    /// The origin and the sequence, in one line.
    pub about: &'static str,
    /// True if a refused attach leaves no trace.
    pub undoes_all: bool,
    /// The options.
    pub options: &'static [OptionValues],
}

/// A row of [`ALL`].
#[derive(Clone, Copy, Debug)]
pub struct Info {
    /// The facts about the protocol.
    pub about: About,
    /// Returns the protocol with option values at those positions.
    make: fn(&[usize]) -> Protocol,
}

/// Declares [`Protocol`] and everything that dispatches on it.
macro_rules! protocols {
    ($($(#[$doc:meta])* $protocol:ident in $folder:ident;)*) => {
        /// A protocol with its options.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Protocol {
            $($(#[$doc])* $protocol($folder::Options),)*
            /// transactional with one defect.
            Mutant(Mutant),
        }

        /// Every protocol.
        pub const ALL: &[Info] = &[$(
            Info { about: $folder::ABOUT, make: |at| Protocol::$protocol($folder::options(at)) },
        )*];

        fn dispatch<C: Current>(protocol: Protocol, cur: &C, world: &World, request: &Request) -> Outcome {
            match protocol {
                $(Protocol::$protocol(options) => $folder::attach(cur, world, request, options),)*
                Protocol::Mutant(mutant) => transactional::mutant::attach(cur, world, request, mutant),
            }
        }

        impl Protocol {
            /// Returns the facts about it.
            #[must_use]
            pub fn about(self) -> &'static About {
                match self {
                    $(Self::$protocol(_) => &$folder::ABOUT,)*
                    Self::Mutant(_) => &transactional::ABOUT,
                }
            }

            /// Reports whether nothing that a controller looked at can change before its last callback.
            #[must_use]
            pub fn keeps_locks(self) -> bool {
                match self {
                    $(Self::$protocol(options) => $folder::keeps_locks(options),)*
                    Self::Mutant(_) => true,
                }
            }

            /// Returns the lock of its attaches against fork, exit and exec.
            #[must_use]
            pub fn threadgroup(self) -> Threadgroup {
                match self {
                    $(Self::$protocol(options) => options.threadgroup,)*
                    Self::Mutant(_) => Threadgroup::default(),
                }
            }

            /// Returns the callbacks that `controller` has under it.
            #[must_use]
            pub fn callbacks<C: Current>(self, controller: Controller) -> Vec<Callback> {
                match self {
                    $(Self::$protocol(options) => $folder::names::<C>(controller, options),)*
                    Self::Mutant(_) => transactional::names::<C>(controller, transactional::Options::default()),
                }
            }
        }
    };
}

protocols! {
    /// Linux 2.6.24 to 2.6.33; the seed's "The Problem".
    ThreePhase in three_phase;
    /// Paul Menage, July 2008.
    Transactional in transactional;
    /// Balbir Singh, July 2008.
    PrepareUndo in prepare_undo;
}

/// Runs one attach under `protocol`.
///
/// # Panics
/// When `world` was not built for the protocol ([`Protocol::fit`]): a bug of ours.
pub fn attach<C: Current>(protocol: Protocol, cur: &C, world: &World, request: &Request) -> Outcome {
    assert_eq!(protocol.threadgroup(), world.spec.threadgroup, "the world is that of another protocol");
    cur.emit(Event::AttachBegin { target: request.target, dest: request.dest, due_ns: request.due_ns });
    let outcome = dispatch(protocol, cur, world, request);
    cur.emit(Event::AttachEnd { outcome });
    outcome
}

impl Protocol {
    /// Returns the spec of a world in which attaches run under this protocol: forks, exits and execs take the lock that
    /// its attaches take.
    #[must_use]
    pub fn fit(self, spec: WorldSpec) -> WorldSpec {
        WorldSpec { threadgroup: self.threadgroup(), ..spec }
    }

    /// Returns its deliberate defect, if it is a mutant.
    #[must_use]
    pub fn mutant(self) -> Option<Mutant> {
        if let Self::Mutant(mutant) = self { Some(mutant) } else { None }
    }

    /// Returns the protocol with that defect. Only transactional has mutants; the others return themselves.
    #[must_use]
    pub fn with_mutant(self, mutant: Option<Mutant>) -> Self {
        match (self, mutant) {
            (Self::Transactional(_), Some(mutant)) => Self::Mutant(mutant),
            (protocol, _) => protocol,
        }
    }

    /// Returns every prepare site that it can reach with those controllers.
    #[must_use]
    pub fn sites<C: Current>(self, controllers: &[Controller]) -> Vec<Site> {
        let of_controllers = controllers.iter().flat_map(|controller| {
            let callbacks = self.callbacks::<C>(*controller).into_iter();
            callbacks.filter_map(|callback| Some(controller.site(callback.fault()?)))
        });
        of_controllers.chain([Site::CoreCssSetAlloc]).collect()
    }

    /// Returns the callbacks that undo a prepare, for those controllers.
    #[must_use]
    pub fn undoing<C: Current>(self, controllers: &[Controller]) -> Vec<(Controller, Callback)> {
        let of = |controller: &Controller| {
            let undo = self.callbacks::<C>(*controller).into_iter().filter(|callback| callback.undoes());
            undo.map(|callback| (*controller, callback)).collect::<Vec<_>>()
        };
        controllers.iter().flat_map(of).collect()
    }
}
