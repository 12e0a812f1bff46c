//! The guide's toy, with an engine that does one thing wrong.

use std::ffi::c_void;
use std::mem;
use std::rc::Rc;

use hotcall::engine::conformance::{Expression, Feature, ScriptValue, Subject};
use hotcall::engine::guide::toy::engine::Toy;
use hotcall::engine::guide::toy::model::model;
use hotcall::engine::guide::toy::subject::{describe, script};
use hotcall::engine::guide::toy::vm::{Vm, VmFunction, VmObject, WithData};
use hotcall::engine::{Engine, EngineError, Kind, Output, Realm, Record, Site, View, Words};
use hotcall::{Function, Signature};

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Fault {
    /// Pins are kept.
    Unpin,
    /// The exception is forgotten.
    Throw,
    /// A buffer's length is one byte too many.
    Len,
    /// Strings are null.
    View,
    /// Integers without a sign lose it.
    Unsigned,
    /// Structs are made of too few bytes.
    Bytes,
}

struct FaultyToy {
    sound: Toy,
    fault: Fault,
}

// SAFETY: the sound toy keeps all promises. Only the fault `Len` reports a byte that does not exist, and no function of
// the kit reads that byte.
unsafe impl Engine for FaultyToy {
    type Exception = String;

    unsafe fn view(&self, site: Site, value: Words) -> View {
        // SAFETY: the caller promises a value of the engine.
        match (unsafe { self.sound.view(site, value) }, self.fault) {
            (View::Bytes { address, len }, Fault::Len) => View::Bytes { address, len: len + 1 },
            (View::Other(Kind::String), Fault::View) => View::Null,
            (view, _) => view,
        }
    }

    unsafe fn make(&self, site: Site, output: Output<'_>) -> Result<Words, String> {
        let output = match (output, self.fault) {
            (Output::U64(number), Fault::Unsigned) => Output::I64(number as i64),
            (Output::Bytes(bytes), Fault::Bytes) => Output::Bytes(&bytes[1..]),
            (output, _) => output,
        };
        // SAFETY: the caller promises a site of the engine.
        unsafe { self.sound.make(site, output) }
    }

    unsafe fn exception(&self, site: Site, error: &EngineError) -> String {
        // SAFETY: the caller promises a site of the engine.
        unsafe { self.sound.exception(site, error) }
    }

    unsafe fn throw(&self, site: Site, exception: String) {
        if self.fault != Fault::Throw {
            // SAFETY: the caller promises a site of the engine.
            unsafe { self.sound.throw(site, exception) };
        }
    }

    unsafe fn pin(&self, site: Site, value: Words) -> Option<usize> {
        // SAFETY: the caller promises a value of the engine.
        unsafe { self.sound.pin(site, value) }
    }

    unsafe fn unpin(&self, site: Site, pin: usize) {
        if self.fault != Fault::Unpin {
            // SAFETY: the caller promises a pin of the engine.
            unsafe { self.sound.unpin(site, pin) };
        }
    }
}

/// The kit's subject for an engine with a fault. It does not have callbacks.
pub(crate) struct FaultySubject {
    vm: Rc<Vm>,
    realm: Realm<FaultyToy>,
}

impl FaultySubject {
    pub(crate) fn new(fault: Fault) -> Self {
        let engine = FaultyToy { sound: Toy::default(), fault };
        // SAFETY: the model is the toy's.
        Self { vm: Rc::default(), realm: unsafe { Realm::new(engine, model().unwrap()) }.unwrap() }
    }
}

impl Subject for FaultySubject {
    fn has(&self, feature: Feature) -> bool {
        matches!(feature, Feature::Buffers | Feature::Text)
    }

    fn define(&mut self, name: &'static str, function: &Function) -> Result<(), String> {
        // SAFETY: the kit's functions may be called with all arguments that the kit passes.
        let record = unsafe { self.realm.record(function) }.map_err(|error| error.to_string())?;
        // SAFETY: this is the type that the model describes.
        let native = VmFunction::WithData(unsafe { mem::transmute::<*const c_void, WithData>(record.entry()) });
        let function = VmObject::Function { native, data: record.into_raw(), finalize: Record::finalize };
        self.vm.set_global(name, Some(self.vm.allocate(function)));
        Ok(())
    }

    fn callback(&mut self, _: &'static str, _: &Signature, _: &Expression) -> Result<(), String> {
        Err("the subject does not have callbacks".into())
    }

    fn evaluate(&mut self, expression: &Expression) -> Result<ScriptValue, String> {
        self.vm.run(&script(expression), &[]).map(describe)
    }

    fn pins(&self) -> Option<usize> {
        Some(self.realm.engine().sound.pins.get())
    }
}
