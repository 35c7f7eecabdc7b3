//! Fault sites, rules and decisions: which preparation of an attach fails, when, and how. Start at [`FaultPlan`].
//!
//! A *site* is a point in a protocol where a fault may happen. A *rule* says how often and what happens. A *plan* is a
//! list of rules, and an [`Injector`] executes a plan in one run. Rules are text, both in scenarios and on the command
//! line:
//!
//! ```
//! let plan = faults::FaultPlan::parse(
//!     "memrlimit.prepare_sleep: probability=10 errno=ENOMEM
//!      numtasks.prepare_nosleep: nth=3 errno=EAGAIN
//!      cpuset.prepare_sleep: delay=200us interval=10
//!      memory.prepare_sleep: 1,10,0,-1
//!      core.switched: probability=5 fork",
//! )?;
//! let mut injector = faults::Injector::new(plan, 42);
//! for at_ns in [100, 200] {
//!     assert_eq!(injector.hit(faults::Site::NumtasksPrepareNosleep, at_ns), None);
//! }
//! let fault = injector.hit(faults::Site::NumtasksPrepareNosleep, 300);
//! assert_eq!(fault, Some(faults::Fault::Errno(faults::Errno::EAGAIN)));
//! # Ok::<(), faults::ParseError>(())
//! ```
//!
//! A rule has one action: an error with which the callback refuses, a delay, or an *event* ([`Thrown`]) that a real
//! system may throw into the middle of an attach. Errors are possible only at sites that can refuse, delays and events
//! at every site. This crate only names events; the caller of the injector makes them happen.
//!
//! | to find | look in |
//! |---|---|
//! | error numbers of the whole rig | `errno.rs` |
//! | the closed list of sites | `site.rs` |
//! | contents of a rule, and its canonical text | `rule.rs` |
//! | the events that a rule can throw | `thrown.rs` |
//! | the grammar | `parse.rs`, its values `value.rs`, its errors `error.rs` |
//! | the specification of when a rule fires | `plan.rs` |
//! | the fast implementation of it, and the log | `injector.rs` |
//! | the source of chance | `chance.rs` |
//!
//! Nothing here is global, and nothing draws from a stream: a decision is a function of (plan, seed, site, hit), so one
//! extra hit of one site shifts nothing elsewhere. This crate knows no kernel, no lock and no protocol; sites are
//! names.
#![forbid(unsafe_code)]

mod chance;
mod errno;
mod error;
mod injector;
mod parse;
mod plan;
mod rule;
mod site;
mod thrown;
mod value;

pub use errno::{Errno, UnknownErrno};
pub use error::{NumberRange, ParseError, Problem};
pub use injector::{Firing, Injector, RuleCount};
pub use plan::{FaultPlan, Fired};
pub use rule::{Fault, Rule};
pub use site::{Site, SiteCallback, UnknownSite};
pub use thrown::Thrown;
