//! Functions that script calls, and functions of script that C calls.

use std::ffi::{CStr, c_void};
use std::mem;

use hotcall::engine::{Record, Words};
use rquickjs_sys::{self as js, JSContext, JSValue};

use super::owned::{Owned, Raised, Thrown, returned};
use super::values::words;

/// Makes a function that the engine itself calls: the record's trampoline.
///
/// # Errors
///
/// [`Raised`] if the engine throws.
///
/// # Safety
///
/// The context lives longer than the function, and the record's realm has this engine's model.
pub unsafe fn closure(context: *mut JSContext, name: &CStr, record: Record) -> Result<Owned, Raised> {
    let arity = record.arity() as i32;
    let finalize: unsafe extern "C" fn(*mut c_void) = Record::finalize;
    // SAFETY: the model says that the entry is a function of this type and takes the record as its data.
    unsafe {
        let entry = mem::transmute::<*const c_void, js::JSCClosure>(record.entry());
        let record = record.into_raw();
        let function = js::JS_NewCClosure(context, entry, name.as_ptr(), Some(finalize), arity, 0, record);
        Owned::result(context, function)
    }
}

/// A function of script that C calls.
pub struct Callee(Owned);

impl Callee {
    /// Takes over a function.
    pub const fn new(function: Owned) -> Self {
        Self(function)
    }

    /// Returns the words of the function.
    pub fn words(&self) -> Words {
        words(self.0.value())
    }

    /// Calls the function. The result belongs to the caller.
    ///
    /// # Errors
    ///
    /// The exception that the function throws.
    ///
    /// # Safety
    ///
    /// The arguments are values of the function's runtime, and its script runs on this thread.
    #[inline]
    pub unsafe fn call(&self, args: &[Words]) -> Result<Words, Thrown> {
        // Words and values have the same form, and the engine does not write to arguments.
        let argv = args.as_ptr().cast::<JSValue>().cast_mut();
        let (context, function) = (self.0.context(), self.0.value());
        // SAFETY: the caller promises values of the function's runtime.
        unsafe { returned(context, js::JS_Call(context, function, js::JS_UNDEFINED, args.len() as i32, argv)) }
    }
}
