//! `ArrayBuffer`, and the methods that give a buffer's bytes away, so that C can work on the bytes meanwhile.
//!
//! In the engine `resize()` and `transfer()` free or move the bytes, also while C works on them. Here:
//!
//! * A resizable buffer has memory for its greatest length from the start, and `resize()` leaves the bytes where they are.
//! * `transfer()` and its kin give all bytes to a buffer of the same length. For another length they copy, and the old bytes go whole
//!   to a buffer that nobody sees. It lives as long as pins or pointers keep it.
//!
//! Nothing else takes the bytes of a living buffer away. Script cannot reach the functions that are replaced.

use std::cell::Cell;
use std::ffi::c_void;
use std::ptr::{self, NonNull};

use rquickjs::qjs::{self as js, JSContext, JSRuntime, JSValue};
use rquickjs::{Ctx, Error, Object, Result, Value};

use crate::engine::QuickJs;
use crate::ffi::{ffi, script};

/// Functions of the engine's, as they were before script ran.
pub(crate) struct Originals {
    constructor: JSValue,
    /// In the order of [`Method`].
    methods: [JSValue; 3],
    max_byte_length: JSValue,
    resizable: JSValue,
}

/// The methods that give bytes away.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Method {
    Transfer,
    ToFixedLength,
    ToImmutable,
}

const NAMES: [(&str, Method); 3] = [
    ("transfer", Method::Transfer),
    ("transferToFixedLength", Method::ToFixedLength),
    ("transferToImmutable", Method::ToImmutable),
];

impl Originals {
    /// # Safety
    ///
    /// The context lives until [`free`](Self::free), and script has not run in it yet.
    pub(crate) unsafe fn new(context: *mut JSContext) -> Self {
        let evaluate = |source: &str| {
            let text = format!("{source}\0");
            let flags = js::JS_EVAL_TYPE_GLOBAL as i32;
            // SAFETY: the text ends with a zero, which is not part of it.
            unsafe { js::JS_Eval(context, text.as_ptr().cast(), source.len() as _, c"engine".as_ptr(), flags) }
        };
        let getter = |name| evaluate(&format!("Object.getOwnPropertyDescriptor(ArrayBuffer.prototype, '{name}').get"));
        Self {
            constructor: evaluate("ArrayBuffer"),
            methods: NAMES.map(|(name, _)| evaluate(&format!("ArrayBuffer.prototype.{name}"))),
            max_byte_length: getter("maxByteLength"),
            resizable: getter("resizable"),
        }
    }

    /// # Safety
    ///
    /// The context is that which it was made with; nothing asks it any more.
    pub(crate) unsafe fn free(&self, context: *mut JSContext) {
        let others = [self.constructor, self.max_byte_length, self.resizable];
        // SAFETY: the functions belong to this.
        others.into_iter().chain(self.methods).for_each(|function| unsafe { js::JS_FreeValue(context, function) });
    }

    /// The greatest length of a buffer that is resizable.
    ///
    /// # Safety
    ///
    /// The buffer is one, and not detached.
    unsafe fn max_byte_length(&self, context: *mut JSContext, buffer: JSValue) -> Option<usize> {
        // SAFETY: the caller vouches for the buffer; the getters give a boolean, and a number that the engine has as an integer.
        unsafe {
            let resizable = js::JS_Call(context, self.resizable, buffer, 0, ptr::null_mut());
            let max = js::JS_Call(context, self.max_byte_length, buffer, 0, ptr::null_mut());
            (resizable.u.int32 != 0).then_some(max.u.int32 as usize)
        }
    }

    /// A buffer of zeros. Its memory is enough for `max` bytes, if it is resizable.
    ///
    /// # Safety
    ///
    /// The context is the engine's.
    unsafe fn make(&self, context: *mut JSContext, len: u64, max: Option<u64>) -> JSValue {
        // SAFETY: the arguments are values of the engine's, of which only objects have to be freed.
        unsafe {
            match max {
                None => js::JS_CallConstructor(context, self.constructor, 1, [number(len)].as_mut_ptr()),
                // To `JS_NewArrayBuffer` a greatest length of zero means a fixed length.
                Some(0) => {
                    let options = js::JS_NewObject(context);
                    // The property is defined. Setting it would run a setter that script has put into `Object.prototype`.
                    let flags = js::JS_PROP_C_W_E as i32;
                    js::JS_DefinePropertyValueStr(context, options, c"maxByteLength".as_ptr(), number(0), flags);
                    let mut args = [number(len), options];
                    let buffer = js::JS_CallConstructor(context, self.constructor, 2, args.as_mut_ptr());
                    js::JS_FreeValue(context, options);
                    buffer
                }
                Some(max) => Self::reserve(context, len, max),
            }
        }
    }

