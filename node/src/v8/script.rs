//! Functions of script that callbacks call.

use std::mem::MaybeUninit;
use std::ptr;
use std::rc::Rc;

use napi_sys::napi_value;

use super::{V8, word};
use crate::api::{Root, Value};
use crate::thrown::Thrown;

/// A function of script, and the context in which the callback was made.
pub(crate) struct ScriptFunction {
    v8: Rc<V8>,
    function: Global,
    context: Global,
}

/// A value in V8's own list of roots. Its place is a valid `Local` too, as in Node's `PersistentToLocal::Strong`.
struct Global {
    v8: Rc<V8>,
    place: napi_value,
}

/// `v8::TryCatch`: 48 bytes in V8 12.4 to 14.6. Its constructor fills it.
#[repr(C, align(16))]
pub(crate) struct TryCatch([u64; 16]);

impl Global {
    fn new(v8: &Rc<V8>, value: Value) -> Self {
        // SAFETY: the value is the isolate's.
        let place = unsafe { (v8.functions.globalize)(v8.isolate, word(value)) };
        Self { v8: Rc::clone(v8), place }
    }
}

impl Drop for Global {
    fn drop(&mut self) {
        // SAFETY: `new` has made the place. Callbacks are dropped before their isolate.
        unsafe { (self.v8.functions.dispose_global)(self.place) };
    }
}

impl ScriptFunction {
    pub(crate) fn new(v8: &Rc<V8>, function: Value) -> Self {
        // SAFETY: script runs, in a context of the isolate.
        let context = unsafe { Value::new((v8.functions.current_context)(v8.isolate)) };
        Self { function: Global::new(v8, function), context: Global::new(v8, context), v8: Rc::clone(v8) }
    }

    pub(crate) fn v8(&self) -> &V8 {
        &self.v8
    }

    /// Calls the function, with undefined as `this`.
    ///
    /// # Safety
    ///
    /// A function of C runs that script has called, and that may call script back. The arguments are values of the isolate.
    pub(crate) unsafe fn call(&self, args: &[Value]) -> Result<Value, Thrown> {
        let (v8, functions) = (&*self.v8, self.v8.functions);
        let undefined = ptr::from_ref(&v8.undefined).cast_mut().cast();
        let mut catch = MaybeUninit::<TryCatch>::uninit();
        // SAFETY: the caller promises that script may run. The constructor fills the memory, which lies on the stack of the
        // thread, and does not move until it is destroyed.
        unsafe {
            (functions.try_catch)(catch.as_mut_ptr(), v8.isolate);
            let (argc, argv) = (args.len() as i32, args.as_ptr().cast());
            let result = (functions.call)(self.function.place, self.context.place, undefined, argc, argv);
            let result = if result.is_null() { Err(self.caught(catch.as_ptr())) } else { Ok(Value::new(result)) };
            (functions.end_try_catch)(catch.as_mut_ptr());
            result
        }
    }

    /// Takes the exception that script has thrown.
    ///
    /// # Safety
    ///
    /// The constructor has filled the memory, and V8 has called script and caught an exception since.
    #[cold]
    unsafe fn caught(&self, catch: *const TryCatch) -> Thrown {
        let functions = self.v8.functions;
        // SAFETY: the caller promises that the memory is filled.
        unsafe {
            if (functions.has_terminated)(catch) {
                return Thrown::Ending;
            }
            let exception = Value::new((functions.exception)(catch));
            Root::new(self.v8.env, exception).map_or_else(|error| error, Thrown::Value)
        }
    }
}
