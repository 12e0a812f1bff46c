//! The fast-call entry: native functions that get their arguments in registers.
//!
//! The code is made once for a shape and a model. Each record has a copy of it that contains the record's address,
//! because no parameter could bring it. A stub in front of shared code would add a jump: a tenth of an optimised call.
//! Functions that are compiled may wait for their first call, and pay for it with such a jump.

use std::ffi::c_void;
use std::fmt;
use std::ptr;
use std::sync::Arc;

use crate::code::linker::Code;
use crate::engine::record::{Pending, RecordHead};
use crate::entry::fast_call::first_call::FirstCall;
use crate::entry::fast_call::shape::FastCallCode;
use crate::error::JitError;

/// The code that native functions of one shape and model copy. Cloning is cheap.
#[derive(Clone)]
pub struct FastCall(Arc<FastCallCode>);

/// A native function that an engine's compiled code calls. Dropping it frees its code.
pub struct FastCallFunction {
    copy: CodeCopy,
    /// Keeps the data alive that the code refers to.
    _code: FastCall,
}

/// The code of one record.
enum CodeCopy {
    Made(Code),
    AtFirstCall(Arc<FirstCall>),
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
        // SAFETY: the caller promises a record that can be read and was not bound before.
        let code = unsafe { self.0.copy(record) }?;
        Ok(FastCallFunction { copy: CodeCopy::Made(code), _code: self.clone() })
    }

    /// Does as [`bind`](Self::bind), but leaves compiling to the first call of a function of this shape. If that call
    /// finds no memory for code, it is refused. A function that was made before there was code is called by one jump
    /// more.
    ///
    /// # Errors
    ///
    /// Memory for code is exhausted.
    ///
    /// # Safety
    ///
    /// The contract of [`bind`](Self::bind).
    pub unsafe fn bind_at_first_call(&self, record: *const RecordHead) -> Result<FastCallFunction, JitError> {
        if !self.0.is_ready() {
            // SAFETY: assembled code is ready, so this code is compiled. The caller promises a record of this shape that
            // lives as long as the function.
            if let Ok(first) = unsafe { FirstCall::new(&self.0, record) } {
                return Ok(FastCallFunction { copy: CodeCopy::AtFirstCall(first), _code: self.clone() });
            }
        }
        // SAFETY: the caller promises what `bind` asks for.
        unsafe { self.bind(record) }
    }

    /// Compiles the code, unless that is done.
    ///
    /// # Errors
    ///
    /// The code generator failed.
    pub fn compile(&self) -> Result<(), JitError> {
        self.0.template().map(|_| ())
    }

    /// Returns the machine code, with zeros in the holes that each record fills with its own addresses. It is empty
    /// until it is compiled.
    pub fn code(&self) -> &[u8] {
        self.0.bytes()
    }
}

impl FastCallFunction {
    /// Returns the address that the engine calls.
    pub fn entry(&self) -> *const c_void {
        match &self.copy {
            CodeCopy::Made(code) => code.entry().cast(),
            CodeCopy::AtFirstCall(first) => first.entry(),
        }
    }

    /// Makes the code now instead of at the first call.
    ///
    /// # Errors
    ///
    /// Memory for code is exhausted.
    pub fn compile(&self) -> Result<(), JitError> {
        match &self.copy {
            CodeCopy::Made(_) => Ok(()),
            CodeCopy::AtFirstCall(first) => first.compile().map(|_| ()),
        }
    }

    /// Returns false until the code is made.
    pub fn is_compiled(&self) -> bool {
        match &self.copy {
            CodeCopy::Made(_) => true,
            CodeCopy::AtFirstCall(first) => first.is_compiled(),
        }
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
