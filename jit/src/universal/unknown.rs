//! Conventions without a universal trampoline: [`Abi::host`](crate::Abi::host) is `None`, so nothing here is ever used.

use std::ffi::c_void;
use std::ptr;

use crate::plan::Loc;

/// See `sysv64.rs`.
#[repr(C)]
pub(super) struct CallFrame {
    pub(super) result: *mut u64,
    pub(super) errno: *mut i32,
}

/// See `sysv64.rs`.
#[repr(C)]
pub(super) struct ThunkFrame {
    pub(super) result: [u64; 2],
}

pub(super) const STACK_ARGUMENTS: u32 = 0;

pub(super) const fn register(_: Loc) -> u32 {
    0
}

pub(super) unsafe extern "C" fn enter_call() {}

pub(super) unsafe extern "C" fn enter_callback() {}

pub(super) const fn stub(_: usize) -> *const u8 {
    ptr::null::<c_void>().cast()
}
