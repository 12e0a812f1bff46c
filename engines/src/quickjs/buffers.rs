//! All about buffers that an engine shares with its host.

use rquickjs_sys::{JSContext, JSValue};

use super::originals::Originals;
use super::owners::Owners;
use super::pins::Pins;
use super::views::Views;

/// The buffers of one engine.
pub struct Buffers {
    pub(super) views: Views,
    pub(super) pins: Pins,
    pub(super) owners: Owners,
    pub(super) originals: Originals,
}

impl Buffers {
    /// # Safety
    ///
    /// The context lives until [`free`](Self::free), and script has not run in it yet.
    pub(super) unsafe fn new(context: *mut JSContext) -> Self {
        // SAFETY: the caller promises that the context lives long enough and has not run script.
        unsafe {
            Self {
                views: Views::new(context),
                pins: Pins::default(),
                owners: Owners::new(context),
                originals: Originals::new(context),
            }
        }
    }

    /// Releases the values that this holds.
    ///
    /// # Safety
    ///
    /// The context is the one with which this was made. This is not used afterwards.
    pub(super) unsafe fn free(&self, context: *mut JSContext) {
        // SAFETY: the caller promises the context of these values, and that nothing uses them afterwards.
        unsafe {
            self.views.free(context);
            self.owners.free(context);
            self.originals.free(context);
        }
    }

    /// The bytes of buffers and views.
    pub const fn views(&self) -> &Views {
        &self.views
    }

    /// The buffers that running calls work on.
    pub const fn pins(&self) -> &Pins {
        &self.pins
    }

    /// The buffers that keep the bytes of other objects.
    pub const fn owners(&self) -> &Owners {
        &self.owners
    }

    /// Returns true if C may use the bytes of a buffer: a running call has pinned any, or C may have addresses in it.
    /// Pins do not have a table, so each of them counts for all buffers.
    ///
    /// # Safety
    ///
    /// The value is a buffer of the context.
    pub(super) unsafe fn may_be_used(&self, context: *mut JSContext, buffer: JSValue) -> bool {
        // SAFETY: the caller promises a buffer of the context.
        self.pins.count() > 0 || unsafe { self.owners.is_pointed(context, buffer) }
    }
}
