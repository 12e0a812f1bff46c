//! Standard output, which C prints to as well.

use std::io::{self, Write};
use std::ptr;
use std::sync::{Mutex, PoisonError};

/// The reason why a line could not be written: the first failure.
static FAILURE: Mutex<Option<io::Error>> = Mutex::new(None);

#[cfg(any(target_os = "linux", target_os = "freebsd", target_vendor = "apple"))]
unsafe extern "C" {
    #[cfg_attr(target_os = "linux", link_name = "stdout")]
    #[cfg_attr(not(target_os = "linux"), link_name = "__stdoutp")]
    static C_STDOUT: *mut libc::FILE;
}

/// Writes a line while C runs, after the output of C so far. After a failure nothing is written until [`failure`] takes
/// it.
pub(crate) fn write_now(line: &[u8]) {
    if lock().is_some() {
        return;
    }
    flush_stdout_of_c();
    // Not under the lock, because flushing a stream can call a callback again.
    let mut stdout = io::stdout().lock();
    if let Err(error) = stdout.write_all(line).and_then(|()| stdout.flush()) {
        lock().get_or_insert(error);
    }
}

/// Takes the reason why a line could not be written.
pub(crate) fn failure() -> Option<io::Error> {
    lock().take()
}

/// Flushes every stream of this process's C library.
pub(crate) fn flush_all_of_c() {
    // SAFETY: null stands for all streams.
    unsafe { libc::fflush(ptr::null_mut()) };
}

/// Flushes C's standard output alone. Another stream may be locked by a waiting thread, or by the thread that calls
/// back.
#[cfg(any(target_os = "linux", target_os = "freebsd", target_vendor = "apple"))]
fn flush_stdout_of_c() {
    // SAFETY: the stream exists as long as the process, unless the user closes it.
    unsafe { libc::fflush(C_STDOUT) };
}

#[cfg(not(any(target_os = "linux", target_os = "freebsd", target_vendor = "apple")))]
fn flush_stdout_of_c() {
    flush_all_of_c();
}

fn lock() -> std::sync::MutexGuard<'static, Option<io::Error>> {
    FAILURE.lock().unwrap_or_else(PoisonError::into_inner)
}
