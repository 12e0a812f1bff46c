//! A function of C, and its calls with arguments of script.

use std::ffi::CString;
use std::mem::MaybeUninit;
use std::rc::Rc;
use std::slice;

use hotcall::engine::{Engine, EngineError, Problem};
use hotcall::{Extent, Function, MAX_PARAMETERS, Pointee, Scalar, Slot, Type};

use crate::api::env::Value;
use crate::api::read::ValueKind;
use crate::api::thrown::Thrown;
use crate::engine::{Node, SITE, value, words};
use crate::environment::Environment;
use crate::running::Running;

/// A function of C, and how script calls it.
pub(crate) struct Callee {
    environment: Rc<Environment>,
    function: Function,
    captures_errno: bool,
    /// True if script may run while the function runs.
    calls_back: bool,
    /// The size of the struct that it returns into the bytes of an argument behind C's.
    result_size: Option<usize>,
}

/// Memory of buffers that stays until this is dropped, whatever script that C calls does to them.
struct Pins<'a> {
    engine: &'a Node,
    pins: Vec<usize>,
}

impl Pins<'_> {
    /// Keeps the memory of an argument that was viewed last, if it is a buffer.
    fn add(&mut self, argument: Value) {
        // SAFETY: the engine pins what it has viewed last, and nothing without that.
        self.pins.extend(unsafe { self.engine.pin(SITE, words(argument)) });
    }
}

impl Drop for Pins<'_> {
    fn drop(&mut self) {
        for &pin in self.pins.iter().rev() {
            // SAFETY: `pin` has returned it, and it comes back once, the newest first.
            unsafe { self.engine.unpin(SITE, pin) };
        }
    }
}

/// Strings that C has for a call.
pub(crate) type CStrings = Vec<CString>;

impl Callee {
    pub(crate) fn new(environment: &Rc<Environment>, function: Function, captures_errno: bool, marked: bool) -> Self {
        let signature = function.signature();
        let takes = |pointee| {
            let is = move |ty: &Type| ty.as_scalar() == Some(Scalar::Pointer(pointee));
            signature.params().iter().any(is)
        };
        let result = signature.result().filter(|ty| ty.as_scalar().is_none());
        Self {
            environment: Rc::clone(environment),
            captures_errno,
            calls_back: marked || takes(Pointee::Function),
            result_size: result.and_then(|ty| Extent::of(ty).ok()).map(|extent| extent.size as usize),
            function,
        }
    }

    pub(crate) const fn environment(&self) -> &Rc<Environment> {
        &self.environment
    }

    pub(crate) const fn function(&self) -> &Function {
        &self.function
    }

    pub(crate) const fn captures_errno(&self) -> bool {
        self.captures_errno
    }

    /// Returns true if script may run while the function runs.
    pub(crate) const fn calls_back(&self) -> bool {
        self.calls_back
    }

    /// Returns true if the function returns a struct, which calls write into the bytes of one more argument.
    pub(crate) const fn returns_bytes(&self) -> bool {
        self.result_size.is_some()
    }

    /// The size of the struct that the function returns, if it does.
    pub(crate) const fn result_size(&self) -> Option<usize> {
        self.result_size
    }

    /// Returns the number of arguments that script passes: those of C, and a buffer for a struct that C returns.
    pub(crate) fn arity(&self) -> usize {
        self.function.signature().params().len() + usize::from(self.result_size.is_some())
    }

    /// Calls C with arguments of script.
    pub(crate) fn call(&self, values: &[Value]) -> Result<Value, Thrown> {
        // Without open callbacks C cannot call script.
        let may_call_script = self.calls_back && self.environment.open_callbacks.get() > 0;
        let running = if may_call_script { Running::CallsBack } else { Running::Alone };
        self.environment.run_as(running, || self.convert_and_call(values))
    }

