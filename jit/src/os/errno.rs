//! The calling thread's `errno`.

/// The C library's function that returns the address of the thread's `errno`.
#[inline]
pub(crate) fn location() -> unsafe extern "C" fn() -> *mut core::ffi::c_int {
    #[cfg(any(target_os = "android", target_os = "netbsd", target_os = "openbsd"))]
    use libc::__errno as location;
    #[cfg(any(target_os = "linux", target_os = "emscripten", target_os = "redox", target_os = "hurd"))]
    use libc::__errno_location as location;
    #[cfg(any(target_vendor = "apple", target_os = "freebsd"))]
    use libc::__error as location;
    #[cfg(windows)]
    use windows::_errno as location;
    location
}

#[cfg(windows)]
mod windows {
    unsafe extern "C" {
        /// The CRT's `errno` macro calls it.
        pub(crate) fn _errno() -> *mut core::ffi::c_int;
    }
}

/// Sets `errno` to 0, so that a value found after a call is from that call.
#[inline]
pub fn clear() {
    // SAFETY: the function only returns the address of this thread's errno, which is always writable.
    unsafe { location()().write(0) };
}
