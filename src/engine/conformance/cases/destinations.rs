//! Structs that functions write into a buffer of script.

use hotcall_jit::Signature;

use crate::engine::conformance::callees::{self, Echo};
use crate::engine::conformance::cases::buffers::{DETACHED, HAS_TRANSFER, has_function};
use crate::engine::conformance::cases::structs::{BYTES, REFUSED};
use crate::engine::conformance::expression::Expression;
use crate::engine::conformance::feature::Feature;
use crate::engine::conformance::kit::{Kit, refused};
use crate::engine::conformance::literal::bytes;
use crate::engine::conformance::value::ScriptValue;

/// The bytes of a buffer before a call.
const BEFORE: &[u8] = &[0xee; 32];

/// Makes a buffer whose bytes must not change.
const IMMUTABLE: &str = "new Uint8Array(new ArrayBuffer(32).transferToImmutable())";

/// The test of engines that have such buffers.
const HAS_IMMUTABLE: &str = "typeof ArrayBuffer.prototype.transferToImmutable";

pub(crate) fn run(kit: &mut Kit<'_>) {
    if !kit.needs("results in buffers", &[Feature::Buffers]) {
        return;
    }
    let Ok(echoes) = callees::structs() else { return kit.fail("results in buffers", "types", "none") };
    for (echo, value) in echoes.iter().zip(BYTES) {
        let Some(into) = kit.define_into(&echo.into) else { return kit.skip("results in buffers", None) };
        written(kit, into, value);
        wrong(kit, into, &echo.ty.to_string(), value);
        if kit.has(Feature::Callbacks) {
            through(kit, echo, value);
        }
    }
    same_buffer(kit);
}

/// The call's arguments, and then the buffer that it writes into.
fn call(into: &str, argument: Expression, destination: Expression) -> Expression {
    Expression::call(into, [argument, destination])
}

/// Returns the bytes of a buffer like [`BEFORE`] after a call, which gets it as the argument 0.
fn after(call: Expression) -> Expression {
    Expression::after(bytes(BEFORE), [call, Expression::Argument(0)])
}

/// Returns [`BEFORE`] with a value at the beginning.
fn with(value: &[u8]) -> ScriptValue {
    ScriptValue::Bytes([value, &BEFORE[value.len()..]].concat().into())
}

fn written(kit: &mut Kit<'_>, into: &'static str, value: &'static [u8]) {
    let write = || call(into, bytes(value), Expression::Argument(0));
    kit.gives(&after(write()), &with(value));
    kit.gives(&Expression::after(bytes(BEFORE), [write()]), &ScriptValue::Undefined);
    // The buffer is also the argument.
    kit.gives(&after(call(into, Expression::Argument(0), Expression::Argument(0))), &with(&BEFORE[..value.len()]));
    // Each call writes anew.
    let zeros = call(into, bytes(&[0; 32]), Expression::Argument(0));
    let again = Expression::after(bytes(BEFORE), [zeros, write(), Expression::Argument(0)]);
    kit.gives(&again, &with(value));
    let shown = Expression::Source("new DataView((globalThis.whole = new Uint8Array(40)).buffer, 5)");
    let shown = Expression::after(shown, [write(), Expression::Source("whole")]);
    kit.gives(&shown, &ScriptValue::Bytes([&[0; 5], value, &[0; 35][value.len()..]].concat().into()));
}

fn wrong(kit: &mut Kit<'_>, into: &'static str, ty: &str, value: &'static [u8]) {
    let size = value.len();
    for given in [0, 1, size - 1] {
        let problem = format!("{given} bytes are too few: it has {size}");
        kit.throws(&call(into, bytes(value), bytes(&value[..given])), refused(into, 1, ty, &problem));
    }
    for (other, kind) in REFUSED {
        let problem = format!("expected a buffer, not {kind}");
        kit.throws(&call(into, bytes(value), other.clone()), refused(into, 1, ty, &problem));
    }
    let missing = format!("expected a buffer, not {}", kit.missing());
    kit.throws(&Expression::call(into, [bytes(value)]), refused(into, 1, ty, &missing));
    kit.throws(&Expression::call(into, []), refused(into, 0, ty, &missing));
    let detached = DETACHED.iter().map(|&source| (source, HAS_TRANSFER, "a detached buffer"));
    for (source, needed, kind) in detached.chain([(IMMUTABLE, HAS_IMMUTABLE, "an immutable buffer")]) {
        let call = call(into, bytes(value), Expression::Source(source));
        if has_function(kit, needed) {
            kit.throws(&call, refused(into, 1, ty, &format!("expected a buffer, not {kind}")));
        } else {
            kit.skip(call.to_string(), None);
        }
    }
}

/// Script that C calls sees the buffer as it was.
fn through(kit: &mut Kit<'_>, echo: &Echo, value: &'static [u8]) {
    let Ok(signature) = Signature::new([echo.ty.clone()], echo.ty.clone()) else { return };
    let Some(through) = kit.define_into(&echo.through_into) else { return };
    let call =
        |callback| Expression::call(through, [Expression::Global(callback), bytes(value), Expression::Argument(0)]);
    kit.callback("echo", &signature, &Expression::Argument(0));
    kit.gives(&after(call("echo")), &with(value));
    kit.callback("boom", &signature, &Expression::Throw("boom"));
    kit.throws(&after(call("boom")), "boom");
}

/// C reads from the buffer that its result is written to.
fn same_buffer(kit: &mut Kit<'_>) {
    let Ok(reversed) = callees::reversed() else { return kit.fail("reversed", "types", "none") };
    let Some(into) = kit.define_into(&reversed) else { return };
    let words: Vec<u8> = (1..=7).flat_map(|word| [word, 0, 0, 0]).collect();
    let reversed: Vec<u8> = (1..=7).rev().flat_map(|word| [word, 0, 0, 0]).collect();
    let call = call(into, Expression::Argument(0), Expression::Argument(0));
    let words = Expression::Value(ScriptValue::Bytes(words.into()));
    kit.gives(&Expression::after(words, [call, Expression::Argument(0)]), &ScriptValue::Bytes(reversed.into()));
}