    /// A resizable buffer with memory for its greatest length.
    ///
    /// # Safety
    ///
    /// The context is the engine's.
    unsafe fn reserve(context: *mut JSContext, len: u64, max: u64) -> JSValue {
        // The engine refuses a greater length.
        let is_possible = max <= i32::MAX as u64;
        // SAFETY: the memory is the buffer's, or freed here.
        unsafe {
            let bytes = if is_possible { libc::calloc(1, max as usize) } else { ptr::null_mut() };
            if is_possible && bytes.is_null() {
                return js::JS_ThrowRangeError(context, c"Array buffer allocation failed".as_ptr());
            }
            let null = ptr::null_mut();
            let buffer = js::JS_NewArrayBuffer(context, bytes.cast(), len as _, max as _, Some(settle), null, false);
            if js::JS_IsException(buffer) {
                libc::free(bytes);
            }
            buffer
        }
    }
}

thread_local! {
    /// Takes the memory that `settle` would free. `Some` while a buffer gives its bytes away; null until there is such memory.
    static SPARED: Cell<Option<*mut c_void>> = const { Cell::new(None) };
}

/// Frees the memory of a resizable buffer for the engine. To make the buffer longer it does nothing: there is room.
///
/// # Safety
///
/// The memory is that of a buffer that `Originals::reserve` made, which goes if the size is zero.
unsafe extern "C" fn settle(_: *mut JSRuntime, _: *mut c_void, bytes: *mut c_void, size: js::size_t) -> *mut c_void {
    if size != 0 {
        return bytes;
    }
    if SPARED.get().is_some() {
        SPARED.set(Some(bytes));
    } else {
        // SAFETY: the caller vouches for it.
        unsafe { libc::free(bytes) };
    }
    ptr::null_mut()
}

/// An empty buffer that frees memory when it goes.
///
/// # Safety
///
/// The memory is that of a buffer that `Originals::reserve` made, and belongs to this.
unsafe fn own<'js>(ctx: &Ctx<'js>, bytes: *mut c_void) -> Result<Value<'js>> {
    let context = ctx.as_raw().as_ptr();
    // SAFETY: the caller vouches for the memory.
    owned(ctx, unsafe { js::JS_NewArrayBuffer(context, bytes.cast(), 0, 1, Some(settle), ptr::null_mut(), false) })
}

/// An integer up to 2⁵³ as a value.
fn number(number: u64) -> JSValue {
    js::JS_NewFloat64(number as f64)
}

/// Adds the functions that `ffi.js` replaces the engine's by.
///
/// `own` is the context of `ffi.js`. The constructor belongs to script's, `ctx`.
pub(crate) fn install<'js>(own: &Ctx<'js>, ctx: &Ctx<'js>, functions: &Object<'js>) -> Result<()> {
    functions.set("giveAway", rquickjs::Function::new(own.clone(), give_away)?)?;
    let context = ctx.as_raw().as_ptr();
    let kind = js::JSCFunctionEnum_JS_CFUNC_constructor;
    // SAFETY: the function is one of the kind, with one argument at least; the value belongs to this.
    let constructor = unsafe {
        let function = js::JS_NewCFunction2(context, Some(construct), c"ArrayBuffer".as_ptr(), 1, kind, 0);
        Value::from_raw(ctx.clone(), function)
    };
    functions.set("ArrayBuffer", constructor)
}

/// `new ArrayBuffer(length, options)`.
///
/// # Safety
///
/// The engine calls it as a constructor: `this` is `new.target`, and there is room for one argument at least.
unsafe extern "C" fn construct(context: *mut JSContext, target: JSValue, argc: i32, args: *mut JSValue) -> JSValue {
    // SAFETY: the engine vouches for the arguments; what functions return belongs to this.
    unsafe {
        let Some(checked) = NonNull::new(context) else { return js::JS_EXCEPTION };
        let ffi = ffi(&Ctx::from_raw(checked));
        let mut len = 0;
        if js::JS_ToIndex(context, &mut len, *args) != 0 {
            return js::JS_EXCEPTION;
        }
        let mut max = js::JS_UNDEFINED;
        if argc > 1 && js::JS_IsObject(*args.add(1)) {
            max = js::JS_GetPropertyStr(context, *args.add(1), c"maxByteLength".as_ptr());
        }
        if js::JS_IsException(max) {
            return max;
        }
        if js::JS_IsUndefined(max) {
            let mut args = [number(len)];
            return js::JS_CallConstructor2(context, ffi.originals.constructor, target, 1, args.as_mut_ptr());
        }
        let mut max_len = 0;
        let refused = js::JS_ToIndex(context, &mut max_len, max) != 0;
        js::JS_FreeValue(context, max);
        if refused {
            return js::JS_EXCEPTION;
        }
        let prototype = js::JS_GetPropertyStr(context, target, c"prototype".as_ptr());
        if js::JS_IsException(prototype) {
            return prototype;
        }
        let buffer = if len > max_len {
            js::JS_ThrowRangeError(context, c"invalid array buffer max length".as_ptr())
        } else {
            ffi.originals.make(context, len, Some(max_len))
        };
        if !js::JS_IsException(buffer) && js::JS_IsObject(prototype) {
            js::JS_SetPrototype(context, buffer, prototype);
        }
        js::JS_FreeValue(context, prototype);
        buffer
    }
}

