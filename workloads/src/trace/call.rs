//! The meaning of a call for the replay: a pure function of its text. `mm` applies its effect to an address space,
//! `build` to a task.

use super::flags::{self, bits, number};

/// The meaning of a call. Addresses and sizes are in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Meaning {
    Map {
        addr: u64,
        bytes: u64,
        kind: Kind,
        /// True if the kernel chose the address.
        is_chosen: bool,
        /// True if all pages are touched at once.
        is_populated: bool,
    },
    /// `mprotect`
    Protect {
        addr: u64,
        bytes: u64,
        access: Access,
    },
    Unmap {
        addr: u64,
        bytes: u64,
    },
    /// The end of the heap.
    Break {
        end: u64,
        /// True if the end was only queried.
        is_query: bool,
    },
    Remap {
        old: (u64, u64),
        new: (u64, u64),
        /// True if the old range stays mapped and loses its pages.
        keeps_old: bool,
    },
    /// `madvise` that releases pages.
    Release {
        addr: u64,
        bytes: u64,
    },
    /// `madvise` that touches pages.
    Populate {
        addr: u64,
        bytes: u64,
    },
    Fork {
        pid: u32,
        is_thread: bool,
        /// The stack of a thread: its first byte and its size. With size 0 the first is its end; 0 if unknown.
        stack: (u64, u64),
    },
    /// The process of the task, according to `getpid`.
    Process {
        pid: u32,
    },
    Exec,
    Exit,
    /// The call failed.
    Failed,
    /// The call does not affect the replay.
    Ignored,
    /// The arguments or the result cannot be read.
    Malformed,
}

/// The pages of a mapping.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Private and writable: committed, and touched by the rule.
    Own,
    /// Without access, or with `MAP_NORESERVE`: not committed until another call does so.
    Reserved,
    /// Private and not writable.
    ReadOnly,
    /// The stack of a thread.
    Stack,
    /// Shared.
    Shared,
}

/// The access after `mprotect`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Access {
    None,
    Read,
    Write,
}

/// Reports whether a call creates a task.
pub(super) fn is_fork(name: &str) -> bool {
    matches!(name, "clone" | "clone2" | "__clone2" | "clone3" | "fork" | "vfork")
}

/// Returns the meaning of a call.
pub(super) fn meaning(name: &str, args: &str, result: &str) -> Meaning {
    let is_exit = matches!(name, "exit" | "exit_group" | "_exit");
    if is_exit {
        return Meaning::Exit;
    }
    if is_failure(result) && name != "brk" {
        return Meaning::Failed;
    }
    let known = match name {
        "mmap" | "mmap2" | "old_mmap" | "mmap_pgoff" | "mmap64" => map(args, result),
        "munmap" => unmap(args),
        "mprotect" | "pkey_mprotect" => protect(args),
        "brk" => set_break(args, result),
        "mremap" => remap(args, result),
        "madvise" => advise(args),
        "execve" | "execveat" => Some(Meaning::Exec),
        "getpid" => number(result).and_then(|pid| Some(Meaning::Process { pid: pid.try_into().ok()? })),
        _ if is_fork(name) => fork(name, args, result),
        _ => Some(Meaning::Ignored),
    };
    known.unwrap_or(Meaning::Malformed)
}

/// Reports whether a result is a failure: `-1 ENOMEM (Cannot allocate memory)`, `? ERESTARTSYS` of a call that was
/// interrupted and starts again, and `?` of a call in which the task was killed. Raw results of errors are above all
/// addresses.
fn is_failure(result: &str) -> bool {
    result.starts_with(['-', '?']) || number(result).is_some_and(|value| value > u64::MAX - 4096)
}

/// Returns the arguments at the beginning, up to the first that may contain a comma.
fn arguments(args: &str) -> impl Iterator<Item = &str> {
    args.split(',').map(|arg| {
        let arg = arg.trim();
        // `-X abbrev` and newer decoders name arguments: `addr=0x1000`.
        arg.split_once('=')
            .filter(|(name, _)| name.bytes().all(|b| b.is_ascii_lowercase()))
            .map_or(arg, |pair| pair.1)
    })
}

