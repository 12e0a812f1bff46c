//! QuickJS behind hotcall's `Engine`: reads and makes the values that machine code does not handle.

use std::cell::Cell;
use std::ffi::c_void;
use std::ptr;

use hotcall::engine::{Engine, EngineError, Kind, Output, Site, View, Words};
use hotcall::{Pointee, Scalar, Type};
use hotcall_engines::quickjs_values::{self, Thrown, value, words};
use rquickjs::qjs::{self as js, JSContext, JSValue};

use crate::exceptions;
use crate::pins::{Pin, Pins};

/// The state that hotcall's questions about QuickJS need.
pub(crate) struct QuickJs {
    /// The context that script runs in. All values are made there, because a call's site may have the context of the
    /// runtime's own scripts.
    context: *mut JSContext,
    /// The class of pointer objects, whose opaque pointer is the address, and the class of pointers into a buffer.
    pointers: [js::JSClassID; 2],
    /// The getters `buffer`, `byteOffset` and `byteLength` of data views, for which C has no function.
    data_view: [JSValue; 3],
    /// The getter `byteLength` of typed arrays. The function in C is wrong for arrays that follow the length of their
    /// buffer.
    typed_array_len: JSValue,
    /// The getter `buffer` of typed arrays. The function in C throws if the array is longer than its buffer.
    typed_array_buffer: JSValue,
    /// The getter `byteLength` of buffers. The function in C throws if the buffer is detached.
    buffer_len: JSValue,
    /// A `WeakMap`, and its `get` and `set`. It gives the buffer that has the bytes of its key. A key is a pointer, a
    /// buffer over the memory of a pointer, or a buffer whose bytes were given away. The last one is a key only if a
    /// pointer to the bytes was made before.
    owners: [JSValue; 3],
    /// A `WeakSet`, and its `add` and `has`: the buffers that a pointer was made of.
    pointed: [JSValue; 3],
    /// True once buffers with owners may exist.
    has_owned: Cell<bool>,
    pins: Pins,
}

/// An error in Deno's words, followed by hotcall's.
fn message(error: &EngineError) -> String {
    if let EngineError::Argument { function, index, ty, problem } = error {
        return format!("Invalid FFI {}: argument {} of {function}: {problem}", expectation(ty), index + 1);
    }
    if let EngineError::CallbackResult { ty, problem } = error {
        return format!("Invalid FFI {}: result of a callback: {problem}", expectation(ty));
    }
    error.to_string()
}

fn expectation(ty: &Type) -> String {
    let Some(scalar) = ty.as_scalar() else {
        return "struct type, expected ArrayBuffer, or ArrayBufferView".into();
    };
    let expected = match scalar {
        Scalar::Bool => "boolean",
        Scalar::F32 | Scalar::F64 => "number",
        Scalar::Pointer(Pointee::Buffer | Pointee::Text) => "null, ArrayBuffer, or ArrayBufferView",
        Scalar::Pointer(Pointee::Opaque | Pointee::Function) => "null, or External",
        Scalar::I8 | Scalar::I16 | Scalar::I32 | Scalar::I64 | Scalar::Isize => "integer",
        Scalar::U8 | Scalar::U16 | Scalar::U32 | Scalar::U64 | Scalar::Usize => "unsigned integer",
        Scalar::Pointer(_) | _ => "a value of the type",
    };
    format!("{} type, expected {expected}", scalar.name())
}

/// A number of bytes. Every length that the engine allows is one of its small integers.
fn number(value: JSValue) -> Option<usize> {
    // SAFETY: the tag says which member of the union is set.
    unsafe { if js::JS_VALUE_GET_TAG(value) == js::JS_TAG_INT { Some(value.u.int32 as usize) } else { None } }
}

fn context(site: Site) -> *mut JSContext {
    site.context.cast()
}

/// The bytes of a buffer.
struct Bytes {
    address: *mut u8,
    len: usize,
}

