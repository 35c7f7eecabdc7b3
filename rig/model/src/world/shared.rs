//! The types that may be fields of a shared struct, enforced by the compiler.
use crate::kernel::{CgroupId, HierarchyId};
use crate::locks::{Lock, RwSem};
use crate::seam::SharedCell;
use std::ops::Deref;

/// A type that several actors may reach at once: a shared cell, a lock, or a value that never changes.
///
/// Plain integers, `Cell` and atomics are not among them.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is a raw shared field",
    label = "shared state is a `SharedCell`, data owned by a lock, or `Immutable`",
    note = "use `SharedCell` for one u64, `SpinLock`, `Mutex` or `RwSem` for more, and `Immutable` for a constant"
)]
pub trait Guarded {}

impl Guarded for SharedCell {}
impl<T, const SPIN: bool> Guarded for Lock<T, SPIN> {}
impl<T> Guarded for RwSem<T> {}
impl<T: Guarded> Guarded for super::Slots<T> {}
impl<T: Constant> Guarded for Immutable<T> {}

/// A type without interior mutability outside of guarded parts.
pub trait Constant {}
impl Constant for u32 {}
impl Constant for String {}
impl Constant for HierarchyId {}
impl Constant for Option<CgroupId> {}
impl Constant for super::WorldSpec {}
impl Constant for std::sync::Weak<super::World> {}
impl<T: Guarded> Constant for Vec<T> {}
impl<T: Guarded, const N: usize> Constant for [Option<T>; N] {}

/// A value that is set when its owner is made and never changes.
#[derive(Debug)]
pub struct Immutable<T>(T);

impl<T> Immutable<T> {
    /// Wraps `value`.
    #[must_use]
    pub fn new(value: T) -> Self {
        Self(value)
    }
}

impl<T> Deref for Immutable<T> {
    type Target = T;
    fn deref(&self) -> &T {
        &self.0
    }
}

/// Compiles only for types that may be shared. Used by [`shared!`](crate::shared).
pub const fn assert_guarded<T: Guarded>() {}

/// Declares a struct that several actors reach. Every field must be [`Guarded`](crate::world::shared::Guarded).
#[macro_export]
macro_rules! shared {
    ($(#[$meta:meta])* pub struct $name:ident { $($(#[$field_meta:meta])* pub $field:ident: $type:ty,)* }) => {
        $(#[$meta])*
        #[derive(Debug)]
        pub struct $name {
            $($(#[$field_meta])* pub $field: $type,)*
        }

        const _: () = {
            $($crate::world::shared::assert_guarded::<$type>();)*
        };

        impl $crate::world::shared::Guarded for $name {}
    };
}
