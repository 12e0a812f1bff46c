//! The engines for JavaScript for the kit.

use std::collections::HashMap;

use hotcall::engine::conformance::{Expression, Feature, PRELUDE, ScriptValue, Subject};
use hotcall::{Function, Signature};

use hotcall_engines::{CallbackWay, Language, ScriptCallback};

pub(crate) struct LanguageSubject<L> {
    /// Dropped before what they run in.
    callbacks: HashMap<&'static str, ScriptCallback>,
    way: CallbackWay,
    language: L,
}

impl<L: Language> LanguageSubject<L> {
    pub(crate) fn new(language: L, way: CallbackWay) -> Self {
        language.run(PRELUDE).unwrap();
        Self { callbacks: HashMap::new(), way, language }
    }
}

impl<L: Language> Subject for LanguageSubject<L> {
    fn has(&self, feature: Feature) -> bool {
        feature != Feature::WideIntegers
    }

    fn define(&mut self, name: &'static str, function: &Function) -> Result<(), String> {
        self.language.define(name, function);
        Ok(())
    }

    fn define_into(&mut self, name: &'static str, function: &Function) -> Result<bool, String> {
        self.language.define_into(name, function);
        Ok(true)
    }

    fn callback(&mut self, name: &'static str, signature: &Signature, body: &Expression) -> Result<(), String> {
        let source = body.function(signature.params().len());
        let callback = self.language.define_callback(self.way, name, signature, &source);
        self.callbacks.insert(name, callback.map_err(|error| error.to_string())?);
        Ok(())
    }

    fn evaluate(&mut self, expression: &Expression) -> Result<ScriptValue, String> {
        self.language.run(&expression.describe())?.parse().map_err(|error| format!("{error}"))
    }

    fn pins(&self) -> Option<usize> {
        Some(self.language.pins())
    }

    /// Where the collector finds objects on the stack, a certain function may or may not go.
    fn collect(&mut self, name: &'static str) -> bool {
        if L::COLLECTS_EXACTLY {
            self.language.run(&format!("delete globalThis.{name}")).unwrap();
            self.language.collector()();
        }
        L::COLLECTS_EXACTLY
    }
}
