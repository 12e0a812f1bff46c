//! Holders of shapes. A shape belongs to all threads, and a holder to one realm. Records refer to a holder, so threads that
//! make records of one shape, and call them, do not write to the same memory.

use std::ops::Deref;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use crate::engine::record::RecordHead;
use crate::entry::engine_values::interpreter::Interpreter;
use crate::entry::engine_values::policy::CompilePolicy;
use crate::entry::engine_values::shape::Shape;

/// A reference to a shape, with counters of its own.
pub(crate) struct ShapeHolder {
    shape: Arc<Shape>,
    /// The number of interpreted calls that the shape does not know of yet. Threads may lose each other's counts, which
    /// only delays compiling.
    calls: AtomicU32,
}

/// The number of calls of which a holder tells its shape at once.
const BATCH: u32 = 64;

impl ShapeHolder {
    pub(crate) fn new(shape: Arc<Shape>) -> Self {
        Self { shape, calls: AtomicU32::new(0) }
    }

    /// Makes another holder of the shape.
    pub(crate) fn another(&self) -> Self {
        Self::new(Arc::clone(&self.shape))
    }

    /// Returns the holder of a record.
    ///
    /// # Safety
    ///
    /// The record was made for functions of the engine-values entry, and is not gone. It lives as long as the result.
    pub(crate) unsafe fn of<'a>(record: *const RecordHead) -> &'a Self {
        // SAFETY: such a record points to its holder, which its native function keeps.
        unsafe { &*(*record).shape.cast() }
    }

    pub(crate) fn interpreter(&self) -> &Interpreter {
        &self.shape.interpreter
    }

    /// Counts an interpreted call of a record of this holder, and asks for code if the policy of the record says so.
    pub(crate) fn count_call(&self, record: &RecordHead) {
        record.count_call();
        let policy = CompilePolicy::of(record);
        let Some(known) = self.shape.calls() else { return };
        let calls = self.calls.load(Ordering::Relaxed) + 1;
        let pays = policy.pays_after(known.saturating_add(calls));
        if !pays && calls < BATCH {
            return self.calls.store(calls, Ordering::Relaxed);
        }
        self.calls.store(0, Ordering::Relaxed);
        self.shape.add_calls(calls);
        if pays {
            Shape::ask(&self.shape, policy);
        }
    }
}

impl Deref for ShapeHolder {
    type Target = Shape;

    fn deref(&self) -> &Shape {
        &self.shape
    }
}

impl Drop for ShapeHolder {
    fn drop(&mut self) {
        self.shape.add_calls(*self.calls.get_mut());
    }
}
