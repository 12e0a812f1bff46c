//! Bytes that the engine owns.

use crate::engine::conformance::callees;
use crate::engine::conformance::expression::Expression;
use crate::engine::conformance::feature::Feature;
use crate::engine::conformance::kit::{Kit, refused};
use crate::engine::conformance::literal::{NULL, bytes, number, text};
use crate::engine::conformance::value::ScriptValue;

/// Views of three bytes, from the second on, of five bytes 1 to 5; all kinds of values with bytes; and the results for
/// too few bytes.
const VIEWS: &[(&str, f64)] = &[
    ("new Uint8Array([2, 3, 4])", 9.0),
    ("new Uint8Array([1, 2, 3, 4, 5]).subarray(1, 4)", 9.0),
    ("new Uint8Array(new Uint8Array([1, 2, 3, 4, 5]).buffer, 1, 3)", 9.0),
    ("new Int8Array([2, 3, 4])", 9.0),
    ("new Uint8ClampedArray([2, 3, 4])", 9.0),
    ("new Uint16Array([0x0302, 4])", 9.0),
    ("new Int32Array([0x040302])", 9.0),
    ("new Float64Array([0])", 0.0),
    ("new BigUint64Array([0x040302n])", 9.0),
    ("new Uint8Array([2, 3, 4]).buffer", 9.0),
    ("new DataView(new Uint8Array([2, 3, 4]).buffer)", 9.0),
    ("new DataView(new Uint8Array([1, 2, 3, 4, 5]).buffer, 1, 3)", 9.0),
];

/// Views that exist only if the engine has the object that the first expression names.
const NEWER_VIEWS: &[(&str, &str, f64)] = &[
    ("typeof SharedArrayBuffer", "new Uint8Array(new SharedArrayBuffer(3)).fill(3)", 9.0),
    ("typeof ArrayBuffer.prototype.resize", "new Uint8Array(new ArrayBuffer(3, { maxByteLength: 16 })).fill(3)", 9.0),
];

pub(super) const DETACHED: &[&str] = &[
    "(b => (b.transfer(), b))(new ArrayBuffer(8))",
    "(b => (b.buffer.transfer(), b))(new Uint8Array(8))",
    "(b => (b.buffer.transfer(), b))(new DataView(new ArrayBuffer(8), 2))",
];

/// The test of engines in which a buffer can be detached so.
pub(super) const HAS_TRANSFER: &str = "typeof ArrayBuffer.prototype.transfer";

pub(crate) fn run(kit: &mut Kit<'_>) {
    sums(kit);
    views(kit);
    detached(kit);
    written(kit);
    two(kit);
    texts(kit);
}

fn sums(kit: &mut Kit<'_>) {
    let sum = kit.define(&callees::sum_bytes());
    let call = |buffer, len| Expression::call(sum, [buffer, number(len)]);
    kit.gives(&call(NULL, 0.0), &ScriptValue::Number(0.0));
    kit.gives(&call(bytes(&[]), 0.0), &ScriptValue::Number(0.0));
    kit.gives(&call(bytes(&[7]), 1.0), &ScriptValue::Number(7.0));
    kit.gives(&call(bytes(&[255, 254, 253]), 3.0), &ScriptValue::Number(762.0));
    kit.gives(&call(bytes(&[255, 254, 253]), 2.0), &ScriptValue::Number(509.0));
    // A later argument is wrong. The pins are counted after each case.
    kit.throws(&call(bytes(&[1]), -1.0), refused(sum, 1, "usize", "-1 is out of range"));
    let problem = format!("expected an integer or a BigInt, not {}", kit.missing());
    kit.throws(&Expression::call(sum, [bytes(&[1])]), refused(sum, 1, "usize", &problem));
    for (source, kind) in [("[1, 2]", "an object"), ("({ length: 1 })", "an object"), ("new Date(0)", "an object")] {
        let problem = format!("expected null or a buffer, not {kind}");
        kit.throws(&call(Expression::Source(source), 1.0), refused(sum, 0, "buffer", &problem));
    }
}

