//! Signals whose handlers look up the names of code.

use std::ffi::{c_int, c_void};
use std::os::unix::thread::JoinHandleExt;
use std::sync::atomic::{AtomicPtr, AtomicU64, Ordering};
use std::thread::{self, JoinHandle};
use std::{io, mem, ptr};

/// The number of handlers that ran.
pub(crate) static RECEIVED: AtomicU64 = AtomicU64::new(0);
/// The number of handlers that found a name that hotcall does not give.
pub(crate) static WRONG: AtomicU64 = AtomicU64::new(0);
/// An address in code that was made recently, and may be unmapped.
pub(crate) static LATEST: AtomicPtr<c_void> = AtomicPtr::new(ptr::null_mut());

/// Microseconds of processor time between the timer's signals.
const INTERVAL: libc::suseconds_t = 500;

extern "C" fn look(_: c_int) {
    // The interrupted code continues with its own errno.
    // SAFETY: the address of this thread's errno is always valid.
    let errno = unsafe { *libc::__errno_location() };
    let found = hotcall::describe(LATEST.load(Ordering::Acquire));
    if found.is_some_and(|code| !code.name().starts_with("hotcall ")) {
        WRONG.fetch_add(1, Ordering::Relaxed);
    }
    RECEIVED.fetch_add(1, Ordering::Relaxed);
    // SAFETY: the address of this thread's errno is always valid.
    unsafe { *libc::__errno_location() = errno };
}

/// Handles the signals, and starts a timer that sends some to the running thread.
pub(crate) fn install() -> io::Result<()> {
    for signal in [libc::SIGUSR1, libc::SIGPROF] {
        // SAFETY: zeros are a value of the record; the handler only reads and writes atomics.
        let done = unsafe {
            let mut action: libc::sigaction = mem::zeroed();
            action.sa_sigaction = look as *const () as usize;
            action.sa_flags = libc::SA_RESTART;
            libc::sigaction(signal, &action, ptr::null_mut())
        };
        if done != 0 {
            return Err(io::Error::last_os_error());
        }
    }
    let every = libc::timeval { tv_sec: 0, tv_usec: INTERVAL };
    let timer = libc::itimerval { it_interval: every, it_value: every };
    // SAFETY: the record is read during the call.
    match unsafe { libc::setitimer(libc::ITIMER_PROF, &timer, ptr::null_mut()) } {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}

/// Sends signals to the threads in turn until this many handlers ran or the threads are done.
pub(crate) fn send<T>(threads: &[JoinHandle<T>], count: u64) {
    while RECEIVED.load(Ordering::Relaxed) < count && !threads.iter().all(JoinHandle::is_finished) {
        for thread in threads {
            // SAFETY: the thread was not joined, and signals of this kind are handled.
            unsafe { libc::pthread_kill(thread.as_pthread_t(), libc::SIGUSR1) };
        }
        thread::yield_now();
    }
}
