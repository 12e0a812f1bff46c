//! QuickJS for the kit.

use std::collections::HashMap;

use hotcall::engine::Words;
use hotcall::engine::conformance::{Expression, Feature, ScriptValue, Subject};
use hotcall::{Callback, ForeignCall, Function, LocalCallback, LocalOptions, Signature, Thunk};

use hotcall_engines::quickjs::Script;

pub(crate) struct QuickJsSubject {
    /// Dropped before what they run in.
    callbacks: HashMap<&'static str, LocalCallback>,
    pub(crate) script: Script,
}

impl QuickJsSubject {
    pub(crate) fn new() -> Self {
        Self { callbacks: HashMap::new(), script: Script::default() }
    }
}

impl Subject for QuickJsSubject {
    fn has(&self, feature: Feature) -> bool {
        feature != Feature::WideIntegers
    }

    fn define(&mut self, name: &'static str, function: &Function) -> Result<(), String> {
        self.script.define(name, function);
        Ok(())
    }

    fn callback(&mut self, name: &'static str, signature: &Signature, body: &Expression) -> Result<(), String> {
        let site = self.script.site();
        let function = self.script.callee(&body.function(signature.params().len()));
        let realm = self.script.realm.clone();
        let types = signature.clone();
        let refuse = |call: ForeignCall| Err(call);
        let thunk = Thunk::new(signature).map_err(|error| error.to_string())?;
        let callback = Callback::local(&thunk, LocalOptions::default(), refuse, move |call| {
            // SAFETY: all values are the engine's.
            let run = |arguments: &[Words]| unsafe { function.call(arguments) };
            // SAFETY: the callback has this signature and runs on this thread; the context is the realm's.
            unsafe { realm.answer(site, &types, call, run) };
        });
        let callback = callback.map_err(|error| error.to_string())?;
        self.script.set_global(name, self.script.pointer(callback.as_ptr()));
        self.callbacks.insert(name, callback);
        Ok(())
    }

    fn evaluate(&mut self, expression: &Expression) -> Result<ScriptValue, String> {
        self.script.run(&expression.describe())?.parse().map_err(|error| format!("{error}"))
    }

    fn pins(&self) -> Option<usize> {
        Some(self.script.realm.engine().buffers().pins().count())
    }

    fn collect(&mut self, name: &'static str) -> bool {
        self.script.run(&format!("delete globalThis.{name}")).unwrap();
        self.script.collect_garbage();
        true
    }
}
