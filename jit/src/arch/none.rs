//! Stand-ins for conventions without a universal trampoline. Nothing here is ever used, because
//! [`Abi::host`](crate::Abi::host) is `None`.

use std::ffi::c_void;
use std::ptr;

use crate::convention::plan::Loc;

/// See `x86_64/universal.rs`.
#[repr(C)]
pub(crate) struct CallFrame {
    pub(crate) result: *mut u64,
    pub(crate) errno: *mut i32,
}

/// See `x86_64/universal.rs`.
#[repr(C)]
pub(crate) struct ThunkFrame {
    pub(crate) result: [u64; 2],
}

#[cfg(feature = "cranelift")]
pub(crate) const unsafe fn thread_pointer() -> usize {
    0
}

pub(crate) const STACK_ARGUMENTS: u32 = 0;

pub(crate) const fn register(_: Loc) -> Option<u32> {
    None
}

pub(crate) const fn first_call_word(_: Loc) -> Option<u32> {
    None
}

pub(crate) unsafe extern "C" fn enter_first_call() {}

pub(crate) unsafe extern "C" fn enter_call() {}

pub(crate) unsafe extern "C" fn enter_callback() {}

pub(crate) const fn stub(_: usize) -> *const u8 {
    ptr::null::<c_void>().cast()
}
