//! What may be a field of a shared struct, enforced when compiling.
use crate::kernel::{CgroupId, HierarchyId};
use crate::locks::{Lock, RwSem};
use crate::seam::SharedCell;
use std::ops::Deref;

/// Types that may be reached by several actors at once: Words, locks, and what never changes.
///
/// Neither a plain integer, nor a `Cell`, nor an atomic is among them.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is a raw shared field",
    label = "shared state is a `Word`, data owned by a lock, or `Fixed`",
    note = "use `Word` for one u64, `SpinLock`, `Mutex` or `RwSem` for more, and `Fixed` for what never changes"
)]
pub trait Guarded {}

impl Guarded for SharedCell {}
impl<T, const SPIN: bool> Guarded for Lock<T, SPIN> {}
impl<T> Guarded for RwSem<T> {}
impl<T: Guarded> Guarded for super::Slots<T> {}
impl<T: Constant> Guarded for Immutable<T> {}

/// Types without inner mutability outside of guarded parts.
pub trait Constant {}
impl Constant for u32 {}
impl Constant for String {}
impl Constant for HierarchyId {}
impl Constant for Option<CgroupId> {}
impl Constant for super::WorldSpec {}
impl Constant for std::sync::Weak<super::World> {}
impl<T: Guarded> Constant for Vec<T> {}
impl<T: Guarded, const N: usize> Constant for [Option<T>; N] {}

/// Something that is set when its owner is made and never changes.
#[derive(Debug)]
pub struct Immutable<T>(T);

impl<T> Immutable<T> {
    /// Fixes `value`.
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

/// Used by [`shared!`](crate::shared): compiles only for types that may be shared.
pub const fn assert_guarded<T: Guarded>() {}

/// Declares a struct that several actors reach, whose every field is [`Guarded`](crate::world::shared::Guarded).
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
