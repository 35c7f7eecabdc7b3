//! Machine to boot, and the check that its parts are there: kernel, QEMU, and a rig with all that it needs.
use super::super::option_error::OptionError;
use super::super::options::LinuxOptions;
use super::super::trace::TIME_MAX;
use super::elf;
use super::error::VmError;
use std::fs;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::{Duration, SystemTime};

/// Time for boot, set-up and end; emulation on a busy machine needs most of it.
const AROUND: Duration = Duration::from_secs(180);
/// Factor on a cell's duration: a rate that cannot be kept goes on for three times its duration, and a warm-up comes on
/// top.
const CELL_TIMES: u32 = 5;
/// There are at most two traced cells, and their trace has to be read.
const TRACED_TIMES: u32 = 6;
/// Bytes of a kernel image in which its header names its release.
const HEAD_BYTES: u64 = 0x1_0200;
const QEMU: &str = "qemu-system-x86_64";

/// The wanted machine. Each boot chooses the hierarchy that it mounts.
#[derive(Clone, Debug)]
pub struct Machine {
    /// Kernel image; the newest `/boot/vmlinuz-*` when absent.
    pub kernel: Option<PathBuf>,
    /// A rig for x86-64; the running one when absent.
    pub init: Option<PathBuf>,
    /// Number of CPUs.
    pub cpus: u32,
    /// Memory, as QEMU reads it, such as `512M`.
    pub memory: String,
    /// Accelerator that executes the guest.
    pub accel: Accel,
    /// Time after which the guest is ended; from the durations of the cells when absent.
    pub timeout: Option<Duration>,
}

/// Accelerator that executes the guest's instructions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Accel {
    /// KVM where it works, otherwise emulation.
    Auto,
    /// The processor.
    Kvm,
    /// QEMU's emulation. The figures are not those of any machine; only their proportions are meaningful.
    Tcg,
}

impl FromStr for Accel {
    type Err = OptionError;

    fn from_str(given: &str) -> Result<Self, OptionError> {
        match given {
            "auto" => Ok(Self::Auto),
            "kvm" => Ok(Self::Kvm),
            "tcg" => Ok(Self::Tcg),
            _ => Err(OptionError {
                option: "--accel",
                given: given.into(),
                problem: "is not an accelerator",
                expected: "use auto, kvm or tcg".into(),
            }),
        }
    }
}

/// Files that were found for a machine.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) kernel: PathBuf,
    /// Release that the kernel image names; `None` where it is not a bzImage.
    pub(super) release: Option<String>,
    pub(super) init: PathBuf,
    /// Libraries that `init` needs, by absolute path.
    pub(super) libraries: Vec<PathBuf>,
    pub(super) qemu: PathBuf,
}

impl Machine {
    /// Looks for everything that a boot needs.
    pub(super) fn find(&self) -> Result<Found, VmError> {
        self.check()?;
        // Not "self", since a loader is to read it, too. Not the file's name either, which another file may have by
        // now.
        let own = || format!("/proc/{}/exe", std::process::id()).into();
        let init = self.init.clone().unwrap_or_else(own);
        let unreadable = |source| VmError::Setup { doing: format!("read {}", init.display()), source };
        let libraries = match elf::libraries(&init).map_err(unreadable)? {
            Ok(libraries) => libraries,
            Err(problem) => return Err(VmError::NoInit { init, problem }),
        };
        let path = std::env::var_os("PATH").unwrap_or_default();
        let qemu = std::env::split_paths(&path).map(|folder| folder.join(QEMU)).find(|file| file.is_file());
        let (kernel, qemu) = (self.kernel()?, qemu.ok_or(VmError::NoQemu)?);
        Ok(Found { release: release(&kernel), kernel, init, libraries, qemu })
    }

    /// Returns the time that the guest may take.
    pub(super) fn limit(&self, options: &LinuxOptions) -> Duration {
        let cells = options.rates.len() as u32 + u32::from(options.closed_loop);
        let traced = if options.trace { TIME_MAX * TRACED_TIMES } else { Duration::ZERO };
        self.timeout.unwrap_or_else(|| AROUND + options.duration * CELL_TIMES * cells + traced)
    }

    fn check(&self) -> Result<(), OptionError> {
        let wrong = |option, given: &str, expected: &str| {
            Err(OptionError { option, given: given.into(), problem: "cannot be", expected: expected.into() })
        };
        if self.cpus == 0 || self.cpus > 255 {
            return wrong("--cpus", &self.cpus.to_string(), "use 1 to 255");
        }
        let number = self.memory.strip_suffix(['M', 'G']).map(str::parse::<u32>);
        if !matches!(number, Some(Ok(1..))) {
            return wrong("--memory", &self.memory, "use a whole number with M or G, for example 512M");
        }
        Ok(())
    }