impl QuickJs {
    /// # Safety
    ///
    /// The context lives, with its runtime, until [`free`](Self::free).
    pub(crate) unsafe fn new(context: *mut JSContext) -> Self {
        // SAFETY: the caller promises that the context is alive. A full context has the getters.
        unsafe {
            let runtime = js::JS_GetRuntime(context);
            let class = js::JSClassDef {
                class_name: c"External".as_ptr(),
                finalizer: None,
                gc_mark: None,
                call: None,
                exotic: ptr::null_mut(),
            };
            let pointers = [(); 2].map(|()| {
                let mut pointers = 0;
                js::JS_NewClassID(runtime, &mut pointers);
                js::JS_NewClass(runtime, pointers, &class);
                // Script does not see properties of a pointer object.
                js::JS_SetClassProto(context, pointers, js::JS_NULL);
                pointers
            });
            let evaluate = |source: &str| {
                let text = format!("{source}\0");
                let flags = js::JS_EVAL_TYPE_GLOBAL as i32;
                js::JS_Eval(context, text.as_ptr().cast(), source.len() as _, c"engine".as_ptr(), flags)
            };
            let getter = |prototype: &str, name: &str| {
                evaluate(&format!("Object.getOwnPropertyDescriptor({prototype}, '{name}').get"))
            };
            let data_view = ["buffer", "byteOffset", "byteLength"].map(|name| getter("DataView.prototype", name));
            let [typed_array_len, typed_array_buffer] =
                ["byteLength", "buffer"].map(|name| getter("Object.getPrototypeOf(Uint8Array.prototype)", name));
            let buffer_len = getter("ArrayBuffer.prototype", "byteLength");
            let owners = ["new WeakMap()", "WeakMap.prototype.get", "WeakMap.prototype.set"].map(evaluate);
            let pointed = ["new WeakSet()", "WeakSet.prototype.add", "WeakSet.prototype.has"].map(evaluate);
            let (has_owned, pins) = (Cell::new(false), Pins::default());
            Self {
                context,
                pointers,
                data_view,
                typed_array_len,
                typed_array_buffer,
                buffer_len,
                owners,
                pointed,
                has_owned,
                pins,
            }
        }
    }

    pub(crate) const fn pins(&self) -> &Pins {
        &self.pins
    }

    /// Makes a pointer or a buffer keep the buffer that has its bytes.
    ///
    /// # Safety
    ///
    /// The values are objects of the engine.
    pub(crate) unsafe fn set_owner(&self, context: *mut JSContext, object: JSValue, owner: JSValue) {
        let [owners, _, set] = self.owners;
        // SAFETY: the caller promises that the values are objects of the engine.
        unsafe {
            self.has_owned.set(self.has_owned.get() || js::JS_IsArrayBuffer(object));
            js::JS_FreeValue(context, js::JS_Call(context, set, owners, 2, [object, owner].as_mut_ptr()));
        }
    }

    /// Releases the values that it holds of the engine.
    ///
    /// # Safety
    ///
    /// The context is the one with which this was made. This is not used afterwards.
    pub(crate) unsafe fn free(&self, context: *mut JSContext) {
        // SAFETY: this value owns the getters.
        let free = |getter| unsafe { js::JS_FreeValue(context, getter) };
        self.data_view.into_iter().chain(self.owners).chain(self.pointed).for_each(free);
        [self.typed_array_len, self.typed_array_buffer, self.buffer_len].into_iter().for_each(free);
        // SAFETY: no call runs any more.
        unsafe { self.pins.clear(context) };
    }

    /// Returns a pointer object, which has no properties and cannot be extended, or null.
    ///
    /// # Safety
    ///
    /// The context is one of the engine's.
    pub(crate) unsafe fn pointer(&self, context: *mut JSContext, address: *const c_void) -> JSValue {
        // SAFETY: the caller promises that the context is one of the engine's.
        unsafe { Self::pointer_of(self.pointers[0], context, address) }
    }

    /// A pointer object for an address in a buffer, or null. It [keeps](Self::set_owner) that buffer.
    ///
    /// # Safety
    ///
    /// The site and the buffer are the engine's.
    pub(crate) unsafe fn pointer_into(&self, site: Site, buffer: JSValue, address: *const c_void) -> JSValue {
        let context = context(site);
        // SAFETY: the caller promises that the site and the buffer are the engine's.
        unsafe {
            let pointer = Self::pointer_of(self.pointers[1], context, address);
            if js::JS_IsObject(pointer) {
                self.set_owner(context, pointer, buffer);
                self.set_pointed(context, buffer);
                self.keep_for_turn(site, pointer);
            }
            pointer
        }
    }

