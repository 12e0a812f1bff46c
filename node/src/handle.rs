//! Objects of script that hold a value of Rust, such as a library.

use std::ffi::c_void;
use std::ptr;

use napi_sys::{napi_env, napi_type_tag};

use crate::api::env::{Env, Value};
use crate::api::status::{get, run};
use crate::api::thrown::Thrown;

/// A value of Rust that script holds.
pub(crate) trait Handle: 'static {
    /// The name for messages, with its article.
    const NAME: &'static str;
    /// The mark of its objects. Each type has its own.
    const TAG: napi_type_tag;
}

/// Makes the mark of a type of handles.
pub(crate) const fn tag(number: u64) -> napi_type_tag {
    napi_type_tag { lower: 0x686f_7463_616c_6c00, upper: number }
}

impl Env {
    /// Makes an object that owns a value.
    pub(crate) fn own<T: Handle>(self, value: T) -> Result<Value, Thrown> {
        let object = self.object()?;
        self.own_by(object, Box::new(value)).map(|()| object)
    }

    /// Makes an object or a function own a value.
    pub(crate) fn own_by<T: Handle>(self, object: Value, value: Box<T>) -> Result<(), Thrown> {
        let data = Box::into_raw(value).cast();
        if let Err(error) = run!(self, napi_wrap(object.raw(), data, Some(free::<T>), ptr::null_mut(), ptr::null_mut()))
        {
            // SAFETY: nothing else has the box.
            drop(unsafe { Box::from_raw(data.cast::<T>()) });
            return Err(error);
        }
        run!(self, napi_type_tag_object(object.raw(), &T::TAG))
    }

    /// Returns the value of an object that [owns](Self::own_by) one. It lives as long as the native function that got
    /// the object.
    pub(crate) fn owned<'a, T: Handle>(self, object: Value) -> Result<&'a T, Thrown> {
        if get!(self, napi_check_object_type_tag(object.raw(), &T::TAG)).unwrap_or(false) {
            let data: *mut c_void = get!(self, napi_unwrap(object.raw()))?;
            // SAFETY: the mark says that the object has a box of this type. The object is an argument of the native
            // function that runs, so it is not collected.
            return Ok(unsafe { &*data.cast::<T>() });
        }
        Err(Thrown::TypeError(format!("expected {}", T::NAME)))
    }
}

unsafe extern "C" fn free<T>(_: napi_env, data: *mut c_void, _: *mut c_void) {
    // SAFETY: `own_by` has given the box to the object, which is gone.
    drop(unsafe { Box::from_raw(data.cast::<T>()) });
}
