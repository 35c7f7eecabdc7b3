//! The operations of one actor, one after the other, whether drawn (`mixer`) or recorded (`trace`). No
//! operation allocates.

use std::sync::Arc;

use crate::actor::ActorKey;
use crate::mixer::Mixer;
use crate::op::Op;
use crate::trace::Trace;

/// The operations of one actor. Endless for actors that are there from the start (unless a recording is not
/// to be repeated); for a forked child it ends, after [`Op::Exit`].
#[derive(Clone, Debug)]
pub struct Stream(Kind);

#[derive(Clone, Debug)]
#[allow(
    clippy::large_enum_variant,
    reason = "drawn streams are the common and the hot ones; a box would cost them"
)]
enum Kind {
    Drawn(Mixer),
    Recorded(Playback),
}

impl Stream {
    pub(crate) fn drawn(mixer: Mixer) -> Self {
        Stream(Kind::Drawn(mixer))
    }

    pub(crate) fn recorded(trace: Arc<Trace>, actor: &ActorKey, repeat: bool) -> Self {
        let is_root = actor.descent().is_empty();
        let actor = trace.actor_at(actor.descent());
        Stream(Kind::Recorded(Playback { trace, actor, at: 0, child_base: 0, repeat: repeat && is_root }))
    }
}

impl Iterator for Stream {
    type Item = Op;

    fn next(&mut self) -> Option<Op> {
        match &mut self.0 {
            Kind::Drawn(mixer) => mixer.next(),
            Kind::Recorded(playback) => playback.next(),
        }
    }
}

/// Replays one recorded actor. When it repeats, the exit at the end becomes an exec: a new address space and
/// no other threads, as at the start of the program; its children's numbers go on, so that no key is used
/// twice.
#[derive(Clone, Debug)]
struct Playback {
    trace: Arc<Trace>,
    /// `None` for a key that the recording does not know; such an actor exits at once.
    actor: Option<usize>,
    at: usize,
    child_base: u32,
    repeat: bool,
}

impl Playback {
    fn next(&mut self) -> Option<Op> {
        let ops = self.trace.ops(self.actor);
        let op = *ops.get(self.at)?;
        self.at += 1;
        Some(match op {
            Op::ForkThread { child } => Op::ForkThread { child: self.child_base + child },
            Op::ForkProcess { child } => Op::ForkProcess { child: self.child_base + child },
            Op::Exit if self.repeat => {
                self.start_again();
                Op::Exec
            }
            other => other,
        })
    }

    fn start_again(&mut self) {
        self.at = 0;
        let children = self.trace.children(self.actor);
        // A multiple of the number of children, because the number modulo that count finds the recorded
        // child.
        let next = self.child_base.checked_add(children).filter(|base| base.checked_add(children).is_some());
        self.child_base = next.unwrap_or(0);
    }
}