    fn kernel(&self) -> Result<PathBuf, VmError> {
        match &self.kernel {
            Some(file) if file.is_file() => Ok(file.clone()),
            Some(file) => Err(VmError::NoKernel { looked: format!("{} is no file", file.display()) }),
            None => newest(Path::new("/boot"))
                .ok_or_else(|| VmError::NoKernel { looked: "there is no /boot/vmlinuz-*".into() }),
        }
    }
}

/// Returns the release in the header of a bzImage (Documentation/arch/x86/boot.rst: `HdrS` at 0x202, and at 0x20e the
/// place of the version, less 0x200).
fn release(kernel: &Path) -> Option<String> {
    let head = input::file::head(kernel, HEAD_BYTES).ok()?;
    let place = head.get(0x20e..0x210).filter(|_| head.get(0x202..0x206) == Some(b"HdrS"))?;
    let version = head.get(usize::from(u16::from_le_bytes([place[0], place[1]])) + 0x200..)?;
    let release = version.split(|byte| [0, b' '].contains(byte)).next()?;
    Some(std::str::from_utf8(release).ok().filter(|release| !release.is_empty())?.to_owned())
}

/// The kernel that was written last.
pub(crate) fn newest(folder: &Path) -> Option<PathBuf> {
    let entries = fs::read_dir(folder).ok()?.flatten();
    let kernels = entries.filter(|entry| entry.file_name().to_string_lossy().starts_with("vmlinuz-"));
    let written = |entry: &fs::DirEntry| entry.metadata().and_then(|data| data.modified()).ok();
    kernels
        .max_by_key(|entry| (written(entry).unwrap_or(SystemTime::UNIX_EPOCH), entry.file_name()))
        .map(|entry| entry.path())
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use reports::exit::Exit;

    /// A machine that needs nothing of this one except a kernel, which is missing.
    pub(crate) fn machine() -> Machine {
        Machine {
            kernel: Some("/nonexistent/vmlinuz".into()),
            init: None,
            cpus: 2,
            memory: "512M".into(),
            accel: Accel::Tcg,
            timeout: None,
        }
    }

    #[test]
    fn what_is_missing_is_reported_with_a_command() {
        let error = machine().kernel().unwrap_err();
        assert_eq!(error.exit_code(), Exit::CannotRun);
        assert!(error.to_string().contains("apt-get download"), "{error}");
        let error = Machine { init: Some("/etc/passwd".into()), ..machine() }.find().unwrap_err();
        assert!(error.to_string().contains("crt-static"), "{error}");
    }

    #[test]
    fn machines_that_cannot_be_are_refused() {
        for (cpus, memory) in [(0, "512M"), (256, "512M"), (1, "512"), (1, "0M"), (1, "M"), (1, "1,x=yM")] {
            let machine = Machine { cpus, memory: memory.into(), ..machine() };
            assert_eq!(machine.find().unwrap_err().exit_code(), Exit::Usage, "{cpus} {memory}");
        }
        assert_eq!("tcg".parse(), Ok(Accel::Tcg));
        assert!("xen".parse::<Accel>().is_err());
    }

    #[test]
    fn a_kernel_image_names_its_release() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("vmlinuz");
        let mut image = vec![0; 0x400];
        image[0x202..0x206].copy_from_slice(b"HdrS");
        image[0x20e..0x210].copy_from_slice(&[0x00, 0x01]);
        image[0x300..0x30c].copy_from_slice(b"6.1.0-56 (x)");
        fs::write(&file, &image).unwrap();
        assert_eq!(release(&file).as_deref(), Some("6.1.0-56"));
        image[0x20f] = 0xff;
        fs::write(&file, &image).unwrap();
        assert_eq!(release(&file), None, "it points behind the end");
        fs::write(&file, "a text").unwrap();
        assert_eq!(release(&file), None);
    }

    #[test]
    fn the_last_kernel_is_the_newest() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(newest(folder.path()), None);
        for name in ["vmlinuz-6.1", "initrd.img-6.1"] {
            fs::write(folder.path().join(name), "").unwrap();
        }
        assert_eq!(newest(folder.path()), Some(folder.path().join("vmlinuz-6.1")));
    }
}
