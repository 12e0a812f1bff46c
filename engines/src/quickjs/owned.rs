//! Values that are owned: each counts as one reference.

use std::mem::ManuallyDrop;

use hotcall::engine::Words;
use rquickjs_sys::{self as js, JSContext, JSValue};

use super::values::words;

/// A value with the reference that keeps it. Dropping this releases the reference.
pub struct Owned {
    context: *mut JSContext,
    value: JSValue,
}

/// The context has an exception, which the caller passes on to the engine.
#[derive(Clone, Copy, Debug)]
pub struct Raised;

/// A value that was thrown. It stays uncatchable if it was.
pub struct Thrown(Owned);

impl Owned {
    /// Takes over a reference.
    ///
    /// # Safety
    ///
    /// The value is the context's, and its reference belongs to the caller. The context lives longer than this.
    pub const unsafe fn new(context: *mut JSContext, value: JSValue) -> Self {
        Self { context, value }
    }

    /// Takes over the result of one of the engine's functions.
    ///
    /// # Errors
    ///
    /// [`Raised`] if the function threw.
    ///
    /// # Safety
    ///
    /// The value is the context's, and its reference belongs to the caller. The context lives longer than the result.
    pub unsafe fn result(context: *mut JSContext, value: JSValue) -> Result<Self, Raised> {
        // SAFETY: the function reads the tag of any value.
        if unsafe { js::JS_IsException(value) } { Err(Raised) } else { Ok(Self { context, value }) }
    }

    /// Returns the value, which this still owns.
    pub const fn value(&self) -> JSValue {
        self.value
    }

    /// Returns the context in which the value lives.
    pub const fn context(&self) -> *mut JSContext {
        self.context
    }

    /// Returns the value with its reference, which the caller owns.
    pub fn into_value(self) -> JSValue {
        ManuallyDrop::new(self).value
    }
}

impl Drop for Owned {
    fn drop(&mut self) {
        // SAFETY: this owns the reference, and `new` promises that the context still lives.
        unsafe { js::JS_FreeValue(self.context, self.value) };
    }
}

impl Thrown {
    /// Takes over a value that was thrown.
    ///
    /// # Safety
    ///
    /// The value is the context's, and its reference belongs to the caller. The context lives longer than this.
    pub const unsafe fn new(context: *mut JSContext, value: JSValue) -> Self {
        // SAFETY: the caller promises what the value needs.
        Self(unsafe { Owned::new(context, value) })
    }

    /// Takes the exception that the context has.
    ///
    /// # Safety
    ///
    /// The context lives longer than this.
    pub unsafe fn take(context: *mut JSContext) -> Self {
        // SAFETY: the caller promises a live context, whose exception now belongs to this.
        unsafe { Self::new(context, js::JS_GetException(context)) }
    }

    /// Returns the value, which this still owns.
    pub const fn value(&self) -> JSValue {
        self.0.value()
    }

    /// Returns the value with its reference, which the caller owns.
    pub fn into_value(self) -> JSValue {
        self.0.into_value()
    }
}

/// Returns the words of the value that one of the engine's functions returned, or the exception that it threw.
///
/// # Safety
///
/// The context lives longer than the exception.
#[inline]
pub(super) unsafe fn returned(context: *mut JSContext, value: JSValue) -> Result<Words, Thrown> {
    // SAFETY: the caller promises that the context lives long enough.
    unsafe { if js::JS_IsException(value) { Err(Thrown::take(context)) } else { Ok(words(value)) } }
}

/// Drops the exception that a context has. Returns true if it had one.
///
/// # Safety
///
/// The context is alive.
pub(super) unsafe fn forget_exception(context: *mut JSContext) -> bool {
    // SAFETY: the caller promises a live context. The exception belongs to this function.
    unsafe {
        let has_exception = js::JS_HasException(context);
        if has_exception {
            drop(Thrown::take(context));
        }
        has_exception
    }
}
