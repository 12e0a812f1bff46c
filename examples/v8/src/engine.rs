//! V8 behind hotcall's `Engine`: reads and makes values.

use std::cell::Cell;
use std::ffi::c_void;

use hotcall::engine::{Engine, EngineError, Kind, Output, Site, View, Words};

use crate::ffi::{self, Handle, Shim, kind};
use crate::value::{Root, Value};

/// The state that hotcall's questions about V8 need.
pub(crate) struct V8 {
    shim: *mut Shim,
    /// True if native code runs that V8 called by its ordinary callback, without script above it. If it is false when C
    /// calls back, optimised code called C. That allows neither script nor allocations.
    below_ordinary: Cell<bool>,
}

/// An exception that has not arrived yet. hotcall's own errors become values only when they are thrown, because they
/// may arise where allocation is impossible.
pub(crate) enum Thrown {
    /// A value of script.
    Value(Root),
    /// A `TypeError`.
    TypeError(String),
    /// Another `Error`.
    Error(String),
    /// V8 ends the script. Script cannot catch this.
    Termination,
}

impl Thrown {
    /// A `TypeError`.
    pub(crate) fn type_error(message: impl ToString) -> Self {
        Self::TypeError(message.to_string())
    }

    /// The exception for an error of hotcall's.
    fn of(error: &EngineError) -> Self {
        let is_of_type = matches!(error, EngineError::Argument { .. } | EngineError::CallbackResult { .. });
        if is_of_type { Self::type_error(error) } else { Self::error(error) }
    }

    /// Another `Error`.
    pub(crate) fn error(message: impl ToString) -> Self {
        Self::Error(message.to_string())
    }
}

impl From<EngineError> for Thrown {
    fn from(error: EngineError) -> Self {
        Self::of(&error)
    }
}

/// The words of a value, which are its handle.
pub(crate) fn words(value: Value) -> Words {
    [value.handle() as u64, 0]
}

/// The value of such words.
pub(crate) fn value(words: Words) -> Value {
    Value::new(words[0] as Handle)
}

/// The site of all calls, because the engine knows its isolate.
pub(crate) const SITE: Site = Site::new(std::ptr::null_mut());

impl V8 {
    /// # Safety
    ///
    /// The isolate lives as long as this value, which is used only inside the isolate.
    pub(crate) unsafe fn new(shim: *mut Shim) -> Self {
        Self { shim, below_ordinary: Cell::new(false) }
    }

    /// Runs native code that V8 called by its ordinary callback.
    pub(crate) fn run_native<R>(&self, run: impl FnOnce() -> R) -> R {
        self.run_with(true, run)
    }

    /// Runs script that native code calls.
    pub(crate) fn run_script<R>(&self, run: impl FnOnce() -> R) -> R {
        self.run_with(false, run)
    }

    /// Returns true if script may run here, and values may be made.
    pub(crate) fn allows_script(&self) -> bool {
        self.below_ordinary.get()
    }

    fn run_with<R>(&self, below_ordinary: bool, run: impl FnOnce() -> R) -> R {
        struct Restore<'a>(&'a Cell<bool>, bool);
        impl Drop for Restore<'_> {
            fn drop(&mut self) {
                self.0.set(self.1);
            }
        }
        let _restore = Restore(&self.below_ordinary, self.below_ordinary.replace(below_ordinary));
        run()
    }
}

// SAFETY: V8 itself reports bytes. Below the ordinary callback, bytes in V8's heap are moved out of it first, and pins
// keep the bytes of buffers that script detaches meanwhile. In fast calls V8 collects nothing, and bytes in its heap
// are not shown. No code here runs script.
unsafe impl Engine for V8 {
    type Exception = Thrown;

    unsafe fn view(&self, _: Site, words: Words) -> View {
        let mut view = ffi::View::default();
        // SAFETY: the caller promises that the value is one of the isolate's.
        unsafe { ffi::shim_view(self.shim, words[0] as Handle, self.allows_script(), &mut view) };
        View::Other(match view.kind {
            kind::UNDEFINED => return View::Undefined,
            kind::NULL => return View::Null,
            kind::BOOLEAN => return View::Boolean(view.bits != 0),
            kind::NUMBER => return View::Number(view.number),
            kind::BIGINT => return View::BigInt(view.bits),
            kind::POINTER => return View::Pointer(view.bits as *const c_void),
            kind::BYTES => return View::Bytes { address: view.bits as *mut u8, len: view.length },
            kind::STRING => Kind::String,
            kind::SYMBOL => Kind::Symbol,
            kind::FUNCTION => Kind::Function,
            kind::DETACHED => Kind::DetachedBuffer,
            // The fast call is left, and the ordinary callback reads the bytes.
            kind::MOVABLE => Kind::Buffer,
            kind::OBJECT => Kind::Object,
            other => unreachable!("the shim has no kind {other}"),
        })
    }

    unsafe fn make(&self, _: Site, output: Output<'_>) -> Result<Words, Thrown> {
        // SAFETY: the isolate lives, and the length is that of the bytes.
        let handle = unsafe {
            match output {
                Output::I64(number) => ffi::shim_bigint(self.shim, number),
                Output::U64(number) => ffi::shim_biguint(self.shim, number),
                Output::Pointer(address, _) => ffi::shim_pointer(self.shim, address),
                Output::Bytes(bytes) => ffi::shim_bytes(self.shim, bytes.as_ptr(), bytes.len()),
                Output::Number(number) => ffi::shim_number(self.shim, number),
                Output::Boolean(truth) => ffi::shim_boolean(self.shim, truth),
                Output::Null => ffi::shim_null(self.shim),
                other => return Err(Thrown::of(&other.no_value())),
            }
        };
        Ok([handle as u64, 0])
    }

    unsafe fn exception(&self, _: Site, error: &EngineError) -> Thrown {
        Thrown::of(error)
    }

    unsafe fn throw(&self, _: Site, exception: Thrown) {
        // SAFETY: the isolate lives, and the value belongs to it.
        unsafe {
            let error = |type_error, message: String| {
                ffi::shim_error(self.shim, type_error, message.as_ptr().cast(), message.len())
            };
            let handle = match exception {
                Thrown::Value(root) => root.value().handle(),
                Thrown::TypeError(message) => error(true, message),
                Thrown::Error(message) => error(false, message),
                Thrown::Termination => return,
            };
            ffi::shim_throw(self.shim, handle);
        }
    }

    unsafe fn pin(&self, _: Site, words: Words) -> Option<usize> {
        // SAFETY: the caller promises that the value is one of the isolate's.
        let pin = unsafe { ffi::shim_pin(self.shim, words[0] as Handle) };
        (!pin.is_null()).then_some(pin as usize)
    }

    unsafe fn unpin(&self, _: Site, pin: usize) {
        // SAFETY: `pin` returned this pin, and each pin is released once.
        unsafe { ffi::shim_pin_free(pin as *mut ffi::Pin) };
    }
}
