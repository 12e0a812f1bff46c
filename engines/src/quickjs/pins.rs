//! Objects whose bytes running calls work on, if machine code has not read them.
//!
//! A pin is one reference to a buffer or to a view of one. It keeps the object, and so the whole buffer. `transfers.rs`
//! keeps script from moving or freeing the bytes of a living buffer. The number of a pin is the address of the object, so
//! that pins need no table. Objects that machine code reads are in the realm's own list.

use std::cell::Cell;

use rquickjs_sys::{self as js, JSContext, JSValue};

use super::owned::Owned;
use super::values::{value, words};

/// The number of a pin: the address of the object.
pub type Pin = usize;

/// Counts the pins of one engine.
#[derive(Default)]
pub struct Pins {
    count: Cell<usize>,
}

impl Pins {
    /// Pins an object.
    ///
    /// # Safety
    ///
    /// The value is an object of the context.
    #[inline]
    pub(super) unsafe fn hold(&self, context: *mut JSContext, object: JSValue) -> Pin {
        self.count.set(self.count.get() + 1);
        // SAFETY: the caller promises a live object. The new reference belongs to the pin.
        words(unsafe { js::JS_DupValue(context, object) })[0] as Pin
    }

    /// Ends a pin. Its reference belongs to the caller.
    ///
    /// # Safety
    ///
    /// The pin is one of these, and comes back once. The context is that with which it began, or one of the same
    /// runtime, and lives longer than the object.
    #[inline]
    pub(super) unsafe fn let_go(&self, context: *mut JSContext, pin: Pin) -> Owned {
        self.count.set(self.count.get() - 1);
        // SAFETY: the caller promises a pin, whose reference this gives away.
        unsafe { Owned::new(context, value([pin as u64, js::JS_TAG_OBJECT as u64])) }
    }

    /// Returns the number of pins.
    pub fn count(&self) -> usize {
        self.count.get()
    }
}
