//! JavaScriptCore for the kit.

use std::collections::HashMap;

use hotcall::engine::conformance::{Expression, Feature, ScriptValue, Subject};
use hotcall::engine::{EngineCallback, Words};
use hotcall::{Callback, CallbackError, ForeignCall, Function, LocalCallback, LocalOptions, Signature, Thunk};

use hotcall_engines::Language;
use hotcall_engines::jsc::JscScript;

use crate::quickjs_subject::CallbackWay;

pub(crate) struct JscSubject {
    /// Dropped before what they run in.
    callbacks: HashMap<&'static str, LocalCallback>,
    functions: HashMap<&'static str, EngineCallback>,
    way: CallbackWay,
    pub(crate) script: JscScript,
}

impl JscSubject {
    /// `None` where there is no JavaScriptCore.
    pub(crate) fn new(way: CallbackWay) -> Option<Self> {
        let (callbacks, functions) = Default::default();
        let script = JscScript::new()?;
        // The kit itself compiles.
        script.realm.compile_policy().set_after(u32::MAX);
        Some(Self { callbacks, functions, way, script })
    }

    fn function(&mut self, name: &'static str, signature: &Signature, source: &str) -> Result<(), CallbackError> {
        let (thunk, options) = (self.script.thunk(signature)?, LocalOptions::default());
        let callback = self.script.callback(&thunk, source, options, Err::<(), ForeignCall>)?;
        // SAFETY: the engine made the pointer object.
        unsafe { self.script.set_global(name, self.script.pointer(callback.as_ptr())) };
        self.functions.insert(name, callback);
        Ok(())
    }
}

impl Subject for JscSubject {
    fn has(&self, feature: Feature) -> bool {
        feature != Feature::WideIntegers
    }

    fn define(&mut self, name: &'static str, function: &Function) -> Result<(), String> {
        self.script.define(name, function);
        Ok(())
    }

    fn define_into(&mut self, name: &'static str, function: &Function) -> Result<bool, String> {
        self.script.define_into(name, function);
        Ok(true)
    }

    fn callback(&mut self, name: &'static str, signature: &Signature, body: &Expression) -> Result<(), String> {
        self.callbacks.remove(name);
        if let CallbackWay::Function = self.way {
            let source = body.function(signature.params().len());
            return self.function(name, signature, &source).map_err(|error| error.to_string());
        }
        let (realm, site, types) = (self.script.realm.clone(), self.script.site(), signature.clone());
        // As a global variable the function is kept as long as the callback may run it.
        let function = self.script.value(&body.function(signature.params().len()));
        // SAFETY: the engine made the function.
        unsafe { self.script.set_global(&format!("{name}_function"), function) };
        let refuse = |call: ForeignCall| Err(call);
        let thunk = Thunk::new(signature).map_err(|error| error.to_string())?;
        let callback = Callback::local(&thunk, LocalOptions::default(), refuse, move |call| {
            // SAFETY: all values are the engine's.
            let run = |arguments: &[Words]| unsafe { realm.engine().call(site.context, function, arguments) };
            // SAFETY: the callback has this signature and runs on this thread; the site is the realm's.
            unsafe { realm.answer(site, &types, call, run) };
        });
        let callback = callback.map_err(|error| error.to_string())?;
        // SAFETY: the engine made the pointer object.
        unsafe { self.script.set_global(name, self.script.pointer(callback.as_ptr())) };
        self.callbacks.insert(name, callback);
        Ok(())
    }

    fn evaluate(&mut self, expression: &Expression) -> Result<ScriptValue, String> {
        self.script.run(&expression.describe())?.parse().map_err(|error| format!("{error}"))
    }

    fn pins(&self) -> Option<usize> {
        Some(self.script.realm.engine().pins.get())
    }

    // The collector keeps whatever looks like a pointer on the stack, so that one function may or may not go.
}
