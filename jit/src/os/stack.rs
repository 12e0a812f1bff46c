//! Stacks for work that the caller's stack may be too small for.
//!
//! The caller may run on a fibre of 32 KiB, whose bounds nobody but its runtime knows. So the work always runs on a stack
//! of its own. Switching to it and back takes a few nanoseconds, keeps the thread, and lets panics pass.

use std::io;

use corosensei::on_stack;
use corosensei::stack::DefaultStack;

/// Bytes of a stack. Pages that nothing has touched take no memory.
const SIZE: usize = 1024 * 1024;

/// A stack with a guard page, unmapped when the value is dropped.
pub(crate) struct Stack(DefaultStack);

impl Stack {
    /// Maps a stack.
    pub(crate) fn new() -> io::Result<Self> {
        DefaultStack::new(SIZE).map(Self)
    }

    /// Runs `work` on this stack, on the same thread.
    pub(crate) fn run<T>(&mut self, work: impl FnOnce() -> T) -> T {
        on_stack(&mut self.0, work)
    }
}
