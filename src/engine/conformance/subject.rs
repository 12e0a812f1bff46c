//! The engine under test, as the kit sees it.

use hotcall_jit::Signature;

use super::expression::Expression;
use super::feature::Feature;
use super::value::ScriptValue;
use crate::function::function::Function;

/// An engine that the kit tries.
///
/// `Err` of the first two is a failure of the case that needed them. They may be called again with the same name, whose
/// global is then another one.
pub trait Subject {
    /// Whether the language has this.
    fn has(&self, feature: Feature) -> bool;

    /// Makes a function global, by a [`Record`](crate::engine::Record) of the engine's realm.
    ///
    /// # Errors
    ///
    /// What went wrong.
    fn define(&mut self, name: &'static str, function: &Function) -> Result<(), String>;

    /// Makes a C function pointer that [answers](crate::engine::Realm::answer) with the value of `body`, and makes a pointer
    /// value of it global. It must be open as long as the name stands for it.
    ///
    /// # Errors
    ///
    /// What went wrong.
    fn callback(&mut self, name: &'static str, signature: &Signature, body: &Expression) -> Result<(), String>;

    /// Evaluates an expression.
    ///
    /// # Errors
    ///
    /// The message of what was thrown, perhaps with more before and after it.
    fn evaluate(&mut self, expression: &Expression) -> Result<ScriptValue, String>;

    /// How many pins there are, if the engine counts them. Between two calls there must be none.
    fn pins(&self) -> Option<usize> {
        None
    }

    /// Removes a global function, and has the engine finalise what is not used any more. `false`: it cannot be made to.
    fn collect(&mut self, name: &'static str) -> bool {
        let _ = name;
        false
    }
}
