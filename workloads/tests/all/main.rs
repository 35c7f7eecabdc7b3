//! Everything about the crate that needs only its public face, in one binary.
//!
//! | module | what belongs there |
//! |---|---|
//! | `golden` | the streams, held in place by digests: a change here changes what every stored seed means |
//! | `independence` | no actor's draws shift another's |
//! | `bounds` | books, caps, children: what every shape promises to those who execute it |
//! | `validation` | specs that are wrong, and what the errors say; specs as TOML |
//! | `trace` | hand-written logs: what each kind of line becomes |
//! | `recordings` | the two logs that ship with the crate |
//! | `garbage` | logs that nobody would write: no panic, every line counted |

mod bounds;
mod garbage;
mod golden;
mod independence;
mod recordings;
mod support;
mod trace;
mod validation;
