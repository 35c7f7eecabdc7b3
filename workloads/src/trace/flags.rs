//! Flags of system calls, as names (`PROT_READ|PROT_WRITE`), as numbers (`-X raw`), or as both (`-X verbose`).
//! Numbers are those of x86, Arm, RISC-V and S/390, which agree.

/// Reads flags; names that are not in `table` count as 0, because they do not matter here.
pub(super) fn bits(text: &str, table: &[(&str, u64)]) -> Option<u64> {
    let text = text.split("/*").next().unwrap_or_default().trim();
    text.split('|').try_fold(0, |bits, flag| Some(bits | flag_bits(flag.trim(), table)?))
}

fn flag_bits(flag: &str, table: &[(&str, u64)]) -> Option<u64> {
    if let Some((_, bits)) = table.iter().find(|(name, _)| *name == flag) {
        return Some(*bits);
    }
    if flag.starts_with(|c: char| c.is_ascii_digit()) {
        // The size of a huge page: `21<<MAP_HUGE_SHIFT`.
        return if flag.contains("<<") { Some(0) } else { number(flag) };
    }
    flag.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_').then_some(0)
}

/// Reads a number: decimal, hexadecimal after `0x`, octal after a 0. A comment after a blank is ignored; `NULL` is 0.
pub(super) fn number(text: &str) -> Option<u64> {
    let text = text.split_whitespace().next()?;
    let text = text.split("<").next()?;
    match text.strip_prefix("0x") {
        Some(hexadecimal) => u64::from_str_radix(hexadecimal, 16).ok(),
        None if text == "NULL" => Some(0),
        None => text.parse().ok(),
    }
}

pub(super) const WRITE: u64 = 2;
/// `PROT_*`
pub(super) const PROTECTIONS: &[(&str, u64)] =
    &[("PROT_NONE", 0), ("PROT_READ", 1), ("PROT_WRITE", WRITE), ("PROT_EXEC", 4)];

pub(super) const PRIVATE: u64 = 2;
pub(super) const TYPE_MASK: u64 = 0xf;
pub(super) const FIXED: u64 = 0x10;
pub(super) const ANONYMOUS: u64 = 0x20;
pub(super) const NORESERVE: u64 = 0x4000;
pub(super) const POPULATE: u64 = 0x8000;
pub(super) const STACK: u64 = 0x2_0000;
pub(super) const GROWSDOWN: u64 = 0x100;
const FIXED_NOREPLACE: u64 = 0x10_0000;
/// `MAP_*`
pub(super) const MAPPINGS: &[(&str, u64)] = &[
    ("MAP_FILE", 0),
    ("MAP_SHARED", 1),
    ("MAP_PRIVATE", PRIVATE),
    ("MAP_SHARED_VALIDATE", 3),
    ("MAP_FIXED", FIXED),
    ("MAP_ANONYMOUS", ANONYMOUS),
    ("MAP_ANON", ANONYMOUS),
    ("MAP_GROWSDOWN", GROWSDOWN),
    ("MAP_NORESERVE", NORESERVE),
    ("MAP_POPULATE", POPULATE),
    ("MAP_STACK", STACK),
    ("MAP_FIXED_NOREPLACE", FIXED_NOREPLACE),
];

pub(super) const DONTUNMAP: u64 = 4;
/// `MREMAP_*`
pub(super) const REMAPPINGS: &[(&str, u64)] =
    &[("MREMAP_MAYMOVE", 1), ("MREMAP_FIXED", 2), ("MREMAP_DONTUNMAP", DONTUNMAP)];

pub(super) const THREAD: u64 = 0x1_0000;
/// `CLONE_*`
pub(super) const CLONES: &[(&str, u64)] =
    &[("CLONE_VM", 0x100), ("CLONE_VFORK", 0x4000), ("CLONE_THREAD", THREAD)];

pub(super) const DONTNEED: u64 = 4;
pub(super) const FREE: u64 = 8;
pub(super) const REMOVE: u64 = 9;
pub(super) const POPULATE_WRITE: u64 = 23;
pub(super) const DONTNEED_LOCKED: u64 = 24;
pub(super) const GUARD_INSTALL: u64 = 102;
/// `MADV_*`
pub(super) const ADVICE: &[(&str, u64)] = &[
    ("MADV_DONTNEED", DONTNEED),
    ("MADV_FREE", FREE),
    ("MADV_REMOVE", REMOVE),
    ("MADV_POPULATE_WRITE", POPULATE_WRITE),
    ("MADV_DONTNEED_LOCKED", DONTNEED_LOCKED),
    ("MADV_GUARD_INSTALL", GUARD_INSTALL),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_numbers_and_both_are_the_same() {
        for text in [
            "MAP_PRIVATE|MAP_ANONYMOUS",
            "0x22",
            "0x22 /* MAP_PRIVATE|MAP_ANONYMOUS */",
            "34",
            "MAP_PRIVATE|0x20",
        ] {
            assert_eq!(bits(text, MAPPINGS), Some(0x22), "{text}");
        }
        assert_eq!(bits("MAP_PRIVATE|MAP_HUGETLB|21<<MAP_HUGE_SHIFT", MAPPINGS), Some(PRIVATE));
        assert_eq!(bits("PROT_NONE", PROTECTIONS), Some(0));
        assert_eq!((bits("-1", MAPPINGS), bits("", MAPPINGS)), (None, None));
    }
}
