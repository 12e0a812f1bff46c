//! The `typed` entry: native functions that get their arguments in registers.
//!
//! The code is made once for a shape and a model; each record has a copy of it, in which its address is. Such a function has no
//! parameter that could bring it, and a stub in front of shared code would take a jump more, a tenth of an optimised call.

use std::ffi::c_void;
use std::fmt;
use std::ptr;
use std::sync::Arc;

use super::Natives;
use crate::abi::Abi;
use crate::cache::Jit;
use crate::debug::Name;
use crate::error::JitError;
use crate::fork;
use crate::generator::{Code, Template};
use crate::shape::{Shape, TypedPlan};
use crate::shared::Life;
use crate::signature::Signature;
use crate::typed::{Helpers, TypedModel, check};
use crate::values::{Pending, RecordHead};

/// What native functions of one shape and model are copies of. Cloning is cheap.
#[derive(Clone)]
pub struct Typed(Arc<TypedCode>);

/// What they are shared by.
#[derive(PartialEq, Eq, Hash)]
pub(super) struct TypedKey {
    model: TypedModel,
    helpers: Helpers,
    shape: Shape,
}

pub(super) struct TypedCode {
    template: Template,
    name: Name,
    jit: &'static Jit,
}

/// A native function that an engine's compiled code calls. Dropping it frees its code.
pub struct TypedNative {
    code: Code,
    /// What the code refers to.
    _typed: Typed,
}

impl Natives {
    /// The native function for functions of this signature that the model describes, made unless there is one of the same shape.
    ///
    /// # Errors
    ///
    /// As for [`Jit::slots`]; the model does not fit the signature; code cannot be generated here.
    pub fn typed(&self, signature: &Signature, model: &TypedModel, helpers: Helpers) -> Result<Typed, JitError> {
        check(model, signature)?;
        let abi = Abi::host().ok_or(JitError::Host)?;
        let plan = TypedPlan::of(signature, abi.plan(signature)?);
        let key = TypedKey { model: model.clone(), helpers, shape: Shape::typed(abi, &plan) };
        let _no_fork = fork::hold_off();
        let generator = self.jit.generator().ok_or(JitError::NoCode)?;
        let make = || {
            let template = generator.typed(abi, &plan, model, helpers)?;
            Ok(TypedCode { template, name: Name::typed(signature), jit: self.jit })
        };
        self.typed.get_or_make(key, Life::Used, make).map(Typed)
    }
}

impl Typed {
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
    /// * The record was made by [`Typed::record`] for a function of the signature that this was made for. It is bound once: closed,
    ///   it leads to code of its native function.
    /// * It stays where it is until the native function is dropped, which is called no more then.
    /// * The function is called as the model says, and what the model says of handles is true.
    /// * From when an object is read until C has returned its bytes stay where they are, also when helpers are called.
    pub unsafe fn bind(&self, record: *const RecordHead) -> Result<TypedNative, JitError> {
        let _no_fork = fork::hold_off();
        let TypedCode { template, name, jit } = &*self.0;
        // SAFETY: the caller vouches for the record.
        let code = unsafe { jit.generator().ok_or(JitError::NoCode)?.copy(name, template, record) }?;
        Ok(TypedNative { code, _typed: self.clone() })
    }

    /// The machine code, with zeros where addresses belong that each record has its own of.
    pub fn code(&self) -> &[u8] {
        self.0.template.bytes()
    }
}

impl TypedNative {
    /// What the engine calls.
    pub const fn entry(&self) -> *const c_void {
        self.code.entry().cast()
    }
}

impl fmt::Debug for Typed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Typed").field("code", &self.code().len()).finish_non_exhaustive()
    }
}

impl fmt::Debug for TypedNative {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TypedNative({:p})", self.entry())
    }
}
