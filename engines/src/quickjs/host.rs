//! The part of the engine that each runtime decides about.

use std::cell::Cell;
use std::ffi::c_void;
use std::ptr;

use hotcall::engine::{EngineError, Site};
use rquickjs_sys::JSValue;

use super::buffers::Buffers;
use super::errors::ErrorKind;
use super::owned::Owned;

/// A runtime's decisions. The defaults keep a buffer until the calls on it have returned, and nothing more.
pub trait Host: 'static {
    /// True if a `SharedArrayBuffer` has bytes for C. Its views always have.
    const SHARED_BUFFERS: bool = true;

    /// Returns the constructor and the message of the exception for an error.
    fn describe(&self, error: &EngineError) -> (ErrorKind, String) {
        (ErrorKind::Type, error.to_string())
    }

    /// Returns the address of a pointer object of a class of the runtime's own, or null for other objects. It does not
    /// run script.
    ///
    /// # Safety
    ///
    /// The value is an object of the site's context.
    unsafe fn pointer(&self, buffers: &Buffers, site: Site, object: JSValue) -> *const c_void {
        let _ = (buffers, site, object);
        ptr::null()
    }

    /// Takes a buffer, or a view of one, on whose bytes a call has worked.
    fn unpinned(&self, buffers: &Buffers, object: Owned) {
        let _ = (buffers, object);
    }

    /// Returns true if the runtime keeps a buffer because calls have worked on it.
    fn keeps(&self, buffer: JSValue) -> bool {
        let _ = buffer;
        false
    }

    /// Releases the values that the runtime keeps. Script does not run any more.
    fn release(&self) {}
}

/// A host with the defaults. It counts pins.
#[derive(Default)]
pub struct Plain {
    unpinned: Cell<usize>,
}

impl Plain {
    /// Returns the number of pins that have ended.
    pub fn unpinned(&self) -> usize {
        self.unpinned.get()
    }
}

impl Host for Plain {
    fn unpinned(&self, _: &Buffers, _: Owned) {
        self.unpinned.set(self.unpinned.get() + 1);
    }
}
