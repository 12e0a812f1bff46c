//! A C function for script, called by V8's ordinary callback through slots.

use std::cell::Cell;
use std::rc::Rc;
use std::slice;

use hotcall::engine::{Engine, EngineError, Problem};
use hotcall::{Extent, Function, Scalar, Slot, Type};

use crate::arguments::Arguments;
use crate::engine::{SITE, Thrown, V8, value, words};
use crate::fast::Fast;
use crate::ffi::FastCall;
use crate::isolate::Isolate;
use crate::value::Value;

/// A C function.
pub(crate) struct Symbol {
    function: Function,
    fast: Fast,
    ordinary_calls: Rc<Cell<u32>>,
}

impl Symbol {
    pub(crate) fn new(function: Function, fast: Fast) -> Self {
        Self { function, fast, ordinary_calls: Rc::default() }
    }

    /// The function that optimised code may call, if there is one.
    pub(crate) fn fast_call(&self) -> Option<FastCall> {
        self.fast.fast_call()
    }

    /// Returns true if its ordinary callback must not throw, and [a wrapper](crate::functions) does.
    pub(crate) const fn is_wrapped(&self) -> bool {
        matches!(self.fast, Fast::Trampoline { .. })
    }

    /// The reason why optimised code calls the ordinary callback.
    pub(crate) fn why_slow(&self) -> Option<&str> {
        self.fast.why_none()
    }

    /// The number of calls of the ordinary callback.
    pub(crate) fn ordinary_calls(&self) -> Rc<Cell<u32>> {
        Rc::clone(&self.ordinary_calls)
    }

    /// The size of the struct that it returns, which is written to the bytes of an extra argument.
    pub(crate) fn result_size(&self) -> Option<usize> {
        let result = self.function.signature().result().filter(|ty| ty.as_scalar().is_none())?;
        Extent::of(result).ok().map(|extent| extent.size as usize)
    }

    /// The number of its arguments.
    pub(crate) fn arity(&self) -> usize {
        self.function.signature().params().len() + usize::from(self.result_size().is_some())
    }

    /// The ordinary callback.
    pub(crate) fn call(&self, isolate: &Isolate, arguments: &Arguments) -> Result<Option<Value>, Thrown> {
        self.ordinary_calls.set(self.ordinary_calls.get().wrapping_add(1));
        let signature = self.function.signature();
        let mut pins = Pins { engine: isolate.realm.engine(), pins: Vec::new() };
        let mut slots = Vec::with_capacity(signature.params().len());
        for (index, ty) in signature.params().iter().enumerate() {
            slots.push(self.slot(isolate, &mut pins, index, ty, arguments.get(index))?);
        }
        let Some(ty) = signature.result() else {
            // SAFETY: script's author promises that the declaration is true. The slots are of its types.
            unsafe { self.function.call_slots(&slots) }.map_err(Thrown::error)?;
            return Ok(None);
        };
        if let Some(size) = self.result_size() {
            let result = arguments.get(slots.len());
            let address = self.slot(isolate, &mut pins, slots.len(), ty, result)?;
            // SAFETY: script's author promises that the declaration is true. A buffer is accepted for a struct only if
            // it has the struct's size.
            unsafe {
                self.function
                    .call_slots_into(&slots, slice::from_raw_parts_mut(address.as_mut_ptr(), size))
                    .map_err(Thrown::error)?;
            }
            return Ok(Some(result));
        }
        // SAFETY: script's author promises that the declaration is true. The slot is that of a scalar.
        unsafe {
            let slot = self.function.call_slots(&slots).map_err(Thrown::error)?;
            isolate.realm.to_value(SITE, ty, slot).map(|words| Some(value(words)))
        }
    }

    /// An argument as a slot. Its bytes are pinned.
    fn slot(
        &self,
        isolate: &Isolate,
        pins: &mut Pins<'_>,
        index: usize,
        ty: &Type,
        argument: Value,
    ) -> Result<Slot, Thrown> {
        let refuse = |problem: Problem| {
            let function = self.function.name().into();
            EngineError::Argument { function, index, ty: ty.clone(), problem }
        };
        // SAFETY: the value is the isolate's.
        let slot = unsafe { isolate.realm.to_slot(SITE, ty, words(argument)) }.map_err(refuse)?;
        if matches!(ty.as_scalar(), None | Some(Scalar::Pointer(_))) {
            pins.add(argument);
        }
        Ok(slot)
    }
}

/// Bytes that stay in place until this value is dropped.
struct Pins<'a> {
    engine: &'a V8,
    pins: Vec<usize>,
}

impl Pins<'_> {
    /// Pins the bytes of a value, if it has some.
    fn add(&mut self, value: Value) {
        // SAFETY: the value is the isolate's.
        self.pins.extend(unsafe { self.engine.pin(SITE, words(value)) });
    }
}

impl Drop for Pins<'_> {
    fn drop(&mut self) {
        for &pin in &self.pins {
            // SAFETY: each pin is released once.
            unsafe { self.engine.unpin(SITE, pin) };
        }
    }
}
