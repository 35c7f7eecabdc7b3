//! The initramfs: a cpio archive of the format newc with the rig as `/init` and its orders beside it.
//!
//! Apart, since the crate that writes the format is named only here.
use ::cpio::newc::{Builder, ModeFileType, trailer};
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::Path;

/// Where the guest finds what it is to measure.
pub(super) const ORDERS: &str = "/orders";
/// Mount points of the guest.
const FOLDERS: [&str; 4] = ["dev", "proc", "sys", "tmp"];
/// Devices with their major and minor numbers: Rust's runtime needs open standard streams before anything is mounted.
const DEVICES: [(&str, u32, u32); 2] = [("dev/console", 5, 1), ("dev/null", 1, 3)];

/// Writes the archive to `file`.
///
/// # Errors
/// When `init` cannot be read or `file` not be written.
pub(super) fn write(file: &Path, init: &Path, orders: &str) -> io::Result<()> {
    let init = fs::read(init)?;
    archive(BufWriter::new(File::create(file)?), &init, orders.as_bytes())?.flush()
}

fn archive<W: Write>(mut to: W, init: &[u8], orders: &[u8]) -> io::Result<W> {
    // Entries that share an inode are links to each other: each needs a number of its own.
    let mut inode = 0;
    let mut entry = |name: &str, mode: u32, kind| {
        inode += 1;
        Builder::new(name).ino(inode).mode(mode).nlink(1).set_mode_file_type(kind)
    };
    for name in FOLDERS {
        to = entry(name, 0o755, ModeFileType::Directory).write(to, 0).finish()?;
    }
    for (name, major, minor) in DEVICES {
        let device = entry(name, 0o600, ModeFileType::Char).rdev_major(major).rdev_minor(minor);
        to = device.write(to, 0).finish()?;
    }
    for (name, mode, content) in [("init", 0o755, init), (ORDERS.trim_start_matches('/'), 0o644, orders)] {
        let size = u32::try_from(content.len()).map_err(|_| io::Error::from(io::ErrorKind::FileTooLarge))?;
        let mut writer = entry(name, mode, ModeFileType::Regular).write(to, size);
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
        let bytes = archive(Vec::new(), b"program", b"orders").unwrap();
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
        assert_eq!(seen[4], entry("dev/console", 0o020_600, (5, 1), ""));
        assert_eq!(seen[6], entry("init", 0o100_755, (0, 0), "program"));
        assert_eq!(seen[7], entry("orders", 0o100_644, (0, 0), "orders"));
        assert_eq!(seen.len(), 8);
    }
}
