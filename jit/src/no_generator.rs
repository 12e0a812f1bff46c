//! The code generator of builds without one: what cannot be made, so that nothing here is ever called.

use std::io;
use std::ptr::NonNull;
use std::sync::atomic::AtomicUsize;

use crate::abi::Abi;
use crate::debug::Name;
use crate::error::JitError;
use crate::plan::Plan;
use crate::shape::{CallbackPlan, Options, TypedPlan, ValuesPlan};
use crate::typed::{Helpers, TypedModel};
use crate::universal::stubs::StubData;
use crate::values::{EngineAbi, RecordHead};

/// See `generator.rs`.
pub(crate) enum Generator {}

/// A template that cannot be generated.
pub(crate) enum Template {}

impl Template {
    pub(crate) const fn bytes(&self) -> &[u8] {
        match *self {}
    }
}

/// Code that cannot be generated.
pub(crate) enum Code {}

/// What there is of the code of other builds.
pub(crate) struct Counters {
    pub(crate) functions: AtomicUsize,
    pub(crate) code_bytes: AtomicUsize,
    pub(crate) mapped_bytes: AtomicUsize,
}

/// Where a thunk that cannot be generated would find its context.
#[derive(Clone, Copy)]
pub(crate) enum ContextPlace {}

impl Generator {
    pub(crate) const fn new() -> Result<Option<Self>, JitError> {
        Ok(None)
    }

    pub(crate) const fn slots(&self, _: &Name, _: Abi, _: &Plan, _: Options) -> Result<Code, JitError> {
        match *self {}
    }

    pub(crate) const fn thunk(&self, _: &Name, _: Abi, _: &CallbackPlan) -> Result<(Code, ContextPlace), JitError> {
        match *self {}
    }

    pub(crate) const fn values(
        &self,
        _: &Name,
        _: Abi,
        _: &ValuesPlan,
        _: &EngineAbi,
        _: *const u8,
    ) -> Result<(Code, Option<ContextPlace>), JitError> {
        match *self {}
    }

    pub(crate) const fn typed(&self, _: Abi, _: &TypedPlan, _: &TypedModel, _: Helpers) -> Result<Template, JitError> {
        match *self {}
    }

    /// # Safety
    ///
    /// None: it is never called.
    pub(crate) const unsafe fn copy(&self, _: &Name, _: &Template, _: *const RecordHead) -> Result<Code, JitError> {
        match *self {}
    }

    pub(crate) const fn counters(&self) -> &Counters {
        match *self {}
    }
}

impl Code {
    pub(crate) const fn entry(&self) -> *const u8 {
        match *self {}
    }

    pub(crate) const fn bytes(&self) -> &[u8] {
        match *self {}
    }
}

pub(crate) const fn stubs(place: ContextPlace, _: usize) -> io::Result<Vec<(NonNull<u8>, &'static StubData)>> {
    match place {}
}
