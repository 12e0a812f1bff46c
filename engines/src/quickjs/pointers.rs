//! Pointer objects: values for addresses.

use std::ffi::{CStr, c_void};
use std::ptr;

use rquickjs_sys::{self as js, JSContext, JSValue};

/// A class of pointer objects, whose opaque pointer is the address.
#[derive(Clone, Copy)]
pub struct PointerClass(js::JSClassID);

impl PointerClass {
    /// Adds a class to the runtime of a context.
    ///
    /// # Safety
    ///
    /// The context is alive.
    pub unsafe fn new(context: *mut JSContext, name: &CStr) -> Self {
        let class = js::JSClassDef {
            class_name: name.as_ptr(),
            finalizer: None,
            gc_mark: None,
            call: None,
            exotic: ptr::null_mut(),
        };
        let mut id = 0;
        // SAFETY: the caller promises a live context. The engine copies the definition.
        unsafe {
            let runtime = js::JS_GetRuntime(context);
            js::JS_NewClassID(runtime, &mut id);
            js::JS_NewClass(runtime, id, &class);
            // Script does not see properties of a pointer object.
            js::JS_SetClassProto(context, id, js::JS_NULL);
        }
        Self(id)
    }

    /// Returns the address of a pointer object of this class. Returns null for other values.
    ///
    /// # Safety
    ///
    /// The value is one of the engine's.
    #[inline]
    pub unsafe fn address(self, value: JSValue) -> *mut c_void {
        // SAFETY: the caller promises a value of the engine.
        unsafe { js::JS_GetOpaque(value, self.0) }
    }

    /// Makes a pointer object, which does not have properties and cannot be extended, or null. It belongs to the
    /// caller.
    ///
    /// # Safety
    ///
    /// The class was made with the runtime of the context.
    pub unsafe fn make(self, context: *mut JSContext, address: *const c_void) -> JSValue {
        if address.is_null() {
            return js::JS_NULL;
        }
        // SAFETY: the caller promises that the runtime has the class.
        unsafe {
            let object = js::JS_NewObjectClass(context, self.0);
            if !js::JS_IsException(object) {
                js::JS_SetOpaque(object, address.cast_mut());
                js::JS_PreventExtensions(context, object);
            }
            object
        }
    }
}
