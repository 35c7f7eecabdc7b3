//! A validated workload with its recording loaded: the rig keeps it, and asks it for the stream of each actor. The
//! streams themselves are in `stream`.

use std::sync::Arc;

use crate::actor::ActorKey;
use crate::error::SpecError;
use crate::files::Files;
use crate::mixer::Mixer;
use crate::resolve;
use crate::shapes::Preset;
use crate::spec::Spec;
use crate::stream::Stream;
use crate::trace::{Trace, TraceReport};

/// Most processes, and most threads of a process.
pub const ACTORS_MAX: u32 = 4096;

/// A valid workload. Cloning is cheap; a plan never changes.
#[derive(Clone, Debug)]
pub struct WorkloadPlan {
    processes: u32,
    threads: u32,
    source: Source,
}

#[derive(Clone, Debug)]
enum Source {
    Drawn(Box<Preset>),
    Recorded { trace: Arc<Trace>, repeat: bool },
}

impl WorkloadPlan {
    /// Checks `spec` and loads its recording, if it names one.
    ///
    /// # Errors
    ///
    /// If a value is out of its range or contradicts another, the shape is unknown, or the recording is missing or
    /// unusable. [`SpecError::field`] names the field.
    pub fn new(spec: &Spec, files: &dyn Files) -> Result<WorkloadPlan, SpecError> {
        resolve::check_counts(spec)?;
        let source = match resolve::trace_name(spec) {
            Some(name) => recorded(spec, name, files)?,
            None => Source::Drawn(Box::new(resolve::preset(spec)?)),
        };
        Ok(WorkloadPlan { processes: spec.processes, threads: spec.threads, source })
    }

    /// Returns the number of processes at the start; at least 1.
    pub fn processes(&self) -> u32 {
        self.processes
    }

    /// Returns the number of threads of a process at the start; at least 1. A recording starts with one.
    pub fn threads(&self, _process: u32) -> u32 {
        self.threads
    }

    /// Returns the address space of a process at the start, in pages; 0 for a recording, which maps all of its own.
    pub fn initial_vm(&self, _process: u32) -> u32 {
        match &self.source {
            Source::Drawn(preset) => preset.initial_pages,
            Source::Recorded { .. } => 0,
        }
    }

    /// Returns the operations of one actor; the same for the same seed and key. The seed changes nothing in a
    /// recording.
    pub fn stream(&self, seed: u64, actor: &ActorKey) -> Stream {
        match &self.source {
            Source::Drawn(preset) => Stream::drawn(Mixer::new(**preset, seed, actor)),
            Source::Recorded { trace, repeat } => Stream::recorded(Arc::clone(trace), actor, *repeat),
        }
    }

    /// Returns the most pages that all its processes and their children commit or touch at one time, which is the
    /// memory that has to be available. For drawn shapes one child per thread is included.
    pub fn resident_pages_max(&self) -> u64 {
        let each = match &self.source {
            Source::Drawn(preset) => {
                let forks = preset.mix.fork_process > 0 || preset.mix.fork_thread > 0;
                let actors = u64::from(self.threads) * if forks { 2 } else { 1 };
                u64::from(preset.initial_pages).saturating_add(actors.saturating_mul(preset.cap_pages.into()))
            }
            Source::Recorded { trace, .. } => {
                let pages = trace.report().pages;
                pages.resident_max.max(pages.committed_peak)
            }
        };
        each.saturating_mul(self.processes.into())
    }

    /// Returns the report on the lines of the recording; `None` for drawn shapes.
    pub fn trace_report(&self) -> Option<&TraceReport> {
        match &self.source {
            Source::Drawn(_) => None,
            Source::Recorded { trace, .. } => Some(trace.report()),
        }
    }
}

fn recorded(spec: &Spec, name: &str, files: &dyn Files) -> Result<Source, SpecError> {
    let options = resolve::trace_options(spec)?;
    let missing = |source| SpecError::TraceMissing { name: name.to_owned(), source };
    let parts = files.parts(name).map_err(missing)?;
    let unusable = |source| SpecError::TraceUnusable { name: name.to_owned(), source };
    let trace = Trace::load(&parts, options).map_err(unusable)?;
    Ok(Source::Recorded { trace: Arc::new(trace), repeat: spec.trace_repeat.unwrap_or(true) })
}