    /// Records that pointers into a buffer may exist.
    ///
    /// # Safety
    ///
    /// The buffer is an object of the engine.
    unsafe fn set_pointed(&self, context: *mut JSContext, buffer: JSValue) {
        let [pointed, add, _] = self.pointed;
        // SAFETY: the caller promises that the buffer is an object of the engine.
        unsafe { js::JS_FreeValue(context, js::JS_Call(context, add, pointed, 1, [buffer].as_mut_ptr())) };
    }

    /// Returns true if pointers into a buffer may exist.
    ///
    /// # Safety
    ///
    /// The buffer is an object of the engine.
    pub(crate) unsafe fn is_pointed(&self, context: *mut JSContext, buffer: JSValue) -> bool {
        let [pointed, _, has] = self.pointed;
        // SAFETY: the caller promises that the buffer is an object of the engine. The function returns a boolean.
        unsafe { js::JS_Call(context, has, pointed, 1, [buffer].as_mut_ptr()).u.int32 != 0 }
    }

    /// Records that all bytes of a buffer now belong to another one. Objects that keep the first then keep the second.
    ///
    /// # Safety
    ///
    /// The two are buffers of the engine.
    pub(crate) unsafe fn inherit(&self, context: *mut JSContext, buffer: JSValue, heir: JSValue) {
        // SAFETY: the caller promises that both are buffers of the engine. The owner belongs to this function.
        unsafe {
            self.pins.follow(context, buffer, heir);
            if let Some(owner) = self.owner(context, buffer) {
                self.set_owner(context, heir, owner);
                js::JS_FreeValue(context, owner);
            }
            if self.is_pointed(context, buffer) {
                self.set_pointed(context, heir);
                self.set_owner(context, buffer, heir);
            }
        }
    }

    /// # Safety
    ///
    /// The context is one of the engine's, and the class that of pointer objects.
    unsafe fn pointer_of(class: js::JSClassID, context: *mut JSContext, address: *const c_void) -> JSValue {
        if address.is_null() {
            return js::JS_NULL;
        }
        // SAFETY: the class is registered.
        unsafe {
            let object = js::JS_NewObjectClass(context, class);
            if !js::JS_IsException(object) {
                js::JS_SetOpaque(object, address.cast_mut());
                js::JS_PreventExtensions(context, object);
            }
            object
        }
    }

    /// Returns the view of an object.
    ///
    /// # Safety
    ///
    /// The site and the value are the engine's, and the value is an object.
    unsafe fn view_object(&self, site: Site, object: JSValue) -> View {
        let context = context(site);
        // SAFETY: the caller promises an object of the engine's.
        unsafe {
            let [address, inner] = self.pointers.map(|class| js::JS_GetOpaque(object, class));
            if !address.is_null() {
                return View::Pointer(address);
            }
            if !inner.is_null() {
                // A call may be about to get it, and pins only values that have bytes.
                self.keep_for_turn(site, object);
                return View::Pointer(inner);
            }
            View::Other(match self.bytes(context, object) {
                Some(Some(Bytes { address, len })) => return View::Bytes { address, len },
                Some(None) => Kind::DetachedBuffer,
                None if js::JS_IsFunction(context, object) => Kind::Function,
                None => Kind::Object,
            })
        }
    }

    /// The bytes of a buffer or of a view. The inner `None` means that they are gone, the outer that the value is
    /// neither.
    ///
    /// # Safety
    ///
    /// The value is an object of the engine.
    unsafe fn bytes(&self, context: *mut JSContext, object: JSValue) -> Option<Option<Bytes>> {
        // SAFETY: these functions read a value of their engine, and say if they threw.
        unsafe {
            // The engine's own jobs may have left an exception, which `part` must not take for an answer.
            Self::forget_exception(context);
            if js::JS_GetTypedArrayType(object) >= 0 {
                let (mut offset, mut len, mut element) = (0, 0, 0);
                let buffer = js::JS_GetTypedArrayBuffer(context, object, &mut offset, &mut len, &mut element);
                let (offset, mut len) = (offset as usize, len as usize);
                let mut whole = 0;
                if !js::JS_IsException(buffer) {
                    js::JS_GetArrayBuffer(context, &mut whole, buffer);
                }
                if offset + len != whole as usize {
                    len = number(self.get(context, self.typed_array_len, object)).unwrap_or(len);
                }
                return Some(self.part(context, buffer, Some((offset, len))));
            }
            if js::JS_IsArrayBuffer(object) {
                return Some(self.part(context, js::JS_DupValue(context, object), None));
            }
            if !js::JS_IsDataView(object) {
                return None;
            }
            let [buffer, offset, len] = self.data_view.map(|getter| self.get(context, getter, object));
            let part = number(offset).zip(number(len));
            let buffer = if part.is_some() {
                buffer
            } else {
                js::JS_FreeValue(context, buffer);
                js::JS_EXCEPTION
            };
            Some(self.part(context, buffer, part))
        }
    }

