//! The toy engine of [`hotcall::engine::guide`], whose functions are records.

use std::error::Error;

use hotcall::Function;
use hotcall::engine::guide::toy::engine::Toy;
use hotcall::engine::guide::toy::functions::function;
use hotcall::engine::guide::toy::model::model;
use hotcall::engine::guide::toy::vm::{Vm, VmValue};
use hotcall::engine::{Realm, Record, RecordError};

/// One instance of the engine, on one thread.
pub(crate) struct ToyInstance {
    vm: Vm,
    realm: Realm<Toy>,
}

impl ToyInstance {
    pub(crate) fn new() -> Result<Self, Box<dyn Error>> {
        // SAFETY: the model is the toy's.
        let realm = unsafe { Realm::new(Toy::default(), model()?) }?;
        // Some calls are interpreted, and one compiles while other threads call.
        realm.compile_policy().set_after(100);
        Ok(Self { vm: Vm::default(), realm })
    }

    /// Makes script call `scale`, and collects the function.
    pub(crate) fn scale(&self, scale: &Function, number: i8, by: f64) -> Result<f64, String> {
        // SAFETY: the function takes any numbers, and the realm is this engine's.
        let function = unsafe { function(&self.vm, &self.realm, scale) }.map_err(|error| error.to_string())?;
        let args = [VmValue::integer(number.into()), VmValue::double(by)];
        let result = self.vm.call(function, &args).map(|value| value.as_number());
        // SAFETY: no script runs, and the function is not used again.
        unsafe { self.vm.collect() };
        result?.ok_or_else(|| "scale returned something other than a number".to_owned())
    }

    /// Makes script call `fill` with a buffer of its own.
    pub(crate) fn fill(&self, fill: &Function, len: usize, byte: u8) -> Result<f64, String> {
        // SAFETY: the function gets a buffer and its length, and the realm is this engine's.
        let function = unsafe { function(&self.vm, &self.realm, fill) }.map_err(|error| error.to_string())?;
        let args = [self.vm.buffer(&vec![0; len]), VmValue::number(len as f64), VmValue::integer(byte.into())];
        let result = self.vm.call(function, &args).map(|value| value.as_number());
        // SAFETY: no script runs, and the function and the buffer are not used again.
        unsafe { self.vm.collect() };
        result?.ok_or_else(|| "fill returned something other than a number".to_owned())
    }

    /// A record for another thread to drop.
    pub(crate) fn record(&self, function: &Function) -> Result<Record, RecordError> {
        // SAFETY: the record is never called.
        unsafe { self.realm.record(function) }
    }
}
