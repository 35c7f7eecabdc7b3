//! Measurement by a user without rights in the guest: a subtree that is or is not handed to it, and a child in it that
//! measures.
//!
//! A process may move others within a subtree when it may write `cgroup.procs` of the destination and of the nearest
//! cgroup above both. So the user gets the subtree's own folder and files and those of the leaf in which it starts, as
//! a service manager gives them. Cgroups that it makes below are its own. Only root can put it there: from above the
//! subtree.
use super::super::options::LinuxOptions;
use super::super::place::subtree;
use super::guest_config;
use super::init;
use super::mounts::{CGROUPS, cannot};
use super::outcome::{Failed, measured, say};
use super::result_channel::{self, GuestResult, Said};
use super::setting::CONTROLLERS;
use input::proc;
use reports::exit::Exit;
use rustix::process::geteuid;
use rustix::thread::set_no_new_privs;
use std::fs;
use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::os::unix::fs::{PermissionsExt as _, chown};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};

/// Hidden first argument of the child.
pub const MEASURE_ARG: &str = "__vm-measure";
/// The id of the user without any rights.
const USER: u32 = 65_534;
/// Files of a cgroup that a user has to own in order to manage the cgroups below.
const HANDED: [&str; 4] = ["", "cgroup.procs", "cgroup.subtree_control", "cgroup.threads"];

/// Makes the subtree, `handed` over or not, and has a child of the user measure in it.
pub(super) fn measure(options: &LinuxOptions, handed: bool) -> Result<GuestResult, Failed> {
    let top = Path::new(CGROUPS).join(if handed { "delegated" } else { "undelegated" });
    let leaf = top.join("session");
    make(&top, &leaf, handed).map_err(|(doing, error)| cannot(&doing, &error))?;
    let last =
        spoken(options, &leaf).map_err(|error| cannot("start a user's process in the guest", &error))?;
    match last {
        Some(Said::Measured(delivery)) => Ok(*delivery),
        Some(Said::Failed { code, message }) => Err((code, message)),
        _ => Err((Exit::Internal, "the user's process ended without a result".into())),
    }
}

fn make(top: &Path, leaf: &Path, handed: bool) -> Result<(), (String, io::Error)> {
    let made = |folder: &Path| {
        fs::create_dir(folder).map_err(|error| (format!("mkdir {}", folder.display()), error))
    };
    made(top)?;
    subtree::enable(top, &CONTROLLERS)?;
    made(leaf)?;
    for file in [top, leaf].iter().flat_map(|folder| HANDED.map(|name| folder.join(name))).filter(|_| handed)
    {
        chown(&file, Some(USER), Some(USER)).map_err(|error| (format!("chown {}", file.display()), error))?;
    }
    Ok(())
}

/// Makes the user's own folder below `/run`, as a login does: lists of what a run makes are kept there.
fn runtime_folder() -> io::Result<PathBuf> {
    let folder = Path::new("/run/user").join(USER.to_string());
    fs::create_dir_all(&folder)?;
    fs::set_permissions(&folder, fs::Permissions::from_mode(0o700))?;
    chown(&folder, Some(USER), Some(USER))?;
    Ok(folder)
}

/// Returns the last message of the child; earlier ones are passed on at once. The child begins when its stdin ends, and
/// by then it is in the leaf.
fn spoken(options: &LinuxOptions, leaf: &Path) -> io::Result<Option<Said>> {
    let mut child = Command::new("/proc/self/exe")
        .arg(MEASURE_ARG)
        .env("XDG_RUNTIME_DIR", runtime_folder()?)
        .uid(USER)
        .gid(USER)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()?;
    fs::write(leaf.join("cgroup.procs"), child.id().to_string())?;
    if let Some(mut stdin) = child.stdin.take() {
        stdin.write_all(guest_config::to_text(options)?.as_bytes())?;
    }
    let mut last = None;
    for line in child.stdout.take().map(|stdout| BufReader::new(stdout).lines()).into_iter().flatten() {
        match result_channel::parse(&line?) {
            Some(said @ (Said::Asked(_) | Said::Cell { .. })) => init::tell(&said),
            Some(said) => last = Some(said),
            None => {}
        }
    }
    child.wait()?;
    Ok(last)
}

/// Runs as that child: orders from stdin, the result to stdout. Gives up everything that could give it rights again.
#[must_use]
pub fn measure_main() -> ExitCode {
    let mut text = String::new();
    let read = io::stdin().read_to_string(&mut text).map_err(|error| error.to_string());
    let options = match read.and_then(|_| guest_config::from_text(&text)) {
        Ok(options) if !geteuid().is_root() => options,
        Ok(_) => return complain("root measures without it"),
        Err(message) => return complain(&message),
    };
    let mut tell = |said: &Said| {
        let written = result_channel::line(said).map_err(io::Error::from);
        if let Err(error) = written.and_then(|line| io::stdout().write_all(line.as_bytes())) {
            say(&format!("cannot deliver a cell: {error}"));
        }
    };
    let said = match alone().and_then(|()| measured(&options, &mut tell)) {
        Ok(mut delivery) => {
            delivery.facts.extend(rights());
            Said::Measured(Box::new(delivery))
        }
        Err((code, message)) => Said::Failed { code, message },
    };
    let written = result_channel::line(&said).map_err(io::Error::from);
    match written.and_then(|line| io::stdout().write_all(line.as_bytes())) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => complain(&error.to_string()),
    }
}

fn alone() -> Result<(), Failed> {
    set_no_new_privs(true).map_err(|error| cannot("give up new privileges", &error.into()))
}

/// Returns the rights of this process, as the kernel reports them.
fn rights() -> Vec<(String, String)> {
    let status = proc::of("self", "status").unwrap_or_default();
    let field = |name: &str| {
        let value = proc::field(&status, name).unwrap_or("unknown");
        value.split_whitespace().next().unwrap_or("none").to_owned()
    };
    [("uid", "Uid"), ("gid", "Gid"), ("capabilities", "CapPrm"), ("no_new_privs", "NoNewPrivs")]
        .map(|(fact, name)| (format!("process.{fact}"), field(name)))
        .into()
}

fn complain(what: &str) -> ExitCode {
    say(&format!("{what}; this is started by attach-rig vm in a guest"));
    ExitCode::from(Exit::Usage)
}
