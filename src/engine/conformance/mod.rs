//! A conformance kit: tries an engine's model and [`Engine`](super::Engine) with every type, and with good, borderline
//! and bad values.
//!
//! An author says how to give a C function to script, and how to evaluate an expression; [`run`] does the rest:
//!
//! ```
//! use hotcall::engine::conformance::{self, Expression, Feature, Subject, Value};
//! use hotcall::{Function, Signature};
//!
//! # trait Engine {
//! #     fn eval(&mut self, source: &str) -> Result<String, String>;
//! #     fn set_native(&mut self, name: &str, function: &Function);
//! #     fn set_pointer_to_callback(&mut self, name: &str, signature: &Signature, source: &str);
//! # }
//! struct MyEngine<E>(E);
//!
//! impl<E: Engine> Subject for MyEngine<E> {
//!     fn has(&self, feature: Feature) -> bool {
//!         feature != Feature::WideIntegers
//!     }
//!
//!     fn define(&mut self, name: &'static str, function: &Function) -> Result<(), String> {
//!         self.0.set_native(name, function);
//!         Ok(())
//!     }
//!
//!     fn callback(&mut self, name: &'static str, signature: &Signature, body: &Expression) -> Result<(), String> {
//!         self.0.set_pointer_to_callback(name, signature, &body.function(signature.params().len()));
//!         Ok(())
//!     }
//!
//!     fn evaluate(&mut self, expression: &Expression) -> Result<Value, String> {
//!         self.0.eval(&expression.describe())?.parse().map_err(|error| format!("{error}"))
//!     }
//! }
//!
//! fn check(engine: impl Engine) -> Result<(), String> {
//!     let mut engine = MyEngine(engine);
//!     engine.0.eval(conformance::PRELUDE)?;
//!     conformance::run(&mut engine).check();
//!     Ok(())
//! }
//! ```
//!
//! The C functions are the kit's own; what each expression's value or exception must be is written down in tables.
//! Cases that need a [`Feature`] that the language lacks are skipped, and listed in the [`Report`]. The kit cannot see
//! whether memory that C was given stays where it is, nor what happens on other threads.

mod callees;
mod cases;
mod expression;
mod kit;
mod report;
mod value;

use std::fmt;

use hotcall_jit::Signature;

use crate::function::function::Function;

pub use expression::Expression;
pub use report::{Failure, Report, Skipped};
pub use value::{NoValue, Value};

/// JavaScript that defines `hotcallDescribe`, which makes the [text](Value) of a value.
pub const PRELUDE: &str = r#"
function hotcallDescribe(value) {
  if (value === null) return "null";
  switch (typeof value) {
    case "undefined": return "undefined";
    case "number": return "number " + (Object.is(value, -0) ? "-0" : String(value));
    case "bigint": case "boolean": case "string": return typeof value + " " + String(value);
    case "object": return value instanceof Uint8Array ? "Uint8Array " + value.join(",") : "object";
    default: return typeof value;
  }
}
"#;

/// What a language may have or lack.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub enum Feature {
    /// It is JavaScript: whatever else the cases need is source that the engine can evaluate.
    JavaScript,
    /// Integers of 64 bits are another kind of value than numbers, as JavaScript's BigInts are.
    BigInts,
    /// Numbers include all integers of 64 bits with a sign. Not together with BigInts.
    WideIntegers,
    /// No integer is rounded: [`Engine::make`](super::Engine::make) throws for one of 64 bits that no number of the language
    /// holds. It may throw for every integer beyond ±2⁵³. Without this feature such integers become the nearest number. With
    /// BigInts it means nothing.
    ExactWide,
    /// What is missing is another value than the null pointer.
    Undefined,
    /// Strings.
    Text,
    /// Values with bytes, which structs and unions become too.
    Buffers,
    /// Objects that are nothing else.
    Objects,
    /// Functions are values.
    Functions,
    /// Values for addresses.
    Pointers,
    /// C can call script. Needs pointers.
    Callbacks,
}

impl fmt::Display for Feature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::JavaScript => "JavaScript",
            Self::BigInts => "BigInts",
            Self::WideIntegers => "64-bit integers among its numbers",
            Self::ExactWide => "exceptions in place of rounded integers",
            Self::Undefined => "undefined beside null",
            Self::Text => "strings",
            Self::Buffers => "buffers",
            Self::Objects => "objects",
            Self::Functions => "functions as values",
            Self::Pointers => "pointers",
            Self::Callbacks => "callbacks",
        })
    }
}

/// An engine that the kit tries.
///
/// `Err` of the first two is a failure of the case that needed them. They may be called again with the same name, whose
/// global is then another one.
pub trait Subject {
    /// Whether the language has this.
    fn has(&self, feature: Feature) -> bool;

    /// Makes a function global, by a [`Record`](super::Record) of the engine's realm.
    ///
    /// # Errors
    ///
    /// What went wrong.
    fn define(&mut self, name: &'static str, function: &Function) -> Result<(), String>;

    /// Makes a C function pointer that [answers](super::Realm::answer) with the value of `body`, and makes a pointer
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
    fn evaluate(&mut self, expression: &Expression) -> Result<Value, String>;

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

/// Tries an engine with everything that the kit has.
pub fn run(subject: &mut dyn Subject) -> Report {
    let mut kit = kit::Kit::new(subject);
    cases::run(&mut kit);
    kit.finish()
}
