//! Stacks for work that the caller's stack may be too small for.
//!
//! The caller may run on a fibre of 32 KiB, whose bounds nobody but its runtime knows. So the work always runs on a stack
//! of its own. Switching to it and back takes a few nanoseconds, keeps the thread, and lets panics pass.

use std::io;

use corosensei::on_stack;
use corosensei::stack::DefaultStack;

/// Bytes of a stack. Pages that nothing has touched take no memory.
const SIZE: usize = 1024 * 1024;

/// A value whose methods run on a stack of its own. It is boxed, because even moving it may take much of a small stack.
pub(crate) struct OnStack<T> {
    value: Box<T>,
    /// It has a guard page, and is unmapped when it is dropped.
    stack: DefaultStack,
}

impl<T> OnStack<T> {
    /// Maps a stack, and makes the value there.
    ///
    /// # Errors
    ///
    /// Memory for the stack is exhausted.
    pub(crate) fn new(make: impl FnOnce() -> T) -> io::Result<Self> {
        let mut stack = DefaultStack::new(SIZE)?;
        let value = on_stack(&mut stack, || Box::new(make()));
        Ok(Self { value, stack })
    }

    /// Runs `work` on the value's stack, on the same thread.
    pub(crate) fn run<R>(&mut self, work: impl FnOnce(&mut T) -> R) -> R {
        let Self { value, stack } = self;
        on_stack(stack, || work(value))
    }
}
