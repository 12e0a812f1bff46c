//! The fast-call entry: native functions that get their arguments in registers.
//!
//! The code is made once for a shape and a model. Each record has a copy of it that contains the record's address,
//! because no parameter could bring it. A stub in front of shared code would add a jump: a tenth of an optimised call.

use std::ffi::c_void;
use std::fmt;
use std::ptr;
use std::sync::Arc;

use crate::c::definitions::Signature;
use crate::code::generator::Generator;
use crate::code::linker::Code;
use crate::debug::name::Name;
use crate::engine::record::{Pending, RecordHead};
use crate::entry::fast_call::key::FastCallKey;
use crate::entry::fast_call::template::Template;
use crate::error::JitError;
use crate::lock::{HoldOff, hold_off};

/// The code that native functions of one shape and model copy. Cloning is cheap.
#[derive(Clone)]
pub struct FastCall(Arc<FastCallCode>);

pub(crate) struct FastCallCode {
    template: Template,
    name: Name,
    generator: Arc<Generator>,
}

/// A native function that an engine's compiled code calls. Dropping it frees its code.
pub struct FastCallFunction {
    code: Code,
    /// Keeps the data alive that the code refers to.
    _code: FastCall,
}

impl FastCallCode {
    pub(crate) fn new(
        no_fork: &HoldOff,
        generator: &Arc<Generator>,
        signature: &Signature,
        key: &FastCallKey,
    ) -> Result<Self, JitError> {
        let template = Template::of(no_fork, generator, key)?;
        Ok(Self { template, name: Name::new("fast call", signature), generator: Arc::clone(generator) })
    }
}

impl From<Arc<FastCallCode>> for FastCall {
    fn from(code: Arc<FastCallCode>) -> Self {
        Self(code)
    }
}

impl FastCall {
    /// Makes the record of a function of this shape: its address, and the cell for a waiting exception. Calls read the
    /// record.
    ///
    /// # Safety
    ///
    /// * The target is a function of the signature that this code was made for.
    /// * The cell lives as long as the record is used.
    pub unsafe fn record(target: *const c_void, pending: *const Pending) -> RecordHead {
        RecordHead::new(target, pending, ptr::null())
    }

    /// Makes the native function of this record.
    ///
    /// # Errors
    ///
    /// Memory for code is exhausted.
    ///
    /// # Safety
    ///
    /// * [`FastCall::record`] made the record for a function of the signature that this code was made for. It is bound
    ///   once: a closed record leads to code of its native function.
    /// * The record does not move until the native function is dropped, and the engine does not call the function
    ///   afterwards.
    /// * The function is called by the model's rules, and the model describes handles correctly.
    /// * An object's bytes do not move between the time it is read and the return of C, even when helpers are called.
    pub unsafe fn bind(&self, record: *const RecordHead) -> Result<FastCallFunction, JitError> {
        let no_fork = hold_off();
        let FastCallCode { template, name, generator } = &*self.0;
        // SAFETY: the caller promises a record that can be read and was not bound before.
        let code = unsafe { template.copy(&no_fork, generator, name, record) }?;
        Ok(FastCallFunction { code, _code: self.clone() })
    }

    /// Returns the machine code, with zeros in the holes that each record fills with its own addresses.
    pub fn code(&self) -> &[u8] {
        self.0.template.bytes()
    }
}

impl FastCallFunction {
    /// Returns the address that the engine calls.
    pub const fn entry(&self) -> *const c_void {
        self.code.entry().cast()
    }
}

impl fmt::Debug for FastCall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FastCall").field("code", &self.code().len()).finish_non_exhaustive()
    }
}

impl fmt::Debug for FastCallFunction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "FastCallFunction({:p})", self.entry())
    }
}
