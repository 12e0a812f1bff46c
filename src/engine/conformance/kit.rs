//! Tries one case, and records the result.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use hotcall_jit::Signature;

use super::callees::Callee;
use super::expression::Expression;
use super::feature::Feature;
use super::report::{FailedCase, Report, Skipped};
use super::subject::Subject;
use super::value::ScriptValue;
use crate::function::function::Function;
use crate::function::options::FunctionOptions;

/// The engine, and the findings so far.
pub(super) struct Kit<'a> {
    pub(super) subject: &'a mut dyn Subject,
    defined: HashMap<&'static str, Option<Function>>,
    report: Report,
    /// The number of pins that were never released.
    pins: usize,
}

/// The required result of an expression.
pub(super) enum Expected {
    Value(ScriptValue),
    /// An exception whose message contains this text.
    Throws(String),
}

impl<'a> Kit<'a> {
    pub(super) fn new(subject: &'a mut dyn Subject) -> Self {
        Self { subject, defined: HashMap::new(), report: Report::default(), pins: 0 }
    }

    pub(super) fn finish(self) -> Report {
        self.report
    }

    pub(super) fn has(&self, feature: Feature) -> bool {
        self.subject.has(feature)
    }

    pub(super) fn skip(&mut self, case: impl Into<String>, lacks: Option<Feature>) {
        let case = case.into();
        // The cases run twice.
        if !self.report.skipped.iter().any(|skipped| skipped.case == case) {
            self.report.skipped.push(Skipped { case, lacks });
        }
    }

    pub(super) fn fail(&mut self, case: &str, expected: impl Into<String>, got: impl Into<String>) {
        self.report.failures.push(FailedCase { case: case.into(), expected: expected.into(), got: got.into() });
    }

    /// Records a case that is not an expression.
    pub(super) fn check(&mut self, case: &str, holds: bool, expected: &str, got: impl Into<String>) {
        self.report.run += 1;
        if !holds {
            self.fail(case, expected, got);
        }
    }

    /// Returns true if the language has the features that some cases need. Otherwise these are skipped.
    pub(super) fn needs(&mut self, case: &str, features: &[Feature]) -> bool {
        let lacks = features.iter().copied().find(|&feature| !self.has(feature));
        if lacks.is_some() {
            self.skip(case, lacks);
        }
        lacks.is_none()
    }

