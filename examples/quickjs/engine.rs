//! QuickJS behind hotcall's `Engine`: what values are that machine code does not look at, and how such values are made.

use std::ffi::c_void;
use std::ptr;

use hotcall::engine::{Engine, Kind, Output, Site, View, Words};
use hotcall::{Error, Pointee, Scalar, Type};
use rquickjs::qjs::{self as js, JSContext, JSValue};

use crate::exceptions;
use crate::memory::Pins;

/// What hotcall asks QuickJS for.
pub(crate) struct QuickJs {
    /// The context that script runs in. All values are made there: a call's site may have that of the runtime's own scripts.
    context: *mut JSContext,
    /// The class of pointer objects, whose opaque pointer is the address.
    pointers: js::JSClassID,
    /// `buffer`, `byteOffset` and `byteLength` of data views, which have no function in C.
    data_view: [JSValue; 3],
    /// `byteLength` of typed arrays: the function in C is wrong about arrays that follow the length of their buffer.
    typed_array_len: JSValue,
    pins: Pins,
}

/// A value that was thrown.
pub(crate) struct Thrown(pub(crate) JSValue);

pub(crate) fn words(value: JSValue) -> Words {
    // SAFETY: the integer that is as long as the whole union; what a shorter member leaves unset is not looked at.
    [unsafe { value.u.ptr } as u64, value.tag as u64]
}

pub(crate) const fn value(words: Words) -> JSValue {
    JSValue { u: js::JSValueUnion { ptr: words[0] as *mut c_void }, tag: words[1] as i64 }
}

/// An error in Deno's words, with hotcall's behind them.
fn message(error: &Error) -> String {
    match error {
        Error::Argument { function, index, ty, problem } => {
            format!("Invalid FFI {}: argument {} of {function}: {problem}", expectation(ty), index + 1)
        }
        Error::CallbackResult { ty, problem } => {
            format!("Invalid FFI {}: result of a callback: {problem}", expectation(ty))
        }
        other => other.to_string(),
    }
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
        _ if scalar.is_signed() => "integer",
        _ => "unsigned integer",
    };
    format!("{} type, expected {expected}", scalar.name())
}

/// A number of bytes. The engine has no buffers whose length is none of its small integers.
fn number(value: JSValue) -> Option<usize> {
    // SAFETY: the tag says what the value is.
    unsafe { if js::JS_VALUE_GET_TAG(value) == js::JS_TAG_INT { Some(value.u.int32 as usize) } else { None } }
}

fn context(site: Site) -> *mut JSContext {
    site.context.cast()
}

/// Bytes of a buffer, and the block that they are in.
struct Bytes {
    block: *mut u8,
    address: *mut u8,
    len: usize,
}

impl QuickJs {
    /// # Safety
    ///
    /// The context lives, with its runtime, until [`free`](Self::free).
    pub(crate) unsafe fn new(context: *mut JSContext, pins: Pins) -> Self {
        // SAFETY: the caller vouches for the context; the getters are there in a full one.
        unsafe {
            let runtime = js::JS_GetRuntime(context);
            let mut pointers = 0;
            js::JS_NewClassID(runtime, &mut pointers);
            let class = js::JSClassDef {
                class_name: c"External".as_ptr(),
                finalizer: None,
                gc_mark: None,
                call: None,
                exotic: ptr::null_mut(),
            };
            js::JS_NewClass(runtime, pointers, &class);
            // A pointer object shows nothing to script.
            js::JS_SetClassProto(context, pointers, js::JS_NULL);
            let getter = |prototype: &str, name: &str| {
                let source = format!("Object.getOwnPropertyDescriptor({prototype}, '{name}').get\0");
                let len = source.len() as u64 - 1;
                let flags = js::JS_EVAL_TYPE_GLOBAL as i32;
                js::JS_Eval(context, source.as_ptr().cast(), len as _, c"engine".as_ptr(), flags)
            };
            let data_view = ["buffer", "byteOffset", "byteLength"].map(|name| getter("DataView.prototype", name));
            let typed_array_len = getter("Object.getPrototypeOf(Uint8Array.prototype)", "byteLength");
            Self { context, pointers, data_view, typed_array_len, pins }
        }
    }

    pub(crate) const fn pins(&self) -> &Pins {
        &self.pins
    }

    /// Lets go of what it holds of the engine.
    ///
    /// # Safety
    ///
    /// The context is that which it was made with; nothing asks it any more.
    pub(crate) unsafe fn free(&self, context: *mut JSContext) {
        // SAFETY: the getters belong to this.
        let free = |getter| unsafe { js::JS_FreeValue(context, getter) };
        self.data_view.into_iter().for_each(free);
        free(self.typed_array_len);
    }

    /// Returns a pointer object, which has no properties and cannot be extended, or null.
    ///
    /// # Safety
    ///
    /// The context is one of the engine's.
    pub(crate) unsafe fn pointer(&self, context: *mut JSContext, address: *const c_void) -> JSValue {
        if address.is_null() {
            return js::JS_NULL;
        }
        // SAFETY: the class is registered.
        unsafe {
            let object = js::JS_NewObjectClass(context, self.pointers);
            if !js::JS_IsException(object) {
                js::JS_SetOpaque(object, address.cast_mut());
                js::JS_PreventExtensions(context, object);
            }
            object
        }
    }

