//! The memory of `SharedArrayBuffer`s, which the engine asks its embedder for: blocks with a reference count.

use std::ffi::c_void;
use std::ptr;
use std::sync::atomic::{AtomicUsize, Ordering};

use rquickjs::qjs as js;

/// The bytes before a block, which keep it aligned.
const HEADER: usize = 16;

/// Gives the engine its functions.
///
/// # Safety
///
/// The runtime has made no shared memory yet.
pub(crate) unsafe fn install(runtime: *mut js::JSRuntime) {
    let functions = js::JSSharedArrayBufferFunctions {
        sab_alloc: Some(alloc),
        sab_free: Some(free),
        sab_dup: Some(dup),
        sab_opaque: ptr::null_mut(),
    };
    // SAFETY: the engine copies the table.
    unsafe { js::JS_SetSharedArrayBufferFunctions(runtime, &functions) };
}

unsafe extern "C" fn alloc(_: *mut c_void, size: js::size_t) -> *mut c_void {
    // SAFETY: the header is as long as a count.
    unsafe {
        let block: *mut u8 = libc::calloc(1, HEADER + size as usize).cast();
        if block.is_null() {
            return ptr::null_mut();
        }
        block.cast::<AtomicUsize>().write(AtomicUsize::new(1));
        block.add(HEADER).cast()
    }
}

/// # Safety
///
/// The block came from [`alloc`] and has not been freed.
unsafe fn header(block: *mut c_void) -> *mut AtomicUsize {
    // SAFETY: the header lies before the block.
    unsafe { block.cast::<u8>().sub(HEADER).cast() }
}

unsafe extern "C" fn free(_: *mut c_void, block: *mut c_void) {
    // SAFETY: the engine releases one reference to a block.
    unsafe {
        let header = header(block);
        if (*header).fetch_sub(1, Ordering::AcqRel) == 1 {
            libc::free(header.cast());
        }
    }
}

unsafe extern "C" fn dup(_: *mut c_void, block: *mut c_void) {
    // SAFETY: the engine takes one more reference to a block.
    unsafe { (*header(block)).fetch_add(1, Ordering::Relaxed) };
}
