//! Node-API for the rest of the crate: environments, values, and errors instead of statuses.

use std::ffi::c_void;
use std::ptr;

use napi_sys::{
    Status, TypedarrayType, napi_env, napi_property_attributes, napi_property_descriptor, napi_ref, napi_status,
    napi_value, napi_valuetype,
};

use crate::thrown::Thrown;
use crate::v8;

/// An environment: script on one thread. It may be used on that thread alone, while it lasts.
#[derive(Clone, Copy)]
pub(crate) struct Env(napi_env);

/// A value, valid until the native function returns that got or made it.
#[derive(Clone, Copy)]
pub(crate) struct Value(napi_value);

/// The kinds of values, as `typeof` and Node-API tell them.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum ValueKind {
    Undefined,
    Null,
    Boolean,
    Number,
    BigInt,
    String,
    Symbol,
    Object,
    Function,
    External,
}

/// Bytes of script.
#[derive(Clone, Copy)]
pub(crate) struct Bytes {
    pub(crate) address: *mut u8,
    pub(crate) len: usize,
    /// True if there are no bytes, because the buffer was detached, or because it shrank below the view.
    pub(crate) is_gone: bool,
    /// The buffer that they are part of.
    pub(crate) buffer: Value,
}

impl Value {
    /// # Safety
    ///
    /// The value is one of the environment that it is used with.
    pub(crate) const unsafe fn new(raw: napi_value) -> Self {
        Self(raw)
    }

    pub(crate) const fn raw(self) -> napi_value {
        self.0
    }
}

/// Calls a function of Node-API, whose last parameter is the address for its result.
macro_rules! get {
    ($env:expr, $function:ident ( $($arg:expr),* )) => {{
        let mut result = std::mem::MaybeUninit::uninit();
        // SAFETY: the environment lasts, and the values are its own. The function writes the result if it succeeds.
        let status = unsafe { napi_sys::$function($env.raw(), $($arg,)* result.as_mut_ptr()) };
        // SAFETY: the function has succeeded.
        $env.check(status).map(|()| unsafe { result.assume_init() })
    }};
}

/// Calls a function of Node-API that has no result.
macro_rules! run {
    ($env:expr, $function:ident ( $($arg:expr),* )) => {{
        // SAFETY: the environment lasts, and the values are its own.
        let status = unsafe { napi_sys::$function($env.raw(), $($arg),*) };
        $env.check(status)
    }};
}

/// The functions of Node-API that make an error.
type MakeError = unsafe fn(napi_env, napi_value, napi_value, *mut napi_value) -> napi_status;

impl Env {
    /// # Safety
    ///
    /// The environment is used only on its thread, and as long as it lasts.
    pub(crate) const unsafe fn new(raw: napi_env) -> Self {
        Self(raw)
    }

    pub(crate) const fn raw(self) -> napi_env {
        self.0
    }

    /// Turns a status into an error. If script has thrown, the error is its exception.
    #[inline]
    pub(crate) fn check(self, status: napi_status) -> Result<(), Thrown> {
        if status == Status::napi_ok { Ok(()) } else { Err(self.failure(status)) }
    }

    #[cold]
    fn failure(self, status: napi_status) -> Thrown {
        match status {
            Status::napi_pending_exception => self.take_exception().unwrap_or(Thrown::Ending),
            Status::napi_closing | Status::napi_cannot_run_js => Thrown::Ending,
            _ => Thrown::Error(format!("Node-API failed with status {status}")),
        }
    }

    /// Takes the exception that script has thrown. `None` if Node-API reports one without having it, because the environment
    /// ends.
    fn take_exception(self) -> Option<Thrown> {
        let is_pending = get!(self, napi_is_exception_pending()).unwrap_or(false);
        let value = is_pending.then(|| get!(self, napi_get_and_clear_last_exception()).ok()).flatten()?;
        Root::new(self, Value(value)).ok().map(Thrown::Value)
    }

    /// Throws when the native function returns that Node-API has called.
    pub(crate) fn throw(self, thrown: Thrown) {
        if let Some(value) = thrown.into_value(self) {
            // SAFETY: the value is one of the environment. A failure means that the environment ends.
            unsafe { napi_sys::napi_throw(self.0, value.0) };
        }
    }

