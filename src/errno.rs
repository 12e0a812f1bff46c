//! The calling thread's `errno`.

#[cfg(any(target_os = "linux", target_os = "emscripten", target_os = "redox", target_os = "hurd"))]
use libc::__errno_location as location;

#[cfg(any(target_vendor = "apple", target_os = "freebsd"))]
use libc::__error as location;

#[cfg(any(target_os = "android", target_os = "netbsd", target_os = "openbsd"))]
use libc::__errno as location;

#[cfg(windows)]
unsafe extern "C" {
    // The C runtime's own, which the libraries it serves use too.
    #[link_name = "_errno"]
    safe fn location() -> *mut i32;
}

/// Sets `errno` to 0, so that a value found after a call is the call's.
pub(crate) fn clear() {
    #[cfg_attr(windows, expect(unused_unsafe, reason = "the declaration above is safe, libc's is not"))]
    // SAFETY: the function only returns the address of this thread's errno, which is always writable.
    unsafe {
        *location() = 0;
    }
}
