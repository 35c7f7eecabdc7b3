//! Brings the kernel into a state in which it refuses a move, tries the move, and checks that everything reads as
//! before. The states are a cpuset without CPUs, a limit below the memory that must move, a task that has exited, and a
//! cgroup that was removed.
use super::super::clock::now_ns;
use super::super::error::LinuxError;
use super::super::moving::samples::{MoveSamples, Times, errno_name};
use super::super::place::discovery::Place;
use super::super::place::group::Groups;
use super::foreign::Foreign;
use super::reading::Reading;
use super::refusal::{Refusal, RefusalKind};
use rustix::io::Errno;
use std::fs::{self, File, OpenOptions};
use std::path::Path;
use std::process::{Command, Stdio};

/// Limit of the cgroup that is too small: 64 KiB.
const LIMIT_BYTES: &str = "65536";
/// Pages that a moved process keeps while moves are refused: more than that limit.
pub(crate) const KEPT: u64 = 1024;

/// Outcome of the tries of one refusal.
#[derive(Clone, Debug)]
pub(crate) struct Refused {
    pub(crate) refusal: Refusal,
    pub(crate) tried: u64,
    /// Writes that were not answered as expected, and the first of them in words.
    pub(crate) unexpected: (u64, Option<String>),
    /// Refusals after which something did not read as before, and the first of them in words. Absent where processes of
    /// others may be the reason.
    pub(crate) not_as_before: Option<(u64, Option<String>)>,
}

/// Makes the kernel refuse, `times` times. `own` are the workers that are moved, and the first of them has to stay as
/// it is. After a difference, processes of others that are there now are added to `foreign`.
///
/// # Errors
/// [`LinuxError::Setup`] when the state in which the kernel refuses cannot be made, or files cannot be read.
pub(crate) fn provoke(
    refusal: &Refusal,
    place: &Place,
    groups: &mut Groups,
    (own, slack_bytes): (&[u32], i64),
    (samples, foreign): (&mut MoveSamples, &mut Foreign),
) -> Result<Refused, LinuxError> {
    let pid = own[0];
    let mut refused =
        Refused { refusal: refusal.clone(), tried: 0, unexpected: (0, None), not_as_before: None };
    let mut not_as_before = (0, None);
    let scene = Scene::set(refusal.kind, place, groups, pid)?;
    let mut last: Option<Reading> = None;
    for _ in 0..refusal.times {
        let before = Reading::of(pid, groups)?;
        // A process that came before this refusal may leave during it, and be gone when it is looked for.
        if last.is_none_or(|last| last.difference(&before, slack_bytes).is_some()) {
            foreign.add(Foreign::look(groups, own));
        }
        let begin = now_ns();
        let answer = scene.write();
        samples.record(answer, Times { intended: None, begin, end: now_ns() });
        refused.tried += 1;
        let expected = errno_name(refusal.errno.number());
        let given =
            answer.err().map_or_else(|| "success".to_owned(), |errno| errno_name(errno.raw_os_error()));
        if given != expected {
            let words =
                format!("a move {} was answered with {given}, and {expected} was expected", refusal.about());
            count(&mut refused.unexpected, words);
        }
        let after = Reading::of(pid, groups)?;
        if let Some(difference) = before.difference(&after, slack_bytes) {
            count(&mut not_as_before, difference);
            foreign.add(Foreign::look(groups, own));
        }
        last = Some(after);
    }
    scene.strike(groups)?;
    Ok(Refused { not_as_before: Some(not_as_before), ..refused })
}

fn count(violated: &mut (u64, Option<String>), words: String) {
    violated.0 += 1;
    violated.1.get_or_insert(words);
}

/// The state in which the kernel refuses.
struct Scene {
    file: File,
    text: String,
    /// The cgroup that was made for it.
    extra: bool,
}

impl Scene {
    fn set(kind: RefusalKind, place: &Place, groups: &mut Groups, pid: u32) -> Result<Self, LinuxError> {
        let procs = |folder: &Path| {
            let path = folder.join("cgroup.procs");
            let opened = OpenOptions::new().write(true).open(&path);
            opened.map_err(|source| LinuxError::Setup { doing: format!("open {}", path.display()), source })
        };
        let worker = pid.to_string();
        match kind {
            RefusalKind::WithoutCpus => {
                // Made like every other, but without the CPUs that the others get.
                let folder = groups.make_extra("empty", place, false)?;
                Ok(Self { file: procs(&folder)?, text: worker, extra: true })
            }
            RefusalKind::TooSmall => {
                // With CPUs: cpuset has agreed when memory refuses, and has to be rolled back.
                let folder = groups.make_extra("small", place, true)?;
                let write = |file: &str, value: &str| {
                    let path = folder.join(file);
                    let doing = format!("write {}", path.display());
                    fs::write(path, value).map_err(|source| LinuxError::Setup { doing, source })
                };
                write("memory.limit_in_bytes", LIMIT_BYTES)?;
                write("memory.move_charge_at_immigrate", "1")?;
                Ok(Self { file: procs(&folder)?, text: worker, extra: true })
            }
            RefusalKind::Removed => {
                let folder = groups.make_extra("gone", place, true)?;
                let file = procs(&folder)?;
                groups.remove_extra()?;
                Ok(Self { file, text: worker, extra: false })
            }
            RefusalKind::TaskGone => {
                let file = procs(&groups.top().join("b"))?;
                Ok(Self { file, text: ended_process()?.to_string(), extra: false })
            }
        }
    }

    fn write(&self) -> Result<(), Errno> {
        rustix::io::write(&self.file, self.text.as_bytes()).map(drop)
    }

    fn strike(self, groups: &mut Groups) -> Result<(), LinuxError> {
        drop(self.file);
        if self.extra { groups.remove_extra() } else { Ok(()) }
    }
}

/// Returns the pid of a process of ours that has ended and was waited for. The kernel gives out all other pids before
/// it gives out this one again.
fn ended_process() -> Result<u32, LinuxError> {
    let setup = |source| LinuxError::Setup { doing: "start a process that ends at once".into(), source };
    // Given an argument that it does not know, a worker says so and ends.
    let mut child = Command::new("/proc/self/exe")
        .args([super::super::WORKER_ARG, "--ends"])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .map_err(setup)?;
    child.wait().map_err(setup)?;
    Ok(child.id())
}
