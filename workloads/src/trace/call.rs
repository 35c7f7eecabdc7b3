//! What a call means to the replay. A pure function of its text; what it does to an address space is for
//! `mm`, and to a task for `build`.

use super::join::is_fork;

/// A call's meaning. Addresses and breaks are bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Meaning {
    Map {
        addr: u64,
        bytes: u64,
        kind: Mapping,
    },
    /// `mprotect` to anything but `PROT_NONE`.
    Open {
        addr: u64,
        bytes: u64,
    },
    Unmap {
        addr: u64,
        bytes: u64,
    },
    /// Where the heap ends now.
    Break {
        end: u64,
    },
    Remap {
        old_addr: u64,
        old_bytes: u64,
        addr: u64,
        bytes: u64,
    },
    Release {
        bytes: u64,
    },
    Fork {
        pid: u32,
        is_thread: bool,
    },
    Exec,
    Exit,
    /// It had failed.
    Failed,
    /// Known, and nothing to replay.
    Ignored,
    /// A name that we do not know.
    Unknown,
    /// A known name with arguments or a result that cannot be read.
    Malformed,
}

/// What may be assumed of the pages of a mapping.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mapping {
    /// Private or anonymous, and accessible: a share is touched at once.
    Own,
    /// `PROT_NONE`: a share of what `mprotect` opens is touched then.
    Reserved,
    /// A shared file, or the stack of a thread (of whose 8 MiB a few pages are used): not touched.
    Other,
}

/// Calls of `%memory` and `%process` that change neither the size of an address space nor the set of tasks.
/// `shmat` does, but its size is not in the log.
const IGNORED: &str = "arch_prctl get_mempolicy kill mbind membarrier memfd_create memfd_secret \
     migrate_pages mincore mlock mlock2 mlockall modify_ldt move_pages mseal msync munlock munlockall pidfd_open \
     pidfd_send_signal pkey_alloc pkey_free pkey_mprotect prctl process_madvise process_mrelease \
     remap_file_pages rseq rt_sigqueueinfo rt_tgsigqueueinfo set_mempolicy set_mempolicy_home_node \
     set_robust_list set_tid_address shmat shmdt tgkill tkill unshare wait4 waitid waitpid";

/// Says what a call means.
pub(super) fn meaning(name: &str, args: &str, result: &str) -> Meaning {
    let is_exit = matches!(name, "exit" | "exit_group" | "_exit");
    if is_failure(result) && !is_exit && name != "brk" {
        return Meaning::Failed;
    }
    let known = match name {
        "mmap" | "mmap2" | "old_mmap" => map(args, result),
        "munmap" => unmap(args),
        "mprotect" => protect(args),
        "brk" => number(result).map(|end| Meaning::Break { end }),
        "mremap" => remap(args, result),
        "madvise" => advise(args),
        "execve" | "execveat" => Some(Meaning::Exec),
        _ if is_exit => Some(Meaning::Exit),
        _ if is_fork(name) => child_pid(result)
            .map(|pid| Meaning::Fork { pid, is_thread: name != "vfork" && args.contains("CLONE_THREAD") }),
        _ if IGNORED.split(' ').any(|ignored| ignored == name) => Some(Meaning::Ignored),
        _ => Some(Meaning::Unknown),
    };
    known.unwrap_or(Meaning::Malformed)
}

/// `-1 ENOMEM (Cannot allocate memory)`, `? ERESTARTSYS` of a call that was interrupted and starts again, and
/// `?` of one in which the task was killed.
fn is_failure(result: &str) -> bool {
    result.starts_with(['-', '?'])
}

fn map(args: &str, result: &str) -> Option<Meaning> {
    let mut args = args.split(',').map(str::trim);
    let bytes = number(args.nth(1)?)?;
    let (protection, flags) = (args.next()?, args.next()?);
    let is_own = flags.contains("MAP_PRIVATE") || flags.contains("MAP_ANONYMOUS");
    let kind = match protection {
        _ if !is_own || flags.contains("MAP_STACK") => Mapping::Other,
        "PROT_NONE" => Mapping::Reserved,
        _ => Mapping::Own,
    };
    Some(Meaning::Map { addr: number(result)?, bytes, kind })
}

fn protect(args: &str) -> Option<Meaning> {
    let mut args = args.split(',').map(str::trim);
    let (addr, bytes) = (number(args.next()?)?, number(args.next()?)?);
    let opens = args.next()? != "PROT_NONE";
    Some(if opens { Meaning::Open { addr, bytes } } else { Meaning::Ignored })
}