    pub(crate) fn error(self, make: MakeError, message: &str) -> Result<Value, Thrown> {
        let message = self.string(message)?;
        let mut error = ptr::null_mut();
        // SAFETY: the environment lasts, the message is its own, and no code is given.
        self.check(unsafe { make(self.0, ptr::null_mut(), message.0, &mut error) }).map(|()| Value(error))
    }

    pub(crate) fn kind(self, value: Value) -> Result<ValueKind, Thrown> {
        use napi_sys::ValueType as Type;
        let kind: napi_valuetype = get!(self, napi_typeof(value.0))?;
        Ok(match kind {
            Type::napi_undefined => ValueKind::Undefined,
            Type::napi_null => ValueKind::Null,
            Type::napi_boolean => ValueKind::Boolean,
            Type::napi_number => ValueKind::Number,
            Type::napi_bigint => ValueKind::BigInt,
            Type::napi_string => ValueKind::String,
            Type::napi_symbol => ValueKind::Symbol,
            Type::napi_function => ValueKind::Function,
            Type::napi_external => ValueKind::External,
            _ => ValueKind::Object,
        })
    }

    pub(crate) fn undefined(self) -> Result<Value, Thrown> {
        get!(self, napi_get_undefined()).map(Value)
    }

    pub(crate) fn null(self) -> Result<Value, Thrown> {
        get!(self, napi_get_null()).map(Value)
    }

    pub(crate) fn boolean(self, truth: bool) -> Result<Value, Thrown> {
        get!(self, napi_get_boolean(truth)).map(Value)
    }

    pub(crate) fn number(self, number: f64) -> Result<Value, Thrown> {
        get!(self, napi_create_double(number)).map(Value)
    }

    pub(crate) fn bigint(self, number: i64) -> Result<Value, Thrown> {
        get!(self, napi_create_bigint_int64(number)).map(Value)
    }

    pub(crate) fn biguint(self, number: u64) -> Result<Value, Thrown> {
        get!(self, napi_create_bigint_uint64(number)).map(Value)
    }

    pub(crate) fn string(self, text: &str) -> Result<Value, Thrown> {
        get!(self, napi_create_string_utf8(text.as_ptr().cast(), text.len() as isize)).map(Value)
    }

    pub(crate) fn latin1(self, text: &[u8]) -> Result<Value, Thrown> {
        get!(self, napi_create_string_latin1(text.as_ptr().cast(), text.len() as isize)).map(Value)
    }

    pub(crate) fn utf16(self, text: &[u16]) -> Result<Value, Thrown> {
        get!(self, napi_create_string_utf16(text.as_ptr(), text.len() as isize)).map(Value)
    }

    pub(crate) fn object(self) -> Result<Value, Thrown> {
        get!(self, napi_create_object()).map(Value)
    }

    /// Returns the number, if the value is one.
    #[inline]
    pub(crate) fn as_number(self, value: Value) -> Option<f64> {
        let mut number = 0.0;
        // SAFETY: the environment lasts, and the value is its own.
        let status = unsafe { napi_sys::napi_get_value_double(self.0, value.0, &mut number) };
        (status == Status::napi_ok).then_some(number)
    }

    /// Returns the truth value, if the value is one.
    pub(crate) fn as_boolean(self, value: Value) -> Option<bool> {
        get!(self, napi_get_value_bool(value.0)).ok()
    }

    /// Returns the low 64 bits of a BigInt.
    pub(crate) fn as_bigint(self, value: Value) -> Option<u64> {
        let (mut low, mut is_whole) = (0, false);
        // SAFETY: the environment lasts, and the value is its own.
        let status = unsafe { napi_sys::napi_get_value_bigint_uint64(self.0, value.0, &mut low, &mut is_whole) };
        (status == Status::napi_ok).then_some(low)
    }

