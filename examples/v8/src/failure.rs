//! What a function with a fast call would throw, until script throws it.
//!
//! Where optimised code calls such a function by its ordinary callback, as it does after a fast call that refused its arguments, V8
//! before 11.4 has no way from there to the `catch` and `finally` of the functions that it was compiled from: what the callback
//! throws leaves them all. So the callback throws nothing. It keeps what it would throw, raises a flag, and returns; and the function
//! that script has of it, a wrapper that `prelude.js` makes, looks at the flag after each call.

use std::cell::{Cell, OnceCell};
use std::ptr::NonNull;

use crate::engine::Thrown;
use crate::ffi::{self, kind};
use crate::isolate::Isolate;
use crate::native::Arguments;
use crate::value::{Root, Value};

/// What was not thrown yet. Nothing runs between a callback that fails and its wrapper's look at the flag, so there is one at most.
#[derive(Default)]
pub(crate) struct Failure {
    thrown: Cell<Option<Thrown>>,
    flag: OnceCell<Flag>,
}

/// A byte that script reads as the first of a `Uint8Array`.
struct Flag {
    array: Root,
    byte: NonNull<u8>,
}

impl Failure {
    /// Keeps what is to be thrown, and raises the flag.
    pub(crate) fn keep(&self, thrown: Thrown) {
        self.thrown.set(Some(thrown));
        self.write(1);
    }

    /// Lowers the flag. It is up only where V8 ended a script at once when it was raised.
    pub(crate) fn lower(&self) {
        self.write(0);
    }

    /// Lets go of all values.
    pub(crate) fn clear(&mut self) {
        *self = Self::default();
    }

    fn write(&self, raised: u8) {
        if let Some(flag) = self.flag.get() {
            // SAFETY: the array keeps its bytes, which nobody detaches; script reads them on this thread.
            unsafe { flag.byte.as_ptr().write(raised) };
        }
    }
}

/// The array whose first byte is not 0 where a function has failed.
pub(crate) fn flag(isolate: &Isolate) -> Value {
    let flag = isolate.failure.flag.get_or_init(|| {
        let mut view = ffi::View::default();
        // SAFETY: the isolate lives, and the bytes are as many. They lie outside of its heap, and stay there.
        let array = unsafe {
            let array = ffi::shim_bytes(isolate.shim(), [0].as_ptr(), 1);
            ffi::shim_view(isolate.shim(), array, true, &mut view);
            Value::new(array)
        };
        assert_eq!((view.kind, view.length), (kind::BYTES, 1), "V8 makes arrays as it is told");
        let byte = std::ptr::with_exposed_provenance_mut(view.bits as usize);
        Flag { array: isolate.keep(array), byte: NonNull::new(byte).expect("there is a byte") }
    });
    flag.array.value()
}

/// Throws what was kept.
pub(crate) fn throw(isolate: &Isolate, _: &Arguments) -> Result<Option<Value>, Thrown> {
    isolate.failure.thrown.take().map_or(Ok(None), Err)
}
