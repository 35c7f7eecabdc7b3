//! The error numbers of the whole rig: a closed list, with Linux's numbers.
//!
//! It is in this crate because faults use it; controllers, paths and the code for the real kernel use the same type.

use std::{fmt, str::FromStr};

use input::nearest::nearest;
use serde::{Deserialize, Serialize};

/// Declares [`Errno`] with name, number and meaning in one table.
macro_rules! errnos {
    ($($name:ident = $number:literal, $about:literal;)*) => {
        /// An error number, with its Linux name and its number from `include/uapi/asm-generic/errno*.h`.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(into = "String", try_from = "String")]
        #[repr(u8)]
        #[allow(clippy::upper_case_acronyms)]
        pub enum Errno {
            $(#[doc = $about] $name = $number,)*
        }

        impl Errno {
            /// Every error number, in ascending order.
            pub const ALL: &[Self] = &[$(Self::$name),*];

            /// Returns the name, as in errno(3).
            #[must_use]
            pub fn name(self) -> &'static str {
                match self { $(Self::$name => stringify!($name),)* }
            }

            /// Returns the meaning here, in one line.
            #[must_use]
            pub fn about(self) -> &'static str {
                match self { $(Self::$name => $about,)* }
            }
        }
    };
}

errnos! {
    EPERM = 1, "Not permitted.";
    ENOENT = 2, "No such cgroup file: the destination was removed.";
    ESRCH = 3, "No such task, or it is exiting.";
    EINTR = 4, "Interrupted while it waited.";
    EAGAIN = 11, "No room for another task now.";
    ENOMEM = 12, "The charge, or an allocation, does not fit.";
    EBUSY = 16, "Frozen, or in use.";
    ENODEV = 19, "The cgroup is dead.";
    EINVAL = 22, "Makes no sense for this task.";
    ENOSPC = 28, "A cpuset without CPUs.";
    EOPNOTSUPP = 95, "The controller cannot take part in this kind of attach.";
}

impl Errno {
    /// Returns the number on Linux, positive.
    #[must_use]
    pub fn number(self) -> i32 {
        i32::from(self as u8)
    }

    /// Returns the error of that name; names are upper case.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|errno| errno.name() == name)
    }
}

impl fmt::Display for Errno {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// A name that is not among [`Errno::ALL`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown error number `{0}`; {help}", help = nearest(.0, Errno::ALL.iter().map(|errno| errno.name())))]
pub struct UnknownErrno(pub String);

impl FromStr for Errno {
    type Err = UnknownErrno;

    fn from_str(name: &str) -> Result<Self, UnknownErrno> {
        Self::parse(name).ok_or_else(|| UnknownErrno(name.to_owned()))
    }
}

impl TryFrom<String> for Errno {
    type Error = UnknownErrno;

    fn try_from(name: String) -> Result<Self, UnknownErrno> {
        name.parse()
    }
}

impl From<Errno> for String {
    fn from(errno: Errno) -> Self {
        errno.name().to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_lead_back_to_the_error() {
        for &errno in Errno::ALL {
            assert_eq!(errno.name().parse(), Ok(errno));
        }
        assert_eq!(Errno::parse("enomem"), None);
    }

    #[test]
    fn numbers_are_those_of_linux() {
        let numbers: Vec<i32> = Errno::ALL.iter().map(|errno| errno.number()).collect();
        assert_eq!(numbers, [1, 2, 3, 4, 11, 12, 16, 19, 22, 28, 95]);
    }
}
