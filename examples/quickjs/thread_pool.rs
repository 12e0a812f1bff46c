//! The threads of nonblocking calls. A thread starts when a call comes and no thread is idle, up to a limit. It is kept for a while.
//!
//! Crates for thread pools do not suffice: `threadpool` starts all threads at once, and `tokio` panics if the system
//! refuses the first one. Here that is an error of the call.

use std::collections::VecDeque;
use std::io;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

/// The time that a thread waits for a job before it ends.
const KEPT: Duration = Duration::from_secs(10);

type Job = Box<dyn FnOnce() + Send>;

/// Runs jobs on threads, in the order in which they come.
pub(crate) struct ThreadPool {
    shared: Arc<Shared>,
    /// The largest number of threads.
    limit: usize,
}

#[derive(Default)]
struct Shared {
    state: Mutex<PoolState>,
    changed: Condvar,
}

#[derive(Default)]
struct PoolState {
    jobs: VecDeque<Job>,
    threads: usize,
    /// The number of threads that wait for a job.
    idle: usize,
}

impl ThreadPool {
    pub(crate) fn new(limit: usize) -> Self {
        Self { shared: Arc::default(), limit }
    }

    /// Runs a job on a thread, as soon as one is free.
    ///
    /// # Errors
    ///
    /// No thread is running, and none can be started. The job is dropped.
    pub(crate) fn run(&self, job: impl FnOnce() + Send + 'static) -> io::Result<()> {
        let mut state = self.shared.lock();
        if state.idle <= state.jobs.len() && state.threads < self.limit {
            let shared = Arc::clone(&self.shared);
            match thread::Builder::new().name("nonblocking call".into()).spawn(move || shared.work()) {
                Ok(_) => state.threads += 1,
                Err(error) if state.threads == 0 => return Err(error),
                // One of the running threads runs the job later.
                Err(_) => {}
            }
        }
        state.jobs.push_back(Box::new(job));
        self.shared.changed.notify_one();
        Ok(())
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, PoolState> {
        // No code panics while it holds the lock, so the state is consistent.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Runs jobs until a thread has been idle for long enough.
    fn work(&self) {
        while let Some(job) = self.next() {
            job();
        }
    }

    /// Waits for the next job. `None` if none came for [`KEPT`]. The thread is then no longer counted.
    fn next(&self) -> Option<Job> {
        let mut state = self.lock();
        state.idle += 1;
        let waited = self.changed.wait_timeout_while(state, KEPT, |state| state.jobs.is_empty());
        state = waited.unwrap_or_else(PoisonError::into_inner).0;
        state.idle -= 1;
        let job = state.jobs.pop_front();
        if job.is_none() {
            state.threads -= 1;
        }
        job
    }
}
