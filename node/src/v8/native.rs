//! A function of C as V8 calls it: by its ordinary callback, and from optimised code.

use std::ffi::c_void;
use std::mem::transmute;
use std::rc::Rc;

use hotcall::engine::{Realm, Record};
use hotcall::{Call, Callback, Function, LocalCallback, LocalOptions, Signature, Thunk, Type};

use super::V8;
use super::fast::{Fast, Shape};
use super::functions::FunctionCallback;
use crate::api::Value;
use crate::engine::Node;
use crate::environment::Running;
use crate::function::CFunction;
use crate::thrown::Thrown;
use crate::ways::Limit;

/// The native functions for one function of C. They last as long as script's function.
pub(crate) struct Native {
    ordinary: Record,
    /// The callback that calls a function's record as one that may call script back.
    marked: Option<LocalCallback>,
    /// The function for optimised code, or the reason why there is none.
    fast: Result<Fast, String>,
}

impl Native {
    /// Makes the natives of a function. Returns the reason if Node-API has to call it.
    pub(crate) fn new(function: &CFunction) -> Result<Self, String> {
        let v8 = function.environment().v8.as_ref().map_err(String::clone)?;
        let ordinary = ordinary(function)?;
        let marked = function.calls_back().then(|| marked(function, &ordinary)).transpose()?;
        Ok(Self { ordinary, marked, fast: v8.fast(function) })
    }

    /// Makes script's function.
    pub(crate) fn function(&self, v8: &V8, name: &str, length: usize) -> Result<Value, Thrown> {
        let callback = callback(self.marked.as_ref().map_or(self.ordinary.entry(), LocalCallback::as_ptr));
        let fast = self.fast.as_ref().map_or(std::ptr::null(), Fast::c_function);
        v8.function(name, callback, length, fast)
    }

    /// Frees the natives at the end of their environment.
    pub(crate) fn end(self) {
        if let Ok(fast) = self.fast {
            fast.end();
        }
    }

    /// The reason why optimised code calls the ordinary callback.
    pub(crate) fn why_not_fast(&self) -> Option<&str> {
        self.fast.as_ref().err().map(String::as_str)
    }

    /// The number of calls of the ordinary callback.
    pub(crate) fn calls(&self) -> u64 {
        self.ordinary.calls()
    }
}

/// Makes the ordinary callback.
fn ordinary(function: &CFunction) -> Result<Record, String> {
    if function.captures_errno() {
        return Err("its errno is kept".into());
    }
    let realm = &function.environment().realm;
    let realm = if function.calls_back() { realm.clone() } else { realm.without_callbacks() };
    // SAFETY: script's author promises that the declaration is true. Script's function keeps the record.
    let record = unsafe {
        if function.returns_bytes() {
            realm.record_into(function.function())
        } else {
            realm.record(function.function())
        }
    };
    record.map_err(|error| error.to_string())
}

/// Makes the callback of a function that may call script back.
fn marked(function: &CFunction, ordinary: &Record) -> Result<LocalCallback, String> {
    let signature = Signature::new([Type::POINTER], None).map_err(|error| error.to_string())?;
    let thunk = Thunk::new(&signature).map_err(|error| error.to_string())?;
    let (environment, entry) = (Rc::clone(function.environment()), callback(ordinary.entry()));
    let handler = move |call: &mut Call<'_>| {
        let info = call.slots()[0].as_ptr();
        // SAFETY: V8 has called the function with this struct.
        environment.run_as(Running::CallsBack, || environment.scopes.call_c(|| unsafe { entry(info) }));
    };
    let options = LocalOptions::new();
    Callback::local(&thunk, options, Err, handler).map_err(|error| error.to_string())
}

/// Returns a native function for V8.
fn callback(entry: *const c_void) -> FunctionCallback {
    // SAFETY: the entry is that of a record, whose model describes V8's callbacks, or of a callback that calls a record.
    unsafe { transmute::<*const c_void, FunctionCallback>(entry) }
}

impl V8 {
    /// Makes the function for optimised code.
    fn fast(&self, function: &CFunction) -> Result<Fast, String> {
        let environment = function.environment();
        if environment.limit != Limit::Fast {
            return Err(environment.limit.reason());
        }
        if function.calls_back() {
            return Err("it may call script back, which cannot run inside a fast call".into());
        }
        let function = function.function();
        let shape = self.shape(&environment.realm, function)?;
        Fast::new(self.functions, &environment.realm, function, shape)
    }

    /// Returns the shape of a function's signature. Those that functions use are kept.
    fn shape(&self, realm: &Realm<Node>, function: &Function) -> Result<Rc<Shape>, String> {
        if let Some(shape) = self.shapes.borrow().get(function.signature()) {
            return Ok(Rc::clone(shape));
        }
        let shape = Rc::new(Shape::new(self, realm, function)?);
        let mut shapes = self.shapes.borrow_mut();
        if shapes.len() >= MANY_SHAPES {
            shapes.retain(|_, shape| Rc::strong_count(shape) > 1);
        }
        shapes.insert(function.signature().clone(), Rc::clone(&shape));
        Ok(shape)
    }
}

/// The number of shapes from which unused ones are removed.
const MANY_SHAPES: usize = 1024;
