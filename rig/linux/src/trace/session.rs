//! Everything that is switched on for the traced cells: made, set up, and removed again whichever way they end.
use super::super::error::LinuxError;
use super::super::place::group::Groups;
use super::super::place::run_id::RunId;
use super::buffer::{Buffer, write};
use super::event::{Decoder, Kind, TraceEvent};
use super::graph::{self, Graph};
use super::tracefs::{Tracefs, leftover};
use super::why::Unavailable;
use std::fs;
use std::io;

/// Thread and process to trace.
#[derive(Clone, Copy, Debug)]
pub(super) struct Whom {
    /// Thread that moves.
    pub(super) mover: u32,
    /// Process that is moved.
    pub(super) worker: u32,
}

/// An instance of our own, and all that hangs on it.
#[derive(Debug)]
pub(super) struct Session {
    /// The instance's, and in a guest the kernel's own. Fields are dropped in this order: a tracer stops only when its
    /// buffer has no reader, and an instance goes only when no file of it is open.
    buffers: Vec<Buffer>,
    graph: Option<Graph>,
    decoder: Decoder,
    pages: Vec<Vec<u8>>,
    /// Pages that had no place, and records lost before this cell.
    without_place: u64,
    lost_before: u64,
    instance: Instance,
}

/// The instance, which is removed when this value is dropped.
#[derive(Debug)]
struct Instance {
    tracefs: Tracefs,
    id: RunId,
    removed: bool,
}

impl Session {
    /// Makes the instance and sets it up, off. Also returns the parts that cannot be had within it.
    ///
    /// # Errors
    /// [`Unavailable`] when nothing can be traced; nothing is left behind then.
    pub(super) fn begin(
        groups: &mut Groups,
        whom: Whom,
        own_kernel: bool,
    ) -> Result<(Self, Vec<Missing>), Unavailable> {
        let tracefs = Tracefs::reach()?;
        let decoder = Decoder::load(&tracefs.path())?;
        let id =
            RunId::own().map_err(|error| Unavailable::new(error.to_string(), "mount -t proc proc /proc"))?;
        let listed = groups.traced(id);
        listed.map_err(|error| Unavailable::new(error.to_string(), "a folder that can be written"))?;
        let folder = tracefs.instance(id);
        fs::create_dir(&folder).map_err(|error| Unavailable::file("make", &folder, &error))?;
        let instance = Instance { tracefs, id, removed: false };
        let buffer = Buffer::open(folder)?;
        let mut session = Self {
            buffers: vec![buffer],
            graph: None,
            decoder,
            pages: Vec::new(),
            without_place: 0,
            lost_before: 0,
            instance,
        };
        let mut missing = session.switch_events_on(whom)?;
        missing.extend(session.start_graph(whom.mover, own_kernel).err().map(Missing::Graph));
        session.buffers.iter_mut().try_for_each(Buffer::connect)?;
        Ok((session, missing))
    }

    fn switch_events_on(&self, whom: Whom) -> Result<Vec<Missing>, Unavailable> {
        let folder = self.buffers[0].folder();
        let threads = input::proc::threads(whom.worker).into_iter().chain([whom.mover]);
        let tids: Vec<String> = threads.map(|tid| tid.to_string()).collect();
        // Before any event is on: without it the events of all processes would be recorded.
        write(&folder.join("set_event_pid"), &tids.join(" "))?;
        // Threads that start later are included, too. Where that is not possible, the present ones are most of them.
        let _without = fs::write(folder.join("options/event-fork"), "1");
        let mut missing = Vec::new();
        for kind in Kind::EVENTS {
            let enabled = write(&folder.join("events").join(kind.folder()).join("enable"), "1");
            missing.extend(enabled.err().map(|why| Missing::Event(kind, why)));
        }
        Ok(missing)
    }

    fn start_graph(&mut self, mover: u32, own_kernel: bool) -> Result<(), Unavailable> {
        if !Kind::GRAPH.into_iter().all(|kind| self.decoder.has(kind)) {
            return Err(Unavailable::new(
                "this kernel has no records of called functions",
                "boot one with CONFIG_FUNCTION_GRAPH_TRACER=y, or use attach-rig vm",
            ));
        }
        let tracefs = self.instance.tracefs.path();
        let folder = graph::place(&tracefs, self.buffers[0].folder(), own_kernel)?;
        if folder != self.buffers[0].folder() {
            self.buffers.push(Buffer::open(folder.clone())?);
        }
        self.graph = Some(Graph::start(&tracefs, folder, mover)?);
        Ok(())
    }

    /// Records from now on.
    ///
    /// # Errors
    /// The kernel's answer.
    pub(super) fn record(&mut self) -> io::Result<()> {
        self.lost_before = self.buffers.iter().map(Buffer::lost).sum();
        self.buffers.iter_mut().try_for_each(|buffer| buffer.record(true))
    }

    /// Takes out what was recorded so far.
    pub(super) fn drain(&mut self) {
        let bytes = self.decoder.page_bytes();
        for buffer in &mut self.buffers {
            self.without_place += buffer.drain(bytes, &mut self.pages);
        }
    }

    /// Records no more; returns what was recorded, and how many records were lost.
    ///
    /// # Errors
    /// The kernel's answer.
    pub(super) fn events(&mut self) -> io::Result<(Vec<TraceEvent>, u64)> {
        self.buffers.iter_mut().try_for_each(|buffer| buffer.record(false))?;
        self.drain();
        let lost: u64 = self.buffers.iter().map(Buffer::lost).sum();
        let (events, missed) = self.decoder.events(&std::mem::take(&mut self.pages));
        let without_place = std::mem::take(&mut self.without_place);
        Ok((events, missed.max(lost - self.lost_before.min(lost)) + without_place))
    }

    /// Reports whether calls are recorded.
    pub(super) fn has_graph(&self) -> bool {
        self.graph.is_some()
    }

    /// Switches everything off and removes the instance.
    ///
    /// # Errors
    /// [`LinuxError::Leftover`].
    pub(super) fn end(self) -> Result<(), LinuxError> {
        let Self { graph, buffers, mut instance, .. } = self;
        drop((buffers, graph));
        instance.removed = true;
        instance.tracefs.remove(instance.id).map(drop).map_err(|error| leftover(instance.id, &error))
    }
}

impl Drop for Instance {
    fn drop(&mut self) {
        // Reached only with a panic or an early error under way, which is reported instead; `clean` finds it by its
        // name.
        if !self.removed {
            let _remains = self.tracefs.remove(self.id);
        }
    }
}

/// Part of tracing that an instance cannot have here.
#[derive(Debug)]
pub(super) enum Missing {
    Event(Kind, Unavailable),
    Graph(Unavailable),
}
