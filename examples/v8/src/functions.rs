//! Functions of script's that run Rust.
//!
//! Where optimised code calls a function with a fast call by its ordinary callback, as it does after a fast call that refused its
//! arguments, V8 before 11.4 has no way from there to the `catch` and `finally` of the functions that it was compiled from: what the
//! callback throws leaves them all. So such a callback throws nothing. It leaves the exception in the realm, as callbacks of C's do
//! in a fast call; and the function that script has of it, a wrapper that `prelude.js` makes, looks there after each call, and throws.

use std::ffi::c_void;
use std::ptr;

use hotcall::engine::Engine;

use crate::arguments::Arguments;
use crate::engine::{SITE, Thrown};
use crate::ffi::{self, Call};
use crate::isolate::Isolate;
use crate::native::NativeFunction;
use crate::value::Value;

/// What such a function does: its result, undefined if none.
type Run = dyn Fn(&Isolate, &Arguments) -> Result<Option<Value>, Thrown>;

/// What the ordinary callback of such a function gets.
struct Entry {
    isolate: *const Isolate,
    /// Whether script has it by [a wrapper](self), which throws.
    is_wrapped: bool,
    run: Box<Run>,
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
        // SAFETY: both were made here, and nothing else frees them.
        self.adopt(unsafe { NativeFunction::new(native, entry) });
        Value::some(function).unwrap_or_else(|| self.undefined())
    }
}

/// The ordinary callback of every function.
unsafe extern "C" fn call_ordinary(call: *const Call, entry: *mut c_void) {
    // SAFETY: these are the call, and what the function was made with.
    let (arguments, entry, isolate) = unsafe {
        let entry = &*entry.cast::<Entry>();
        (Arguments::of(call), entry, &*entry.isolate)
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
