//! Files that grow in processes with a limit for the size of files (`RLIMIT_FSIZE`, `ulimit -f`).
//!
//! Beyond the limit the kernel returns an error and sends SIGXFSZ, which ends the process. The limit holds for files in memory too.

use std::fs::File;
use std::io;

/// Checks that the limit has room for `more` bytes behind the file's end. A write that goes beyond the limit writes a part.
///
/// # Errors
///
/// `FileTooLarge` if there is no room; the error of reading the file's length.
#[cfg(any(target_os = "linux", target_os = "android"))]
pub(crate) fn check(file: &File, more: usize) -> io::Result<()> {
    let mut limit = libc::rlimit { rlim_cur: libc::RLIM_INFINITY, rlim_max: libc::RLIM_INFINITY };
    // SAFETY: the call writes to the variable. If it fails, the variable says that there is no limit.
    unsafe { libc::getrlimit(libc::RLIMIT_FSIZE, &mut limit) };
    if file.metadata()?.len().saturating_add(more as u64) <= limit.rlim_cur {
        Ok(())
    } else {
        Err(io::ErrorKind::FileTooLarge.into())
    }
}

/// Runs `grow`, which makes a file larger, and takes the signal that the kernel sends beyond the limit. Masking the signal leaves
/// no gap in which another thread could change the limit, as asking for the limit first would.
///
/// # Errors
///
/// Those of `grow`; beyond the limit EFBIG.
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
        // A signal that is pending already belongs to the program.
        libc::sigpending(pending.as_mut_ptr());
        let waits = libc::sigismember(pending.as_ptr(), libc::SIGXFSZ) == 1;
        let result = grow();
        let refused = |error: &io::Error| error.raw_os_error() == Some(libc::EFBIG);
        if !waits && result.as_ref().is_err_and(refused) {
            // The kernel has sent the signal to this thread, so that the wait ends at once.
            let at_once = libc::timespec { tv_sec: 0, tv_nsec: 0 };
            let interrupted = || io::Error::last_os_error().raw_os_error() == Some(libc::EINTR);
            while libc::sigtimedwait(signal.as_ptr(), ptr::null_mut(), &at_once) < 0 && interrupted() {}
        }
        libc::pthread_sigmask(libc::SIG_SETMASK, masked.as_ptr(), ptr::null_mut());
        result
    }
}

/// Does nothing: on these systems hotcall makes no files.
#[cfg(not(any(target_os = "linux", target_os = "android")))]
pub(crate) fn check(_file: &File, _more: usize) -> io::Result<()> {
    Ok(())
}

/// Runs `grow`: on these systems hotcall makes no files.
#[cfg(not(any(target_os = "linux", target_os = "android")))]
pub(crate) fn without_signal<T>(grow: impl FnOnce() -> io::Result<T>) -> io::Result<T> {
    grow()
}
