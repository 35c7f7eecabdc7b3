//! The initramfs: a cpio archive of the format newc with the rig as `/init`, its orders, and the libraries that it
//! needs, where its loader looks for them.
//!
//! A module of its own, since the crate that writes the format is named only here.
use ::cpio::newc::{Builder, ModeFileType, trailer};
use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

/// Path at which the guest finds its orders: what to measure.
pub(super) const ORDERS: &str = "/orders";
/// Mount points of the guest.
const FOLDERS: [&str; 4] = ["dev", "proc", "sys", "tmp"];
/// Devices with their major and minor numbers: Rust's runtime needs open standard streams before anything is mounted.
const DEVICES: [(&str, u32, u32); 2] = [("dev/console", 5, 1), ("dev/null", 1, 3)];

/// A file of the guest: its name without the first slash, its mode, its bytes.
type Entry = (String, u32, Vec<u8>);

/// Writes the archive to `file`.
///
/// # Errors
/// When `init`, a library or a recording cannot be read or `file` not be written.
pub(super) fn write(
    file: &Path,
    (init, libraries): (&Path, &[PathBuf]),
    orders: &str,
    recordings: &[(String, PathBuf)],
) -> io::Result<()> {
    let inside = |name: &str| name.trim_start_matches('/').to_owned();
    let mut files = vec![("init".to_owned(), 0o755, read(init)?), (inside(ORDERS), 0o644, orders.into())];
    for library in libraries {
        files.push((inside(&library.to_string_lossy()), 0o755, read(library)?));
    }
    for (name, recording) in recordings {
        files.push((inside(name), 0o644, read(recording)?));
    }
    archive(BufWriter::new(File::create(file)?), &files)?.flush()
}

/// Reads a file that is put into the guest.
fn read(file: &Path) -> io::Result<Vec<u8>> {
    input::file::read(file, input::file::DATA_MAX).map_err(io::Error::other)
}

/// Folders in which the files are, outer ones first.
fn folders(files: &[Entry]) -> BTreeSet<&Path> {
    let above = |name| Path::new(name).ancestors().skip(1).filter(|folder| *folder != Path::new(""));
    FOLDERS.iter().map(Path::new).chain(files.iter().flat_map(|(name, ..)| above(name))).collect()
}

fn archive<W: Write>(mut to: W, files: &[Entry]) -> io::Result<W> {
    // Entries that share an inode are links to each other: each needs a number of its own.
    let mut inode = 0;
    let mut entry = |name: &str, mode: u32, kind| {
        inode += 1;
        Builder::new(name).ino(inode).mode(mode).nlink(1).set_mode_file_type(kind)
    };
    for folder in folders(files) {
        to = entry(&folder.to_string_lossy(), 0o755, ModeFileType::Directory).write(to, 0).finish()?;
    }
    for (name, major, minor) in DEVICES {
        let device = entry(name, 0o600, ModeFileType::Char).rdev_major(major).rdev_minor(minor);
        to = device.write(to, 0).finish()?;
    }
    for (name, mode, content) in files {
        let size = u32::try_from(content.len()).map_err(|_| io::Error::from(io::ErrorKind::FileTooLarge))?;
        let mut writer = entry(name, *mode, ModeFileType::Regular).write(to, size);
        writer.write_all(content)?;
        to = writer.finish()?;
    }
    trailer(to)
}

#[cfg(test)]
mod tests {
    use super::*;
    use ::cpio::newc::Reader;
    use std::io::Read as _;

    #[test]
    fn what_was_written_is_read_back() {
        let file = |name: &str, mode, content: &str| (name.to_owned(), mode, content.into());
        let files =
            [file("init", 0o755, "program"), file("orders", 0o644, "orders"), file("lib/x/c.so", 0o755, "c")];
        let bytes = archive(Vec::new(), &files).unwrap();
        let (mut rest, mut seen) = (bytes.as_slice(), Vec::new());
        loop {
            let mut reader = Reader::new(rest).unwrap();
            if reader.entry().is_trailer() {
                break;
            }
            let (name, mode) = (reader.entry().name().to_owned(), reader.entry().mode());
            let device = (reader.entry().rdev_major(), reader.entry().rdev_minor());
            let mut content = String::new();
            reader.read_to_string(&mut content).unwrap();
            rest = reader.finish().unwrap();
            seen.push((name, mode, device, content));
        }
        let entry = |name: &str, mode, device, content: &str| (name.into(), mode, device, content.into());
        assert_eq!(seen[0], entry("dev", 0o040_755, (0, 0), ""));
        assert_eq!([1, 2].map(|at| &*seen[at].0), ["lib", "lib/x"]);
        assert_eq!(seen[6], entry("dev/console", 0o020_600, (5, 1), ""));
        assert_eq!(seen[8], entry("init", 0o100_755, (0, 0), "program"));
        assert_eq!(seen[9], entry("orders", 0o100_644, (0, 0), "orders"));
        assert_eq!(seen[10], entry("lib/x/c.so", 0o100_755, (0, 0), "c"));
        assert_eq!(seen.len(), 11);
    }
}
