//! One trace buffer of the kernel: its switches, and its pages read in the raw.
use super::why::Unavailable;
use rustix::fs::OFlags;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

/// Memory of all CPUs' buffers together, and the least and the most that one may have.
const TOTAL_KB: usize = 64 << 10;
const LEAST_KB: usize = 256;
const MOST_KB: usize = 4 << 10;
/// Pages that are kept of one cell; more are thrown away and counted.
const PAGES_MAX: usize = 32 << 10;

/// A buffer, and its files that are kept open.
#[derive(Debug)]
pub(super) struct Buffer {
    folder: PathBuf,
    switch: File,
    pipes: Vec<File>,
    cpus: Vec<PathBuf>,
}

/// Writes a file of tracefs, which must be there.
///
/// # Errors
/// [`Unavailable`] with the kernel's answer.
pub(super) fn write(path: &Path, text: &str) -> Result<(), Unavailable> {
    let written = OpenOptions::new()
        .write(true)
        .truncate(true)
        .open(path)
        .and_then(|mut file| file.write_all(text.as_bytes()));
    written.map_err(|error| {
        Unavailable::file(&format!("write `{}` to", text.lines().next().unwrap_or("")), path, &error)
    })
}

fn open(path: &Path, options: &OpenOptions) -> Result<File, Unavailable> {
    options.open(path).map_err(|error| Unavailable::file("open", path, &error))
}

impl Buffer {
    /// Sets a buffer up, off and on our clock.
    ///
    /// # Errors
    /// [`Unavailable`].
    pub(super) fn open(folder: PathBuf) -> Result<Self, Unavailable> {
        let on = folder.join("tracing_on");
        write(&on, "0")?;
        write(&folder.join("trace_clock"), "mono")?;
        let mut cpus: Vec<PathBuf> = fs::read_dir(folder.join("per_cpu"))
            .map_err(|error| Unavailable::file("read", &folder.join("per_cpu"), &error))?
            .flatten()
            .map(|entry| entry.path())
            .collect();
        cpus.sort();
        let kb = (TOTAL_KB / cpus.len().max(1)).clamp(LEAST_KB, MOST_KB);
        write(&folder.join("buffer_size_kb"), &kb.to_string())?;
        let switch = open(&on, OpenOptions::new().write(true))?;
        Ok(Self { folder, switch, pipes: Vec::new(), cpus })
    }

    /// Opens the files from which its pages are read. From then on the kernel lets no process change the tracer.
    ///
    /// # Errors
    /// [`Unavailable`].
    pub(super) fn connect(&mut self) -> Result<(), Unavailable> {
        let pipe = |cpu: &PathBuf| {
            let flags = OFlags::NONBLOCK.bits() as i32;
            open(&cpu.join("trace_pipe_raw"), OpenOptions::new().read(true).custom_flags(flags))
        };
        self.pipes = self.cpus.iter().map(pipe).collect::<Result<_, _>>()?;
        Ok(())
    }

    /// Folder of the buffer.
    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Records, or records no more.
    ///
    /// # Errors
    /// The kernel's answer.
    pub(super) fn record(&mut self, on: bool) -> io::Result<()> {
        self.switch.write_all(if on { b"1" } else { b"0" })
    }

    /// Takes the records out, as pages of at most `bytes`; returns how many pages had no place in `pages`.
    pub(super) fn drain(&mut self, bytes: usize, pages: &mut Vec<Vec<u8>>) -> u64 {
        let mut without_place = 0;
        for pipe in &mut self.pipes {
            let mut page = vec![0; bytes];
            // An empty buffer gives an error here, or 0 bytes; both end the loop.
            while let Ok(length @ 1..) = pipe.read(&mut page) {
                if pages.len() < PAGES_MAX {
                    pages.push(page[..length].to_vec());
                } else {
                    without_place += 1;
                }
            }
        }
        without_place
    }

    /// Records that the kernel has thrown away so far.
    pub(super) fn lost(&self) -> u64 {
        let of = |cpu: &PathBuf| lost(&fs::read_to_string(cpu.join("stats")).unwrap_or_default());
        self.cpus.iter().map(of).fold(0, u64::saturating_add)
    }
}

/// Returns the number of lost records from a file `stats`.
fn lost(stats: &str) -> u64 {
    let counts = ["overrun:", "commit overrun:", "dropped events:"];
    let count =
        |line: &str| counts.iter().find_map(|name| line.strip_prefix(name)?.trim().parse::<u64>().ok());
    stats.lines().filter_map(count).fold(0, u64::saturating_add)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_lost_is_summed() {
        let stats = "entries: 5\noverrun: 3\ncommit overrun: 4\nbytes: 900\nnow ts: 25930.138868\ndropped events: 50\nread events: 8\n";
        assert_eq!((lost(stats), lost(""), lost("overrun: x")), (57, 0, 0));
    }

    #[test]
    fn a_file_that_is_not_there_is_not_made() {
        let folder = tempfile::tempdir().unwrap();
        let text = write(&folder.path().join("trace_clock"), "mono").unwrap_err().to_string();
        assert!(text.contains("cannot write `mono` to") && text.contains("No such file"), "{text}");
        assert!(Buffer::open(folder.path().into()).is_err());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }
}