    /// The word that messages use for a missing argument.
    pub(super) fn missing(&self) -> &'static str {
        if self.has(Feature::Undefined) { "undefined" } else { "null" }
    }

    /// Makes one of the kit's functions global, once. Returns its name.
    pub(super) fn define(&mut self, callee: &Callee) -> &'static str {
        if let Entry::Vacant(entry) = self.defined.entry(callee.name) {
            let defined =
                function(callee).and_then(|function| self.subject.define(callee.name, &function).map(|()| function));
            match defined {
                Ok(function) => _ = entry.insert(Some(function)),
                Err(error) => {
                    entry.insert(None);
                    self.fail(callee.name, "a function", error);
                }
            }
        }
        callee.name
    }

    /// Makes one of the kit's functions global, once, so that it writes its result into a buffer. Returns its name, unless
    /// the runtime does not give such functions to script.
    pub(super) fn define_into(&mut self, callee: &Callee) -> Option<&'static str> {
        if let Entry::Vacant(entry) = self.defined.entry(callee.name) {
            let defined = function(callee).and_then(|function| {
                self.subject.define_into(callee.name, &function).map(|is_defined| is_defined.then_some(function))
            });
            match defined {
                Ok(Some(function)) => _ = entry.insert(Some(function)),
                Ok(None) => return None,
                Err(error) => {
                    entry.insert(None);
                    self.fail(callee.name, "a function", error);
                }
            }
        }
        Some(callee.name)
    }

    /// Compiles all functions that were made global. The engine still has the addresses that it got before.
    pub(super) fn compile(&mut self) {
        let functions: Vec<_> = self.defined.values().flatten().cloned().collect();
        for function in functions {
            if let Err(error) = function.compile_for_engines() {
                self.fail(function.name(), "code", error.to_string());
            }
        }
    }

    pub(super) fn callback(&mut self, name: &'static str, signature: &Signature, body: &Expression) {
        if let Err(error) = self.subject.callback(name, signature, body) {
            self.fail(&body.function(signature.params().len()), "a callback", error);
        }
    }

    /// The value of an expression must be this one.
    pub(super) fn gives(&mut self, expression: &Expression, value: &ScriptValue) {
        self.case(expression, "", &Expected::Value(value.clone()));
    }

    /// An expression must throw a message with this in it.
    pub(super) fn throws(&mut self, expression: &Expression, message: impl Into<String>) {
        self.case(expression, "", &Expected::Throws(message.into()));
    }

    /// Tries an expression. `with` gives the context that a reader of a failure needs.
    pub(super) fn case(&mut self, expression: &Expression, with: &str, expected: &Expected) {
        let case = format!("{expression}{with}");
        if let Some(lacks) = expression.lacks(&|feature| self.has(feature)) {
            return self.skip(case, Some(lacks));
        }
        self.report.run += 1;
        let got = self.subject.evaluate(expression);
        let may_throw = matches!(expected, Expected::Value(value) if self.may_refuse(value));
        let shown = match expected {
            Expected::Value(value) if may_throw => format!("{value}, or an exception"),
            Expected::Value(value) => value.to_string(),
            Expected::Throws(message) => format!("an exception: {message}"),
        };
        let is_right = match (expected, &got) {
            (Expected::Value(expected), Ok(value)) => self.is_same(expected, value),
            (Expected::Value(_), Err(_)) => may_throw,
            (Expected::Throws(message), Err(thrown)) => thrown.contains(message.as_str()),
            (Expected::Throws(_), Ok(_)) => false,
        };
        if !is_right {
            let got = got.map_or_else(|thrown| format!("an exception: {thrown}"), |value| value.to_string());
            self.fail(&case, shown, got);
        }
        let pins = self.subject.pins().unwrap_or_default();
        if pins != self.pins {
            self.fail(&case, format!("{} pins, as before", self.pins), pins.to_string());
            self.pins = pins;
        }
    }

    /// Returns true if the engine may throw instead of making this value.
    fn may_refuse(&self, value: &ScriptValue) -> bool {
        const P53: u128 = 1 << 53;
        let ScriptValue::BigInt(integer) = *value else { return false };
        let is_held = self.has(Feature::WideIntegers) && i64::try_from(integer).is_ok();
        self.has(Feature::ExactWide) && !self.has(Feature::BigInts) && integer.unsigned_abs() > P53 && !is_held
    }

    fn is_same(&self, expected: &ScriptValue, value: &ScriptValue) -> bool {
        let has_big_ints = self.has(Feature::BigInts);
        match (expected, value) {
            (ScriptValue::Number(a), ScriptValue::Number(b)) => a.to_bits() == b.to_bits() || a.is_nan() && b.is_nan(),
            (ScriptValue::Undefined, ScriptValue::Null) => !self.has(Feature::Undefined),
            (&ScriptValue::BigInt(a), &ScriptValue::Number(b)) if !has_big_ints => {
                let is_exact = b as i128 == a;
                // Integers that the language's own integers cannot hold may be rounded, if the language allows that.
                let may_be_rounded = !self.has(Feature::WideIntegers) || i64::try_from(a).is_err();
                a as f64 == b && (is_exact || (may_be_rounded && !self.has(Feature::ExactWide)))
            }
            (&ScriptValue::Number(a), &ScriptValue::BigInt(b)) if !has_big_ints => b as f64 == a && a as i128 == b,
            _ => expected == value,
        }
    }
}

pub(super) fn function(callee: &Callee) -> Result<Function, String> {
    let signature = callee.signature().map_err(|error| error.to_string())?;
    // SAFETY: the kit's functions are part of the program, and have these signatures.
    unsafe { Function::from_address(callee.name, callee.address.cast(), &signature, FunctionOptions::default()) }
        .map_err(|error| error.to_string())
}

/// The exception for an argument, counted from 0.
pub(super) fn refused(function: &str, index: usize, ty: &str, problem: &str) -> String {
    format!("cannot call {function:?}: argument {} ({ty}): {problem}", index + 1)
}
