//! Calls of script without generated code: the engine's call function through the slots entry.

use std::ffi::c_void;
use std::ptr;

use crate::c::signature::MAX_PARAMETERS;
use crate::engine::call::Words;
use crate::engine::values::model::{CallFunction, CallOutcome, CallRole, EngineAbi};
use crate::entry::engine_callback::key::call_function;
use crate::entry::slots::key::Options;
use crate::entry::slots::trampoline::{Trampoline, Trampolines};
use crate::error::JitError;

/// The engine's call function as Rust calls it.
pub struct ScriptCall {
    engine: EngineAbi,
    trampoline: Trampoline,
}

impl ScriptCall {
    pub(crate) fn new(trampolines: &Trampolines, engine: &EngineAbi) -> Result<Self, JitError> {
        let trampoline = trampolines.get(&call_function(engine)?.native, Options::new())?;
        Ok(Self { engine: engine.clone(), trampoline })
    }

    /// Calls a function of script. Returns its result, which belongs to the caller.
    ///
    /// # Errors
    ///
    /// Script has thrown: the memory at the parameter with the role [`Exception`](CallRole::Exception), or zeros.
    ///
    /// # Panics
    ///
    /// There are more arguments than a signature has parameters.
    ///
    /// # Safety
    ///
    /// * `call` is the call function of the model, and may be called with this context.
    /// * The values are the engine's.
    pub unsafe fn call(
        &self,
        call: *const c_void,
        context: *mut c_void,
        callee: &Words,
        args: &[Words],
    ) -> Result<Words, Words> {
        let model = self.engine.model();
        let Some(function) = &model.call else { unreachable!("the model had a call function") };
        let mut words = [0_u64; MAX_PARAMETERS];
        let argv = if model.size == 16 {
            // Values of 16 bytes lie in memory as words do.
            args.as_ptr().cast()
        } else {
            words[..args.len()].iter_mut().zip(args).for_each(|(word, value)| *word = value[0]);
            words.as_ptr()
        };
        let (mut value, mut exception, mut returned): (Words, Words, Words) = Default::default();
        let slot = |(role, is_aggregate): (CallRole, bool)| match role {
            CallRole::Context => context as u64,
            CallRole::Callee if is_aggregate => ptr::from_ref(callee) as u64,
            CallRole::Callee => callee[0],
            CallRole::This if is_aggregate => ptr::from_ref(&function.this) as u64,
            CallRole::This => function.this[0],
            CallRole::Argc => args.len() as u64,
            CallRole::Argv => argv as u64,
            CallRole::Result => (&raw mut value) as u64,
            CallRole::Exception => (&raw mut exception) as u64,
        };
        let is_aggregate = function.native.params().iter().map(|ty| ty.as_scalar().is_none());
        let slots: Vec<_> = function.roles.iter().copied().zip(is_aggregate).map(slot).collect();
        // SAFETY: the slots are those of the call function. Its result is an integer, or a value, of at most 16 bytes.
        unsafe { (self.trampoline.entry())(call, slots.as_ptr(), returned.as_mut_ptr(), ptr::null_mut()) };
        // SAFETY: the call function may have written to both by their addresses.
        let (value, exception) = unsafe { ((&raw const value).read(), (&raw const exception).read()) };
        if function.thrown().holds(returned) {
            return Err(exception);
        }
        Ok(match function.outcome {
            CallOutcome::Returned { .. } => returned,
            CallOutcome::Stored { .. } => value,
        })
    }

    /// Returns the model's call function.
    pub fn function(&self) -> &CallFunction {
        let Some(function) = &self.engine.model().call else { unreachable!("the model had a call function") };
        function
    }
}

impl std::fmt::Debug for ScriptCall {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ScriptCall").field("native", &self.function().native).finish_non_exhaustive()
    }
}