    /// Returns the UTF-8 of a string. Halves of surrogate pairs become U+FFFD.
    pub(crate) fn as_utf8(self, value: Value) -> Result<Vec<u8>, Thrown> {
        let len = get!(self, napi_get_value_string_utf8(value.0, ptr::null_mut(), 0))?;
        let mut bytes = vec![0_u8; len + 1];
        let written = get!(self, napi_get_value_string_utf8(value.0, bytes.as_mut_ptr().cast(), len + 1))?;
        bytes.truncate(written);
        Ok(bytes)
    }

    /// Returns a string. Halves of surrogate pairs become U+FFFD.
    pub(crate) fn as_string(self, value: Value) -> Result<String, Thrown> {
        String::from_utf8(self.as_utf8(value)?).map_err(|_| Thrown::type_error("a string has bytes that are not UTF-8"))
    }

    /// Returns the bytes of a typed array, a data view or a buffer.
    pub(crate) fn as_bytes(self, value: Value) -> Option<Bytes> {
        let (mut ty, mut len, mut address, mut buffer) = (0, 0, ptr::null_mut(), ptr::null_mut());
        // SAFETY: the environment lasts, and the value is its own. Node-API checks its kind.
        unsafe {
            let none = ptr::null_mut();
            let status =
                napi_sys::napi_get_typedarray_info(self.0, value.0, &mut ty, &mut len, &mut address, &mut buffer, none);
            if status == Status::napi_ok {
                len *= element_size(ty);
                return Some(self.bytes(address, len, buffer));
            }
            let status = napi_sys::napi_get_dataview_info(self.0, value.0, &mut len, &mut address, &mut buffer, none);
            if status == Status::napi_ok {
                return Some(self.bytes(address, len, buffer));
            }
            let status = napi_sys::napi_get_arraybuffer_info(self.0, value.0, &mut address, &mut len);
            if status != Status::napi_ok {
                (address, len) = v8::shared_bytes(value)?;
            }
            Some(self.bytes(address, len, value.0))
        }
    }

    fn bytes(self, address: *mut c_void, len: usize, buffer: napi_value) -> Bytes {
        /// The address of empty buffers, because null means something else for C.
        static EMPTY: u64 = 0;
        if len > 0 {
            return Bytes { address: address.cast(), len, is_gone: false, buffer: Value(buffer) };
        }
        let is_detached = get!(self, napi_is_detached_arraybuffer(buffer)).unwrap_or(false);
        // A view that its buffer is too short for has the length 0, like an empty one.
        let is_gone = is_detached || self.is_resizable(Value(buffer));
        Bytes { address: (&raw const EMPTY).cast_mut().cast(), len, is_gone, buffer: Value(buffer) }
    }

    /// Returns true for an `ArrayBuffer`, and false for one that several threads share.
    pub(crate) fn is_array_buffer(self, buffer: Value) -> bool {
        get!(self, napi_is_arraybuffer(buffer.0)).unwrap_or(false)
    }

    /// Returns true if script can take memory from a buffer. Buffers that several threads share only grow.
    pub(crate) fn can_shrink(self, buffer: Value) -> bool {
        self.is_array_buffer(buffer) && self.is_resizable(buffer)
    }

    fn is_resizable(self, buffer: Value) -> bool {
        if let Some(is_resizable) = v8::is_resizable(buffer) {
            return is_resizable;
        }
        let flag = |key| self.get(buffer, key).ok().and_then(|value| self.as_boolean(value));
        flag("resizable").or_else(|| flag("growable")).unwrap_or(false)
    }

    pub(crate) fn external(self, data: *mut c_void) -> Result<Value, Thrown> {
        get!(self, napi_create_external(data, None, ptr::null_mut())).map(Value)
    }

    pub(crate) fn as_external(self, value: Value) -> Option<*mut c_void> {
        get!(self, napi_get_value_external(value.0)).ok()
    }

    pub(crate) fn get(self, object: Value, key: &str) -> Result<Value, Thrown> {
        let key = self.string(key)?;
        get!(self, napi_get_property(object.0, key.0)).map(Value)
    }

    /// Gives an object a property of its own, whatever its name, as an object literal does.
    pub(crate) fn set(self, object: Value, key: &str, value: Value) -> Result<(), Thrown> {
        use napi_sys::PropertyAttributes as Attributes;
        self.define(object, key, value, Attributes::writable | Attributes::enumerable | Attributes::configurable)
    }

