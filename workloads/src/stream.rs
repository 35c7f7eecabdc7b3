//! The operations of one actor in order, whether drawn (`mixer`) or recorded (`trace`). Taking an operation does not
//! allocate.

use std::sync::Arc;

use crate::actor::ActorKey;
use crate::mixer::Mixer;
use crate::op::Op;
use crate::trace::Trace;

/// The operations of one actor. Endless for actors that exist from the start (unless a recording is not to be
/// repeated); the stream of a forked child ends after [`Op::Exit`].
#[derive(Clone, Debug)]
pub struct Stream(Kind);

#[derive(Clone, Debug)]
#[allow(clippy::large_enum_variant, reason = "drawn streams are common and hot; a box would slow them down")]
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

/// Replays one recorded actor. If it repeats, the exit at the end becomes an exec: a new address space and no other
/// threads, as at the start of the program. The numbers of its children continue, so that no key is used twice.
#[derive(Clone, Debug)]
struct Playback {
    trace: Arc<Trace>,
    /// The recorded actor; `None` for a key that is not in the recording, whose actor exits at once.
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
