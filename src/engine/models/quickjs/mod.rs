//! QuickJS-ng: values of 16 bytes with a tag.
//!
//! Written after quickjs.h of QuickJS-ng 0.16, in builds for 64-bit targets (without `JS_NAN_BOXING`). `JSValue` is a
//! union and a tag of 64 bits, of which the low 32 count. Functions are made with `JS_NewCClosure`, which passes the
//! record as its opaque pointer and fills up missing arguments to the registered length.
//!
//! Bellard's QuickJS is another engine: it does not have `JS_NewCClosure`, and its small BigInts have 64 bits instead
//! of 32.

mod objects;

use hotcall_jit::engine::values::{Boolean, Double, Integer, ResultPath, Role, Singleton, Test, ValueModel, Words};
use hotcall_jit::{Signature, Type};

pub use objects::{ObjectSample, SampleKind, counter, objects};

/// The tags of `JSValue` that machine code reads.
mod tag {
    pub(super) const INT: u64 = 0;
    pub(super) const BOOL: u64 = 1;
    pub(super) const NULL: u64 = 2;
    pub(super) const UNDEFINED: u64 = 3;
    pub(super) const EXCEPTION: u64 = 6;
    pub(super) const SHORT_BIG_INT: u64 = 7;
    pub(super) const FLOAT64: u64 = 8;
    pub(super) const OBJECT: u64 = 0xffff_ffff;
}

/// `JS_UNDEFINED`
pub const UNDEFINED: Words = [0, tag::UNDEFINED];

/// `JS_EXCEPTION`
pub const EXCEPTION: Words = [0, tag::EXCEPTION];

const fn tagged(tag: u64) -> Test {
    Test::equal(8, 4, tag)
}

const fn integer(tag: u64) -> Integer {
    Integer::new(tagged(tag), 4, [0, tag])
}

const fn constant(tag: u64) -> Singleton {
    Singleton::new(tagged(tag), [0, tag])
}

/// The model. Its native function is a `JSCClosure`:
/// `JSValue f(JSContext *, JSValueConst this, int argc, JSValueConst *argv, int magic, void *opaque)`.
///
/// # Panics
///
/// Does not panic.
pub fn model() -> ValueModel {
    let value = || {
        let union = Type::union([("int32", Type::I32), ("float64", Type::F64), ("ptr", Type::POINTER)])?;
        Type::structure([("u", union), ("tag", Type::I64)])
    };
    let value = value().expect("the type is within all limits").named("JSValue");
    let params = [Type::POINTER, value.clone(), Type::I32, Type::POINTER, Type::I32, Type::POINTER];
    ValueModel::new(
        Signature::new(params, value).expect("the signature is within all limits"),
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
}
