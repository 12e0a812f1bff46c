//! The fast-call entry: native functions that get their arguments in registers.
//!
//! The code is made once for a shape and a model; each record has a copy of it, in which its address is. Such a function has no
//! parameter that could bring it, and a stub in front of shared code would take a jump more, a tenth of an optimised call.

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

/// What native functions of one shape and model are copies of. Cloning is cheap.
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
    /// What the code refers to.
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
    /// What calls of a function of this shape read: its address, and the cell that says whether an exception is pending.
    ///
    /// # Safety
    ///
    /// * The target is a function of the signature that this was made for.
    /// * The cell lives as long as the record is used.
    pub unsafe fn record(target: *const c_void, pending: *const Pending) -> RecordHead {
        RecordHead::new(target, pending, ptr::null())
    }

    /// The native function of this record.
    ///
    /// # Errors
    ///
    /// There is no memory for code.
    ///
    /// # Safety
    ///
    /// * The record was made by [`FastCall::record`] for a function of the signature that this was made for. It is bound once: closed,
    ///   it leads to code of its native function.
    /// * It stays where it is until the native function is dropped, which is called no more then.
    /// * The function is called as the model says, and what the model says of handles is true.
    /// * From when an object is read until C has returned its bytes stay where they are, also when helpers are called.
    pub unsafe fn bind(&self, record: *const RecordHead) -> Result<FastCallFunction, JitError> {
        let no_fork = hold_off();
        let FastCallCode { template, name, generator } = &*self.0;
        // SAFETY: the caller vouches for the record.
        let code = unsafe { template.copy(&no_fork, generator, name, record) }?;
        Ok(FastCallFunction { code, _code: self.clone() })
    }

    /// The machine code, with zeros where addresses belong that each record has its own of.
    pub fn code(&self) -> &[u8] {
        self.0.template.bytes()
    }
}

impl FastCallFunction {
    /// What the engine calls.
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
