//! Inside of a worker: a process whose threads take the operations of a workload while it is being moved.
//!
//! The command starts itself again with [`WORKER_ARG`]. Over its stdin the worker reads how many pages its main thread
//! keeps touched, and it answers over its stdout. Everything else goes through the memory that it shares with the rig.
//! When stdin ends, the rig is gone or done with it, and the worker exits. That end, unlike a signal, cannot be missed;
//! the parent-death signal is there for the case that another process stopped the main thread.
#![allow(unsafe_code)]
use super::actor::{Process, WorkloadActor, live};
use super::pages::Pages;
use super::shared::Shared;
use super::worker_config::WorkerConfig;
use reports::exit::Exit;
use rustix::process::{Signal, getpid, set_child_subreaper, set_parent_process_death_signal};
use rustix::thread::{disable_transparent_huge_pages, set_current_timer_slack};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use std::io::{self, BufRead as _, Write as _};
use std::num::NonZeroU64;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use workloads::{ActorKey, Folder, WorkloadPlan};

/// Hidden first argument that makes the command a worker. `main` has to look for it before it parses anything else.
pub const WORKER_ARG: &str = "__worker";

/// First line of a worker that is ready.
pub(crate) const READY: &str = "ready";
/// `failed ERRNO WORDS`: first line of a worker that cannot begin.
pub(crate) const FAILED: &str = "failed";
/// `keep N`: touches N pages, which stay touched; answered by the same line.
pub(crate) const KEEP: &str = "keep";

/// Runs the worker; `args` are those after [`WORKER_ARG`]. Returns when stdin ends.
#[must_use]
pub fn worker_main(args: &[String]) -> ExitCode {
    let [orders] = args else {
        complain("this is started by attach-rig itself, as: __worker ORDERS");
        return ExitCode::from(Exit::Usage);
    };
    let orders = match serde_json::from_str(orders) {
        Ok(orders) => orders,
        Err(error) => {
            complain(&format!("orders that cannot be read: {error}"));
            return ExitCode::from(Exit::Usage);
        }
    };
    match begin(orders) {
        Ok(code) => code,
        Err(error) => {
            // Before the worker is ready the rig listens for this line; afterwards the worker's end is enough.
            let errno = error.raw_os_error().unwrap_or(0);
            let _unread = writeln!(io::stdout(), "{FAILED} {errno} {error}");
            complain(&error.to_string());
            ExitCode::FAILURE
        }
    }
}

fn begin(orders: WorkerConfig) -> io::Result<ExitCode> {
    // Pages are counted one by one, so none may be large. A think of some µs must not last 50 µs longer.
    disable_transparent_huge_pages(true)?;
    set_current_timer_slack(Some(NonZeroU64::MIN))?;
    let plan = WorkloadPlan::new(&orders.spec, &Folder::new(Path::new("."))).map_err(io::Error::other)?;
    let shared = Shared::inherited(orders.families, orders.memory)?;
    let process = Arc::new(Process::new(orders, plan, shared));
    let resume = process.orders.resume.clone();
    let Some(resume) = resume else { return serve(&process, None) };
    let key = resume.key().ok_or_else(|| io::Error::other("an actor without a key"))?;
    process.resumed(&resume);
    if resume.parent.is_some() {
        return Ok(live(&process, WorkloadActor::resumed(&process, key, resume.done)).into());
    }
    serve(&process, Some((key, resume.done)))
}

/// The worker process: at its start, or after its only thread has replaced it.
fn serve(process: &Arc<Process>, resumed: Option<(ActorKey, usize)>) -> io::Result<ExitCode> {
    set_parent_process_death_signal(Some(Signal::KILL))?;
    // A process whose parent has ended becomes a child of this one, which ignores SIGCHLD, so it is reaped at its exit.
    // Otherwise the kernel would count it until another process had waited for it.
    set_child_subreaper(Some(getpid()))?;
    ignore_signals()?;
    let mut pages = Pages::new();
    let mut replies = io::stdout().lock();
    if let Some((key, done)) = resumed {
        WorkloadActor::resumed(process, key, done).start()?;
    } else {
        let number = process.orders.process;
        process.changed(pages.map(process.initial_pages().into())?);
        for thread in 0..process.threads() {
            WorkloadActor::new(process, ActorKey::root(number, thread)).start()?;
        }
        writeln!(replies, "{READY}")?;
        replies.flush()?;
    }
    let mut kept = Pages::new();
    for command in io::stdin().lock().lines() {
        let command = command?;
        let number = command.strip_prefix(KEEP).and_then(|number| number.trim().parse().ok());
        let Some(number) = number else { continue };
        match keep(process, &mut kept, number) {
            Ok(()) => writeln!(replies, "{KEEP} {number}")?,
            Err(error) => writeln!(replies, "{KEEP}: {error}")?,
        }
        replies.flush()?;
    }
    // They are not dropped one by one: the process ends, and its threads end with it.
    std::mem::forget((pages, kept));
    Ok(ExitCode::SUCCESS)
}

/// Lets the main thread keep this many pages, all touched.
fn keep(process: &Process, kept: &mut Pages, number: u64) -> io::Result<()> {
    process.changed(kept.unmap(u64::MAX)?);
    if number > 0 {
        process.changed(kept.map(number)?);
        process.changed(kept.touch(number));
    }
    Ok(())
}

/// Ignores signals. A service manager that stops a whole cgroup signals the worker too, but the rig decides when it
/// ends. Forked processes are not waited for.
fn ignore_signals() -> io::Result<()> {
    for signal in [SIGINT, SIGTERM, SIGHUP] {
        signal_hook::flag::register(signal, Arc::default())?;
    }
    // SAFETY: no handler is installed, and no code here waits for a child.
    if unsafe { libc::signal(libc::SIGCHLD, libc::SIG_IGN) } == libc::SIG_ERR {
        return Err(io::Error::last_os_error());
    }
    Ok(())
}

fn complain(what: &str) {
    // Where stderr is closed it has no reader; the exit code says it too.
    let _unread = writeln!(io::stderr(), "attach-rig worker: {what}");
}
