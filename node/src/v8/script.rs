//! Functions of script that callbacks call.

use std::ptr;
use std::rc::Rc;

use napi_sys::napi_value;

use super::isolate::{V8, word};
use crate::api::env::Value;
use crate::api::thrown::Thrown;

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

    /// Calls the function, with undefined as `this`. V8 itself keeps what script throws until C has returned to script.
    ///
    /// # Safety
    ///
    /// A function of C runs that script has called, and that may call script back. The arguments are values of the isolate.
    /// After script has thrown, none is called before C has returned.
    #[inline]
    pub(crate) unsafe fn call(&self, args: &[Value]) -> Result<Value, Thrown> {
        let v8 = &*self.v8;
        let undefined = ptr::from_ref(&v8.undefined).cast_mut().cast();
        let (argc, argv) = (args.len() as i32, args.as_ptr().cast());
        // SAFETY: the caller promises that script may run.
        unsafe {
            let result = (v8.functions.call)(self.function.place, self.context.place, undefined, argc, argv);
            if result.is_null() { Err(Thrown::InV8) } else { Ok(Value::new(result)) }
        }
    }
}
