//! The kit's subject for the machine that rounds no integer.

use std::collections::HashMap;
use std::ffi::c_void;
use std::mem;

use hotcall::engine::conformance::{Expression, Feature, ScriptValue, Subject};
use hotcall::engine::{Realm, Record};
use hotcall::{Function, Signature};

use hotcall_engines::bare::{self, BOOLEAN, Bare, NIL, Native, THROWN};

pub(crate) struct ExactSubject {
    realm: Realm<Bare>,
    functions: HashMap<&'static str, (Native, *mut c_void)>,
    features: &'static [Feature],
}

impl ExactSubject {
    /// A subject that says that it has these features.
    pub(crate) fn new(features: &'static [Feature]) -> Self {
        // SAFETY: the model is the machine's.
        let realm = unsafe { Realm::new(Bare, bare::model()) }.unwrap();
        Self { realm, functions: HashMap::new(), features }
    }

    fn value(&self, expression: &Expression) -> Result<u64, String> {
        let none = || Err(format!("the language has no {expression}"));
        Ok(match expression {
            Expression::Value(ScriptValue::Null) => NIL,
            Expression::Value(ScriptValue::Boolean(truth)) => BOOLEAN | u64::from(*truth),
            Expression::Value(ScriptValue::Number(number)) | Expression::Double(number) => bare::number(*number),
            Expression::Call(name, arguments) => {
                let arguments: Result<Vec<_>, _> = arguments.iter().map(|argument| self.value(argument)).collect();
                return self.call(name, &arguments?);
            }
            Expression::Value(_) | Expression::Integer(_) | Expression::Global(_) => return none(),
            Expression::Argument(_) | Expression::Let(..) | Expression::Throw(_) => return none(),
            Expression::Source(_) | _ => return none(),
        })
    }

    fn call(&self, name: &str, arguments: &[u64]) -> Result<u64, String> {
        let &(native, _) = self.functions.get(name).ok_or("no function")?;
        // SAFETY: the function is called as the model says.
        let value = unsafe { native(arguments.len() as i32, arguments.as_ptr()) };
        if value == THROWN { Err(bare::take_message().unwrap_or_default()) } else { Ok(value) }
    }
}

impl Subject for ExactSubject {
    fn has(&self, feature: Feature) -> bool {
        self.features.contains(&feature)
    }

    fn define(&mut self, name: &'static str, function: &Function) -> Result<(), String> {
        // SAFETY: the kit's functions take what the kit passes.
        let record = unsafe { self.realm.record(function) }.map_err(|error| error.to_string())?;
        // SAFETY: this is the type that the model describes.
        let native = unsafe { mem::transmute::<*const c_void, Native>(record.entry()) };
        self.collect(name);
        self.functions.insert(name, (native, record.into_raw()));
        Ok(())
    }

    fn callback(&mut self, _: &'static str, _: &Signature, _: &Expression) -> Result<(), String> {
        Err("the language has no callbacks".into())
    }

    fn evaluate(&mut self, expression: &Expression) -> Result<ScriptValue, String> {
        let value = self.value(expression)?;
        Ok(match value & (0xffff << 48) {
            NIL => ScriptValue::Null,
            BOOLEAN => ScriptValue::Boolean(value & 1 == 1),
            _ => ScriptValue::Number(f64::from_bits(value)),
        })
    }

    fn collect(&mut self, name: &'static str) -> bool {
        if let Some((_, record)) = self.functions.remove(name) {
            // SAFETY: nobody calls the function any more.
            unsafe { Record::finalize(record) };
        }
        true
    }
}

impl Drop for ExactSubject {
    fn drop(&mut self) {
        for (_, record) in self.functions.drain().map(|(_, function)| function) {
            // SAFETY: nobody calls a function of the subject any more.
            unsafe { Record::finalize(record) };
        }
    }
}

/// A subject that says that it rounds no integer.
pub(crate) struct Claims<S>(pub(crate) S);

impl<S: Subject> Subject for Claims<S> {
    fn has(&self, feature: Feature) -> bool {
        feature == Feature::ExactWide || self.0.has(feature)
    }

    fn define(&mut self, name: &'static str, function: &Function) -> Result<(), String> {
        self.0.define(name, function)
    }

    fn callback(&mut self, name: &'static str, signature: &Signature, body: &Expression) -> Result<(), String> {
        self.0.callback(name, signature, body)
    }

    fn evaluate(&mut self, expression: &Expression) -> Result<ScriptValue, String> {
        self.0.evaluate(expression)
    }

    fn pins(&self) -> Option<usize> {
        self.0.pins()
    }

    fn collect(&mut self, name: &'static str) -> bool {
        self.0.collect(name)
    }
}
