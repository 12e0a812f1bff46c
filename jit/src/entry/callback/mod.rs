//! The callback entry: C calls a thunk, which calls `handler(context, args: *const Slot, result: *mut Slot)`.

#[cfg(feature = "cranelift")]
mod body;
#[cfg(feature = "cranelift")]
pub(crate) mod frame;
pub(crate) mod key;
pub(crate) mod thunk;
