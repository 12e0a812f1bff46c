//! Threads on processors of their own, and the time that they spend there.

use std::time::{Duration, Instant};
use std::{fs, io, mem};

/// Keeps this thread on one of the processors that the program may use. Otherwise the system may run two threads in turn on one
/// processor for some milliseconds.
pub(crate) fn pin(index: usize) -> io::Result<()> {
    // SAFETY: a set of zeros is a valid value: the empty set.
    let [mut allowed, mut own] = [(); 2].map(|()| unsafe { mem::zeroed::<libc::cpu_set_t>() });
    // SAFETY: the system gets the size of the set. 0 is the calling thread.
    check(unsafe { libc::sched_getaffinity(0, size_of_val(&allowed), &raw mut allowed) })?;
    // SAFETY: a set has room for the numbers below `CPU_SETSIZE`.
    let mut processors = (0..libc::CPU_SETSIZE as usize).filter(|&number| unsafe { libc::CPU_ISSET(number, &allowed) });
    let number = processors.nth(index).ok_or(io::ErrorKind::NotFound)?;
    // SAFETY: a set has room for the numbers below `CPU_SETSIZE`.
    unsafe { libc::CPU_SET(number, &mut own) };
    // SAFETY: the system gets the size of the set. 0 is the calling thread.
    check(unsafe { libc::sched_setaffinity(0, size_of_val(&own), &raw const own) })
}

fn check(status: i32) -> io::Result<()> {
    if status == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

/// Measures this thread's time. Time in which it waits for another thread counts. Time in which another program has its
/// processor does not.
pub(crate) struct Stopwatch {
    start: Instant,
    displaced: Duration,
}

impl Stopwatch {
    pub(crate) fn start() -> Self {
        let displaced = displaced();
        Self { start: Instant::now(), displaced }
    }

    pub(crate) fn seconds(&self) -> f64 {
        let elapsed = self.start.elapsed();
        elapsed.saturating_sub(displaced().saturating_sub(self.displaced)).as_secs_f64()
    }
}

/// The time in which this thread was ready to run and did not, as Linux counts it.
fn displaced() -> Duration {
    let text = fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    let nanoseconds = text.split_whitespace().nth(1).and_then(|number| number.parse().ok());
    Duration::from_nanos(nanoseconds.unwrap_or_default())
}