fn views(kit: &mut Kit<'_>) {
    let sum = kit.define(&callees::sum_bytes());
    let call = |source| Expression::call(sum, [Expression::Source(source), number(3.0)]);
    for &(source, value) in VIEWS {
        kit.gives(&call(source), &ScriptValue::Number(value));
    }
    for &(name, source, value) in NEWER_VIEWS {
        if has_function(kit, name) {
            kit.gives(&call(source), &ScriptValue::Number(value));
        } else {
            kit.skip(call(source).to_string(), None);
        }
    }
}

/// Returns true if the engine is JavaScript and has a function. `name` is its `typeof`.
pub(super) fn has_function(kit: &mut Kit<'_>, name: &'static str) -> bool {
    kit.has(Feature::JavaScript)
        && kit
            .subject
            .evaluate(&Expression::Source(name))
            .is_ok_and(|value| value == ScriptValue::Text("function".into()))
}

fn detached(kit: &mut Kit<'_>) {
    let sum = kit.define(&callees::sum_bytes());
    let has_transfer = has_function(kit, HAS_TRANSFER);
    for source in DETACHED {
        let call = Expression::call(sum, [Expression::Source(source), number(1.0)]);
        if has_transfer {
            kit.throws(&call, refused(sum, 0, "buffer", "expected null or a buffer, not a detached buffer"));
        } else {
            kit.skip(call.to_string(), None);
        }
    }
}

fn written(kit: &mut Kit<'_>) {
    let fill = kit.define(&callees::fill());
    let call = |len, byte| Expression::call(fill, [Expression::Argument(0), number(len), number(byte)]);
    let case = |len, byte| Expression::after(bytes(&[1, 2, 3]), [call(len, byte), Expression::Argument(0)]);
    kit.gives(&case(3.0, 7.0), &ScriptValue::Bytes([7, 7, 7][..].into()));
    kit.gives(&case(2.0, 255.0), &ScriptValue::Bytes([255, 255, 3][..].into()));
    kit.gives(&case(0.0, 7.0), &ScriptValue::Bytes([1, 2, 3][..].into()));
    let twice = [call(3.0, 5.0), call(1.0, 6.0), Expression::Argument(0)];
    kit.gives(&Expression::after(bytes(&[0; 3]), twice), &ScriptValue::Bytes([6, 5, 5][..].into()));
}

fn two(kit: &mut Kit<'_>) {
    let two = kit.define(&callees::two_buffers());
    let call = |a, factor, b, of| Expression::call(two, [a, factor, b, of]);
    let (a, b) = (|| bytes(&[9, 1]), || bytes(&[4]));
    kit.gives(&call(a(), number(-2.0), b(), number(0.5)), &ScriptValue::Number(-5.0));
    let same = call(Expression::Argument(0), number(1.0), Expression::Argument(0), number(1.0));
    kit.gives(&Expression::after(a(), [same]), &ScriptValue::Number(0.0));
    // The pin of the first argument is released again.
    let problem = "expected null or a buffer, not a string";
    kit.throws(&call(a(), number(1.0), text("b"), number(1.0)), refused(two, 2, "buffer", problem));
    kit.throws(&call(a(), number(1.5), b(), number(1.0)), refused(two, 1, "i32", "1.5 is not an integer"));
    let problem = format!("expected a number, not {}", kit.missing());
    kit.throws(&Expression::call(two, [a(), number(1.0), b()]), refused(two, 3, "f64", &problem));
}

fn texts(kit: &mut Kit<'_>) {
    let length = kit.define(&callees::length());
    let integer = |length| ScriptValue::BigInt(length);
    kit.gives(&Expression::call(length, [NULL]), &integer(0));
    kit.gives(&Expression::call(length, [bytes(b"\0")]), &integer(0));
    kit.gives(&Expression::call(length, [bytes(b"text\0more\0")]), &integer(4));
    let problem = "expected null, a buffer or a pointer, not a string";
    kit.throws(&Expression::call(length, [text("text")]), refused(length, 0, "text", problem));
}
