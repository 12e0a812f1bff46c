//! The functions that a realm's engine calls, by prototype.

use std::collections::HashMap;
use std::sync::Arc;

use hotcall_jit::engine::values::EngineAbi;
use hotcall_jit::{EngineValues, JitError};

use crate::function::prototype::{Prototype, ResultTo};

/// The functions of prototypes that a realm has made records of. Finding them in the prototype takes locks, and counts
/// references that all threads share.
pub(super) struct KnownValues {
    by_prototype: HashMap<(*const Prototype, ResultTo, Callbacks), Known>,
    /// The number of entries at which unused ones are removed. It doubles, so that removal costs little for each
    /// insertion.
    sweep_at: usize,
}

/// Says whether functions may call script back.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(super) enum Callbacks {
    Possible,
    Never,
}

struct Known {
    /// Keeps the address of the prototype from being used for another one.
    _prototype: Arc<Prototype>,
    values: EngineValues,
}

/// The number of entries from which unused ones are removed.
const FEW: usize = 64;

impl KnownValues {
    pub(super) fn new() -> Self {
        Self { by_prototype: HashMap::new(), sweep_at: FEW }
    }

    /// The functions of a prototype for engines of this kind, compiled or not. The engine is the realm's own one for such
    /// functions.
    pub(super) fn get(
        &mut self,
        prototype: &Arc<Prototype>,
        (result, callbacks): (ResultTo, Callbacks),
        engine: &EngineAbi,
    ) -> Result<EngineValues, JitError> {
        let key = (Arc::as_ptr(prototype), result, callbacks);
        if let Some(known) = self.by_prototype.get(&key) {
            return Ok(known.values.clone());
        }
        if self.by_prototype.len() >= self.sweep_at {
            self.by_prototype.retain(|_, known| known.values.is_shared());
            self.sweep_at = (self.by_prototype.len() * 2).max(FEW);
        }
        let values = prototype.engine_values(engine, result)?;
        let known = Known { _prototype: Arc::clone(prototype), values: values.clone() };
        self.by_prototype.insert(key, known);
        Ok(values)
    }
}

#[cfg(test)]
mod tests {
    use hotcall_jit::{Signature, Type};

    use super::*;
    use crate::engine::helpers::helpers;
    use crate::engine::{Engine, EngineError, Kind, Output, Site, View, Words, quickjs};

    const FORM: (ResultTo, Callbacks) = (ResultTo::Value, Callbacks::Possible);

    struct Mute;

    // SAFETY: no value has bytes, and none is made.
    unsafe impl Engine for Mute {
        type Exception = ();

        unsafe fn view(&self, _: Site, _: Words) -> View {
            View::Other(Kind::Object)
        }

        unsafe fn make(&self, _: Site, _: Output<'_>) -> Result<Words, ()> {
            Err(())
        }

        unsafe fn exception(&self, _: Site, _: &EngineError) {}

        unsafe fn throw(&self, _: Site, (): ()) {}
    }

    /// A prototype that no other test has.
    fn prototype(number: usize) -> Arc<Prototype> {
        let signature = Signature::new([vec![Type::I8; number / 16], vec![Type::U16; number % 16]].concat(), Type::U8);
        Prototype::of("f", &signature.unwrap()).unwrap()
    }

    #[test]
    fn signatures_without_records_are_forgotten() {
        let engine = EngineAbi::new(quickjs::model(), helpers::<Mute>()).unwrap();
        let mut known = KnownValues::new();
        let (used, unused) = (prototype(0), prototype(1));
        let values = known.get(&used, FORM, &engine).unwrap();
        known.get(&unused, FORM, &engine).unwrap();
        assert_eq!([&used, &unused].map(Arc::strong_count), [2, 2]);
        for number in 2..200 {
            known.get(&prototype(number), FORM, &engine).unwrap();
            assert!(known.by_prototype.len() <= FEW);
        }
        assert_eq!([&used, &unused].map(Arc::strong_count), [2, 1]);
        // The functions of one realm are the same, as long as they are used.
        let again = known.get(&used, FORM, &engine).unwrap();
        assert!(values.is_shared() && again.is_shared());
    }

    #[test]
    fn signatures_with_records_are_kept() {
        let engine = EngineAbi::new(quickjs::model(), helpers::<Mute>()).unwrap();
        let mut known = KnownValues::new();
        let values: Vec<_> = (1000..1200).map(|number| known.get(&prototype(number), FORM, &engine).unwrap()).collect();
        assert_eq!(known.by_prototype.len(), values.len());
    }
}
