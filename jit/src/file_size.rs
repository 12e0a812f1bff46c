//! Files that grow, in processes whose files may only have a certain size (`RLIMIT_FSIZE`, `ulimit -f`).
//!
//! The kernel answers growth beyond the limit by an error and by SIGXFSZ, which ends the process. Files in memory count too.

use std::fs::File;
use std::io;

/// Fails if the file must not become longer by so many bytes, so that no part of them is written.
///
/// # Errors
///
/// That; or the file's length cannot be read.
#[cfg(any(target_os = "linux", target_os = "android"))]
pub(crate) fn check(file: &File, more: usize) -> io::Result<()> {
    let mut limit = libc::rlimit { rlim_cur: libc::RLIM_INFINITY, rlim_max: libc::RLIM_INFINITY };
    // SAFETY: it writes to the variable. Where it fails there is no limit.
    unsafe { libc::getrlimit(libc::RLIMIT_FSIZE, &mut limit) };
    if file.metadata()?.len().saturating_add(more as u64) <= limit.rlim_cur {
        Ok(())
    } else {
        Err(io::ErrorKind::FileTooLarge.into())
    }
}

/// Makes a file larger. Beyond the limit, which may change at any time, that fails as it does everywhere, but without the signal.
///
/// # Errors
///
/// Those of `grow`.
#[cfg(any(target_os = "linux", target_os = "android"))]
pub(crate) fn without_signal<T>(grow: impl FnOnce() -> io::Result<T>) -> io::Result<T> {
    use std::mem::MaybeUninit;
    use std::ptr;

    let [mut signal, mut masked, mut pending] = [const { MaybeUninit::<libc::sigset_t>::uninit() }; 3];
    // SAFETY: these functions fill the sets before any is read. The mask is put back as it was, behind `grow`, which does not
    // panic.
    unsafe {
        libc::sigemptyset(signal.as_mut_ptr());
        libc::sigaddset(signal.as_mut_ptr(), libc::SIGXFSZ);
        libc::pthread_sigmask(libc::SIG_BLOCK, signal.as_ptr(), masked.as_mut_ptr());
        // One that waits already is somebody else's.
        libc::sigpending(pending.as_mut_ptr());
        let waits = libc::sigismember(pending.as_ptr(), libc::SIGXFSZ) == 1;
        let result = grow();
        let refused = |error: &io::Error| error.raw_os_error() == Some(libc::EFBIG);
        if !waits && result.as_ref().is_err_and(refused) {
            // The kernel sends it to the thread that it refused. The wait takes it, or ends at once.
            let at_once = libc::timespec { tv_sec: 0, tv_nsec: 0 };
            let interrupted = || io::Error::last_os_error().raw_os_error() == Some(libc::EINTR);
            while libc::sigtimedwait(signal.as_ptr(), ptr::null_mut(), &at_once) < 0 && interrupted() {}
        }
        libc::pthread_sigmask(libc::SIG_SETMASK, masked.as_ptr(), ptr::null_mut());
        result
    }
}

/// No file grows on systems that no list for `perf` and no files in memory are made on.
#[cfg(not(any(target_os = "linux", target_os = "android")))]
pub(crate) fn check(_file: &File, _more: usize) -> io::Result<()> {
    Ok(())
}

/// As above.
#[cfg(not(any(target_os = "linux", target_os = "android")))]
pub(crate) fn without_signal<T>(grow: impl FnOnce() -> io::Result<T>) -> io::Result<T> {
    grow()
}
