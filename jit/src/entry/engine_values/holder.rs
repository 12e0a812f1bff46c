//! Holders of shapes. A shape belongs to all threads, and a holder to one realm. Records refer to a holder, so threads that
//! make records of one shape, and call them, do not write to the same memory.

use std::ffi::c_void;
use std::ops::Deref;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use crate::engine::record::RecordHead;
use crate::engine::values::model::EngineAbi;
use crate::entry::engine_values::interpreter::{self, Interpreter};
use crate::entry::engine_values::policy::CompilePolicy;
use crate::entry::engine_values::shape::Shape;

/// A reference to a shape, with counters of its own.
#[repr(C)]
pub(crate) struct ShapeHolder {
    /// The first field, because the interpreter finds it by the records.
    interpreter: Arc<Interpreter>,
    shape: Arc<Shape>,
    /// The number of interpreted calls that the shape does not know of yet. Threads may lose each other's counts, which
    /// only delays compiling.
    calls: AtomicU32,
}

/// The number of calls of which a holder tells its shape at once.
const BATCH: u32 = 64;

impl ShapeHolder {
    pub(crate) fn new(shape: Arc<Shape>) -> Self {
        Self { interpreter: Arc::clone(&shape.interpreter), shape, calls: AtomicU32::new(0) }
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
    unsafe fn of<'a>(record: *const RecordHead) -> &'a Self {
        // SAFETY: such a record points to its holder, which its native function keeps.
        unsafe { &*(*record).shape.cast() }
    }

    /// Counts an interpreted call, and asks for code if the policy of the record says so.
    ///
    /// # Safety
    ///
    /// The record was made for functions of the engine-values entry, and is not gone. Its policy lives as long as it does.
    unsafe fn count_call(record: *const RecordHead) {
        // SAFETY: the caller promises a record that is alive, and its policy with it.
        let (record, holder) = unsafe { (&*record, Self::of(record)) };
        record.count_call();
        let policy = CompilePolicy::of(record);
        let Some(known) = holder.shape.calls() else { return };
        let calls = holder.calls.load(Ordering::Relaxed) + 1;
        let pays = policy.pays_after(known.saturating_add(calls));
        if !pays && calls < BATCH {
            return holder.calls.store(calls, Ordering::Relaxed);
        }
        holder.calls.store(0, Ordering::Relaxed);
        holder.shape.add_calls(calls);
        if pays {
            Shape::ask(&holder.shape, policy);
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

/// The handler of functions that get their record from the engine. The context is the model.
///
/// # Safety
///
/// A thunk of the model's native function calls it.
pub(crate) unsafe extern "C-unwind" fn with_data(context: *mut c_void, args: *const u64, result: *mut u64) {
    // SAFETY: the context is the model, and the slots are those of its native function. The engine passes a record.
    unsafe {
        let engine = &*context.cast::<EngineAbi>();
        let record = interpreter::passed_record(engine, args);
        ShapeHolder::count_call(record);
        interpreter::answer(engine, record, args, result);
    }
}

/// The handler of functions with their own stub. The context is the record.
///
/// # Safety
///
/// A thunk of the native function of the record's model calls it.
pub(crate) unsafe extern "C-unwind" fn with_record(context: *mut c_void, args: *const u64, result: *mut u64) {
    let record: *const RecordHead = context.cast();
    // SAFETY: the context is the record, which lives as long as the engine may call its function.
    unsafe {
        ShapeHolder::count_call(record);
        interpreter::answer(ShapeHolder::of(record).interpreter.engine(), record, args, result);
    }
}
