//! QuickJS-ng's values and native functions.

use std::ffi::c_void;

use hotcall_jit::engine::values::{
    Boolean, CallFunction, CallOutcome, CallRole, Double, Integer, MakeFunction, MakeRole, ResultPath, Role, Singleton,
    Test, ValueModel, Words,
};
use hotcall_jit::{Signature, Type};

/// The tags of `JSValue` that machine code reads.
pub(super) mod tag {
    pub(in crate::engine::models) const INT: u64 = 0;
    pub(in crate::engine::models) const BOOL: u64 = 1;
    pub(in crate::engine::models) const NULL: u64 = 2;
    pub(in crate::engine::models) const UNDEFINED: u64 = 3;
    pub(in crate::engine::models) const EXCEPTION: u64 = 6;
    pub(in crate::engine::models) const SHORT_BIG_INT: u64 = 7;
    pub(in crate::engine::models) const FLOAT64: u64 = 8;
    pub(in crate::engine::models) const OBJECT: u64 = 0xffff_ffff;
}

/// `JS_UNDEFINED`
pub const UNDEFINED: Words = [0, tag::UNDEFINED];

/// `JS_EXCEPTION`
pub const EXCEPTION: Words = [0, tag::EXCEPTION];

pub(super) const fn tagged(tag: u64) -> Test {
    Test::equal(8, 4, tag)
}

const fn integer(tag: u64) -> Integer {
    Integer::new(tagged(tag), 4, [0, tag])
}

const fn constant(tag: u64) -> Singleton {
    Singleton::new(tagged(tag), [0, tag])
}

/// `JSValue`
fn value() -> Type {
    let value = || {
        let union = Type::union([("int32", Type::I32), ("float64", Type::F64), ("ptr", Type::POINTER)])?;
        Type::structure([("u", union), ("tag", Type::I64)])
    };
    value().expect("the type is within all limits").named("JSValue")
}

/// The model. Its native function is a `JSCClosure`:
/// `JSValue f(JSContext *, JSValueConst this, int argc, JSValueConst *argv, int magic, void *opaque)`.
/// [Callbacks](crate::engine::EngineThunk) call `JS_Call`.
///
/// # Panics
///
/// Does not panic.
pub fn model() -> ValueModel {
    let value = value();
    let params = [Type::POINTER, value.clone(), Type::I32, Type::POINTER, Type::I32, Type::POINTER];
    ValueModel::new(
        Signature::new(params, value.clone()).expect("the signature is within all limits"),
        [Role::Context, Role::Ignored, Role::Argc, Role::Argv { first: 0 }, Role::Ignored, Role::Data],
        ResultPath::Returned { exception: EXCEPTION },
        constant(tag::UNDEFINED),
    )
    .size(16)
    .padded(true)
    .integer(integer(tag::INT))
    .double(Double::new(tagged(tag::FLOAT64), [0, tag::FLOAT64]))
    .wide(integer(tag::SHORT_BIG_INT))
    .boolean(Boolean::new(tagged(tag::BOOL), [0, tag::BOOL]))
    .null(constant(tag::NULL))
    .call(call_function(value))
}

/// Describes `JSValue JS_NewUint8ArrayCopy(JSContext *, const uint8_t *, size_t)`, by which structs become values.
///
/// # Safety
///
/// The address is that of the function.
///
/// # Panics
///
/// Does not panic.
pub unsafe fn bytes_function(address: *const c_void) -> MakeFunction {
    let params = [Type::POINTER, Type::POINTER, Type::USIZE];
    let native = Signature::new(params, value()).expect("the signature is within all limits");
    // SAFETY: the caller promises the address of this function.
    unsafe {
        let roles = [MakeRole::Context, MakeRole::Value, MakeRole::Length];
        MakeFunction::new(address, native, roles, tagged(tag::EXCEPTION))
    }
}

/// `JSValue JS_Call(JSContext *, JSValueConst func, JSValueConst this, int argc, JSValueConst *argv)`
fn call_function(value: Type) -> CallFunction {
    let params = [Type::POINTER, value.clone(), value.clone(), Type::I32, Type::POINTER];
    CallFunction::new(
        Signature::new(params, value).expect("the signature is within all limits"),
        [CallRole::Context, CallRole::Callee, CallRole::This, CallRole::Argc, CallRole::Argv],
        UNDEFINED,
        CallOutcome::Returned { thrown: tagged(tag::EXCEPTION) },
    )
}
