//! Structs by value, which are bytes to script.

use hotcall_jit::Signature;

use crate::engine::conformance::callees::{self, Echo};
use crate::engine::conformance::expression::Expression;
use crate::engine::conformance::feature::Feature;
use crate::engine::conformance::kit::{Expected, Kit, refused};
use crate::engine::conformance::literal::{NULL, UNDEFINED, boolean, bytes, number, text};
use crate::engine::conformance::value::ScriptValue;

/// For each struct a value whose bytes all differ, without signalling NaNs.
pub(super) const BYTES: [&[u8]; 4] = [
    &[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16],
    &[255, 254, 253, 252, 251, 250, 249, 248, 1, 2, 3, 4, 5, 6, 7, 8],
    &[1, 2, 3, 4],
    &[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28],
];

const LONGER: &[u8] = &[0; 64];

/// Values that are not bytes, and what messages call them.
pub(super) const REFUSED: &[(Expression, &str)] = &[
    (NULL, "null"),
    (UNDEFINED, "undefined"),
    (number(1.0), "a number"),
    (boolean(true), "a boolean"),
    (text("text"), "a string"),
    (Expression::Value(ScriptValue::Object), "an object"),
    (Expression::Value(ScriptValue::Function), "a function"),
    (Expression::Source("[1, 2, 3, 4]"), "an object"),
];

pub(crate) fn run(kit: &mut Kit<'_>) {
    if !kit.needs("structs", &[Feature::Buffers]) {
        return;
    }
    let (Ok(echoes), Ok(sum)) = (callees::structs(), callees::point_sum()) else {
        return kit.fail("structs", "types", "none");
    };
    for (echo, value) in echoes.iter().zip(BYTES) {
        direct(kit, echo, value);
        if kit.needs(&format!("{} through callbacks", echo.ty), &[Feature::Callbacks]) {
            through(kit, echo, value);
        }
    }
    // 1.5 and -2
    const POINT: &[u8] = &[0, 0, 0, 0, 0, 0, 0xf8, 0x3f, 0, 0, 0, 0, 0, 0, 0, 0xc0];
    let sum = kit.define(&sum);
    kit.gives(&Expression::call(sum, [bytes(POINT)]), &ScriptValue::Number(-18.5));
    views(kit, sum);
}

fn direct(kit: &mut Kit<'_>, echo: &Echo, value: &'static [u8]) {
    let (same, ty, size) = (kit.define(&echo.same), echo.ty.to_string(), value.len());
    let call = |value| Expression::call(same, [value]);
    kit.gives(&call(bytes(value)), &ScriptValue::Bytes(value.into()));
    kit.gives(&call(bytes(LONGER)), &ScriptValue::Bytes(LONGER[..size].into()));
    for given in [0, 1, size - 1] {
        let problem = format!("{given} bytes are too few: it has {size}");
        kit.throws(&call(bytes(&value[..given])), refused(same, 0, &ty, &problem));
    }
    for (value, kind) in REFUSED {
        kit.throws(&call(value.clone()), refused(same, 0, &ty, &format!("expected a buffer, not {kind}")));
    }
    let problem = format!("expected a buffer, not {}", kit.missing());
    kit.throws(&Expression::call(same, []), refused(same, 0, &ty, &problem));
    // Each result is a value of its own.
    let fill = kit.define(&callees::fill());
    let write = Expression::call(fill, [Expression::Argument(0), number(1.0), number(99.0)]);
    let other = Expression::after(call(bytes(value)), [write, call(bytes(value))]);
    kit.gives(&other, &ScriptValue::Bytes(value.into()));
}

fn through(kit: &mut Kit<'_>, echo: &Echo, value: &'static [u8]) {
    let Ok(signature) = Signature::new([echo.ty.clone()], echo.ty.clone()) else { return };
    let (through, ty, size) = (kit.define(&echo.through), &echo.ty, value.len());
    let call = |callback| Expression::call(through, [Expression::Global(callback), bytes(value)]);
    kit.callback("echo", &signature, &Expression::Argument(0));
    kit.gives(&call("echo"), &ScriptValue::Bytes(value.into()));
    kit.callback("give", &signature, &bytes(LONGER));
    let zeros = ScriptValue::Bytes(LONGER[..size].into());
    kit.case(&call("give"), ", where give returns 64 zeros", &Expected::Value(zeros));
    kit.callback("give", &signature, &bytes(&[1, 2, 3]));
    let message = format!("a callback returned what is no {ty}: 3 bytes are too few: it has {size}");
    kit.case(&call("give"), ", where give returns 3 bytes", &Expected::Throws(message));
    kit.callback("give", &signature, &number(1.0));
    let message = format!("a callback returned what is no {ty}: expected a buffer, not a number");
    kit.case(&call("give"), ", where give returns 1", &Expected::Throws(message));
}

fn views(kit: &mut Kit<'_>, sum: &str) {
    for source in [
        "new Float64Array([1.5, -2])",
        "new Float64Array([1.5, -2]).buffer",
        "new Float64Array([9, 1.5, -2, 9]).subarray(1)",
        "new DataView(new Float64Array([9, 1.5, -2]).buffer, 8)",
    ] {
        kit.gives(&Expression::call(sum, [Expression::Source(source)]), &ScriptValue::Number(-18.5));
    }
    let short = Expression::Source("new Float64Array([9, 1.5, -2]).subarray(2)");
    kit.throws(&Expression::call(sum, [short]), refused(sum, 0, "struct Point", "8 bytes are too few: it has 16"));
}
