//! The guide's toy, with an engine that can be broken.

#[path = "../../src/engine/guide/framed.rs"]
mod framed;
#[path = "../../src/engine/guide/functions.rs"]
mod functions;
#[path = "../../src/engine/guide/model.rs"]
mod model;
#[path = "../../src/engine/guide/engine.rs"]
mod sound;
#[path = "../../src/engine/guide/subject.rs"]
mod subject;
#[path = "../../src/engine/guide/vm.rs"]
#[expect(dead_code, reason = "the guide uses more of it")]
mod vm;

/// The toy's engine, which may do one thing wrong.
mod engine {
    use std::cell::Cell;
    use std::ops::Deref;

    use hotcall::engine::{Engine, EngineError, Output, Site, View, Words};

    use super::sound;
    pub(crate) use super::sound::site;

    #[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
    pub(crate) enum Fault {
        #[default]
        None,
        /// Pins are kept.
        Unpin,
        /// What is thrown is forgotten.
        Throw,
        /// Buffers have a byte more than they have.
        Len,
        /// Strings are buffers.
        View,
        /// Integers without a sign lose it.
        Unsigned,
        /// Structs are made of too few bytes.
        Bytes,
    }

    #[derive(Default)]
    pub(crate) struct Toy {
        sound: sound::Toy,
        pub(crate) fault: Cell<Fault>,
    }

    impl Deref for Toy {
        type Target = sound::Toy;

        fn deref(&self) -> &sound::Toy {
            &self.sound
        }
    }

    // SAFETY: as for the toy; what is wrong here says no memory to be there that is not, but for a byte that nobody
    // asks for.
    unsafe impl Engine for Toy {
        type Exception = String;

        unsafe fn view(&self, site: Site, value: Words) -> View {
            // SAFETY: the caller promises a value of the engine.
            match (unsafe { self.sound.view(site, value) }, self.fault.get()) {
                (View::Bytes { address, len }, Fault::Len) => View::Bytes { address, len: len + 1 },
                (View::Other(hotcall::engine::Kind::String), Fault::View) => View::Null,
                (view, _) => view,
            }
        }

        unsafe fn make(&self, site: Site, output: Output<'_>) -> Result<Words, String> {
            let output = match (output, self.fault.get()) {
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
            if self.fault.get() != Fault::Throw {
                // SAFETY: the caller promises a site of the engine.
                unsafe { self.sound.throw(site, exception) };
            }
        }

        unsafe fn pin(&self, site: Site, value: Words) -> Option<usize> {
            // SAFETY: the caller promises a value of the engine.
            unsafe { self.sound.pin(site, value) }
        }

        unsafe fn unpin(&self, site: Site, pin: usize) {
            if self.fault.get() != Fault::Unpin {
                // SAFETY: the caller promises a pin of the engine.
                unsafe { self.sound.unpin(site, pin) };
            }
        }
    }
}

use hotcall::engine::ValueModel;

pub(crate) use engine::Fault;
pub(crate) use framed::framed_model;
pub(crate) use model::model;
pub(crate) use subject::{ToySubject, describe, script};
pub(crate) use vm::{BOOLEAN, INTEGER, NIL, VmObject, VmValue};

/// The toy with a model, which may be wrong.
pub(crate) fn with_model(model: ValueModel) -> ToySubject {
    // SAFETY: what the tests change about the model makes no value an object.
    unsafe { ToySubject::new(model) }.unwrap()
}

pub(crate) fn with_data() -> ToySubject {
    with_model(model().unwrap())
}

pub(crate) fn framed() -> ToySubject {
    with_model(framed_model().unwrap())
}
