//! Needs of a program: the header of ELF, as elf(5) has it, and the libraries that its loader lists.
//!
//! A module of its own, since it is the one place that reads a foreign format by offsets, and the output of a loader.
use std::ffi::OsStr;
use std::io;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Type of the program header that names a dynamic loader.
const PT_INTERP: u32 = 3;

/// Returns the files that the program needs in addition to itself, its loader among them: none when it is linked statically.
///
/// # Errors
/// The outer error says why the file cannot be read, the inner one why it cannot run in a guest.
pub(super) fn libraries(file: &Path) -> io::Result<Result<Vec<PathBuf>, String>> {
    let program = input::file::read(file, input::file::DATA_MAX).map_err(io::Error::other)?;
    let loader = match loader_of(&program) {
        Ok(Some(loader)) => loader,
        Ok(None) => return Ok(Ok(Vec::new())),
        Err(problem) => return Ok(Err(problem.into())),
    };
    // The command that ldd uses; the program itself does not run.
    let output = Command::new(&loader).arg("--list").arg(file).output();
    let said = match output {
        Ok(output) if output.status.success() => {
            return Ok(listed(&String::from_utf8_lossy(&output.stdout), loader));
        }
        Ok(output) => String::from_utf8_lossy(&output.stderr).trim().to_owned(),
        Err(error) => error.to_string(),
    };
    Ok(Err(format!("its loader {} does not say what it needs: {said}", loader.display())))
}

/// Parses `libm.so.6 => /lib/x86_64-linux-gnu/libm.so.6 (0x7f…)`. Lines without an arrow are the loader and files that
/// the kernel provides.
fn listed(text: &str, loader: PathBuf) -> Result<Vec<PathBuf>, String> {
    let mut files = vec![loader];
    for (name, place) in text.lines().filter_map(|line| line.split_once(" => ")) {
        let place = place.split(" (").next().unwrap_or_default().trim();
        if !place.starts_with('/') {
            return Err(format!("it needs {}, which is not here", name.trim()));
        }
        files.push(place.into());
    }
    files.sort();
    files.dedup();
    Ok(files)
}

/// Returns the dynamic loader that the program names, if any. The error says why the program cannot run in a guest.
fn loader_of(bytes: &[u8]) -> Result<Option<PathBuf>, &'static str> {
    // 64 bits, little-endian, x86-64.
    if !bytes.starts_with(b"\x7fELF\x02\x01") || bytes.get(18) != Some(&62) {
        return Err("it is not a program for x86-64");
    }
    interpreter(bytes).ok_or("its ELF header is cut short")
}

/// `None` where the file ends too soon.
fn interpreter(bytes: &[u8]) -> Option<Option<PathBuf>> {
    let (start, size, count) = (number(bytes, 32, 8)?, number(bytes, 54, 2)?, number(bytes, 56, 2)?);
    for index in 0..count {
        let at = start.checked_add(index.checked_mul(size)?)?;
        if number(bytes, at, 4)? == u64::from(PT_INTERP) {
            let (from, long) =
                (number(bytes, at.checked_add(8)?, 8)?, number(bytes, at.checked_add(32)?, 8)?);
            let name =
                bytes.get(usize::try_from(from).ok()?..usize::try_from(from.checked_add(long)?).ok()?)?;
            let name = name.strip_suffix(b"\0").unwrap_or(name);
            return Some(Some(OsStr::from_bytes(name).into()));
        }
    }
    Some(None)
}

/// The little-endian number of `size` bytes at `at`.
fn number(bytes: &[u8], at: u64, size: usize) -> Option<u64> {
    let at = usize::try_from(at).ok()?;
    let field = bytes.get(at..at.checked_add(size)?)?;
    Some(field.iter().rev().fold(0, |value, byte| value << 8 | u64::from(*byte)))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A header with one program header of that type, which points at `/ld`.
    fn elf(kind: u8) -> Vec<u8> {
        let mut bytes = vec![0; 64 + 56];
        bytes[..6].copy_from_slice(b"\x7fELF\x02\x01");
        (bytes[18], bytes[32], bytes[54], bytes[56], bytes[64]) = (62, 64, 56, 1, kind);
        (bytes[64 + 8], bytes[64 + 32]) = (64 + 56, 4);
        bytes.extend(b"/ld\0");
        bytes
    }

    #[test]
    fn a_header_names_a_loader_or_none() {
        assert_eq!(loader_of(&elf(1)), Ok(None));
        assert_eq!(loader_of(&elf(3)), Ok(Some("/ld".into())));
        assert!(loader_of(&elf(1)[..64]).unwrap_err().contains("cut short"));
        assert!(loader_of(&elf(3)[..64 + 56]).unwrap_err().contains("cut short"));
        assert!(loader_of(b"#!/bin/sh\n").unwrap_err().contains("not a program"));
        let mut far = elf(1);
        far[32..40].fill(0xff);
        assert!(loader_of(&far).unwrap_err().contains("cut short"));
    }

    #[test]
    fn libraries_are_read_from_the_list_or_missed_by_name() {
        let text = "\tlinux-vdso.so.1 (0x00007ffd)\n\tlibc.so.6 => /lib/libc.so.6 (0x00007f5a)\n\t/ld (0x00007f5b)\n";
        assert_eq!(listed(text, "/ld".into()), Ok(vec!["/ld".into(), "/lib/libc.so.6".into()]));
        let missing = listed("\tlibx.so => not found\n", "/ld".into());
        assert!(missing.unwrap_err().contains("libx.so"));
    }

    #[test]
    fn every_library_of_this_program_is_a_file() {
        let own = format!("/proc/{}/exe", std::process::id());
        let libraries = libraries(Path::new(&own)).unwrap().unwrap();
        assert_eq!(libraries.is_empty(), cfg!(target_feature = "crt-static"));
        assert!(libraries.iter().all(|library| library.is_absolute() && library.is_file()), "{libraries:?}");
    }

    #[test]
    fn a_loader_that_is_not_here_is_named() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), elf(3)).unwrap();
        let problem = libraries(file.path()).unwrap().unwrap_err();
        assert!(problem.starts_with("its loader /ld does not say what it needs: "), "{problem}");
    }
}
