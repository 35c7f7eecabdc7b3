//! Whether a file is a program that runs without libraries: the header of ELF, as elf(5) has it.
//!
//! Apart, since it is the one place that reads a foreign format by offsets.
use std::path::Path;
use std::{fs, io};

/// Type of the program header that names a dynamic loader.
const PT_INTERP: u32 = 3;

/// What keeps the file from being init of a guest; `None` when nothing does.
///
/// # Errors
/// When it cannot be read.
pub(super) fn problem(file: &Path) -> io::Result<Option<&'static str>> {
    Ok(problem_of(&fs::read(file)?))
}

fn problem_of(bytes: &[u8]) -> Option<&'static str> {
    // 64 bits, little-endian, x86-64.
    if !bytes.starts_with(b"\x7fELF\x02\x01") || bytes.get(18) != Some(&62) {
        return Some("it is no program for x86-64");
    }
    match interpreted(bytes) {
        Some(false) => None,
        Some(true) => Some("it is linked dynamically"),
        None => Some("its ELF header is cut short"),
    }
}

fn interpreted(bytes: &[u8]) -> Option<bool> {
    let (start, size, count) = (number(bytes, 32, 8)?, number(bytes, 54, 2)?, number(bytes, 56, 2)?);
    for index in 0..count {
        let at = start.checked_add(index.checked_mul(size)?)?;
        if number(bytes, at, 4)? == u64::from(PT_INTERP) {
            return Some(true);
        }
    }
    Some(false)
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

    /// A header with one program header of that type.
    fn elf(kind: u8) -> Vec<u8> {
        let mut bytes = vec![0; 64 + 56];
        bytes[..6].copy_from_slice(b"\x7fELF\x02\x01");
        (bytes[18], bytes[32], bytes[54], bytes[56], bytes[64]) = (62, 64, 56, 1, kind);
        bytes
    }

    #[test]
    fn a_loader_or_a_foreign_file_is_a_problem() {
        assert_eq!(problem_of(&elf(1)), None);
        assert!(problem_of(&elf(3)).unwrap().contains("dynamically"));
        assert!(problem_of(&elf(1)[..64]).unwrap().contains("cut short"));
        assert!(problem_of(b"#!/bin/sh\n").unwrap().contains("no program"));
        let mut far = elf(1);
        far[32..40].fill(0xff);
        assert!(problem_of(&far).unwrap().contains("cut short"));
    }
}
