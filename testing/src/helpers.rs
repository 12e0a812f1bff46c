//! Helpers of fast calls for tests without objects.

use std::ffi::c_void;

use hotcall_jit::engine::fast_call::{FastCallHelpers, NoResult, ResolvedHandle};
use hotcall_jit::engine::values::RecordHead;

/// Helpers that refuse all handles and do not throw.
pub const REFUSING: FastCallHelpers = FastCallHelpers { resolve, raise, release };

unsafe extern "C-unwind" fn resolve(
    _: *const RecordHead,
    _: *mut c_void,
    _: usize,
    _: u64,
    _: *mut ResolvedHandle,
) -> bool {
    false
}

unsafe extern "C-unwind" fn raise(_: *const RecordHead, _: *mut c_void, _: usize, _: u64) -> NoResult {
    NoResult::default()
}

unsafe extern "C-unwind" fn release(_: *const RecordHead) {}
