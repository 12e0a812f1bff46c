//! Functions of script's that run Rust.
//!
//! Where optimised code calls a function with a fast call by its ordinary callback, as it does after a fast call that refused its
//! arguments, V8 before 11.4 has no way from there to the `catch` and `finally` of the functions that it was compiled from: what the
//! callback throws leaves them all. So such a callback throws nothing. It leaves the exception in the realm, as callbacks of C's do
//! in a fast call; and the function that script has of it, a wrapper that `prelude.js` makes, looks there after each call, and throws.

use std::ffi::c_void;
use std::ptr;

use hotcall::engine::Engine;

use crate::engine::{SITE, Thrown};
use crate::ffi::{self, Call};
use crate::isolate::Isolate;
use crate::value::Value;

/// What such a function does: its result, undefined if none.
type Run = dyn Fn(&Isolate, &Arguments) -> Result<Option<Value>, Thrown>;

/// What belongs to such a function.
pub(crate) struct NativeFunction {
    native: *mut ffi::Native,
    entry: *mut Entry,
}

struct Entry {
    isolate: *const Isolate,
    /// Whether script has it by [a wrapper](self), which throws.
    is_wrapped: bool,
    run: Box<Run>,
}

/// The arguments of a call.
pub(crate) struct Arguments(*const Call);

impl Arguments {
    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        // SAFETY: the call lasts.
        unsafe { ffi::shim_argument_count(self.0) }
    }

    /// An argument; undefined behind the last.
    pub(crate) fn get(&self, index: usize) -> Value {
        // SAFETY: the call lasts.
        Value::new(unsafe { ffi::shim_argument(self.0, index) })
    }
}

impl Isolate {
    /// Makes a function, which lives as long as the isolate.
    pub(crate) fn function(
        &self,
        name: &str,
        arity: usize,
        run: impl Fn(&Self, &Arguments) -> Result<Option<Value>, Thrown> + 'static,
    ) -> Value {
        self.function_with(name, arity, None, false, run)
    }

    /// Makes a function, and for optimised code a fast call. Where it `is_wrapped` it throws nothing, but leaves that to [its
    /// wrapper](self).
    pub(crate) fn function_with(
        &self,
        name: &str,
        arity: usize,
        fast: Option<&ffi::FastCall>,
        is_wrapped: bool,
        run: impl Fn(&Self, &Arguments) -> Result<Option<Value>, Thrown> + 'static,
    ) -> Value {
        let entry = Box::into_raw(Box::new(Entry { isolate: self, is_wrapped, run: Box::new(run) }));
        let mut function = ptr::null();
        // SAFETY: the entry goes after V8, as does what belongs to the fast call.
        let native = unsafe {
            let fast = fast.map_or(ptr::null(), ptr::from_ref);
            let (name, len) = (name.as_ptr().cast(), name.len());
            ffi::shim_native(self.shim(), name, len, arity as i32, call_ordinary, entry.cast(), fast, &mut function)
        };
        self.adopt(NativeFunction { native, entry });
        Value::some(function).unwrap_or_else(|| self.undefined())
    }
}

impl Drop for NativeFunction {
    fn drop(&mut self) {
        // SAFETY: V8 is gone, and nobody calls the function any more.
        unsafe {
            ffi::shim_native_free(self.native);
            drop(Box::from_raw(self.entry));
        }
    }
}

/// The ordinary callback of every function.
unsafe extern "C" fn call_ordinary(call: *const Call, entry: *mut c_void) {
    // SAFETY: these are the call, and what the function was made with.
    let (arguments, entry, isolate) = unsafe {
        let entry = &*entry.cast::<Entry>();
        (Arguments(call), entry, &*entry.isolate)
    };
    let realm = &isolate.realm;
    // Left by a function that is wrapped: this one is to throw it.
    let outcome = match realm.take_exception() {
        Some(exception) => Err(exception),
        None => {
            let outcome = realm.engine().run_native(|| (entry.run)(isolate, &arguments));
            // What a callback has thrown while C ran.
            realm.take_exception().map_or(outcome, Err)
        }
    };
    match outcome {
        Ok(None) => {}
        // SAFETY: the value is the isolate's.
        Ok(Some(value)) => unsafe { ffi::shim_return(call, value.handle()) },
        // Nothing catches that.
        Err(Thrown::Termination) => isolate.terminate(),
        Err(exception) if entry.is_wrapped => realm.throw(exception),
        // SAFETY: V8 throws when this returns.
        Err(exception) => unsafe { realm.engine().throw(SITE, exception) },
    }
}
