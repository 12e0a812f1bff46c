//! The values that script gets for functions and variables of C.
//!
//! QuickJS itself calls the functions: each is a record's trampoline.

use std::ffi::CString;
use std::rc::Rc;

use hotcall::engine::Record;
use hotcall::{Function, FunctionOptions, MAX_PARAMETERS, Scalar, Static};
use hotcall_engines::quickjs::closure;
use rquickjs::object::Property;
use rquickjs::{Ctx, Function as JsFunction, Object, Result, Value};

use crate::declarations::read_function;
use crate::nonblocking::NonblockingCalls;
use crate::script::{owned, realm, script, to_address, to_value, type_error};

/// Adds the function for functions at addresses.
pub(crate) fn install<'js>(own: &Ctx<'js>, functions: &Object<'js>, nonblocking: &Rc<NonblockingCalls>) -> Result<()> {
    let nonblocking = Rc::clone(nonblocking);
    let function_at = move |ctx: Ctx<'js>, pointer: Value<'js>, declaration: String| {
        function_at(&ctx, &nonblocking, &pointer, &declaration)
    };
    functions.set("functionAt", JsFunction::new(own.clone(), function_at)?)
}

/// A function for script. One that returns a struct has a method `into(...args, buffer)`, which writes the struct to a
/// buffer. That is one argument more, so a function with as many as possible does not have it.
pub(crate) fn function<'js>(ctx: &Ctx<'js>, record: Record) -> Result<Value<'js>> {
    let ctx = &script(ctx);
    let function = record.function().clone();
    let native = native(ctx, function.name(), record)?;
    let signature = function.signature();
    let returns_struct = signature.result().is_some_and(|ty| ty.as_aggregate().is_some());
    if let Some(object) = native.as_object()
        && returns_struct
        && signature.params().len() < MAX_PARAMETERS
    {
        // SAFETY: the user who gave the permission promises that declarations are true.
        let into = unsafe { realm(ctx).record_into(&function) }.map_err(|error| type_error(ctx, error))?;
        let into = self::native(ctx, "into", into)?;
        object.prop("into", Property::from(into).writable().enumerable().configurable())?;
    }
    Ok(native)
}

/// A function that the engine itself calls.
fn native<'js>(ctx: &Ctx<'js>, name: &str, record: Record) -> Result<Value<'js>> {
    let name = CString::new(name).unwrap_or_default();
    // SAFETY: the context lives longer than its functions, and the record is of this engine's realm.
    owned(ctx, unsafe { closure(ctx.as_raw().as_ptr(), &name, record) })
}

/// The function at an address.
fn function_at<'js>(
    ctx: &Ctx<'js>,
    nonblocking: &Rc<NonblockingCalls>,
    pointer: &Value<'js>,
    declaration: &str,
) -> Result<Value<'js>> {
    let address = to_address(ctx, pointer)?;
    let declaration = read_function(ctx, declaration)?;
    let options = FunctionOptions::new().lazy(true);
    // SAFETY: the user who gave the permission promises that the address is a function of this type.
    let called = unsafe { Function::from_address("function pointer", address, &declaration.signature, options) };
    let called = called.map_err(|error| type_error(ctx, error))?;
    if declaration.nonblocking {
        return nonblocking.function(ctx, called);
    }
    // SAFETY: the user who gave the permission promises that declarations are true.
    let record = unsafe { realm(ctx).record(&called) }.map_err(|error| type_error(ctx, error))?;
    function(ctx, record)
}

/// The value of a variable: its contents, or its address if it is a pointer to something.
pub(crate) fn variable<'js>(ctx: &Ctx<'js>, variable: &Static) -> Result<Value<'js>> {
    let slot = match variable.ty().as_scalar() {
        None => return Err(type_error(ctx, format!("Invalid FFI static type, '{}' is a struct", variable.name()))),
        Some(Scalar::Pointer(_)) => variable.address().into(),
        // SAFETY: the user who gave the permission promises that the symbol is a variable of this type.
        Some(_) => unsafe { variable.read_slot() }.map_err(|error| type_error(ctx, error))?,
    };
    // SAFETY: the slot is that of a scalar.
    unsafe { to_value(ctx, variable.ty(), slot) }
}
