//! Functions of closed libraries, and functions that script no longer refers to.

use hotcall_jit::{Signature, SignatureError, Type};

use crate::engine::conformance::callees::{self, Callee};
use crate::engine::conformance::expression::Expression;
use crate::engine::conformance::feature::Feature;
use crate::engine::conformance::kit::{self, Kit};
use crate::engine::conformance::literal::{NULL, bytes, number, text};
use crate::engine::conformance::value::ScriptValue;
use crate::library::library::Library;

pub(crate) fn run(kit: &mut Kit<'_>) {
    collected(kit);
    let close = kit.define(&callees::close());
    if let Err(error) = closed(kit, close) {
        kit.skip(format!("closing: {error}"), None);
    }
    if kit.needs("closing from a callback", &[Feature::Callbacks, Feature::Pointers, Feature::Buffers])
        && let Err(error) = closed_below(kit, close)
    {
        kit.skip(format!("closing from a callback: {error}"), None);
    }
}

/// A function that script does not refer to is dropped, and with it the C function.
fn collected(kit: &mut Kit<'_>) {
    const NAME: &str = "collected";
    let mut callee = callees::sum_bytes();
    callee.name = NAME;
    let Ok(function) = kit::function(&callee) else { return };
    if let Err(error) = kit.subject.define(NAME, &function) {
        return kit.fail(NAME, "a function", error);
    }
    kit.gives(&Expression::call(NAME, [NULL, number(0.0)]), &ScriptValue::Number(0.0));
    kit.throws(&Expression::call(NAME, [text("text"), number(0.0)]), "expected null or a buffer, not a string");
    let held = function.holders();
    kit.check("a global function", held > 1, "the engine keeps the function", "it does not");
    if kit.subject.collect(NAME) {
        kit.check("a function that is collected", function.holders() == 1, "it is dropped", "it is not");
    } else {
        kit.skip("a function that is collected", None);
    }
}

/// The reason why a case could not be tried.
type Missing = Box<dyn std::error::Error>;

fn library_function(kit: &mut Kit<'_>, library: &Library, callee: &Callee) -> Result<(), Missing> {
    let function = library.function(callee.name, &callee.signature()?)?;
    Ok(kit.subject.define(callee.name, &function)?)
}

fn closed(kit: &mut Kit<'_>, close: &str) -> Result<(), Missing> {
    let library = Library::this_process()?;
    library_function(kit, &library, &Callee::new("abs", std::ptr::null(), [Type::I32], Type::I32))?;
    library_function(kit, &library, &Callee::new("strlen", std::ptr::null(), [Type::TEXT], Type::USIZE))?;
    callees::keep(library);
    let abs = |value| Expression::call("abs", [value]);
    let length = || Expression::call("strlen", [bytes(b"four\0")]);
    kit.gives(&abs(number(-3.0)), &ScriptValue::Number(3.0));
    kit.gives(&length(), &ScriptValue::BigInt(4));
    kit.gives(&Expression::call(close, []), &ScriptValue::Undefined);
    for call in [abs(number(-3.0)), abs(text("text")), Expression::call("abs", []), length()] {
        kit.throws(&call, "the process is closed");
    }
    Ok(())
}

/// Closes a library in a callback that one of its own functions calls.
fn closed_below(kit: &mut Kit<'_>, close: &str) -> Result<(), Missing> {
    let compare = || -> Result<_, SignatureError> { Signature::new([Type::POINTER, Type::POINTER], Type::I32) };
    let library = Library::this_process()?;
    let params = [Type::BUFFER, Type::USIZE, Type::USIZE, Type::FUNCTION];
    library_function(kit, &library, &Callee::new("qsort", std::ptr::null(), params, None))?;
    callees::keep(library);
    kit.callback("closes", &compare()?, &Expression::after(Expression::call(close, []), [number(1.0)]));
    let sort =
        Expression::call("qsort", [Expression::Argument(0), number(2.0), number(1.0), Expression::Global("closes")]);
    let sorted = Expression::after(bytes(&[1, 1]), [sort.clone(), Expression::Argument(0)]);
    kit.gives(&sorted, &ScriptValue::Bytes([1, 1][..].into()));
    kit.throws(&Expression::after(bytes(&[1, 1]), [sort]), "the process is closed");
    Ok(())
}
