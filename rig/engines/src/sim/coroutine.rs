//! The coroutines under the actors, and the pool of their stacks.
//!
//! A stack is a mapping of [`STACK_BYTES`] with a guard page. The kernel backs only the pages that were touched.
//! Making a stack costs about a thousand times as much as reusing one, hence the pool.
use corosensei::stack::DefaultStack;
use corosensei::{CoroutineResult, Yielder};

/// Size of a stack: room for a panic with a backtrace in a debug build.
const STACK_BYTES: usize = 256 * 1024;

/// Stacks that are not in use.
#[derive(Default)]
pub(super) struct Stacks {
    spare: Vec<DefaultStack>,
}

impl Stacks {
    /// Returns a stack: a used one if there is one, otherwise a new one.
    pub(super) fn take(&mut self) -> DefaultStack {
        self.spare.pop().unwrap_or_else(|| {
            DefaultStack::new(STACK_BYTES)
                .expect("address space for a coroutine's stack: lower the number of threads")
        })
    }

    /// Takes a stack back.
    pub(super) fn give(&mut self, stack: DefaultStack) {
        self.spare.push(stack);
    }
}

/// A suspended actor.
pub(super) struct Coroutine {
    inner: corosensei::Coroutine<(), (), (), DefaultStack>,
}

impl Coroutine {
    /// Returns an actor that has not run yet.
    pub(super) fn new<F: FnOnce(&Yielder<(), ()>) + 'static>(stack: DefaultStack, body: F) -> Self {
        Self { inner: corosensei::Coroutine::with_stack(stack, move |yielder, ()| body(yielder)) }
    }

    /// Runs the actor until it suspends (`true`) or ends (`false`).
    pub(super) fn resume(&mut self) -> bool {
        matches!(self.inner.resume(()), CoroutineResult::Yield(()))
    }

    /// Returns the stack of an actor that has ended.
    pub(super) fn into_stack(self) -> DefaultStack {
        self.inner.into_stack()
    }

    /// Unwinds an actor that has not ended, dropping what it holds, and gives its stack back.
    pub(super) fn unwind(mut self) -> DefaultStack {
        self.inner.force_unwind();
        self.inner.into_stack()
    }
}
