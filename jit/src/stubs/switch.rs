//! Switches: addresses that lead to code, and later to other code.

use std::ptr::NonNull;
use std::sync::atomic::Ordering;

use crate::arch::operands::StubData;
use crate::error::JitError;
use crate::lock::Lock;
use crate::stubs::table;

/// An address that jumps to code. A call through it costs one jump more than a call of the code.
///
/// It is a stub that hands over nothing. Nobody may call it once the switch is dropped.
pub(crate) struct Switch(SwitchStub);

#[derive(Clone, Copy)]
struct SwitchStub {
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
        let free = FREE.hold().pop();
        let stub = free.map_or_else(SwitchStub::new, Ok)?;
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
    fn new() -> Result<Self, JitError> {
        let stub = table::take(None, 1).map_err(JitError::memory)?.pop();
        let (entry, data) = stub.ok_or_else(|| JitError::memory("a table without stubs"))?;
        Ok(Self { entry, data })
    }
}

impl Drop for Switch {
    fn drop(&mut self) {
        FREE.hold().push(self.0);
    }
}
