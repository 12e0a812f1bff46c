//! Names the case that was running when a call crashes. Otherwise "segmentation fault" is the only message.

use std::ffi::c_int;
use std::sync::atomic::{AtomicU64, Ordering};

static RUNNING: AtomicU64 = AtomicU64::new(0);

/// Records the seed of the case that runs now.
pub fn running(seed: u64) {
    RUNNING.store(seed, Ordering::Relaxed);
}

/// Makes fatal signals print the seed that runs before they kill the process.
pub fn report() {
    for signal in [libc::SIGSEGV, libc::SIGBUS, libc::SIGILL, libc::SIGABRT, libc::SIGFPE] {
        // SAFETY: the handler is async-signal-safe.
        unsafe { libc::signal(signal, on_signal as *const () as libc::sighandler_t) };
    }
}

extern "C" fn on_signal(signal: c_int) {
    let mut text = *b"crashed while seed                      ran\n";
    let mut seed = RUNNING.load(Ordering::Relaxed);
    for digit in text[19..39].iter_mut().rev() {
        *digit = b'0' + (seed % 10) as u8;
        seed /= 10;
    }
    // SAFETY: write, signal and raise are async-signal-safe. The default action then ends the process.
    unsafe {
        libc::write(libc::STDERR_FILENO, text.as_ptr().cast(), text.len());
        libc::signal(signal, libc::SIG_DFL);
        libc::raise(signal);
    }
}
