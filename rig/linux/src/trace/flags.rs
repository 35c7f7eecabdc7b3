//! Kind of the lock of a contention, by the flags that the kernel gives, where the lock's address has no name.

const SPIN: u32 = 1;
const READ: u32 = 2;
const WRITE: u32 = 4;
const RT: u32 = 8;
const PERCPU: u32 = 16;
const MUTEX: u32 = 32;

/// A class for locks without a name.
pub(super) fn unnamed(flags: u32) -> &'static str {
    let is = |flag| flags & flag != 0;
    // A mutex that is spun for has both flags.
    match () {
        () if is(MUTEX) => "unnamed mutex",
        () if is(RT) => "unnamed rtmutex",
        () if is(PERCPU) => "unnamed percpu rwsem",
        () if is(SPIN) && is(READ | WRITE) => "unnamed rwlock",
        () if is(SPIN) => "unnamed spinlock",
        () if is(READ | WRITE) => "unnamed rwsem",
        () => "unnamed semaphore",
    }
}

/// `R`, `W`, or empty for locks with one mode.
pub(super) fn mode(flags: u32) -> &'static str {
    match (flags & READ != 0, flags & WRITE != 0) {
        (true, false) => "R",
        (false, true) => "W",
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_name_kind_and_mode() {
        let named: Vec<_> =
            [SPIN, SPIN | READ, SPIN | WRITE, READ, WRITE, PERCPU | WRITE, MUTEX, MUTEX | SPIN, RT, 0]
                .map(|flags| format!("{}-{}", unnamed(flags).trim_start_matches("unnamed "), mode(flags)))
                .into();
        assert_eq!(
            named.join(" "),
            "spinlock- rwlock-R rwlock-W rwsem-R rwsem-W percpu rwsem-W mutex- mutex- rtmutex- semaphore-"
        );
    }
}
