//! The code that native functions of one shape and model copy.

use std::sync::Arc;

use crate::c::definitions::Signature;
use crate::code::generator::Generator;
use crate::code::linker::Code;
use crate::debug::name::Name;
use crate::engine::record::RecordHead;
use crate::entry::fast_call::key::FastCallKey;
use crate::entry::fast_call::template::Template;
use crate::error::JitError;
use crate::lock::{Once, hold_off};

/// The code of a shape and a model.
pub(crate) struct FastCallCode {
    pub(crate) key: FastCallKey,
    /// Made when it is first needed, unless it is assembled. That takes a few microseconds.
    template: Once<Template>,
    name: Name,
    generator: Arc<Generator>,
}

impl FastCallCode {
    /// Makes the code if it is assembled. Otherwise [`template`](Self::template) compiles it.
    pub(crate) fn new(generator: &Arc<Generator>, signature: &Signature, key: &FastCallKey) -> Result<Self, JitError> {
        let template = Once::new();
        if let Some(assembled) = Template::assembled(key)? {
            template.get_or_init(|| assembled);
        }
        let name = Name::new("fast call", signature);
        Ok(Self { key: key.clone(), template, name, generator: Arc::clone(generator) })
    }

    /// Returns the template, compiled if it is missing. Threads that come at the same time may each compile one, and the
    /// first one counts.
    pub(crate) fn template(&self) -> Result<&Template, JitError> {
        self.template.get_or_try(|| Template::compiled(&hold_off(), &self.generator, &self.key))
    }

    /// Returns true if there is code to copy.
    pub(crate) fn is_ready(&self) -> bool {
        self.template.get().is_some()
    }

    /// Returns the machine code, with zeros in the holes. It is empty as long as it is not compiled.
    pub(crate) fn bytes(&self) -> &[u8] {
        self.template.get().map_or(&[], Template::bytes)
    }

    /// Makes the code for one record, and sets the record's closed target.
    ///
    /// # Safety
    ///
    /// The record can be read. If the code is assembled, the record is not in use yet.
    pub(crate) unsafe fn copy(&self, record: *const RecordHead) -> Result<Code, JitError> {
        let template = self.template()?;
        // SAFETY: the caller promises a record that can be read, and is not in use if the template sets its target.
        unsafe { template.copy(&hold_off(), &self.generator, &self.name, record) }
    }
}
