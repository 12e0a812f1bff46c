//! Values of script, and values that are kept.

use std::cell::Cell;
use std::ffi::c_void;
use std::marker::PhantomData;
use std::ptr;

use crate::ffi::{self, Handle, Shim};

/// A value, as long as the scope lasts in which it was made.
#[derive(Clone, Copy)]
#[repr(transparent)]
pub(crate) struct Value(Handle);

impl Value {
    pub(crate) const fn new(handle: Handle) -> Self {
        Self(handle)
    }

    pub(crate) const fn handle(self) -> Handle {
        self.0
    }

    /// Returns `None` if a function of the shim returned no value.
    pub(crate) fn some(handle: Handle) -> Option<Self> {
        (!handle.is_null()).then_some(Self(handle))
    }
}

/// A value that is kept as long as this root lives. It must be dropped before its isolate.
pub(crate) struct Root {
    shim: *mut Shim,
    root: *mut ffi::Root,
}

impl Root {
    /// # Safety
    ///
    /// The value is one of the isolate, which outlives this root.
    pub(crate) unsafe fn new(shim: *mut Shim, value: Value) -> Self {
        // SAFETY: the caller promises that the value is the isolate's, and that the isolate outlives the root.
        Self { shim, root: unsafe { ffi::shim_root(shim, value.0) } }
    }

    /// The value, for the innermost scope.
    pub(crate) fn value(&self) -> Value {
        // SAFETY: the isolate lives, and so does the root.
        Value(unsafe { ffi::shim_root_value(self.shim, self.root) })
    }
}

impl Drop for Root {
    fn drop(&mut self) {
        // SAFETY: the isolate lives, and this value owns the root.
        unsafe { ffi::shim_root_free(self.root) };
    }
}

/// Runs code inside the scope for values, or the isolate, that a function of the shim opens.
///
/// # Safety
///
/// The isolate lives, and its scopes nest.
pub(crate) unsafe fn within<R>(
    shim: *mut Shim,
    open: unsafe extern "C" fn(*mut Shim, extern "C" fn(*mut c_void), *mut c_void),
    run: impl FnOnce() -> R,
) -> R {
    struct Frame<F, R> {
        run: Cell<Option<F>>,
        result: Cell<Option<R>>,
        not_send: PhantomData<*const ()>,
    }
    extern "C" fn call<F: FnOnce() -> R, R>(frame: *mut c_void) {
        // SAFETY: the frame is that of the call below.
        let frame = unsafe { &*frame.cast::<Frame<F, R>>() };
        frame.result.set(frame.run.take().map(|run| run()));
    }
    fn caller<F: FnOnce() -> R, R>(_: &Frame<F, R>) -> extern "C" fn(*mut c_void) {
        call::<F, R>
    }
    let frame = Frame { run: Cell::new(Some(run)), result: Cell::new(None), not_send: PhantomData };
    let call = caller(&frame);
    // SAFETY: the caller promises that the isolate lives. The frame lives until this function returns.
    unsafe { open(shim, call, ptr::from_ref(&frame).cast_mut().cast()) };
    frame.result.take().expect("the shim runs what it is given")
}