fn unmap(args: &str) -> Option<Meaning> {
    let (addr, bytes) = args.split_once(',')?;
    Some(Meaning::Unmap { addr: number(addr)?, bytes: number(bytes)? })
}

fn remap(args: &str, result: &str) -> Option<Meaning> {
    let mut args = args.split(',');
    let (old_addr, old_bytes, bytes) = (number(args.next()?)?, number(args.next()?)?, number(args.next()?)?);
    Some(Meaning::Remap { old_addr, old_bytes, addr: number(result)?, bytes })
}

fn advise(args: &str) -> Option<Meaning> {
    let mut args = args.split(',').map(str::trim);
    let bytes = number(args.nth(1)?)?;
    let gives_back = matches!(args.next()?, "MADV_DONTNEED" | "MADV_FREE" | "MADV_REMOVE");
    Some(if gives_back { Meaning::Release { bytes } } else { Meaning::Ignored })
}

/// A pid, or, when strace runs outside the pid namespace, the one that it uses itself: `7 /* 1234 in strace's
/// PID NS */`.
fn child_pid(result: &str) -> Option<u32> {
    let mut words = result.split_whitespace();
    let inside = words.next()?.parse().ok()?;
    Some(words.nth(1).and_then(|word| word.parse().ok()).unwrap_or(inside))
}

/// Decimal, or hexadecimal after `0x`; a comment after a blank is left off; `NULL` is 0.
fn number(text: &str) -> Option<u64> {
    let text = text.split_whitespace().next()?;
    match text.strip_prefix("0x") {
        Some(hexadecimal) => u64::from_str_radix(hexadecimal, 16).ok(),
        None if text == "NULL" => Some(0),
        None => text.parse().ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mappings_tell_what_can_be_touched() {
        let map = |args| meaning("mmap", args, "0x1000");
        let is_map = |kind| Meaning::Map { addr: 0x1000, bytes: 8192, kind };
        assert_eq!(
            map("NULL, 8192, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0"),
            is_map(Mapping::Own)
        );
        assert_eq!(map("NULL, 8192, PROT_READ, MAP_PRIVATE, 3, 0"), is_map(Mapping::Own));
        assert_eq!(map("NULL, 8192, PROT_READ, MAP_SHARED, 3, 0"), is_map(Mapping::Other));
        assert_eq!(map("NULL, 8192, PROT_NONE, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0"), is_map(Mapping::Reserved));
        assert_eq!(map("NULL, 8192, PROT_NONE, MAP_PRIVATE|MAP_STACK, -1, 0"), is_map(Mapping::Other));
        assert_eq!(map("NULL, lots, PROT_NONE, MAP_PRIVATE, -1, 0"), Meaning::Malformed);
    }

    #[test]
    fn flags_tell_threads_from_processes() {
        let is_thread = |name, args| match meaning(name, args, "12") {
            Meaning::Fork { pid: 12, is_thread } => is_thread,
            other => panic!("{other:?}"),
        };
        assert!(is_thread("clone3", "{flags=CLONE_VM|CLONE_THREAD, stack=0x1} => {parent_tid=[12]}, 88"));
        assert!(!is_thread("clone3", "{flags=CLONE_VM|CLONE_VFORK, exit_signal=SIGCHLD}, 88"));
        assert!(!is_thread("vfork", ""));
        assert_eq!(child_pid("7 /* 1234 in strace's PID NS */"), Some(1234));
    }

    #[test]
    fn the_rest_is_failed_ignored_or_unknown() {
        assert_eq!(meaning("munmap", "0x7000, 1", "-1 EINVAL (Invalid argument)"), Meaning::Failed);
        assert_eq!(meaning("wait4", "-1", "? ERESTARTSYS (To be restarted)"), Meaning::Failed);
        assert_eq!(meaning("madvise", "0x7000, 4096, MADV_DONTNEED", "0"), Meaning::Release { bytes: 4096 });
        assert_eq!(meaning("madvise", "0x7000, 4096, MADV_HUGEPAGE", "0"), Meaning::Ignored);
        assert_eq!(meaning("mprotect", "0x7000, 4096, PROT_NONE", "0"), Meaning::Ignored);
        assert_eq!(
            meaning("mprotect", "0x7000, 1, PROT_READ", "0"),
            Meaning::Open { addr: 0x7000, bytes: 1 }
        );
        assert_eq!(meaning("frobnicate", "", "0"), Meaning::Unknown);
    }
}
