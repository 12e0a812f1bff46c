//! Exceptions that script throws while C runs between the script and the native function.

use hotcall_jit::{Signature, Type};

use crate::engine::conformance::callees;
use crate::engine::conformance::expression::Expression;
use crate::engine::conformance::feature::Feature;
use crate::engine::conformance::kit::{Kit, refused};
use crate::engine::conformance::literal::{bytes, number, text};
use crate::engine::conformance::value::ScriptValue;
use Expression::{Argument, Global, Throw};

pub(crate) fn run(kit: &mut Kit<'_>) {
    if !kit.needs("exceptions of callbacks", &[Feature::Callbacks, Feature::Pointers]) {
        return;
    }
    let (Ok(i32_to_i32), Ok(void)) = (Signature::new([Type::I32], Type::I32), Signature::new([], None)) else { return };
    pending(kit, &i32_to_i32);
    natives(kit, &i32_to_i32);
    holding(kit, &void);
}

fn pending(kit: &mut Kit<'_>, signature: &Signature) {
    let [both, mark, marks, seen] =
        [callees::both(), callees::mark(), callees::marks(), callees::seen()].map(|callee| kit.define(&callee));
    let counted = |value| Expression::after(Expression::call(mark, []), [value]);
    let call = |first, second| Expression::call(both, [Global(first), Global(second), number(3.0)]);
    let (ran, saw) = (Expression::call(marks, []), Expression::call(seen, []));
    // In a callback, `after` hides the argument, so the result of `after` is added before the count.
    let echo = Expression::after(Argument(0), [Expression::call(mark, []), Argument(0)]);
    kit.callback("echo", signature, &echo);
    kit.callback("throws", signature, &counted(Throw("boom")));
    kit.callback("also_throws", signature, &counted(Throw("bang")));
    kit.callback("wrong", signature, &counted(text("wrong")));

    // 1 + 2 + 3, and again times a thousand.
    kit.gives(&call("echo", "echo"), &ScriptValue::Number(6006.0));
    kit.gives(&ran, &ScriptValue::Number(6.0));

    // After a throw, no script runs, and C gets zeros.
    kit.throws(&call("throws", "echo"), "boom");
    kit.gives(&ran, &ScriptValue::Number(1.0));
    kit.gives(&saw, &ScriptValue::Number(0.0));
    kit.throws(&call("echo", "throws"), "boom");
    kit.gives(&ran, &ScriptValue::Number(2.0));
    kit.gives(&saw, &ScriptValue::Number(1.0));

    // The first exception is kept.
    kit.throws(&call("throws", "also_throws"), "boom");
    kit.throws(&call("also_throws", "throws"), "bang");
    kit.gives(&ran, &ScriptValue::Number(2.0));
    kit.callback("boom", signature, &Throw("boom"));
    kit.callback("bang", signature, &Throw("bang"));
    kit.throws(&call("boom", "bang"), "boom");
    kit.throws(&call("bang", "boom"), "bang");

    let message = "a callback returned what is no i32: expected an integer, not a string";
    kit.throws(&call("wrong", "throws"), message);
    kit.gives(&ran, &ScriptValue::Number(1.0));
    kit.gives(&saw, &ScriptValue::Number(0.0));

    // The exception does not affect later calls.
    kit.gives(&call("echo", "echo"), &ScriptValue::Number(6006.0));
    kit.gives(&ran, &ScriptValue::Number(6.0));
}

/// Native functions that throw in callbacks, and callbacks in callbacks.
fn natives(kit: &mut Kit<'_>, signature: &Signature) {
    let [both, sum] = [callees::both(), callees::sum_bytes()].map(|callee| kit.define(&callee));
    let call = |callback| Expression::call(both, [Global(callback), Global("echo"), number(1.0)]);
    kit.callback("echo", signature, &Argument(0));
    kit.callback("fails", signature, &Expression::call(sum, [text("none"), number(1.0)]));
    let problem = refused(sum, 0, "buffer", "expected null or a buffer, not a string");
    kit.throws(&call("fails"), problem.clone());
    // 1 from the inner callback that gets 1, and again times a thousand; then both again from the outer callback's
    // echo.
    kit.callback("calls", signature, &call("echo"));
    kit.gives(&call("calls"), &ScriptValue::Number(2001.0));
    kit.callback("deeper", signature, &call("fails"));
    kit.throws(&call("deeper"), problem);
    kit.callback("throws", signature, &Throw("deep"));
    kit.callback("deeper", signature, &call("throws"));
    kit.throws(&call("deeper"), "deep");
    kit.gives(&call("echo"), &ScriptValue::Number(1001.0));
}

/// Calls callbacks while a buffer is pinned.
fn holding(kit: &mut Kit<'_>, void: &Signature) {
    let [holding, mark, marks] =
        [callees::holding(), callees::mark(), callees::marks()].map(|callee| kit.define(&callee));
    let call = |callback| Expression::call(holding, [bytes(&[5]), Global(callback)]);
    kit.callback("marks_it", void, &Expression::call(mark, []));
    kit.gives(&call("marks_it"), &ScriptValue::Number(5.0));
    kit.gives(&Expression::call(marks, []), &ScriptValue::Number(1.0));
    // The value that a callback without a result returns is ignored.
    kit.callback("returns", void, &text("more"));
    kit.gives(&call("returns"), &ScriptValue::Number(5.0));
    kit.callback("throws", void, &Throw("boom"));
    kit.throws(&call("throws"), "boom");
    let wrong = Expression::call(holding, [bytes(&[5]), number(1.0)]);
    kit.throws(&wrong, refused(holding, 1, "function", "expected null or a pointer, not a number"));
}
