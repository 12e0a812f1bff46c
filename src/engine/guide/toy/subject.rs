// The toy for the conformance kit.

use std::collections::HashMap;
use std::rc::Rc;

use hotcall::engine::conformance::{Expression, Feature, ScriptValue, Subject};
use hotcall::engine::{ModelError, Realm, ValueModel};
use hotcall::{Function, LocalCallback, Signature};

use super::engine::Toy;
use super::functions;
use super::vm::{BOOLEAN, NIL, Script, Vm, VmObject, VmValue};

pub struct ToySubject {
    pub vm: Rc<Vm>,
    pub realm: Realm<Toy>,
    callbacks: HashMap<&'static str, LocalCallback>,
}

impl ToySubject {
    /// # Safety
    ///
    /// The model is one of the toy's.
    pub unsafe fn new(model: ValueModel) -> Result<Self, ModelError> {
        // SAFETY: the caller promises that the model is one of the toy's.
        let realm = unsafe { Realm::new(Toy::default(), model) }?;
        Ok(Self { vm: Rc::default(), realm, callbacks: HashMap::new() })
    }
}

impl Subject for ToySubject {
    fn has(&self, feature: Feature) -> bool {
        matches!(feature, Feature::Buffers | Feature::Callbacks | Feature::Pointers | Feature::Text)
    }

    fn define(&mut self, name: &'static str, function: &Function) -> Result<(), String> {
        // SAFETY: the kit's functions may be called with all arguments that the kit passes.
        let value = unsafe { functions::function(&self.vm, &self.realm, function) };
        self.vm.set_global(name, Some(value.map_err(|error| error.to_string())?));
        Ok(())
    }

    fn define_into(&mut self, name: &'static str, function: &Function) -> Result<bool, String> {
        // SAFETY: the kit's functions may be called with all arguments that the kit passes.
        let value = unsafe { functions::function_into(&self.vm, &self.realm, function) };
        self.vm.set_global(name, Some(value.map_err(|error| error.to_string())?));
        Ok(true)
    }

    fn callback(&mut self, name: &'static str, signature: &Signature, body: &Expression) -> Result<(), String> {
        let callback = functions::callback(&self.vm, &self.realm, signature, script(body));
        let callback = callback.map_err(|error| error.to_string())?;
        self.vm.set_global(name, Some(self.vm.allocate(VmObject::Pointer(callback.as_ptr()))));
        self.callbacks.insert(name, callback);
        Ok(())
    }

    fn evaluate(&mut self, expression: &Expression) -> Result<ScriptValue, String> {
        self.vm.run(&script(expression), &[]).map(describe)
    }

    fn pins(&self) -> Option<usize> {
        Some(self.realm.engine().pins.get())
    }

    fn collect(&mut self, name: &'static str) -> bool {
        self.vm.set_global(name, None);
        // SAFETY: the kit calls this while no script runs.
        unsafe { self.vm.collect() };
        true
    }
}

/// Translates an expression to the toy's language.
pub fn script(expression: &Expression) -> Script {
    let all = |expressions: &[Expression]| expressions.iter().map(script).collect();
    match expression {
        Expression::Value(ScriptValue::Null) => Script::Value(VmValue::NIL),
        Expression::Value(ScriptValue::Boolean(truth)) => Script::Value(VmValue::boolean(*truth)),
        Expression::Value(ScriptValue::Number(number)) => Script::Value(VmValue::number(*number)),
        Expression::Value(ScriptValue::Text(text)) => Script::Text(text.to_string()),
        Expression::Value(ScriptValue::Bytes(bytes)) => Script::Bytes(bytes.to_vec()),
        Expression::Double(number) => Script::Value(VmValue::double(*number)),
        Expression::Global(name) => Script::Global((*name).into()),
        Expression::Argument(index) => Script::Argument(*index),
        Expression::Call(function, arguments) => Script::Call(function.clone(), all(arguments)),
        Expression::Let(value, then) => Script::Let(Box::new(script(value)), all(then)),
        Expression::Throw(message) => Script::Throw((*message).into()),
        Expression::Value(_) | Expression::Integer(_) | Expression::Source(_) | _ => {
            Script::Throw("the language has no such expression".into())
        }
    }
}

pub fn describe(value: VmValue) -> ScriptValue {
    if let Some(number) = value.as_number() {
        return ScriptValue::Number(number);
    }
    match (value.tag(), value.object()) {
        (NIL, _) => ScriptValue::Null,
        (BOOLEAN, _) => ScriptValue::Boolean(value == VmValue::boolean(true)),
        (_, Some(VmObject::Text(text))) => ScriptValue::Text(text.clone().into()),
        (_, Some(VmObject::Buffer { bytes, .. })) => ScriptValue::Bytes(bytes.borrow().clone().into()),
        _ => ScriptValue::Object,
    }
}
