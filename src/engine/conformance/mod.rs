//! A conformance kit. It tries an engine's model and [`Engine`](super::Engine) with every type, and with good,
//! borderline and bad values.
//!
//! An author says how to give a C function to script, and how to evaluate an expression. [`run`] does the rest:
//!
//! ```
//! use hotcall::engine::conformance::{self, Expression, Feature, ScriptValue, Subject};
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
//!     fn evaluate(&mut self, expression: &Expression) -> Result<ScriptValue, String> {
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
//! The C functions belong to the kit. Tables have the value or exception that each expression must give. Cases that
//! need a [`Feature`] that the language lacks are skipped, and listed in the [`Report`]. The kit cannot test whether
//! memory that C was given stays in place, or anything on other threads.

mod callees;
mod cases;
mod expression;
mod feature;
mod kit;
mod literal;
mod report;
mod run;
mod subject;
mod value;

pub use expression::Expression;
pub use feature::Feature;
pub use report::{FailedCase, Report, Skipped};
pub use run::run;
pub use subject::Subject;
pub use value::{NoValue, PRELUDE, ScriptValue};