fn map(args: &str, result: &str) -> Option<Meaning> {
    let mut args = arguments(args);
    let hint = number(args.next()?);
    let bytes = number(args.next()?)?;
    let protection = bits(args.next()?, flags::PROTECTIONS)?;
    let how = bits(args.next()?, flags::MAPPINGS)?;
    let is_private = how & flags::TYPE_MASK == flags::PRIVATE;
    let is_reserved = protection == 0 || (how & flags::NORESERVE != 0 && how & flags::ANONYMOUS != 0);
    let kind = match () {
        () if !is_private => Kind::Shared,
        () if how & (flags::STACK | flags::GROWSDOWN) != 0 => Kind::Stack,
        () if is_reserved => Kind::Reserved,
        () if protection & flags::WRITE == 0 => Kind::ReadOnly,
        () => Kind::Own,
    };
    let addr = number(result)?;
    let is_chosen = how & flags::FIXED == 0 && hint != Some(addr);
    let is_populated = how & flags::POPULATE != 0 && kind == Kind::Own;
    Some(Meaning::Map { addr, bytes, kind, is_chosen, is_populated })
}

fn protect(args: &str) -> Option<Meaning> {
    let mut args = arguments(args);
    let (addr, bytes) = (number(args.next()?)?, number(args.next()?)?);
    let access = match bits(args.next()?, flags::PROTECTIONS)? {
        0 => Access::None,
        bits if bits & flags::WRITE != 0 => Access::Write,
        _ => Access::Read,
    };
    Some(Meaning::Protect { addr, bytes, access })
}

fn unmap(args: &str) -> Option<Meaning> {
    let mut args = arguments(args);
    Some(Meaning::Unmap { addr: number(args.next()?)?, bytes: number(args.next()?)? })
}

fn set_break(args: &str, result: &str) -> Option<Meaning> {
    let wanted = number(arguments(args).next()?);
    // Killed in the call.
    if result.starts_with(['?', '-']) {
        return Some(Meaning::Failed);
    }
    let end = number(result)?;
    Some(Meaning::Break { end, is_query: wanted != Some(end) })
}

fn remap(args: &str, result: &str) -> Option<Meaning> {
    let mut args = arguments(args);
    let (old_addr, old_bytes, bytes) = (number(args.next()?)?, number(args.next()?)?, number(args.next()?)?);
    let how = args.next().map_or(Some(0), |how| bits(how, flags::REMAPPINGS))?;
    let new = (number(result)?, bytes);
    Some(Meaning::Remap { old: (old_addr, old_bytes), new, keeps_old: how & flags::DONTUNMAP != 0 })
}

fn advise(args: &str) -> Option<Meaning> {
    let mut args = arguments(args);
    let (addr, bytes) = (number(args.next()?)?, number(args.next()?)?);
    Some(match bits(args.next()?, flags::ADVICE)? {
        flags::DONTNEED | flags::FREE | flags::REMOVE | flags::DONTNEED_LOCKED | flags::GUARD_INSTALL => {
            Meaning::Release { addr, bytes }
        }
        flags::POPULATE_WRITE => Meaning::Populate { addr, bytes },
        _ => Meaning::Ignored,
    })
}

fn fork(name: &str, args: &str, result: &str) -> Option<Meaning> {
    let how = match named(args, "flags") {
        Some(how) => bits(how, flags::CLONES)?,
        None if name.ends_with("fork") => 0,
        // `-e raw`: only the address of the flags is recorded.
        None if name == "clone3" => return None,
        // `-e raw`: the flags come first, or after the stack if the first argument is an address.
        None => {
            let mut args = arguments(args).filter_map(number);
            let (first, second) = (args.next()?, args.next().unwrap_or(0));
            if first >= 1 << 32 { second } else { first }
        }
    };
    let value = |name| named(args, name).and_then(number).unwrap_or(0);
    let stack = match value("child_stack") {
        0 => (value("stack"), value("stack_size")),
        end => (end, value("stack_size")),
    };
    Some(Meaning::Fork { pid: child_pid(result)?, is_thread: how & flags::THREAD != 0, stack })
}

/// Returns the value after `name=` in the arguments of a call.
fn named<'a>(args: &'a str, name: &str) -> Option<&'a str> {
    let found = args.match_indices(name).find_map(|(at, _)| {
        let starts = !args[..at].ends_with(|c: char| c.is_ascii_alphanumeric() || c == '_');
        args[at + name.len()..].strip_prefix('=').filter(|_| starts)
    })?;
    found.split([',', '}']).next()
}

