//! Functions for script that run Rust.
//!
//! After a fast call that refused its arguments, optimised code calls the ordinary callback. V8 before 11.4 does not
//! compile a way from there to the `catch` and `finally` of the functions that the code was compiled from. An exception
//! of the callback would leave them all. So such a callback does not throw. It leaves the exception in the realm, like
//! C's callbacks in a fast call. Script has a wrapper of the function, made by `prelude.js`, which checks the realm
//! after each call, and throws.

use std::ffi::c_void;
use std::ptr;

use hotcall::engine::Engine;

use crate::arguments::Arguments;
use crate::engine::{SITE, Thrown};
use crate::ffi::{self, Call};
use crate::isolate::Isolate;
use crate::native::NativeFunction;
use crate::value::Value;

/// The body of such a function. Its result is undefined if it returns none.
type Run = dyn Fn(&Isolate, &Arguments) -> Result<Option<Value>, Thrown>;

/// The data of such a function's ordinary callback.
struct Entry {
    isolate: *const Isolate,
    /// True if script has it by [a wrapper](self), which throws.
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

    /// Makes a function with a fast call for optimised code. If it `is_wrapped` it does not throw, but leaves that to
    /// [its wrapper](self).
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
        // SAFETY: V8 is dropped before the entry and the data of the fast call.
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
    // SAFETY: V8 passes the call, and the entry that the function was made with.
    let (arguments, entry, isolate) = unsafe {
        let entry = &*entry.cast::<Entry>();
        (Arguments::of(call), entry, &*entry.isolate)
    };
    let realm = &isolate.realm;
    // A wrapped function may have left an exception, which this one must throw.
    let outcome = match realm.take_exception() {
        Some(exception) => Err(exception),
        None => {
            let outcome = realm.engine().run_native(|| (entry.run)(isolate, &arguments));
            // A callback may have thrown while C ran.
            realm.take_exception().map_or(outcome, Err)
        }
    };
    match outcome {
        Ok(None) => {}
        // SAFETY: the value is the isolate's.
        Ok(Some(value)) => unsafe { ffi::shim_return(call, value.handle()) },
        // Script cannot catch this.
        Err(Thrown::Termination) => isolate.terminate(),
        Err(exception) if entry.is_wrapped => realm.throw(exception),
        // SAFETY: V8 throws when this returns.
        Err(exception) => unsafe { realm.engine().throw(SITE, exception) },
    }
}
