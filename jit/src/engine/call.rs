//! What trampolines of the engine-values entry and their helpers tell each other about a call.

use std::ffi::c_void;
#[cfg(feature = "cranelift")]
use std::mem::offset_of;

use crate::engine::record::RecordHead;

/// A value as it lies in memory, as words of 8 bytes. A value of 8 bytes is the first one, and the second is 0.
pub type Words = [u64; 2];

/// One call, as the helpers see it.
#[repr(C)]
#[derive(Debug)]
pub struct NativeCall {
    /// The function's record.
    pub record: *const RecordHead,
    /// The parameter with the role [`Context`](crate::engine::values::Role::Context), or null.
    pub context: *mut c_void,
    /// The parameter with the role [`Exception`](crate::engine::values::Role::Exception), or null.
    pub exception: *mut c_void,
    /// How many arguments are pinned.
    pinned: usize,
    /// As many as the function has parameters of types that a helper may pin: pointers, structs and unions.
    pins: [usize; 0],
}

/// Where machine code finds what it reads and writes.
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

    /// Nothing is pinned yet, which trampolines do not say where nothing can be.
    ///
    /// # Safety
    ///
    /// The call may be written to.
    pub(crate) const unsafe fn begin(call: *mut Self) {
        // SAFETY: the caller vouches for it.
        unsafe { (&raw mut (*call).pinned).write(0) };
    }

    /// Keeps a pin for [`EngineHelpers::finish`].
    ///
    /// # Safety
    ///
    /// The call is one that a helper got, which converts a pointer, a struct or a union, and that pins once for it.
    pub unsafe fn pin(call: *mut Self, pin: usize) {
        // SAFETY: there is room for each such argument.
        unsafe {
            (&raw mut (*call).pins).cast::<usize>().add((*call).pinned).write(pin);
            (*call).pinned += 1;
        }
    }

    /// Takes back the pin that was kept last.
    ///
    /// # Safety
    ///
    /// The call is one that a helper got.
    pub unsafe fn unpin(call: *mut Self) -> Option<usize> {
        // SAFETY: so many pins are written.
        unsafe {
            (*call).pinned = (*call).pinned.checked_sub(1)?;
            Some((&raw const (*call).pins).cast::<usize>().add((*call).pinned).read())
        }
    }

    pub(crate) const fn is_pinned(&self) -> bool {
        self.pinned != 0
    }
}

/// Why a call throws, other than by an argument or a result.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u32)]
pub enum Failure {
    /// An exception was pending when the function returned.
    Pending,
    /// The record was closed.
    Closed,
    /// There are no resources, memory or addresses, for what calls the function.
    Memory,
}

/// What trampolines call, with the addresses of what they work on. None of them may run script but to throw: once `convert`
/// will return `false`, and in `fail` and `result`, for no argument is converted and C is not called after that.
#[derive(Clone, Copy, Debug)]
pub struct EngineHelpers {
    /// Converts the value at `value`, for the parameter `index`, to the slot at `slot`; an aggregate's slot gets the address of
    /// its bytes. May [pin](NativeCall::pin) what it points to. Or throws, and returns `false`.
    pub convert:
        unsafe extern "C-unwind" fn(call: *mut NativeCall, index: usize, value: *const Words, slot: *mut u64) -> bool,
    /// Makes a value of the result: of the slot at `result`, or of the bytes of an aggregate. Or throws, and returns `false`.
    pub result: unsafe extern "C-unwind" fn(call: *mut NativeCall, result: *const u64, value: *mut Words) -> bool,
    /// Releases the pins.
    pub finish: unsafe extern "C-unwind" fn(call: *mut NativeCall),
    /// Throws.
    pub fail: unsafe extern "C-unwind" fn(call: *mut NativeCall, why: Failure),
}

impl EngineHelpers {
    pub(crate) fn addresses(&self) -> [usize; 4] {
        [self.convert as usize, self.result as usize, self.finish as usize, self.fail as usize]
    }
}