/// Returns a pid. When strace runs outside the pid namespace, this is the pid in strace's own namespace: `7 /* 1234 in
/// strace's PID NS */`. With `-Y` a name follows.
pub(super) fn child_pid(result: &str) -> Option<u32> {
    let mut words = result.split_whitespace();
    let inside = number(words.next()?)?.try_into().ok()?;
    Some(words.nth(1).and_then(|word| word.parse().ok()).unwrap_or(inside))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mappings_tell_what_can_be_touched() {
        let kind = |args| match meaning("mmap", args, "0x1000") {
            Meaning::Map { addr: 0x1000, bytes: 8192, kind, .. } => kind,
            other => panic!("{other:?}"),
        };
        assert_eq!(kind("NULL, 8192, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0"), Kind::Own);
        assert_eq!(kind("NULL, 8192, 0x3, 0x22, -1, 0"), Kind::Own);
        assert_eq!(
            kind("NULL, 8192, 0x3 /* PROT_READ|PROT_WRITE */, 0x2 /* MAP_PRIVATE */, 3</a,b>, 0"),
            Kind::Own
        );
        assert_eq!(kind("NULL, 8192, PROT_READ, MAP_PRIVATE, 3, 0"), Kind::ReadOnly);
        assert_eq!(kind("NULL, 8192, PROT_READ|PROT_WRITE, MAP_SHARED, 3, 0"), Kind::Shared);
        assert_eq!(kind("NULL, 8192, 0x3, 0x3, 3, 0"), Kind::Shared);
        assert_eq!(kind("NULL, 8192, PROT_NONE, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0"), Kind::Reserved);
        let noreserve = "NULL, 8192, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS|MAP_NORESERVE, -1, 0";
        assert_eq!(kind(noreserve), Kind::Reserved);
        assert_eq!(kind("NULL, 8192, 0, 0x20022, -1, 0"), Kind::Stack);
        let lots = meaning("mmap", "NULL, lots, PROT_NONE, MAP_PRIVATE, -1, 0", "0x1000");
        assert_eq!(lots, Meaning::Malformed);
    }

    #[test]
    fn flags_tell_threads_from_processes() {
        let fork = |name, args| match meaning(name, args, "12") {
            Meaning::Fork { pid: 12, is_thread, stack } => (is_thread, stack),
            other => panic!("{other:?}"),
        };
        let nowhere = (0, 0);
        let clone3 = "{flags=CLONE_VM|CLONE_THREAD, stack=0x1000, stack_size=0x7f0} => {parent_tid=[12]}, 88";
        assert_eq!(fork("clone3", clone3), (true, (0x1000, 0x7f0)));
        assert_eq!(fork("clone3", "{flags=0x3d0f00, exit_signal=0, stack=NULL}, 88"), (true, nowhere));
        assert_eq!(fork("clone", "child_stack=0x7f0, flags=CLONE_VM|CLONE_THREAD"), (true, (0x7f0, 0)));
        assert_eq!(
            fork("clone", "child_stack=NULL, flags=0x1200011 /* CLONE_X|SIGCHLD */"),
            (false, nowhere)
        );
        assert_eq!(fork("clone", "0x3d0f00, 0x7f0000000000, 0, 0, 0"), (true, nowhere));
        assert_eq!(fork("clone", "0x7f0000000000, 0x3d0f00, 0, 0, 0"), (true, nowhere));
        assert_eq!(fork("clone3", "{flags=CLONE_VM|CLONE_VFORK, exit_signal=SIGCHLD}, 88"), (false, nowhere));
        assert_eq!(fork("vfork", ""), (false, nowhere));
        assert_eq!(child_pid("7 /* 1234 in strace's PID NS */"), Some(1234));
        assert_eq!(child_pid("7<sh>"), Some(7));
    }

    #[test]
    fn the_rest_is_failed_or_ignored() {
        assert_eq!(meaning("munmap", "0x7000, 1", "-1 EINVAL (Invalid argument)"), Meaning::Failed);
        assert_eq!(meaning("mmap", "0, 1, 0, 2", "0xfffffffffffffff4"), Meaning::Failed);
        assert_eq!(meaning("wait4", "-1", "? ERESTARTSYS (To be restarted)"), Meaning::Failed);
        let released = Meaning::Release { addr: 0x7000, bytes: 4096 };
        for advice in ["MADV_DONTNEED", "MADV_FREE", "0x4", "0x8 /* MADV_FREE */"] {
            assert_eq!(meaning("madvise", &format!("0x7000, 4096, {advice}"), "0"), released);
        }
        assert_eq!(meaning("madvise", "0x7000, 4096, MADV_HUGEPAGE", "0"), Meaning::Ignored);
        let none = Meaning::Protect { addr: 0x7000, bytes: 1, access: Access::None };
        assert_eq!(meaning("mprotect", "0x7000, 1, PROT_NONE", "0"), none);
        assert_eq!(meaning("frobnicate", "", "0"), Meaning::Ignored);
        assert_eq!(meaning("exit_group", "0 <unfinished ...>", "?"), Meaning::Exit);
    }
}
