//! The state of a call that trampolines of the engine-values entry share with their helpers.

use std::ffi::c_void;
#[cfg(feature = "cranelift")]
use std::mem::offset_of;

use crate::engine::record::RecordHead;

/// A value's memory as words of 8 bytes. A value of 8 bytes is the first word, and the second is 0.
pub type Words = [u64; 2];

/// One call, for the helpers.
#[repr(C)]
#[derive(Debug)]
pub struct NativeCall {
    /// The function's record.
    pub record: *const RecordHead,
    /// The parameter with the role [`Context`](crate::engine::values::Role::Context), or null.
    pub context: *mut c_void,
    /// The parameter with the role [`Exception`](crate::engine::values::Role::Exception), or null.
    pub exception: *mut c_void,
    /// The number of pinned arguments.
    pinned: usize,
    /// A pin for each argument that a helper may pin: pointers, structs, unions, and the buffer for a result.
    pins: [usize; 0],
}

/// Offsets of fields that machine code reads and writes.
#[cfg(feature = "cranelift")]
impl NativeCall {
    /// Its size without pins.
    pub(crate) const SIZE: usize = size_of::<Self>();
    pub(crate) const RECORD: usize = offset_of!(Self, record);
    pub(crate) const CONTEXT: usize = offset_of!(Self, context);
    pub(crate) const EXCEPTION: usize = offset_of!(Self, exception);
    pub(crate) const PINNED: usize = offset_of!(Self, pinned);
}

impl NativeCall {
    pub(crate) const fn new(record: *const RecordHead, context: *mut c_void, exception: *mut c_void) -> Self {
        Self { record, context, exception, pinned: 0, pins: [] }
    }

    /// Resets the number of pins to 0. Trampolines without pinnable parameters leave it unset.
    ///
    /// # Safety
    ///
    /// The call may be written to.
    #[cfg(feature = "cranelift")]
    pub(crate) const unsafe fn begin(call: *mut Self) {
        // SAFETY: the caller promises that the call may be written to.
        unsafe { (&raw mut (*call).pinned).write(0) };
    }

    /// Keeps a pin for [`EngineHelpers::finish`].
    ///
    /// # Safety
    ///
    /// A helper got the call to convert a pointer, a struct, a union or the buffer for a result, and pins at most once for
    /// that argument.
    pub unsafe fn pin(call: *mut Self, pin: usize) {
        // SAFETY: the call has room for one pin of each such argument, and each pins at most once.
        unsafe {
            (&raw mut (*call).pins).cast::<usize>().add((*call).pinned).write(pin);
            (*call).pinned += 1;
        }
    }

    /// Removes the newest pin and returns it.
    ///
    /// # Safety
    ///
    /// A helper got the call.
    pub unsafe fn unpin(call: *mut Self) -> Option<usize> {
        // SAFETY: the first `pinned` pins are written.
        unsafe {
            (*call).pinned = (*call).pinned.checked_sub(1)?;
            Some((&raw const (*call).pins).cast::<usize>().add((*call).pinned).read())
        }
    }

    pub(crate) const fn is_pinned(&self) -> bool {
        self.pinned != 0
    }
}

/// The reason why a call throws, apart from arguments and results.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u32)]
pub enum Failure {
    /// An exception was waiting when the function returned.
    Pending,
    /// The record was closed.
    Closed,
    /// Memory or addresses for calling the function are exhausted.
    Memory,
}

/// The functions that trampolines call, with addresses of the data that they process. They must not run script, except
/// to throw. `convert` may throw if it will return `false`, and `fail` and `result` may always throw: after that no
/// argument is converted and C is not called.
#[derive(Clone, Copy, Debug)]
pub struct EngineHelpers {
    /// Converts the value at `value`, for the parameter `index`, to the slot at `slot`. An aggregate's slot gets the
    /// address of its bytes, and so does the slot of a buffer for the result, which has the index after the last parameter.
    /// It may [pin](NativeCall::pin) the memory that the slot points to. On failure it throws,
    /// and returns `false`.
    pub convert:
        unsafe extern "C-unwind" fn(call: *mut NativeCall, index: usize, value: *const Words, slot: *mut u64) -> bool,
    /// Makes a value from the slot at `result`, or from the bytes of an aggregate there. On failure it throws, and
    /// returns `false`.
    pub result: unsafe extern "C-unwind" fn(call: *mut NativeCall, result: *const u64, value: *mut Words) -> bool,
    /// Releases the pins.
    pub finish: unsafe extern "C-unwind" fn(call: *mut NativeCall),
    /// Empties the list of pinned objects, which has no room for those of the call. Models without such a list do not
    /// need it.
    pub take_pins: unsafe extern "C-unwind" fn(call: *mut NativeCall),
    /// Throws.
    pub fail: unsafe extern "C-unwind" fn(call: *mut NativeCall, why: Failure),
}

impl EngineHelpers {
    pub(crate) fn addresses(&self) -> [usize; 5] {
        let Self { convert, result, finish, take_pins, fail } = *self;
        [convert as usize, result as usize, finish as usize, take_pins as usize, fail as usize]
    }
}
