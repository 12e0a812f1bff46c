//! The entries through which V8 calls a function of C: by its ordinary callback, and from optimised code.

use std::ffi::c_void;
use std::mem::transmute;
use std::rc::Rc;

use hotcall::engine::{Realm, Record};
use hotcall::{Call, Callback, Function, LocalCallback, LocalOptions, Signature, Thunk, Type};

use super::fast::{Fast, Shape};
use super::isolate::V8;
use super::structs::FunctionCallback;
use crate::api::env::Value;
use crate::api::thrown::Thrown;
use crate::callee::Callee;
use crate::engine::Node;
use crate::limit::Limit;
use crate::running::Running;

/// The entries of one function of C. They last as long as script's function.
pub(crate) struct Entries {
    /// The record for calls in which script does not run.
    alone: Record,
    /// The other record, if the function may call script back.
    marked: Option<Marked>,
    /// The function for optimised code, or the reason why it was not made.
    fast: Result<Fast, String>,
}

/// The entry of a function that may call script back.
struct Marked {
    record: Record,
    /// Calls this record if script may run, and otherwise the one that keeps nothing in place.
    callback: LocalCallback,
}

impl Entries {
    /// Makes the entries of a function. Returns the reason if Node-API has to call it.
    pub(crate) fn new(callee: &Callee) -> Result<Self, String> {
        let v8 = callee.environment().v8.as_ref().map_err(String::clone)?;
        if callee.captures_errno() {
            return Err("its errno is kept".into());
        }
        let alone = record(callee, &callee.environment().realm.without_callbacks())?;
        let marked = callee.calls_back().then(|| Marked::new(callee, &alone)).transpose()?;
        Ok(Self { alone, marked, fast: v8.fast(callee) })
    }

    /// Makes script's function.
    pub(crate) fn function(&self, v8: &V8, name: &str, length: usize) -> Result<Value, Thrown> {
        let callback = callback(self.marked.as_ref().map_or(self.alone.entry(), |marked| marked.callback.as_ptr()));
        let fast = self.fast.as_ref().map_or(std::ptr::null(), Fast::c_function);
        v8.function(name, callback, length, fast)
    }

    /// Frees the entries at the end of their environment.
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
        self.alone.calls() + self.marked.as_ref().map_or(0, |marked| marked.record.calls())
    }
}

/// Makes a record of a function.
fn record(callee: &Callee, realm: &Realm<Node>) -> Result<Record, String> {
    // SAFETY: script's author promises that the declaration is true. Script's function keeps the record. That of a realm
    // without callbacks is called only while script cannot run.
    let record = unsafe {
        if callee.returns_bytes() { realm.record_into(callee.function()) } else { realm.record(callee.function()) }
    };
    record.map_err(|error| error.to_string())
}

impl Marked {
    fn new(callee: &Callee, alone: &Record) -> Result<Self, String> {
        let environment = Rc::clone(callee.environment());
        let record = record(callee, &environment.realm)?;
        let signature = Signature::new([Type::POINTER], None).map_err(|error| error.to_string())?;
        let thunk = Thunk::new(&signature).map_err(|error| error.to_string())?;
        let [alone, marked] = [alone, &record].map(|record| callback(record.entry()));
        let handler = move |call: &mut Call<'_>| {
            let info = call.slots()[0].as_ptr();
            // SAFETY: V8 has called the function with this struct. Without open callbacks C cannot call script, and only
            // script opens one.
            unsafe {
                if environment.open_callbacks.get() == 0 {
                    alone(info);
                } else {
                    environment.run_as(Running::CallsBack, || environment.scopes.call_c(|| marked(info)));
                }
            }
        };
        let callback = Callback::local(&thunk, LocalOptions::new(), Err, handler).map_err(|error| error.to_string())?;
        Ok(Self { record, callback })
    }
}

/// Returns an entry as V8 calls it.
fn callback(entry: *const c_void) -> FunctionCallback {
    // SAFETY: the entry is that of a record, whose model describes V8's callbacks, or of a callback that calls a record.
    unsafe { transmute::<*const c_void, FunctionCallback>(entry) }
}

impl V8 {
    /// Makes the function for optimised code.
    fn fast(&self, callee: &Callee) -> Result<Fast, String> {
        let environment = callee.environment();
        if environment.limit != Limit::Fast {
            return Err(environment.limit.reason());
        }
        if callee.calls_back() {
            return Err("it may call script back, which cannot run inside a fast call".into());
        }
        let function = callee.function();
        let shape = self.shape(&environment.realm, function)?;
        Fast::new(self.functions, &environment.realm, function, shape)
    }

    /// Returns the shape of a function's signature. Those that functions use are kept.
    fn shape(&self, realm: &Realm<Node>, function: &Function) -> Result<Rc<Shape>, String> {
        if let Some(shape) = self.shapes.borrow().get(function.signature()) {
            return Ok(Rc::clone(shape));
        }
        let shape = Rc::new(Shape::new(self.functions, self.generation, &self.roots, realm, function)?);
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
