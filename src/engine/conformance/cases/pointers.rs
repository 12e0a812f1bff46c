//! Addresses as values.

use hotcall_jit::{Signature, Type};

use crate::engine::conformance::callees;
use crate::engine::conformance::expression::Expression;
use crate::engine::conformance::feature::Feature;
use crate::engine::conformance::kit::{Expected, Kit, refused};
use crate::engine::conformance::literal::{NULL, UNDEFINED, big, boolean, bytes, number, text};
use crate::engine::conformance::value::ScriptValue;

/// Values that every pointer type refuses.
const REFUSED: &[(Expression, &str)] = &[
    (number(0.0), "a number"),
    (number(4096.0), "a number"),
    (big(0), "a BigInt"),
    (boolean(false), "a boolean"),
    (UNDEFINED, "undefined"),
    (text("text"), "a string"),
    (Expression::Value(ScriptValue::Object), "an object"),
    (Expression::Value(ScriptValue::Function), "a function"),
    (Expression::Source("Symbol()"), "a symbol"),
];

pub(crate) fn run(kit: &mut Kit<'_>) {
    let pointer = kit.define(&callees::pointer());
    kit.gives(&Expression::call(pointer, [boolean(true)]), &ScriptValue::Null);
    let types = [
        ("which_pointer", Type::POINTER, "null or a pointer"),
        ("which_function", Type::FUNCTION, "null or a pointer"),
        ("which_text", Type::TEXT, "null, a buffer or a pointer"),
        ("which_buffer", Type::BUFFER, "null or a buffer"),
    ];
    for (name, ty, expected) in types {
        let shown = ty.to_string();
        let which = kit.define(&callees::which(name, ty));
        kit.gives(&Expression::call(which, [NULL]), &ScriptValue::Number(0.0));
        if kit.missing() == "null" {
            kit.gives(&Expression::call(which, []), &ScriptValue::Number(0.0));
        } else {
            let problem = format!("expected {expected}, not undefined");
            kit.throws(&Expression::call(which, []), refused(which, 0, &shown, &problem));
        }
        for (value, kind) in REFUSED {
            let problem = format!("expected {expected}, not {kind}");
            kit.throws(&Expression::call(which, [value.clone()]), refused(which, 0, &shown, &problem));
        }
        let own = Expression::call(which, [bytes(&[1])]);
        if expected.contains("buffer") {
            kit.gives(&own, &ScriptValue::Number(2.0));
        } else {
            kit.throws(&own, refused(which, 0, &shown, &format!("expected {expected}, not a buffer")));
        }
        if kit.needs(&format!("an address for {shown}"), &[Feature::Pointers]) {
            let there = Expression::call(which, [Expression::call(pointer, [boolean(false)])]);
            if expected.contains("pointer") {
                kit.gives(&there, &ScriptValue::Number(1.0));
            } else {
                kit.throws(&there, refused(which, 0, &shown, &format!("expected {expected}, not a pointer")));
            }
        }
    }
    callbacks(kit);
}

fn callbacks(kit: &mut Kit<'_>) {
    let through = callees::pointer_through();
    let (Ok(signature), true) = (
        Signature::new([Type::POINTER], Type::POINTER),
        kit.needs("addresses through callbacks", &[Feature::Callbacks, Feature::Pointers]),
    ) else {
        return;
    };
    let through = kit.define(&through);
    let call = |callback, is_null| Expression::call(through, [Expression::Global(callback), boolean(is_null)]);
    kit.callback("echo", &signature, &Expression::Argument(0));
    kit.gives(&call("echo", true), &ScriptValue::Number(0.0));
    kit.gives(&call("echo", false), &ScriptValue::Number(1.0));
    kit.callback("give", &signature, &number(0.0));
    let message = "a callback returned what is no pointer: expected null or a pointer, not a number";
    kit.case(&call("give", false), ", where give returns 0", &Expected::Throws(message.into()));
}