    /// Calls one of the engine's own getters, which run no script.
    ///
    /// # Safety
    ///
    /// The object is one of the engine's.
    unsafe fn get(&self, context: *mut JSContext, getter: JSValue, object: JSValue) -> JSValue {
        // SAFETY: the caller promises that the object is one of the engine's.
        unsafe { js::JS_Call(context, getter, object, 0, ptr::null_mut()) }
    }

    /// Drops an exception that was not caught. Returns true if there was one.
    ///
    /// # Safety
    ///
    /// The context is one of the engine's.
    pub(crate) unsafe fn forget_exception(context: *mut JSContext) -> bool {
        // SAFETY: the caller promises that the context is one of the engine's. The exception belongs to this function.
        unsafe {
            let has_exception = js::JS_HasException(context);
            if has_exception {
                js::JS_FreeValue(context, js::JS_GetException(context));
            }
            has_exception
        }
    }

    /// A part of a buffer, or all of it.
    ///
    /// # Safety
    ///
    /// The buffer belongs to the caller, or is the exception.
    unsafe fn part(&self, context: *mut JSContext, buffer: JSValue, part: Option<(usize, usize)>) -> Option<Bytes> {
        // SAFETY: the caller promises that the buffer belongs to it. A buffer that is freed here stays alive, because
        // its view or owner refers to it.
        unsafe {
            let mut whole = 0;
            let block = if js::JS_IsException(buffer) {
                ptr::null_mut()
            } else {
                let block = js::JS_GetArrayBuffer(context, &mut whole, buffer);
                js::JS_FreeValue(context, buffer);
                block
            };
            if Self::forget_exception(context) {
                return None;
            }
            let (offset, len) = part.unwrap_or((0, whole as usize));
            (offset + len <= whole as usize).then(|| Bytes { address: block.wrapping_add(offset), len })
        }
    }

    /// The whole buffer of a view, or the buffer itself; it belongs to the caller.
    ///
    /// # Safety
    ///
    /// The value is an object of the engine.
    pub(crate) unsafe fn buffer(&self, context: *mut JSContext, object: JSValue) -> Option<JSValue> {
        // SAFETY: these getters are for such objects, and do not throw.
        unsafe {
            if js::JS_GetTypedArrayType(object) >= 0 {
                return Some(self.get(context, self.typed_array_buffer, object));
            }
            if js::JS_IsDataView(object) {
                return Some(self.get(context, self.data_view[0], object));
            }
            js::JS_IsArrayBuffer(object).then(|| js::JS_DupValue(context, object))
        }
    }

    /// The buffer that has the bytes of a pointer or of another buffer; it belongs to the caller.
    ///
    /// # Safety
    ///
    /// The value is an object of the engine.
    pub(crate) unsafe fn owner(&self, context: *mut JSContext, object: JSValue) -> Option<JSValue> {
        // SAFETY: the function looks into its map, and returns a reference to the found value.
        unsafe {
            let [owners, get, _] = self.owners;
            let owner = js::JS_Call(context, get, owners, 1, [object].as_mut_ptr());
            js::JS_IsObject(owner).then_some(owner)
        }
    }

