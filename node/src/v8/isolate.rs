//! V8 in one environment: its isolate, its facts, and values of it.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::ffi::c_void;
use std::rc::Rc;

use hotcall::Signature;
use hotcall::engine::v8::{self, CallbackLayout, Generation, Roots};
use hotcall::engine::{Exit, ValueModel};

use super::fast::Shape;
use super::functions::Functions;
use super::structs::Isolate;
use crate::api::env::{Env, Value};
use crate::api::thrown::Thrown;

/// V8 in one environment.
pub(crate) struct V8 {
    pub(super) env: Env,
    pub(super) functions: &'static Functions,
    pub(super) isolate: *mut Isolate,
    pub(super) generation: Generation,
    pub(super) layout: CallbackLayout,
    pub(super) roots: Roots,
    pub(super) undefined: u64,
    /// True if samples have shown where strings have their characters.
    pub(super) reads_strings: Cell<bool>,
    /// True if a program's memory of buffers counts its owners as expected.
    pub(crate) counts_owners: Cell<bool>,
    /// The shapes of fast calls.
    pub(super) shapes: RefCell<HashMap<Signature, Rc<Shape>>>,
}

/// Returns the word of a value. It is valid until the collector runs.
pub(crate) fn word(value: Value) -> u64 {
    // SAFETY: a value is the address of a slot with the word.
    unsafe { value.raw().cast::<u64>().read() }
}

/// Returns the number of a value that is a small integer. V8 has it in the word itself.
pub(crate) fn small_integer(value: Value) -> Option<i32> {
    let word = word(value);
    (word as u32 == 0).then_some((word >> 32) as i32)
}

impl V8 {
    /// The model of V8's ordinary callback.
    pub(crate) fn model(&self) -> ValueModel {
        let functions = self.functions;
        // SAFETY: these are V8's functions of these names.
        unsafe {
            self.generation
                .callback(self.layout, &self.roots, self.undefined)
                .make_number(v8::number_function(functions.new_number as *const c_void))
                .make_signed(v8::signed_function(functions.new_big_int as *const c_void))
                .make_unsigned(v8::unsigned_function(functions.new_unsigned_big_int as *const c_void))
                .make_pointer(v8::external_function(functions.new_external as *const c_void))
        }
    }

    /// Returns true if a pointer of a call is that of the isolate, which ordinary calls have.
    pub(crate) fn is_isolate(&self, context: *const c_void) -> bool {
        context == self.isolate.cast()
    }

    /// The way in which fast calls are left: V8 12.4 repeats them by the ordinary callback.
    pub(crate) const fn exit(&self) -> Exit {
        self.generation.exit()
    }

    /// Makes a number.
    pub(crate) fn number(&self, number: f64) -> Value {
        // SAFETY: the isolate lasts as long as its environment.
        unsafe { Value::new((self.functions.new_number)(self.isolate, number)) }
    }

    /// Returns true if the value is undefined.
    pub(crate) fn is_undefined(&self, value: Value) -> bool {
        word(value) == self.undefined
    }

    /// Makes a pointer object of an address that is not null.
    pub(crate) fn external(&self, address: *mut c_void) -> Value {
        // SAFETY: the isolate lasts as long as its environment. A tag is ignored without a sandbox.
        unsafe { Value::new((self.functions.new_external)(self.isolate, address, 0)) }
    }

    /// Returns the address of a pointer object.
    pub(crate) fn external_value(&self, external: Value) -> *mut c_void {
        // SAFETY: callers pass a value of the kind `External`.
        unsafe { (self.functions.external_value)(external.raw(), 0) }
    }

    /// Throws from V8's own callback or from a fast call. These have no scope for values, or must not use it.
    pub(crate) fn throw(&self, thrown: Thrown) {
        self.env.scope(|| {
            if let Some(value) = thrown.into_value(self.env) {
                // SAFETY: the value is the isolate's. V8 keeps it.
                unsafe { (self.functions.throw_exception)(self.isolate, value.raw()) };
            }
        });
    }
}
