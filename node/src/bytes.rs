//! Bytes of script, as Node-API tells them, or V8 where Node-API knows less.

use std::ffi::c_void;
use std::ptr;

use napi_sys::{Status, TypedarrayType, napi_env, napi_typedarray_type, napi_value};

use crate::api::env::{Env, Value};
use crate::api::root::Root;
use crate::api::status::get;
use crate::api::thrown::Thrown;
use crate::v8::buffer::{is_resizable, shared_bytes};

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

impl Env {
    /// Returns the bytes of a typed array, a data view or a buffer.
    pub(crate) fn as_bytes(self, value: Value) -> Option<Bytes> {
        let (mut ty, mut len, mut address, mut buffer) = (0, 0, ptr::null_mut(), ptr::null_mut());
        // SAFETY: the environment and the value are valid. Node-API checks its kind.
        unsafe {
            let none = ptr::null_mut();
            let status = napi_sys::napi_get_typedarray_info(
                self.raw(),
                value.raw(),
                &mut ty,
                &mut len,
                &mut address,
                &mut buffer,
                none,
            );
            if status == Status::napi_ok {
                len *= element_size(ty);
                return Some(self.bytes(address, len, buffer));
            }
            let status =
                napi_sys::napi_get_dataview_info(self.raw(), value.raw(), &mut len, &mut address, &mut buffer, none);
            if status == Status::napi_ok {
                return Some(self.bytes(address, len, buffer));
            }
            let status = napi_sys::napi_get_arraybuffer_info(self.raw(), value.raw(), &mut address, &mut len);
            if status != Status::napi_ok {
                (address, len) = shared_bytes(value)?;
            }
            Some(self.bytes(address, len, value.raw()))
        }
    }

    fn bytes(self, address: *mut c_void, len: usize, buffer: napi_value) -> Bytes {
        /// The address of empty buffers, because null means something else for C.
        static EMPTY: u64 = 0;
        if len > 0 {
            return Bytes { address: address.cast(), len, is_gone: false, buffer: value(buffer) };
        }
        let is_detached = get!(self, napi_is_detached_arraybuffer(buffer)).unwrap_or(false);
        // A view that its buffer is too short for has the length 0, like an empty one.
        let is_gone = is_detached || self.is_resizable(value(buffer));
        Bytes { address: (&raw const EMPTY).cast_mut().cast(), len, is_gone, buffer: value(buffer) }
    }

    /// Returns true for an `ArrayBuffer`, and false for one that several threads share.
    pub(crate) fn is_array_buffer(self, buffer: Value) -> bool {
        get!(self, napi_is_arraybuffer(buffer.raw())).unwrap_or(false)
    }

    /// Returns true if script can take memory from a buffer. Buffers that several threads share only grow.
    pub(crate) fn can_shrink(self, buffer: Value) -> bool {
        self.is_array_buffer(buffer) && self.is_resizable(buffer)
    }

    fn is_resizable(self, buffer: Value) -> bool {
        if let Some(is_resizable) = is_resizable(buffer) {
            return is_resizable;
        }
        let flag = |key| self.get(buffer, key).ok().and_then(|value| self.as_boolean(value));
        flag("resizable").or_else(|| flag("growable")).unwrap_or(false)
    }

    /// Makes a `Uint8Array` with a copy of bytes.
    pub(crate) fn byte_array(self, bytes: &[u8]) -> Result<Value, Thrown> {
        let (mut address, mut buffer) = (ptr::null_mut(), ptr::null_mut());
        // SAFETY: the environment is valid.
        self.check(unsafe { napi_sys::napi_create_arraybuffer(self.raw(), bytes.len(), &mut address, &mut buffer) })?;
        // SAFETY: the new buffer has as many bytes.
        unsafe { bytes.as_ptr().copy_to_nonoverlapping(address.cast(), bytes.len()) };
        get!(self, napi_create_typedarray(TypedarrayType::uint8_array, bytes.len(), buffer, 0)).map(value)
    }

    /// Makes a `DataView` of the first bytes of a buffer.
    pub(crate) fn data_view(self, buffer: Value, len: usize) -> Result<Value, Thrown> {
        get!(self, napi_create_dataview(len, buffer.raw(), 0)).map(value)
    }

    /// Makes an `ArrayBuffer` of memory of C. The owner is kept as long as the memory is in use.
    ///
    /// # Safety
    ///
    /// `len` bytes at the address may be read and written as long as the buffer is in use.
    pub(crate) unsafe fn external_buffer(
        self,
        address: *mut c_void,
        len: usize,
        owner: Option<Root>,
    ) -> Result<Value, Thrown> {
        let mut buffer = ptr::null_mut();
        let owner = owner.map_or(ptr::null_mut(), |owner| Box::into_raw(Box::new(owner)).cast());
        // SAFETY: the environment is valid. The caller promises the bytes, and `let_go` drops the owner.
        let status = unsafe {
            napi_sys::napi_create_external_arraybuffer(self.raw(), address, len, Some(let_go), owner, &mut buffer)
        };
        if status != Status::napi_ok {
            // SAFETY: the buffer was not made, so nothing else has the owner.
            unsafe { let_go(self.raw(), address, owner) };
        }
        if status == Status::napi_no_external_buffers_allowed {
            return Err(Thrown::error("this runtime has no buffers of memory outside of its heap: copy the bytes"));
        }
        self.check(status).map(|()| value(buffer))
    }
}

/// Returns a value that Node-API has told or made.
const fn value(raw: napi_value) -> Value {
    // SAFETY: the value is one of the environment that has told or made it.
    unsafe { Value::new(raw) }
}

/// Drops the owner of memory that no buffer shows any more.
unsafe extern "C" fn let_go(_: napi_env, _: *mut c_void, owner: *mut c_void) {
    if !owner.is_null() {
        // SAFETY: `external_buffer` has made the box, and the runtime calls this once.
        drop(unsafe { Box::from_raw(owner.cast::<Root>()) });
    }
}

/// Returns the size of an element of a typed array.
const fn element_size(ty: napi_typedarray_type) -> usize {
    use napi_sys::TypedarrayType as Type;
    /// `napi_float16_array`, which the crate does not have.
    const FLOAT16: napi_typedarray_type = 11;
    match ty {
        Type::int16_array | Type::uint16_array | FLOAT16 => 2,
        Type::int32_array | Type::uint32_array | Type::float32_array => 4,
        Type::float64_array | Type::bigint64_array | Type::biguint64_array => 8,
        _ => 1,
    }
}
