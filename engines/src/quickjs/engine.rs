//! QuickJS behind hotcall's `Engine`: reads and makes the values that machine code does not handle.

use std::ffi::{CStr, c_void};

use hotcall::engine::{Catch, Engine, EngineError, Kind, Output, Site, View, Words};
use rquickjs_sys::{self as js, JSContext, JSValue};

use super::buffers::Buffers;
use super::errors::error;
use super::host::{Host, Plain};
use super::originals::Method;
use super::outputs;
use super::owned::{Owned, Raised, Thrown};
use super::pointers::PointerClass;
use super::transfers;
use super::values::{self, context, value};
use super::views::{Bytes, Views};

/// The services of QuickJS that hotcall uses.
pub struct QuickJs<H = Plain> {
    /// The context that script runs in. All values are made there, because a call's site may have another context of
    /// the runtime.
    context: *mut JSContext,
    pointers: PointerClass,
    buffers: Buffers,
    host: H,
}

impl<H: Host> QuickJs<H> {
    /// Prepares a context. `class` is the name of the class of pointer objects.
    ///
    /// # Safety
    ///
    /// The context lives, with its runtime, until [`free`](Self::free). Script has not run in it yet.
    pub unsafe fn new(context: *mut JSContext, class: &CStr, host: H) -> Self {
        // SAFETY: the caller promises that the context lives long enough and has not run script.
        unsafe { Self { context, pointers: PointerClass::new(context, class), buffers: Buffers::new(context), host } }
    }

    /// Releases the values that it holds of the engine.
    ///
    /// # Safety
    ///
    /// Script does not run any more. This is not used afterwards, apart from being dropped.
    pub unsafe fn free(&self) {
        self.host.release();
        // SAFETY: the caller promises that nothing uses the values afterwards.
        unsafe { self.buffers.free(self.context) };
    }

    /// Returns the runtime's part.
    pub const fn host(&self) -> &H {
        &self.host
    }

    /// Returns the context that script runs in.
    pub const fn context(&self) -> *mut JSContext {
        self.context
    }

    /// Returns the engine's buffers.
    pub const fn buffers(&self) -> &Buffers {
        &self.buffers
    }

    /// Returns the class of pointer objects.
    pub const fn pointers(&self) -> PointerClass {
        self.pointers
    }

    /// Makes a pointer object, or null. It belongs to the caller.
    #[expect(clippy::not_unsafe_ptr_arg_deref, reason = "the object stores the address, and nothing reads there")]
    pub fn pointer(&self, address: *const c_void) -> JSValue {
        // SAFETY: the context is alive, and its runtime has the class.
        unsafe { self.pointers.make(self.context, address) }
    }

    /// Does the work of a method that gives a buffer's bytes away, such as `transfer(length)`. Bytes that C may use
    /// stay in place: `is_used` returns true if calls may work on any, as
    /// [`Realm::pins_are_in_use`](hotcall::engine::Realm::pins_are_in_use) does. It is asked when script has run for the last
    /// time, because `length` may be an object. Returns the buffer that script gets.
    ///
    /// # Errors
    ///
    /// [`Raised`] if the engine throws.
    ///
    /// # Safety
    ///
    /// The values are the engine's.
    pub unsafe fn give_away(
        &self,
        method: Method,
        buffer: JSValue,
        length: JSValue,
        is_used: impl Fn() -> bool,
    ) -> Result<Owned, Raised> {
        let is_kept = || is_used() || self.host.keeps(buffer);
        // SAFETY: the caller promises values of the engine.
        unsafe { transfers::give_away(&self.buffers, self.context, method, buffer, length, is_kept) }
    }

    /// Does the work of `new ArrayBuffer(length, options)`. The result or the exception belongs to the caller.
    ///
    /// # Safety
    ///
    /// The engine called a constructor with these arguments: `target` is `new.target`, and there is room for at least
    /// one argument.
    pub unsafe fn construct_buffer(&self, target: JSValue, argc: i32, args: *mut JSValue) -> JSValue {
        // SAFETY: the caller promises arguments of a constructor.
        unsafe { self.buffers.originals.construct(self.context, target, argc, args) }
    }

