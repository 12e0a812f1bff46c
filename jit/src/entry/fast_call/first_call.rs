//! Functions that are compiled at their first call.
//!
//! An engine takes a function's address at once, and may never call it. The address is that of a [`Switch`]. It leads to
//! assembly that keeps the arguments, has the function compiled, and makes the call. From then on it leads to the code.

use std::ffi::c_void;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr;
use std::sync::Arc;

use crate::arch::operands::FirstCallHeader;
use crate::arch::universal::{self, first_call_word};
use crate::code::linker::Code;
use crate::engine::fast_call::model::{Exit, FastCallHelpers};
use crate::engine::record::RecordHead;
use crate::entry::fast_call::key::FastCallKey;
use crate::entry::fast_call::shape::FastCallCode;
use crate::error::JitError;
use crate::lock::Once;
use crate::stubs::switch::Switch;

/// A function that is compiled at its first call.
#[repr(C)]
pub(crate) struct FirstCall {
    /// The first field, because assembly reads it.
    header: FirstCallHeader,
    record: *const RecordHead,
    shape: Arc<FastCallCode>,
    switch: Once<Switch>,
    code: Once<Code>,
}

// SAFETY: the record's fields are atomic or do not change, and its maker keeps it as long as the function.
unsafe impl Send for FirstCall {}
// SAFETY: the record's fields are atomic or do not change, and its maker keeps it as long as the function.
unsafe impl Sync for FirstCall {}

impl FirstCall {
    /// Makes the function of a record.
    ///
    /// # Errors
    ///
    /// Memory for its address is exhausted.
    ///
    /// # Safety
    ///
    /// * The shape's code is compiled, not assembled.
    /// * The record was made for the shape, and lives as long as the function.
    pub(crate) unsafe fn new(shape: &Arc<FastCallCode>, record: *const RecordHead) -> Result<Arc<Self>, JitError> {
        let header = FirstCallHeader { bind: bind_at_first_call };
        let shape = Arc::clone(shape);
        let first = Arc::new(Self { header, record, shape, switch: Once::new(), code: Once::new() });
        let switch = Switch::with_context(Arc::as_ptr(&first).cast(), universal::enter_first_call as *const u8)?;
        first.switch.get_or_init(|| switch);
        Ok(first)
    }

    /// Returns the address to call.
    pub(crate) fn entry(&self) -> *const c_void {
        self.switch.get().map_or(ptr::null(), Switch::entry).cast()
    }

    /// Returns true if calls run compiled code.
    pub(crate) fn is_compiled(&self) -> bool {
        self.code.get().is_some()
    }

    /// Makes the code, if it is missing, and leads the address to it.
    pub(crate) fn compile(&self) -> Result<*const u8, JitError> {
        // SAFETY: the record lives as long as this function. Compiled code does not set its target.
        let code = self.code.get_or_try(|| unsafe { self.shape.copy(self.record) })?;
        self.switch.get().iter().for_each(|switch| switch.lead_to(code.entry()));
        Ok(code.entry())
    }

    /// Refuses a call because there is no memory for code.
    ///
    /// # Safety
    ///
    /// The frame has the arguments of a call of this function.
    unsafe fn refuse(&self, frame: *const u64) {
        let FastCallKey { model, helpers, .. } = &self.shape.key;
        let plan = model.abi.plan(&model.native).ok();
        let place =
            model.exit_parameter().zip(plan).and_then(|(index, plan)| Some(plan.args[index].pieces().first()?.loc));
        // SAFETY: the caller promises the arguments of a call, and the place is that of one of them.
        let word = |word: u32| unsafe { frame.add(word as usize).read() };
        let exit = place.and_then(first_call_word).map_or(0, word);
        let exit: *mut c_void = ptr::with_exposed_provenance_mut(exit as usize);
        match model.exit {
            // SAFETY: the model's exit is the address of a flag at this offset.
            Exit::Flag { offset } => unsafe { exit.cast::<u8>().add(offset as usize).write(1) },
            // SAFETY: the record is alive while its function is called, and the helper takes this index.
            Exit::Raise => _ = unsafe { (helpers.raise)(self.record, exit, FastCallHelpers::NO_CODE, 0) },
        }
    }
}

/// Makes the code for a call. Returns its address, or null if the call was refused.
///
/// # Safety
///
/// Assembly calls it with the header of a [`FirstCall`] and the arguments of a call of its function.
unsafe extern "C-unwind" fn bind_at_first_call(header: *const FirstCallHeader, frame: *const u64) -> *const u8 {
    // SAFETY: the header is the first field of a function, which lives while it is called.
    let first = unsafe { &*header.cast::<FirstCall>() };
    // The engine's frames may not let a panic pass.
    match catch_unwind(AssertUnwindSafe(|| first.compile())) {
        Ok(Ok(code)) => code,
        Ok(Err(_)) | Err(_) => {
            // SAFETY: the caller promises the arguments of a call of this function.
            unsafe { first.refuse(frame) };
            ptr::null()
        }
    }
}
