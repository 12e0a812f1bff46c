//! The threads of nonblocking calls: at most a number of them, each started when there is more to do than threads that wait,
//! and kept for a while.
//!
//! Not one of the crates for it: those that start threads when they are needed panic, or lose the call, if the system refuses one.

use std::collections::VecDeque;
use std::io;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

/// How long a thread waits for something to do before it ends.
const KEPT: Duration = Duration::from_secs(10);

type Job = Box<dyn FnOnce() + Send>;

/// Runs jobs on threads, in the order in which they come.
pub(crate) struct ThreadPool {
    shared: Arc<Shared>,
    /// How many threads it may have.
    limit: usize,
}

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    jobs: VecDeque<Job>,
    threads: usize,
    /// How many threads wait for a job.
    idle: usize,
}

impl ThreadPool {
    pub(crate) fn new(limit: usize) -> Self {
        Self { shared: Arc::default(), limit }
    }

    /// Runs a job on a thread, once one has nothing else to do.
    ///
    /// # Errors
    ///
    /// There is no thread, and none can be started. The job is dropped.
    pub(crate) fn run(&self, job: impl FnOnce() + Send + 'static) -> io::Result<()> {
        let mut state = self.shared.lock();
        if state.idle <= state.jobs.len() && state.threads < self.limit {
            let shared = Arc::clone(&self.shared);
            match thread::Builder::new().name("nonblocking call".into()).spawn(move || shared.work()) {
                Ok(_) => state.threads += 1,
                Err(error) if state.threads == 0 => return Err(error),
                // One of the others gets to it.
                Err(_) => {}
            }
        }
        state.jobs.push_back(Box::new(job));
        self.shared.changed.notify_one();
        Ok(())
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        // Nothing that holds the lock leaves the state between two.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What a thread does.
    fn work(&self) {
        while let Some(job) = self.next() {
            job();
        }
    }

    /// The next job; `None` if there is none for long. The thread does not count any more then.
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
