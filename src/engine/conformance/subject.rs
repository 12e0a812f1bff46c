//! The engine under test.

use hotcall_jit::Signature;

use super::expression::Expression;
use super::feature::Feature;
use super::value::ScriptValue;
use crate::function::function::Function;

/// An engine that the kit tries.
///
/// An `Err` of the first methods is a failure of the case that needed them. They may be called again with an
/// earlier name, whose global then changes.
pub trait Subject {
    /// Returns true if the language has this feature.
    fn has(&self, feature: Feature) -> bool;

    /// Makes a function global, by a [`Record`](crate::engine::Record) of the engine's realm.
    ///
    /// # Errors
    ///
    /// A description of the fault.
    fn define(&mut self, name: &'static str, function: &Function) -> Result<(), String>;

    /// Makes a function global that writes its result into a buffer, by [`Realm::record_into`
    /// ](crate::engine::Realm::record_into). Returns `false` if the runtime does not give such functions to script.
    ///
    /// # Errors
    ///
    /// A description of the fault.
    fn define_into(&mut self, name: &'static str, function: &Function) -> Result<bool, String> {
        let _ = (name, function);
        Ok(false)
    }

    /// Makes a C function pointer that [answers](crate::engine::Realm::answer) with the value of `body`. Makes a
    /// pointer value of it global. It must stay open as long as the name stands for it.
    ///
    /// # Errors
    ///
    /// A description of the fault.
    fn callback(&mut self, name: &'static str, signature: &Signature, body: &Expression) -> Result<(), String>;

    /// Evaluates an expression.
    ///
    /// # Errors
    ///
    /// The message of the exception, which other text may surround.
    fn evaluate(&mut self, expression: &Expression) -> Result<ScriptValue, String>;

    /// The number of pins, if the engine counts them. It must be 0 between two calls.
    fn pins(&self) -> Option<usize> {
        None
    }

    /// Removes a global function, and makes the engine finalise values that are not used any more. Returns `false` if
    /// the engine cannot do that on demand.
    fn collect(&mut self, name: &'static str) -> bool {
        let _ = name;
        false
    }
}