    /// The number of a buffer's bytes; zero if it is detached. It does not throw, because making an error may run
    /// script.
    ///
    /// # Safety
    ///
    /// The value is a buffer.
    unsafe fn len(&self, context: *mut JSContext, buffer: JSValue) -> usize {
        // SAFETY: the getter is for buffers that are not shared. The function in C knows both kinds, and shared ones
        // are never detached.
        unsafe {
            if js::JS_IsArrayBuffer(buffer) {
                return number(self.get(context, self.buffer_len, buffer)).unwrap_or_default();
            }
            let mut len = 0;
            js::JS_GetArrayBuffer(context, &mut len, buffer);
            len as usize
        }
    }

    /// Pins a buffer, and the buffers whose bytes it shows.
    ///
    /// # Safety
    ///
    /// The value is a buffer, and belongs to this function.
    unsafe fn pin_buffer(&self, context: *mut JSContext, mut buffer: JSValue) -> Pin {
        let mut shown_by = None;
        let mut first = None;
        loop {
            // SAFETY: the caller promises that the value is a buffer, and so is each that `owner` returns.
            unsafe {
                let (pin, is_new) = self.pins.pin(context, buffer);
                shown_by.into_iter().for_each(|shown_by| self.pins.set_owner(shown_by, pin));
                let first = *first.get_or_insert(pin);
                if !is_new {
                    return first;
                }
                self.pins.set_len(pin, self.len(context, buffer));
                let owner = if self.has_owned.get() { self.owner(context, buffer) } else { None };
                let Some(owner) = owner else { return first };
                shown_by = Some(pin);
                buffer = owner;
            }
        }
    }

    /// Keeps the buffer whose address C gets until the turn ends: the value itself, or the buffer that a pointer leads
    /// to.
    ///
    /// # Safety
    ///
    /// The value is one of the engine's.
    pub(crate) unsafe fn keep_for_turn(&self, site: Site, value: JSValue) {
        // SAFETY: the caller promises that the value is one of the engine's. The pin is released at once.
        unsafe {
            if js::JS_IsObject(value)
                && let Some(pin) = self.pin(site, words(value))
            {
                self.unpin(site, pin);
            }
        }
    }
}

// SAFETY: the engine's own functions report bytes. No code here runs script, so nothing changes until C is called, and
// then the pins keep the bytes. The engine finalises functions on its own thread.
unsafe impl Engine for QuickJs {
    type Exception = Thrown;

    unsafe fn view(&self, site: Site, words: Words) -> View {
        let (context, value) = (context(site), value(words));
        // SAFETY: the value is one of the engine's, and looked at as an object if it is one.
        unsafe { quickjs_values::view(context, value, || self.view_object(site, value)) }
    }

    unsafe fn make(&self, site: Site, output: Output<'_>) -> Result<Words, Thrown> {
        let context = self.context;
        // SAFETY: the context is one of the engine's.
        unsafe {
            let made = quickjs_values::make(context, &output, |address| self.pointer(context, address));
            made.unwrap_or_else(|| Err(self.exception(site, &output.no_value())))
        }
    }

    unsafe fn exception(&self, _: Site, error: &EngineError) -> Thrown {
        let is_of_type = matches!(error, EngineError::Argument { .. } | EngineError::CallbackResult { .. });
        let kind = if is_of_type { exceptions::Kind::Type } else { exceptions::Kind::Plain };
        // SAFETY: the context is one of the engine's. What was thrown is let go before it.
        unsafe { Thrown::new(self.context, exceptions::exception(self.context, kind, &message(error))) }
    }

    unsafe fn throw(&self, site: Site, thrown: Thrown) {
        // SAFETY: the value is one of the engine's, and belongs to this.
        unsafe { js::JS_Throw(context(site), thrown.into_value()) };
    }

    unsafe fn pin(&self, site: Site, words: Words) -> Option<usize> {
        let (context, object) = (context(site), value(words));
        // SAFETY: the value has bytes, or is a pointer: an object.
        unsafe {
            let buffer = self.buffer(context, object).or_else(|| self.owner(context, object))?;
            Some(self.pin_buffer(context, buffer))
        }
    }

    unsafe fn unpin(&self, site: Site, pin: usize) {
        // SAFETY: the context is one of the engine's.
        unsafe { self.pins.unpin(context(site), pin) };
    }

    unsafe fn release(&self, site: Site, words: Words) {
        // SAFETY: the value belongs to the caller.
        unsafe { js::JS_FreeValue(context(site), value(words)) };
    }
}
