//! Values that are made of C's outputs.

use hotcall::engine::{Output, Words};
use rquickjs_sys::{self as js, JSContext};

use super::owned::{Thrown, returned};
use super::pointers::PointerClass;

/// Makes a value of an output. Returns `None` for outputs that the model has classes for.
///
/// # Safety
///
/// The context lives longer than the exception, and its runtime has the class.
#[inline]
pub(super) unsafe fn make(
    context: *mut JSContext,
    pointers: PointerClass,
    output: &Output<'_>,
) -> Option<Result<Words, Thrown>> {
    // SAFETY: the caller promises a live context that has the class.
    unsafe {
        let value = match *output {
            Output::I64(number) => js::JS_NewBigInt64(context, number),
            Output::U64(number) => js::JS_NewBigUint64(context, number),
            Output::Pointer(address, _) => pointers.make(context, address),
            Output::Bytes(bytes) => js::JS_NewUint8ArrayCopy(context, bytes.as_ptr(), bytes.len() as _),
            Output::Number(_) | Output::Boolean(_) | Output::Null | _ => return None,
        };
        Some(returned(context, value))
    }
}
