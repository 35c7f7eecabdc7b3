//! Records a real program, or a running service, with strace, for workloads of the shape `trace:FILE`.
//!
//! [`record`] starts strace, which writes into a FIFO; `output` takes the lines from it as they come. While it runs,
//! `sampler` reads the number of anonymous pages of each process from /proc, because page faults are not system calls.
//! The samples become lines of the recording. `error` has the reasons why nothing could be recorded.
mod error;
mod output;
mod sampler;
mod strace;

pub use error::RecordError;
pub use strace::Subject;

use output::Output;
use sampler::Sampler;
use std::io::{self, Write};
use std::process::ExitStatus;
use std::time::{Duration, Instant};
use strace::Strace;

/// Longest time between two samples.
const SAMPLE_EVERY: Duration = Duration::from_millis(4);
/// Time for the program to end by itself after a signal, which a terminal sends to both.
const GRACE: Duration = Duration::from_secs(1);

/// The result of a recording.
#[derive(Debug)]
pub struct Recorded {
    /// Number of lines of strace.
    pub lines: u64,
    /// Number of samples of /proc.
    pub samples: u64,
    /// The exit status of strace, which is that of the program.
    pub status: ExitStatus,
    /// Time from the first to the last line.
    pub lasted: Duration,
    /// True if a signal or the end of the time ended the recording.
    pub was_stopped: bool,
}

/// Records until the program ends, `duration` is over, or `stop` is set; writes the recording to `out`.
///
/// # Errors
/// [`RecordError`] if strace cannot be started or records nothing, or if `out` cannot be written.
pub fn record(
    subject: &Subject,
    out: &mut dyn Write,
    duration: Option<Duration>,
    stop: &dyn Fn() -> bool,
) -> Result<Recorded, RecordError> {
    let output = Output::make()?;
    let mut strace = Strace::start(subject, output.path())?;
    // Dropped before strace, which otherwise could wait for a reader forever.
    let mut output = output;
    let mut sampler = Sampler::new(subject.pids());
    let began = Instant::now();
    let mut sampled_at = began;
    let mut stopped_at: Option<Instant> = None;
    let status = loop {
        let more = output.take(SAMPLE_EVERY, out, &mut |pid| sampler.saw(pid)).map_err(RecordError::Write)?;
        if sampled_at.elapsed() >= SAMPLE_EVERY || !more {
            sampled_at = Instant::now();
            sampler.sample();
        }
        let is_over = stop() || duration.is_some_and(|duration| began.elapsed() >= duration);
        if is_over && stopped_at.is_none() {
            sampler.sample();
            strace.detach()?;
            stopped_at = Some(Instant::now());
        }
        if stopped_at.is_some_and(|at| at.elapsed() >= GRACE) {
            strace.end_program(output.first_pid())?;
            stopped_at = Some(Instant::now());
        }
        if !more && let Some(status) = strace.ended()? {
            break status;
        }
    };
    while output.take(Duration::ZERO, out, &mut |pid| sampler.saw(pid)).map_err(RecordError::Write)? {}
    output.flush(out).map_err(RecordError::Write)?;
    let was_stopped = stopped_at.is_some();
    let samples = sampler.into_samples();
    // A service may do nothing that strace records; then the samples show what it has.
    let has_failed = subject.pids().is_empty() || !(was_stopped || status.success()) || samples.is_empty();
    if output.lines() == 0 && has_failed {
        return Err(RecordError::nothing(status));
    }
    let wrote: io::Result<()> = samples.iter().try_for_each(|sample| writeln!(out, "{sample}"));
    wrote.map_err(RecordError::Write)?;
    let (lines, lasted) = (output.lines(), began.elapsed());
    Ok(Recorded { lines, samples: samples.len() as u64, status, lasted, was_stopped })
}
