//! Templates in builds without a code generator.

use std::convert::Infallible;

use crate::code::generator::Generator;
use crate::code::linker::Code;
use crate::debug::name::Name;
use crate::engine::record::RecordHead;
use crate::entry::fast_call::key::FastCallKey;
use crate::error::JitError;
use crate::lock::HoldOff;

/// A template, which cannot exist.
pub(crate) struct Template(Infallible);

impl Template {
    pub(crate) const fn assembled(_: &FastCallKey) -> Result<Option<Self>, JitError> {
        Ok(None)
    }

    pub(crate) fn compiled(_: &HoldOff, _: &Generator, _: &FastCallKey) -> Result<Self, JitError> {
        Err(JitError::NoCode)
    }

    pub(crate) const fn bytes(&self) -> &[u8] {
        match self.0 {}
    }

    /// # Safety
    ///
    /// None: it is never called.
    pub(crate) const unsafe fn copy(
        &self,
        _: &HoldOff,
        _: &Generator,
        _: &Name,
        _: *const RecordHead,
    ) -> Result<Code, JitError> {
        match self.0 {}
    }
}
