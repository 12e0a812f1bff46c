//! The frames of the running thread, as the unwinder finds them.

use std::ffi::{CStr, c_int, c_void};
use std::mem;

unsafe extern "C" {
    fn _Unwind_Backtrace(visit: extern "C" fn(*mut c_void, *mut c_void) -> c_int, argument: *mut c_void) -> c_int;
    fn _Unwind_GetIP(frame: *mut c_void) -> usize;
}

/// Visits the address of each frame, the innermost first. Allocates nothing.
pub fn follow<V: FnMut(usize)>(mut visit: V) {
    extern "C" fn step<V: FnMut(usize)>(frame: *mut c_void, visit: *mut c_void) -> c_int {
        // SAFETY: the unwinder hands over a frame, and the pointer that it was given below.
        unsafe { (*visit.cast::<V>())(_Unwind_GetIP(frame)) };
        0
    }
    // SAFETY: `step` gets what it expects.
    unsafe { _Unwind_Backtrace(step::<V>, (&raw mut visit).cast()) };
}

/// The name of the function that will be returned to, if it is one that the dynamic linker knows. The outermost address is 0.
pub fn name(return_address: usize) -> Option<&'static CStr> {
    // SAFETY: a plain record, filled by `dladdr`; its names live as long as the library, which tests keep.
    unsafe {
        let mut info: libc::Dl_info = mem::zeroed();
        let found =
            libc::dladdr(return_address.wrapping_sub(1) as *const c_void, &mut info) != 0 && !info.dli_sname.is_null();
        found.then(|| CStr::from_ptr(info.dli_sname))
    }
}
