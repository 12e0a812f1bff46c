//! Switches: addresses that lead to code, and later to other code.

use std::ffi::c_void;
use std::ptr::{self, NonNull};
use std::sync::atomic::Ordering;

use crate::arch::operands::{Handover, StubData};
use crate::error::JitError;
use crate::lock::Lock;
use crate::stubs::{mapping, table};

/// An address that jumps to code. A call through it costs one jump more than a call of the code.
///
/// It is a stub that serves no callback. Nobody may call it once the switch is dropped.
pub(crate) struct Switch(SwitchStub);

#[derive(Clone, Copy)]
struct SwitchStub {
    handover: Handover,
    entry: NonNull<u8>,
    data: &'static StubData,
}

// SAFETY: the address is that of code, which lives as long as the process; the data is atomic.
unsafe impl Send for SwitchStub {}
// SAFETY: the address is that of code, which lives as long as the process; the data is atomic.
unsafe impl Sync for SwitchStub {}

/// The stubs of switches that were dropped.
static FREE: Lock<Vec<SwitchStub>> = Lock::new(Vec::new());

impl Switch {
    /// Makes a switch that leads to this code.
    ///
    /// # Errors
    ///
    /// The system refuses memory for code.
    pub(crate) fn to(code: *const u8) -> Result<Self, JitError> {
        Self::new(Handover::Nothing, ptr::null(), code)
    }

    /// Makes a switch that leads to this code, and hands it an address in the scratch register.
    ///
    /// # Errors
    ///
    /// The system refuses memory for code.
    pub(crate) fn with_context(context: *const c_void, code: *const u8) -> Result<Self, JitError> {
        Self::new(Handover::Scratch, context, code)
    }

    fn new(handover: Handover, context: *const c_void, code: *const u8) -> Result<Self, JitError> {
        let stub = SwitchStub::take(handover)?;
        stub.data.cell.store(context.cast_mut(), Ordering::Relaxed);
        let switch = Self(stub);
        switch.lead_to(code);
        Ok(switch)
    }

    /// Returns the address to call.
    pub(crate) const fn entry(&self) -> *const u8 {
        self.0.entry.as_ptr()
    }

    /// Leads calls to other code. A call that begins meanwhile runs the old code or the new.
    pub(crate) fn lead_to(&self, code: *const u8) {
        self.0.data.thunk.store(code.cast_mut().cast(), Ordering::Release);
    }
}

impl SwitchStub {
    fn take(handover: Handover) -> Result<Self, JitError> {
        let mut free = FREE.hold();
        if let Some(index) = free.iter().rposition(|stub| stub.handover == handover) {
            return Ok(free.swap_remove(index));
        }
        drop(free);
        let stub = table::take(handover, 1, mapping::table).map_err(JitError::memory)?.pop();
        let (entry, data) = stub.ok_or_else(|| JitError::memory("a table without stubs"))?;
        Ok(Self { handover, entry, data })
    }
}

impl Drop for Switch {
    fn drop(&mut self) {
        FREE.hold().push(self.0);
    }
}
