//! Buffers that running calls work on.
//!
//! A pin is one reference to a whole buffer, even if a call got only a part of it. The reference keeps the buffer, and
//! `transfers.rs` keeps script from moving or freeing the bytes of a living buffer. The number of a pin is the address of
//! the buffer's object, so that pins need no table.

use std::cell::Cell;

use rquickjs_sys as js;
use rquickjs_sys::JSValue;

use super::values::{value, words};

/// The number of a pin: the address of the buffer's object.
pub type Pin = usize;

/// Counts the pins of one engine.
#[derive(Default)]
pub struct Pins {
    count: Cell<usize>,
}

impl Pins {
    /// Pins a buffer by the caller's reference to it.
    #[inline]
    pub(super) fn hold(&self, buffer: JSValue) -> Pin {
        self.count.set(self.count.get() + 1);
        words(buffer)[0] as Pin
    }

    /// Ends a pin. The reference to the buffer belongs to the caller again.
    #[inline]
    pub(super) fn let_go(&self, pin: Pin) -> JSValue {
        self.count.set(self.count.get() - 1);
        value([pin as u64, js::JS_TAG_OBJECT as u64])
    }

    /// Returns the number of pins.
    pub fn count(&self) -> usize {
        self.count.get()
    }
}
