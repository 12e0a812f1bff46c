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
/// * `context`: the pointer that the callback was made with.
/// * `args`: canonical slots, one for each parameter. Slots of structs and unions hold the addresses of their bytes,
///   which are aligned to 16. All are valid until the handler returns.
/// * `result`: zeros, to be overwritten. A scalar is written as a slot. A struct or union is written as its bytes,
///   aligned as its type is. For `void` nothing is read.
pub type RawHandler = unsafe extern "C" fn(context: *mut c_void, args: *const Slot, result: *mut Slot);

/// A [`RawHandler`] that panics and C++ exceptions may leave. They pass through to C's caller.
pub type UnwindingRawHandler = unsafe extern "C-unwind" fn(context: *mut c_void, args: *const Slot, result: *mut Slot);

/// A callback whose handler is a function with a context pointer: the fastest kind, which checks and counts nothing.
///
/// Dropping the callback closes it: calls that begin later return zeros. Closing does not wait for calls, and frees
/// nothing.
pub struct RawCallback {
    stub: ManuallyDrop<Stub>,
    code: &'static ThunkCode,
}

impl Callback {
    /// A callback that calls a function with a pointer; see [`RawCallback`].
    ///
    /// # Errors
    ///
    /// Memory for the callback is missing.
    ///
    /// # Safety
    ///
    /// * The handler may be called with this context, and with arguments and results of the thunk's signature. C may
    ///   call it on any of the threads that it uses.
    /// * This holds until the callback is closed. For calls that began before, it holds until they return.
    /// * When the callback is dropped, every earlier call has entered the handler or never will, and C does not call
    ///   the address again. The address may be reused for another raw callback of the shape. A late call would find
    ///   that callback's handler and context, or a mix of both.
    #[inline]
    pub unsafe fn raw(thunk: &Thunk, handler: RawHandler, context: *mut c_void) -> Result<RawCallback, CallbackError> {
        // SAFETY: function types that differ in `-unwind` alone are compatible, and slots are `u64`.
        let handler = unsafe { mem::transmute::<RawHandler, Handler>(handler) };
        // SAFETY: the caller promises that the handler may be called with this context until the callback is closed,
        // and for calls in progress afterwards.
        unsafe { RawCallback::new(thunk, handler, context) }
    }

    /// Does as [`Callback::raw`], with a handler that panics and C++ exceptions may leave.
    ///
    /// They pass through the callback into the calling C code, which must be compiled for them (`-fexceptions`).
    ///
    /// # Errors
    ///
    /// The errors of [`Callback::raw`].
    ///
    /// # Safety
    ///
    /// * The contract of [`Callback::raw`].
    /// * If something unwinds, every frame up to the one that catches it allows unwinding.
    #[inline]
    pub unsafe fn raw_unwinding(
        thunk: &Thunk,
        handler: UnwindingRawHandler,
        context: *mut c_void,
    ) -> Result<RawCallback, CallbackError> {
        // SAFETY: slots are `u64`.
        let handler = unsafe { mem::transmute::<UnwindingRawHandler, Handler>(handler) };
        // SAFETY: the caller promises that the handler may be called with this context until the callback is closed,
        // and for calls in progress afterwards.
        unsafe { RawCallback::new(thunk, handler, context) }
    }
}

impl RawCallback {
    /// # Safety
    ///
    /// The contract of [`Callback::raw`].
    #[inline]
    unsafe fn new(thunk: &Thunk, handler: Handler, context: *mut c_void) -> Result<Self, CallbackError> {
        let code = thunk.code();
        let stub = code.stubs(Use::Plain).take().map_err(CallbackError::stub)?;
        // SAFETY: this thread holds the stub. The caller promises that the handler may be called with the context as
        // long as calls reach it.
        unsafe { stub.bind(handler, context) };
        Ok(Self { stub: ManuallyDrop::new(stub), code })
    }

    /// The function pointer for C. After closing, calls return zeros. The address is reused as late as possible, for a
    /// callback of an equal shape.
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
        // SAFETY: the stub came from this pool and is retired. The callback does not use it again.
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