/// A buffer's bytes, and how many there are. Throws if it is detached.
fn bytes(context: *mut JSContext, buffer: JSValue) -> Result<(*mut u8, usize)> {
    let mut len = 0;
    // SAFETY: the value is one of the engine's, which leaves exceptions of its own jobs behind.
    unsafe {
        QuickJs::forget_exception(context);
        let start = js::JS_GetArrayBuffer(context, &mut len, buffer);
        if js::JS_HasException(context) { Err(Error::Exception) } else { Ok((start, len as usize)) }
    }
}

/// Calls a method of the engine's on a buffer.
///
/// # Safety
///
/// The values are the engine's.
unsafe fn call<'js>(ctx: &Ctx<'js>, method: JSValue, buffer: JSValue, arg: Option<JSValue>) -> Result<Value<'js>> {
    let mut args = [arg.unwrap_or(js::JS_UNDEFINED)];
    // SAFETY: the caller vouches for the values.
    let result = unsafe { js::JS_Call(ctx.as_raw().as_ptr(), method, buffer, arg.is_some().into(), args.as_mut_ptr()) };
    owned(ctx, result)
}

/// Takes the result of a function of the engine's.
fn owned<'js>(ctx: &Ctx<'js>, value: JSValue) -> Result<Value<'js>> {
    // SAFETY: the value belongs to this; if it is the exception, that is thrown.
    unsafe { if js::JS_IsException(value) { Err(Error::Exception) } else { Ok(Value::from_raw(ctx.clone(), value)) } }
}

/// `transfer(length)` and its kin: returns the buffer that has the bytes now.
fn give_away<'js>(ctx: Ctx<'js>, name: String, buffer: Value<'js>, length: Value<'js>) -> Result<Value<'js>> {
    let (ffi, ctx) = (ffi(&ctx), script(&ctx));
    let context = ctx.as_raw().as_ptr();
    let (originals, engine) = (&ffi.originals, ffi.realm.engine());
    let Some(which) = NAMES.iter().position(|(known, _)| *known == name) else { return Ok(length) };
    let (method, kind) = (originals.methods[which], NAMES[which].1);
    let raw = buffer.as_raw();
    // SAFETY: the values are the engine's. No script runs after the length is known.
    unsafe {
        if !js::JS_IsArrayBuffer(raw) {
            return call(&ctx, method, raw, Some(length.as_raw()));
        }
        let mut asked = 0;
        if !length.is_undefined() && js::JS_ToIndex(context, &mut asked, length.as_raw()) != 0 {
            return Err(Error::Exception);
        }
        let (start, len) = bytes(context, raw)?;
        let asked = if length.is_undefined() { len as u64 } else { asked };
        let max = originals.max_byte_length(context, raw);
        let kept_max = max.filter(|_| kind == Method::Transfer);
        if js::JS_IsImmutableArrayBuffer(raw) == 1 || kept_max.is_some_and(|max| asked > max as u64) {
            // This throws.
            return call(&ctx, method, raw, Some(number(asked)));
        }
        if asked == len as u64 && len > 0 {
            let heir = call(&ctx, method, raw, None)?;
            engine.inherit(context, raw, heir.as_raw());
            return Ok(heir);
        }
        let copy = owned(&ctx, originals.make(context, asked, kept_max.map(|max| max as u64)))?;
        let (to, room) = bytes(context, copy.as_raw())?;
        start.copy_to_nonoverlapping(to, len.min(room));
        // The engine frees the memory of an empty buffer. C may work on bytes that it had before.
        let is_used = engine.pins().is_pinned(raw) || engine.is_pointed(context, raw);
        SPARED.set((len == 0 && is_used).then(ptr::null_mut));
        let heir = call(&ctx, originals.methods[Method::Transfer as usize], raw, None);
        let heir = match SPARED.take() {
            Some(spared) if !spared.is_null() => own(&ctx, spared)?,
            _ => heir?,
        };
        engine.inherit(context, raw, heir.as_raw());
        if kind == Method::ToImmutable {
            js::JS_SetImmutableArrayBuffer(copy.as_raw(), true);
        }
        Ok(copy)
    }
}
