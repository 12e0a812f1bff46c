//! Functions of script, made of V8's templates.

use std::ptr;

use super::isolate::V8;
use super::structs::{FunctionCallback, V8CFunction};
use crate::api::env::Value;
use crate::api::thrown::Thrown;

/// `ConstructorBehavior::kThrow`
const NOT_A_CONSTRUCTOR: i32 = 0;
/// `SideEffectType::kHasSideEffect`
const HAS_SIDE_EFFECTS: i32 = 0;

impl V8 {
    /// Makes a function that V8 calls by `callback`, or from optimised code by a `v8::CFunction` if that is not null. Both
    /// must last as long as script can reach the function.
    pub(crate) fn function(
        &self,
        name: &str,
        callback: FunctionCallback,
        length: usize,
        fast: *const V8CFunction,
    ) -> Result<Value, Thrown> {
        let name = self.env.string(name)?;
        let none = ptr::null_mut();
        let length = i32::try_from(length).unwrap_or(i32::MAX);
        // SAFETY: the isolate runs script, and the values are its own. Receivers may be of any type.
        let function = unsafe {
            let template = (self.functions.new_template)(
                self.isolate,
                callback,
                none,
                none,
                length,
                NOT_A_CONSTRUCTOR,
                HAS_SIDE_EFFECTS,
                fast,
                0,
                0,
                0,
            );
            (self.functions.set_class_name)(template, name.raw());
            (self.functions.get_function)(template, (self.functions.current_context)(self.isolate))
        };
        // SAFETY: the function is a value of the environment.
        if function.is_null() { Err(Thrown::Ending) } else { Ok(unsafe { Value::new(function) }) }
    }
}