    /// The bytes of a buffer or a view of one; `None` if they are gone. The outer `None`: it is neither.
    ///
    /// # Safety
    ///
    /// The value is an object of the engine.
    unsafe fn bytes(&self, context: *mut JSContext, object: JSValue) -> Option<Option<Bytes>> {
        // SAFETY: these functions look at a value of their engine, and say so if they threw.
        unsafe {
            // The engine leaves exceptions of its own jobs behind. `part` must not take one for an answer.
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

    /// What one of the engine's own getters says, which run no script.
    ///
    /// # Safety
    ///
    /// The object is one of the engine's.
    unsafe fn get(&self, context: *mut JSContext, getter: JSValue, object: JSValue) -> JSValue {
        // SAFETY: the caller vouches for the object.
        unsafe { js::JS_Call(context, getter, object, 0, ptr::null_mut()) }
    }

    /// Drops what was thrown and not caught, and tells whether there was something.
    ///
    /// # Safety
    ///
    /// The context is one of the engine's.
    unsafe fn forget_exception(context: *mut JSContext) -> bool {
        // SAFETY: the caller vouches for the context; the exception belongs to this function.
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
        // SAFETY: the caller vouches for the buffer; what is freed here is alive in whatever refers to it.
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
            (offset + len <= whole as usize).then(|| Bytes { block, address: block.wrapping_add(offset), len })
        }
    }

    /// # Safety
    ///
    /// The value is what a function of the engine returned.
    unsafe fn made(context: *mut JSContext, value: JSValue) -> Result<Words, Thrown> {
        // SAFETY: what was thrown is there.
        unsafe { if js::JS_IsException(value) { Err(Thrown(js::JS_GetException(context))) } else { Ok(words(value)) } }
    }
}

// SAFETY: what is said of bytes is what the engine says; nothing here runs script, so that nothing changes until C is called,
// and the pins keep the bytes then. The engine finalises functions on its own thread.
unsafe impl Engine for QuickJs {
    type Exception = Thrown;

    unsafe fn view(&self, site: Site, words: Words) -> View {
        let (context, value) = (context(site), value(words));
        // SAFETY: the value is one of the engine's.
        unsafe {
            View::Other(match js::JS_VALUE_GET_TAG(value) {
                js::JS_TAG_INT => return View::Number(value.u.int32.into()),
                js::JS_TAG_FLOAT64 => return View::Number(value.u.float64),
                js::JS_TAG_BOOL => return View::Boolean(value.u.int32 != 0),
                js::JS_TAG_NULL => return View::Null,
                js::JS_TAG_UNDEFINED => return View::Undefined,
                js::JS_TAG_SHORT_BIG_INT | js::JS_TAG_BIG_INT => {
                    let mut low = 0;
                    js::JS_ToBigInt64(context, &mut low, value);
                    return View::BigInt(low as u64);
                }
                js::JS_TAG_OBJECT => {
                    let address = js::JS_GetOpaque(value, self.pointers);
                    if !address.is_null() {
                        return View::Pointer(address);
                    }
                    match self.bytes(context, value) {
                        Some(Some(Bytes { address, len, .. })) => return View::Bytes { address, len },
                        Some(None) => Kind::DetachedBuffer,
                        None if js::JS_IsFunction(context, value) => Kind::Function,
                        None => Kind::Object,
                    }
                }
                js::JS_TAG_SYMBOL => Kind::Symbol,
                _ => Kind::String,
            })
        }
    }

    unsafe fn make(&self, _: Site, output: Output<'_>) -> Result<Words, Thrown> {
        let context = self.context;
        // SAFETY: the context is one of the engine's.
        unsafe {
            let value = match output {
                Output::I64(number) => js::JS_NewBigInt64(context, number),
                Output::U64(number) => js::JS_NewBigUint64(context, number),
                Output::Pointer(address, _) => self.pointer(context, address),
                Output::Bytes(bytes) => js::JS_NewUint8ArrayCopy(context, bytes.as_ptr(), bytes.len() as _),
                Output::Number(_) | Output::Boolean(_) | Output::Null => {
                    unreachable!("the model has classes for these")
                }
            };
            Self::made(context, value)
        }
    }

    unsafe fn exception(&self, _: Site, error: &Error) -> Thrown {
        let kind = match error {
            Error::Argument { .. } | Error::CallbackResult { .. } => exceptions::Kind::Type,
            _ => exceptions::Kind::Plain,
        };
        // SAFETY: the context is one of the engine's.
        Thrown(unsafe { exceptions::exception(self.context, kind, &message(error)) })
    }

    unsafe fn throw(&self, site: Site, Thrown(value): Thrown) {
        // SAFETY: the value is one of the engine's, and belongs to this.
        unsafe { js::JS_Throw(context(site), value) };
    }

    unsafe fn pin(&self, site: Site, words: Words) -> Option<usize> {
        // SAFETY: the value has bytes, so it is an object.
        let Bytes { block, .. } = unsafe { self.bytes(context(site), value(words)) }??;
        self.pins.pin(block);
        Some(block as usize)
    }

    unsafe fn unpin(&self, site: Site, pin: usize) {
        // SAFETY: the context is one of the engine's.
        unsafe { self.pins.unpin(context(site), pin as *mut u8) };
    }

    unsafe fn release(&self, site: Site, words: Words) {
        // SAFETY: the value belongs to the caller.
        unsafe { js::JS_FreeValue(context(site), value(words)) };
    }
}