    /// Returns the view of an object.
    ///
    /// # Safety
    ///
    /// The site and the value are the engine's, and the value is an object.
    #[inline]
    unsafe fn view_object(&self, site: Site, object: JSValue) -> View {
        let context = context(site);
        // SAFETY: the caller promises an object of the engine.
        unsafe {
            if Views::is_typed_array(object) {
                return view_bytes(self.buffers.views.typed_array(context, object));
            }
            let address = self.pointers.address(object);
            if !address.is_null() {
                return View::Pointer(address);
            }
            let address = self.host.pointer(&self.buffers, site, object);
            if !address.is_null() {
                return View::Pointer(address);
            }
            if H::SHARED_BUFFERS && self.buffers.views.is_shared_buffer(object) {
                return view_bytes(Views::array_buffer(context, object));
            }
            match self.buffers.views.bytes(context, object) {
                Some(bytes) => view_bytes(bytes),
                None if js::JS_IsFunction(context, object) => View::Other(Kind::Function),
                None => View::Other(Kind::Object),
            }
        }
    }
}

/// Returns the view of bytes, or of a buffer without bytes.
fn view_bytes(bytes: Option<Bytes>) -> View {
    match bytes {
        Some(Bytes { address, len, immutable: false }) => View::Bytes { address, len },
        Some(Bytes { address, len, immutable: true }) => View::ReadOnly { address, len },
        None => View::Other(Kind::DetachedBuffer),
    }
}

// SAFETY: the engine's own functions report bytes. No code here runs script, so nothing changes until C is called, and
// then the pins keep the bytes. The engine finalises functions on its own thread.
unsafe impl<H: Host> Engine for QuickJs<H> {
    type Exception = Thrown;

    #[inline]
    unsafe fn view(&self, site: Site, words: Words) -> View {
        let (context, value) = (context(site), value(words));
        // SAFETY: the caller promises a value of the engine. Only an object is viewed as one.
        unsafe { values::view(context, value, || self.view_object(site, value)) }
    }

    #[inline]
    unsafe fn make(&self, site: Site, output: Output<'_>) -> Result<Words, Thrown> {
        // SAFETY: the engine's context is alive, and its runtime has the class.
        unsafe {
            let made = outputs::make(self.context, self.pointers, &output);
            made.unwrap_or_else(|| Err(self.exception(site, &output.no_value())))
        }
    }

    unsafe fn exception(&self, _: Site, refused: &EngineError) -> Thrown {
        let (kind, message) = self.host.describe(refused);
        // SAFETY: the engine's context lives longer than its exceptions.
        unsafe { error(self.context, kind, &message) }
    }

    unsafe fn throw(&self, site: Site, thrown: Thrown) {
        // SAFETY: the reference to the value goes to the engine.
        unsafe { js::JS_Throw(context(site), thrown.into_value()) };
    }

    #[inline]
    unsafe fn pin(&self, site: Site, words: Words) -> Option<usize> {
        // SAFETY: the caller promises a value with bytes, which is an object.
        Some(unsafe { self.buffers.pins.hold(context(site), value(words)) })
    }

    #[inline]
    unsafe fn unpin(&self, site: Site, pin: usize) {
        // SAFETY: the caller promises a pin of this engine, and the site's context lives longer than its objects.
        let object = unsafe { self.buffers.pins.let_go(context(site), pin) };
        self.host.unpinned(&self.buffers, object);
    }

    unsafe fn take_pins(&self, site: Site, objects: &[u64]) {
        for &object in objects {
            // SAFETY: machine code has added one reference for each object, which this function owns.
            let object = unsafe { Owned::new(context(site), value([object, js::JS_TAG_OBJECT as u64])) };
            self.host.unpinned(&self.buffers, object);
        }
    }

    unsafe fn release(&self, site: Site, words: Words) {
        // SAFETY: the value belongs to the caller.
        unsafe { js::JS_FreeValue(context(site), value(words)) };
    }
}

// SAFETY: nothing here runs script.
unsafe impl<H: Host> Catch for QuickJs<H> {
    unsafe fn catch(&self, site: Site, _: Words) -> Thrown {
        // SAFETY: the caller promises that the engine has thrown at this site.
        unsafe { Thrown::take(context(site)) }
    }
}
