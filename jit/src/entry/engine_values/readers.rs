//! The readers of a model. Each is compiled when the first function needs it, and is freed with the last one.

#[cfg(feature = "disasm")]
use std::ptr;
use std::sync::Arc;

use crate::code::generator::{self, Generator};
use crate::code::linker::Code;
use crate::code::once_map::{Life, OnceMap};
use crate::debug::name::Name;
use crate::entry::engine_values::key::EngineValuesKey;
use crate::entry::engine_values::read::Read;
use crate::entry::engine_values::reader::Reader;
use crate::error::JitError;
use crate::lock::HoldOff;

/// The readers of a model.
pub(crate) struct Readers(OnceMap<Read, Code>);

/// The addresses of readers.
pub(crate) struct ReaderAddresses(Vec<(Read, *const u8)>);

/// A function to compile, with the readers that it calls.
pub(crate) struct Compiling<'a> {
    pub(crate) key: &'a EngineValuesKey,
    pub(crate) readers: ReaderAddresses,
    /// The code of the readers, which lives as long as this value or the function's code.
    pub(crate) callees: Vec<Arc<Code>>,
}

impl Readers {
    pub(crate) fn new() -> Self {
        Self(OnceMap::new())
    }

    /// Returns a function of the model with the readers that it calls. `None` if the system refuses memory for them.
    pub(crate) fn with_function<'a>(
        &self,
        no_fork: &HoldOff,
        generator: &Generator,
        key: &'a EngineValuesKey,
    ) -> Result<Option<Compiling<'a>>, JitError> {
        let (mut readers, mut callees) = (ReaderAddresses(Vec::new()), Vec::new());
        for read in key.reads().map(Read::without_size) {
            if readers.0.iter().any(|(known, _)| *known == read) {
                continue;
            }
            let make = || {
                let reader = Reader { abi: key.abi, model: key.engine.model(), read };
                let code = generator::make(no_fork, Some(generator), &Name::of("reader of values"), &reader)?;
                code.ok_or(JitError::NoCode)
            };
            match self.0.get_or_make(no_fork, &read, Life::Used, make) {
                Ok(code) => {
                    readers.0.push((read, code.entry()));
                    callees.push(code);
                }
                Err(JitError::NoCode) => return Ok(None),
                Err(error) => return Err(error),
            }
        }
        Ok(Some(Compiling { key, readers, callees }))
    }
}

impl ReaderAddresses {
    /// Returns null for each reader, for code that is shown and not called.
    #[cfg(feature = "disasm")]
    pub(crate) fn unknown(key: &EngineValuesKey) -> Self {
        Self(key.reads().map(|read| (read.without_size(), ptr::null())).collect())
    }

    /// Returns the address of the reader for this work, whatever the size.
    pub(crate) fn get(&self, read: Read) -> *const u8 {
        let read = read.without_size();
        let found = self.0.iter().find(|(known, _)| *known == read);
        found.map_or_else(|| unreachable!("the function calls readers for its own arguments"), |&(_, address)| address)
    }
}