    /// Sets the property `length` of a function.
    pub(crate) fn set_length(self, function: Value, length: usize) -> Result<(), Thrown> {
        let length = self.number(length as f64)?;
        self.define(function, "length", length, napi_sys::PropertyAttributes::configurable)
    }

    fn define(
        self,
        object: Value,
        key: &str,
        value: Value,
        attributes: napi_property_attributes,
    ) -> Result<(), Thrown> {
        let property = napi_property_descriptor {
            utf8name: ptr::null(),
            name: self.string(key)?.0,
            method: None,
            getter: None,
            setter: None,
            value: value.0,
            attributes,
            data: ptr::null_mut(),
        };
        run!(self, napi_define_properties(object.0, 1, &property))
    }

    /// Returns the global object.
    pub(crate) fn global(self) -> Result<Value, Thrown> {
        get!(self, napi_get_global()).map(Value)
    }

    /// Runs a script, and returns the value of its last expression.
    pub(crate) fn run_script(self, text: &str) -> Result<Value, Thrown> {
        let text = self.string(text)?;
        get!(self, napi_run_script(text.0)).map(Value)
    }

    /// Makes a `Uint8Array` with a copy of bytes.
    pub(crate) fn byte_array(self, bytes: &[u8]) -> Result<Value, Thrown> {
        let (mut address, mut buffer) = (ptr::null_mut(), ptr::null_mut());
        // SAFETY: the environment lasts.
        self.check(unsafe { napi_sys::napi_create_arraybuffer(self.0, bytes.len(), &mut address, &mut buffer) })?;
        // SAFETY: the new buffer has as many bytes.
        unsafe { bytes.as_ptr().copy_to_nonoverlapping(address.cast(), bytes.len()) };
        get!(self, napi_create_typedarray(TypedarrayType::uint8_array, bytes.len(), buffer, 0)).map(Value)
    }

    /// Makes a `DataView` of the first bytes of a buffer.
    pub(crate) fn data_view(self, buffer: Value, len: usize) -> Result<Value, Thrown> {
        get!(self, napi_create_dataview(len, buffer.0, 0)).map(Value)
    }

    /// Makes an array.
    pub(crate) fn array(self, elements: &[Value]) -> Result<Value, Thrown> {
        let array = get!(self, napi_create_array_with_length(elements.len()))?;
        for (index, element) in (0..).zip(elements) {
            run!(self, napi_set_element(array, index, element.0))?;
        }
        Ok(Value(array))
    }

    /// Returns the elements of an array. `None` if the value is none.
    pub(crate) fn elements(self, array: Value) -> Result<Option<Vec<Value>>, Thrown> {
        if !get!(self, napi_is_array(array.0))? {
            return Ok(None);
        }
        let len: u32 = get!(self, napi_get_array_length(array.0))?;
        (0..len)
            .map(|index| get!(self, napi_get_element(array.0, index)).map(Value))
            .collect::<Result<_, _>>()
            .map(Some)
    }

    /// Makes a function that runs `callback`, with `data` for it.
    pub(crate) fn function(
        self,
        name: &str,
        callback: unsafe extern "C" fn(napi_env, napi_sys::napi_callback_info) -> napi_value,
        data: *mut c_void,
    ) -> Result<Value, Thrown> {
        let (text, len) = (name.as_ptr().cast(), name.len() as isize);
        get!(self, napi_create_function(text, len, Some(callback), data)).map(Value)
    }

    /// Calls a function of script, with undefined as `this`.
    pub(crate) fn call(self, function: Value, args: &[Value]) -> Result<Value, Thrown> {
        self.call_method(self.undefined()?, function, args)
    }

    /// Calls a function of script with an object as `this`.
    pub(crate) fn call_method(self, this: Value, function: Value, args: &[Value]) -> Result<Value, Thrown> {
        get!(self, napi_call_function(this.0, function.0, args.len(), args.as_ptr().cast())).map(Value)
    }

    pub(crate) fn is_promise(self, value: Value) -> bool {
        get!(self, napi_is_promise(value.0)).unwrap_or(false)
    }

