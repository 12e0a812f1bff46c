//! Callbacks whose handler is a plain function with a pointer.

use std::ffi::c_void;
use std::fmt;
use std::mem::{self, ManuallyDrop};

use hotcall_jit::{Handler, Stub, ThunkCode, Use};

use super::error::CallbackError;
use super::sync::Callback;
use super::thunk::Thunk;
use crate::slots::slot::Slot;
use crate::slots::value::Value;

/// The handler of a [`RawCallback`].
///
/// * `context`: what the callback was made with.
/// * `args`: as many canonical slots as the signature has parameters; those of structs and unions hold the addresses of
///   their bytes, which lie at multiples of 16. They are gone when the handler returns.
/// * `result`: zeros, to be written as a slot for a scalar, or as the bytes of a struct or union, which are aligned as its
///   type is; for `void` it is not read.
pub type RawHandler = unsafe extern "C" fn(context: *mut c_void, args: *const Slot, result: *mut Slot);

/// A [`RawHandler`] that panics and C++ exceptions may leave: they pass through to C's caller.
pub type UnwindingRawHandler = unsafe extern "C-unwind" fn(context: *mut c_void, args: *const Slot, result: *mut Slot);

/// A callback whose handler is a function with a context pointer: the fastest kind, which checks and counts nothing.
///
/// Dropping the callback closes it: calls that begin later return zeros. Closing waits for nothing and frees nothing.
pub struct RawCallback {
    stub: ManuallyDrop<Stub>,
    code: &'static ThunkCode,
}

impl Callback {
    /// A callback that calls a function with a pointer; see [`RawCallback`].
    ///
    /// # Errors
    ///
    /// There is no memory for the callback.
    ///
    /// # Safety
    ///
    /// * The handler may be called with this context and with arguments and results of the thunk's signature, on whichever
    ///   threads C calls on.
    /// * That holds until the callback is closed, and for calls that began before, until they return.
    /// * When the callback is dropped, every call that began before has entered the handler, or never will, and C calls the address
    ///   no more. It may become that of another raw callback of the shape, and a late call would find that one, or parts of both.
    #[inline]
    pub unsafe fn raw(thunk: &Thunk, handler: RawHandler, context: *mut c_void) -> Result<RawCallback, CallbackError> {
        // SAFETY: function types that differ in `-unwind` alone are compatible, and slots are `u64`.
        let handler = unsafe { mem::transmute::<RawHandler, Handler>(handler) };
        // SAFETY: the caller vouches for the handler.
        unsafe { RawCallback::new(thunk, handler, context) }
    }

    /// [`Callback::raw`], with a handler that panics and C++ exceptions may leave.
    ///
    /// They pass through the callback into the C code that called, which must have been compiled for that
    /// (`-fexceptions`).
    ///
    /// # Errors
    ///
    /// Those of [`Callback::raw`].
    ///
    /// # Safety
    ///
    /// That of [`Callback::raw`]; where something unwinds, every frame up to the one that catches it allows that.
    #[inline]
    pub unsafe fn raw_unwinding(
        thunk: &Thunk,
        handler: UnwindingRawHandler,
        context: *mut c_void,
    ) -> Result<RawCallback, CallbackError> {
        // SAFETY: slots are `u64`.
        let handler = unsafe { mem::transmute::<UnwindingRawHandler, Handler>(handler) };
        // SAFETY: the caller vouches for the handler.
        unsafe { RawCallback::new(thunk, handler, context) }
    }
}

impl RawCallback {
    /// # Safety
    ///
    /// That of [`Callback::raw`].
    #[inline]
    unsafe fn new(thunk: &Thunk, handler: Handler, context: *mut c_void) -> Result<Self, CallbackError> {
        let code = thunk.code();
        let stub = code.stubs(Use::Plain).take().map_err(CallbackError::stub)?;
        // SAFETY: the stub is ours, and the caller vouches for the handler.
        unsafe { stub.bind(handler, context) };
        Ok(Self { stub: ManuallyDrop::new(stub), code })
    }

    /// The function pointer for C. After closing, calls return zeros, until the address is used again, as late as possible,
    /// for a callback of the same shape.
    #[inline]
    pub fn as_ptr(&self) -> *const c_void {
        self.stub.entry()
    }

    /// Admits no more calls. Calls that began before may still reach the handler.
    pub fn close(&self) {
        self.stub.retire();
    }
}

impl Drop for RawCallback {
    #[inline]
    fn drop(&mut self) {
        self.stub.retire();
        // SAFETY: the stub came from this pool and is retired. Nobody uses this any more.
        unsafe { self.code.stubs(Use::Plain).give_back(ManuallyDrop::take(&mut self.stub)) };
    }
}

impl From<&RawCallback> for Slot {
    fn from(callback: &RawCallback) -> Self {
        callback.as_ptr().into()
    }
}

/// The function pointer.
impl<'a> From<&'a RawCallback> for Value<'a> {
    fn from(callback: &'a RawCallback) -> Self {
        callback.as_ptr().into()
    }
}

impl fmt::Debug for RawCallback {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RawCallback({:p})", self.as_ptr())
    }
}
