//! When a shape is compiled, and where.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use crate::engine::record::RecordHead;
use crate::lock::Lock;

/// The number of interpreted calls that together lose as much time as compiling takes: about 0.07 µs each, against
/// 150 µs. So a shape takes at most twice the time that it would take if the number of its calls were known.
const CALLS_THAT_PAY: u32 = 2000;

/// The rules by which a call of an uncompiled function asks for code.
pub struct CompilePolicy {
    after: AtomicU32,
    executor: Lock<Option<Arc<Executor>>>,
}

/// Takes the work.
type Executor = dyn Fn(CompileJob) + Send + Sync;

/// Compiling the functions of one shape. Any thread may run it, at any time. Calls are interpreted until then.
///
/// If it is dropped instead, a later call asks again.
pub struct CompileJob(Box<dyn Job>);

/// The work of a [`CompileJob`].
pub(crate) trait Job: Send {
    fn run(self: Box<Self>);
}

static DEFAULT: CompilePolicy = CompilePolicy::new();

impl CompilePolicy {
    /// Makes the default policy: shapes are compiled after as many calls as pay for it, by the call that asks.
    pub const fn new() -> Self {
        Self { after: AtomicU32::new(CALLS_THAT_PAY), executor: Lock::new(None) }
    }

    /// Returns the number of interpreted calls of a shape after which it is compiled.
    pub fn after(&self) -> u32 {
        self.after.load(Ordering::Relaxed)
    }

    /// Returns true if a shape is compiled after this number of calls.
    pub(crate) fn pays_after(&self, calls: u32) -> bool {
        let after = self.after();
        after != u32::MAX && calls >= after
    }

    /// Sets the number of interpreted calls of a shape after which it is compiled. `u32::MAX` leaves that to
    /// [`EngineValues::compile`](crate::EngineValues::compile). With 0, a realm compiles functions when it makes them.
    pub fn set_after(&self, calls: u32) {
        self.after.store(calls, Ordering::Relaxed);
    }

    /// Sets what gets the work when a call asks for code. It must not run script.
    pub fn set_executor(&self, executor: impl Fn(CompileJob) + Send + Sync + 'static) {
        *self.executor.hold() = Some(Arc::new(executor));
    }

    /// Returns the policy of a record.
    pub(crate) fn of(record: &RecordHead) -> &Self {
        // SAFETY: the policy that a record was made with lives as long as the record.
        unsafe { record.policy.cast::<Self>().as_ref() }.unwrap_or(&DEFAULT)
    }

    /// Hands the work over, or does it now.
    pub(crate) fn give(&self, job: Box<dyn Job>) {
        let (executor, job) = (self.executor.hold().clone(), CompileJob(job));
        match executor {
            Some(executor) => executor(job),
            None => job.run(),
        }
    }
}

impl CompileJob {
    /// Compiles the functions, on a stack of its own. If the system refuses memory for code, calls stay interpreted.
    pub fn run(self) {
        self.0.run();
    }
}

impl Default for CompilePolicy {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for CompilePolicy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CompilePolicy").field("after", &self.after()).finish_non_exhaustive()
    }
}

impl fmt::Debug for CompileJob {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CompileJob").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_largest_number_of_calls_never_asks_for_code() {
        let policy = CompilePolicy::new();
        for (after, asks, waits) in [(0, 0, None), (25, 25, Some(24)), (u32::MAX - 1, u32::MAX, Some(u32::MAX - 2))] {
            policy.set_after(after);
            assert!(policy.pays_after(asks) && !waits.is_some_and(|calls| policy.pays_after(calls)), "{after}");
        }
        // Numbers of calls end there, because they saturate.
        policy.set_after(u32::MAX);
        assert!(!policy.pays_after(u32::MAX));
    }
}
