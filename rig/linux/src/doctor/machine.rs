//! The only part of the doctor that looks at the machine: a trait, so that tests can make up a machine, and the real
//! one.
use super::super::clock::ClockFacts;
use super::super::error::LinuxError;
use super::super::place::discovery::Place;
use super::super::place::group::Groups;
use super::super::place::run_id::RunId;
use super::super::reason::{self, Look as _};
use super::super::trace::Tracefs;
use super::super::vm::Accel;
use super::super::workers::workload::MovedUnit;
use super::{boot, child, kvm};
use engines::threads::overhead::Overhead;
use input::proc;
use rustix::fs::{Access, access};
use std::cell::OnceCell;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

/// Most bytes of a file that are read. kallsyms has megabytes, and its beginning says enough.
const READ_MAX: u64 = 1 << 20;

/// The file that lets memory follow a task on v1.
pub(super) const MOVE_CHARGE: &str = "memory.move_charge_at_immigrate";

/// Cgroups that were made and removed again.
#[derive(Debug)]
pub(super) struct Trial {
    /// The answer to writing 1 to [`MOVE_CHARGE`] of the new cgroup. `None` where there is no such file.
    pub(super) move_charge: Option<io::Result<()>>,
}

/// Questions that the doctor asks about the machine.
pub(super) trait Machine {
    /// The first MiB of a file.
    fn read(&self, path: &Path) -> io::Result<String>;
    /// Names in a folder, ordered.
    fn list(&self, folder: &Path) -> io::Result<Vec<String>>;
    /// Checks access by access(2): nothing is opened.
    fn may(&self, path: &Path, how: Access) -> io::Result<()>;
    /// Opens for reading and writing, and closes.
    fn open(&self, path: &Path) -> io::Result<()>;
    /// Makes the cgroups of a run at this place, moves a child through them and back, and removes them.
    fn try_cgroups(&self, place: &Place) -> Result<Trial, LinuxError>;
    /// Runs a guest under KVM for a moment.
    fn try_kvm(&self, qemu: &Path) -> kvm::Trial;
    /// Boots a kernel for a moment, by the first of these accelerators under which it works; the outcome in words.
    fn try_kernel(&self, qemu: &Path, kernel: &Path, accels: &[Accel]) -> Result<String, String>;
    /// Counts the tasks of this user.
    fn tasks_of_user(&self) -> Option<u64>;
    /// tracefs where no folder shows it, reached for this process alone, as a run does.
    fn hidden_tracefs(&self) -> Option<PathBuf>;
    /// Reports whether the effective user is root.
    fn is_root(&self) -> bool;
    /// Folders of PATH.
    fn programs(&self) -> Vec<PathBuf>;
    /// Measures the clock.
    fn clock(&self) -> ClockFacts;
    /// Measures the cost of measuring on threads. The error says why there are no threads.
    fn measuring(&self) -> Result<Overhead, String>;
    /// CPUs on which this process may run.
    fn cpus(&self) -> usize;
    /// `uname -srm`.
    fn kernel(&self) -> String;
}

/// The machine on which this process runs.
pub(super) struct Here {
    id: RunId,
    /// Reached when it is asked for.
    tracefs: OnceCell<Option<Tracefs>>,
}

impl Here {
    /// # Errors
    /// [`LinuxError::Setup`] when `/proc/self/stat` cannot be read.
    pub(super) fn new() -> Result<Self, LinuxError> {
        Ok(Self { id: RunId::own()?, tracefs: OnceCell::new() })
    }
}

impl Machine for Here {
    fn read(&self, path: &Path) -> io::Result<String> {
        let mut bytes = Vec::new();
        File::open(path)?.take(READ_MAX).read_to_end(&mut bytes)?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }

    fn list(&self, folder: &Path) -> io::Result<Vec<String>> {
        let name = |entry: io::Result<fs::DirEntry>| Ok(entry?.file_name().to_string_lossy().into_owned());
        let mut names = fs::read_dir(folder)?.map(name).collect::<io::Result<Vec<_>>>()?;
        names.sort();
        Ok(names)
    }

    fn may(&self, path: &Path, how: Access) -> io::Result<()> {
        Ok(access(path, how)?)
    }

    fn open(&self, path: &Path) -> io::Result<()> {
        OpenOptions::new().read(true).write(true).open(path).map(drop)
    }

    fn try_cgroups(&self, place: &Place) -> Result<Trial, LinuxError> {
        let mut groups = Groups::make(place, self.id, MovedUnit::Processes)?;
        if let Err(error) = child::move_through(&mut groups, &place.own) {
            return Err(match groups.remove() {
                Ok(_) => error,
                Err(leftover) => LinuxError::join(Some(error), leftover),
            });
        }
        let file = groups.top().join(MOVE_CHARGE);
        let move_charge = file.exists().then(|| fs::write(&file, "1"));
        groups.remove()?;
        Ok(Trial { move_charge })
    }

    fn try_kvm(&self, qemu: &Path) -> kvm::Trial {
        kvm::run(qemu)
    }

    fn try_kernel(&self, qemu: &Path, kernel: &Path, accels: &[Accel]) -> Result<String, String> {
        boot::run(qemu, kernel, accels)
    }

    fn tasks_of_user(&self) -> Option<u64> {
        reason::Here.tasks_of_user()
    }

    fn hidden_tracefs(&self) -> Option<PathBuf> {
        self.tracefs.get_or_init(|| Tracefs::reach().ok()).as_ref().map(Tracefs::path)
    }

    fn is_root(&self) -> bool {
        rustix::process::geteuid().is_root()
    }

    fn programs(&self) -> Vec<PathBuf> {
        std::env::var_os("PATH").map(|path| std::env::split_paths(&path).collect()).unwrap_or_default()
    }

    fn clock(&self) -> ClockFacts {
        ClockFacts::measure()
    }

    fn measuring(&self) -> Result<Overhead, String> {
        Overhead::measure().map_err(|refused| refused.to_string())
    }

    fn cpus(&self) -> usize {
        std::thread::available_parallelism().map_or(1, std::num::NonZero::get)
    }

    fn kernel(&self) -> String {
        proc::kernel()
    }
}