    /// Reports an exception that no code of script below could catch, as `uncaughtException` of the process.
    pub(crate) fn uncaught(self, thrown: Thrown) {
        if let Some(value) = thrown.into_value(self) {
            // SAFETY: the value is one of the environment. A failure means that the environment ends.
            unsafe { napi_sys::napi_fatal_exception(self.0, value.0) };
        }
    }

    /// Runs something with a scope for the values that it makes.
    pub(crate) fn scope<R>(self, run: impl FnOnce() -> R) -> R {
        let scope = get!(self, napi_open_handle_scope()).ok();
        let result = run();
        if let Some(scope) = scope {
            // SAFETY: the scope was opened here, and those inside it are closed.
            unsafe { napi_sys::napi_close_handle_scope(self.0, scope) };
        }
        result
    }

    /// Makes an `ArrayBuffer` of memory of C. The owner is kept as long as the memory is in use.
    pub(crate) fn external_buffer(
        self,
        address: *mut c_void,
        len: usize,
        owner: Option<Root>,
    ) -> Result<Value, Thrown> {
        let mut buffer = ptr::null_mut();
        let owner = owner.map_or(ptr::null_mut(), |owner| Box::into_raw(Box::new(owner)).cast());
        // SAFETY: the caller says that the memory may be shown.
        let status = unsafe {
            napi_sys::napi_create_external_arraybuffer(self.0, address, len, Some(let_go), owner, &mut buffer)
        };
        if status != Status::napi_ok {
            // SAFETY: the buffer was not made, so nothing else has the owner.
            unsafe { let_go(self.0, address, owner) };
        }
        if status == Status::napi_no_external_buffers_allowed {
            return Err(Thrown::error("this runtime has no buffers of memory outside of its heap: copy the bytes"));
        }
        self.check(status).map(|()| Value(buffer))
    }
}

/// Drops the owner of memory that no buffer shows any more.
unsafe extern "C" fn let_go(_: napi_env, _: *mut c_void, owner: *mut c_void) {
    if !owner.is_null() {
        // SAFETY: `external_buffer` has made the box, and the runtime calls this once.
        drop(unsafe { Box::from_raw(owner.cast::<Root>()) });
    }
}

/// A value that the collector keeps, on its environment's thread.
pub(crate) struct Root {
    env: Env,
    /// Refers to an array of the values, because Node-API refers to objects alone.
    reference: napi_ref,
}

impl Root {
    pub(crate) fn new(env: Env, value: Value) -> Result<Self, Thrown> {
        Self::list(env, &[value])
    }

    /// Keeps several values.
    pub(crate) fn list(env: Env, values: &[Value]) -> Result<Self, Thrown> {
        let array = get!(env, napi_create_array_with_length(values.len()))?;
        for (index, value) in (0..).zip(values) {
            run!(env, napi_set_element(array, index, value.0))?;
        }
        Ok(Self { env, reference: get!(env, napi_create_reference(array, 1))? })
    }

    pub(crate) fn value(&self, env: Env) -> Result<Value, Thrown> {
        self.element(env, 0)
    }

    /// Returns one of the values.
    pub(crate) fn element(&self, env: Env, index: usize) -> Result<Value, Thrown> {
        let array = get!(env, napi_get_reference_value(self.reference))?;
        get!(env, napi_get_element(array, index as u32)).map(Value)
    }
}

impl Drop for Root {
    fn drop(&mut self) {
        // SAFETY: the environment made the reference, and lasts as long as the roots in it.
        unsafe { napi_sys::napi_delete_reference(self.env.0, self.reference) };
    }
}

/// Returns the size of an element of a typed array.
const fn element_size(ty: napi_sys::napi_typedarray_type) -> usize {
    use napi_sys::TypedarrayType as Type;
    /// `napi_float16_array`, which the crate does not have.
    const FLOAT16: napi_sys::napi_typedarray_type = 11;
    match ty {
        Type::int16_array | Type::uint16_array | FLOAT16 => 2,
        Type::int32_array | Type::uint32_array | Type::float32_array => 4,
        Type::float64_array | Type::bigint64_array | Type::biguint64_array => 8,
        _ => 1,
    }
}

pub(crate) use {get, run};
