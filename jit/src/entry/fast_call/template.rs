//! Templates: code that every record has a copy of.

use std::sync::Arc;

use crate::arch::x86_64::jump;
use crate::code::generator::Generator;
use crate::code::linker::Code;
use crate::codegen::compiled::Compiled;
use crate::debug::name::Name;
use crate::engine::hole::Hole;
use crate::engine::record::RecordHead;
use crate::entry::fast_call::call::FastCallBody;
use crate::entry::fast_call::key::FastCallKey;
use crate::entry::fast_call::moves;
use crate::entry::fast_call::needs::Needs;
use crate::error::JitError;
use crate::lock::HoldOff;

/// Code that every record has a copy of.
pub(crate) struct Template {
    compiled: Compiled,
    shim: Option<Arc<Code>>,
    /// The offset of the code that refuses the call, if the code jumps to the record's target without checking it.
    closed: Option<usize>,
    /// Keeps the needs alive, because the code refers to them.
    _needs: Box<Needs>,
}

impl Template {
    /// Assembles the template of a key. `None` if it does more than move its arguments.
    pub(crate) fn assembled(key: &FastCallKey) -> Result<Option<Self>, JitError> {
        let needs = Box::new(Needs::of(key));
        let Some(jump) = moves::jump(&FastCallBody::of(key, &needs)?) else { return Ok(None) };
        let code = jump::assemble(&jump);
        let compiled = Compiled::template(code.bytes, code.holes);
        Ok(Some(Self { compiled, shim: None, closed: Some(code.closed), _needs: needs }))
    }

    /// Compiles the template of a key that is not assembled.
    pub(crate) fn compiled(no_fork: &HoldOff, generator: &Generator, key: &FastCallKey) -> Result<Self, JitError> {
        let needs = Box::new(Needs::of(key));
        let body = FastCallBody::of(key, &needs)?;
        let (compiled, shim) = generator.compile(no_fork, &body)?;
        Ok(Self { compiled, shim, closed: None, _needs: needs })
    }

    /// Returns the machine code, with zeros in the holes.
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.compiled.bytes
    }

    /// Makes the code for one record, and sets the record's closed target.
    ///
    /// # Safety
    ///
    /// The record can be read. If the template is assembled, the record is not in use yet.
    pub(crate) unsafe fn copy(
        &self,
        no_fork: &HoldOff,
        generator: &Generator,
        name: &Name,
        record: *const RecordHead,
    ) -> Result<Code, JitError> {
        let compiled = self.compiled.filled(|hole| match hole {
            Hole::Record => record as u64,
            // SAFETY: the caller promises that the record can be read.
            Hole::Pending => unsafe { (*record).pending() as u64 },
        });
        let code = generator.link(no_fork, name, &compiled, self.shim.clone())?;
        if let Some(closed) = self.closed {
            // SAFETY: assembled code alone has this offset. The caller promises that its record is not in use yet.
            unsafe { (*record).set_closed(code.entry().wrapping_add(closed).cast()) };
        }
        Ok(code)
    }
}