    fn convert_and_call(&self, values: &[Value]) -> Result<Value, Thrown> {
        let (env, signature) = (self.environment.env, self.function.signature());
        let mut slots = [const { MaybeUninit::<Slot>::uninit() }; MAX_PARAMETERS];
        let mut texts = CStrings::new();
        let mut pins = Pins { engine: self.environment.realm.engine(), pins: Vec::new() };
        for (index, ty) in signature.params().iter().enumerate() {
            slots[index].write(self.slot(index, ty, values[index], &mut texts)?);
            if self.environment.running() == Running::CallsBack {
                pins.add(values[index]);
            }
        }
        // SAFETY: the slots of all parameters are written.
        let slots = unsafe { slice::from_raw_parts(slots.as_ptr().cast::<Slot>(), signature.params().len()) };
        let run = |run: &mut dyn FnMut() -> Result<Slot, Thrown>| {
            let result = self.environment.scopes.call_c(run);
            self.environment.realm.take_exception().map_or(result, Err)
        };
        match (signature.result(), self.result_size) {
            (Some(ty), Some(size)) => {
                let mut bytes = vec![0_u8; size];
                let to = values[slots.len()];
                // The destination is checked before C runs, and found again afterwards.
                self.slot(slots.len(), ty, to, &mut texts)?;
                run(&mut || self.call_into(slots, &mut bytes).map(|()| Slot::from_bits(0)))?;
                let address = self.slot(slots.len(), ty, to, &mut texts)?.as_mut_ptr::<u8>();
                // SAFETY: a buffer is accepted for a struct only if it has the struct's size.
                unsafe { bytes.as_ptr().copy_to_nonoverlapping(address, size) };
                env.undefined()
            }
            (result, _) => {
                let slot = run(&mut || self.call_slots(slots))?;
                let Some(ty) = result else { return env.undefined() };
                // SAFETY: the slot is that of a scalar.
                unsafe { self.environment.realm.to_value(SITE, ty, slot) }.map(value)
            }
        }
    }

    fn call_slots(&self, slots: &[Slot]) -> Result<Slot, Thrown> {
        // SAFETY: script's author promises that the declaration is true. The slots are of its types.
        unsafe {
            if self.captures_errno {
                let (slot, errno) = self.function.call_slots_errno(slots).map_err(Thrown::error)?;
                self.environment.errno.set(errno);
                return Ok(slot);
            }
            self.function.call_slots(slots).map_err(Thrown::error)
        }
    }

    fn call_into(&self, slots: &[Slot], bytes: &mut [u8]) -> Result<(), Thrown> {
        // SAFETY: script's author promises that the declaration is true. The slots are of its types.
        unsafe {
            if self.captures_errno {
                let errno = self.function.call_slots_into_errno(slots, bytes).map_err(Thrown::error)?;
                self.environment.errno.set(errno);
                return Ok(());
            }
            self.function.call_slots_into(slots, bytes).map_err(Thrown::error)
        }
    }

    /// Returns an argument as a slot.
    pub(crate) fn slot(&self, index: usize, ty: &Type, argument: Value, texts: &mut CStrings) -> Result<Slot, Thrown> {
        let env = self.environment.env;
        // SAFETY: the value is the environment's.
        match unsafe { self.environment.realm.to_slot(SITE, ty, words(argument)) } {
            Ok(slot) => Ok(slot),
            Err(_)
                if ty.as_scalar() == Some(Scalar::Pointer(Pointee::Text))
                    && env.kind(argument)? == ValueKind::String =>
            {
                let text = self.environment.realm.engine().c_string(argument);
                let text = text.map_err(|problem| self.refused(index, ty, problem))?;
                let slot = Slot::from(text.as_ptr());
                texts.push(text);
                Ok(slot)
            }
            Err(problem) => Err(self.refused(index, ty, problem)),
        }
    }

    fn refused(&self, index: usize, ty: &Type, problem: Problem) -> Thrown {
        Thrown::from(EngineError::Argument { function: self.function.name().into(), index, ty: ty.clone(), problem })
    }
}
