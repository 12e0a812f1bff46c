//! The readers of a model in builds without a generator.

use std::sync::Arc;

use crate::code::generator::Generator;
use crate::code::linker::Code;
use crate::entry::engine_values::key::EngineValuesKey;
use crate::error::JitError;
use crate::lock::HoldOff;

/// A function to compile. There are no values of this type.
pub(crate) struct Compiling {
    pub(crate) callees: Vec<Arc<Code>>,
}

/// The readers of a model.
pub(crate) struct Readers;

impl Readers {
    pub(crate) const fn new() -> Self {
        Self
    }

    /// Returns `None` for every function.
    pub(crate) const fn with_function(
        &self,
        _: &HoldOff,
        _: &Generator,
        _: &EngineValuesKey,
    ) -> Result<Option<Compiling>, JitError> {
        Ok(None)
    }
}
