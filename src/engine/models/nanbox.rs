//! Engines whose values are 8 bytes: doubles, and all other values among the NaNs.
//!
//! A `double` that C returns may be any NaN, and some NaNs look like pointers to the engine. The models turn every NaN
//! into the one that the engine itself uses.

use hotcall_jit::engine::values::{
    Boolean, CallFunction, CallOutcome, CallRole, Double, Integer, ResultPath, Role, Singleton, Test, ValueModel,
};
use hotcall_jit::{Signature, Type};

/// The NaN that both engines use.
const NAN: u64 = 0x7ff8_0000_0000_0000;

fn signature(params: impl IntoIterator<Item = Type>, result: Type) -> Signature {
    Signature::new(params, result).expect("the signature is within all limits")
}

/// JavaScriptCore on 64-bit targets, through its C API: `JSValueRef f(JSContextRef, JSObjectRef function, JSObjectRef
/// this, size_t argc, const JSValueRef argv[], JSValueRef *exception)`.
///
/// Written after JSCJSValue.h (`USE(JSVALUE64)`, without `USE(BIGINT32)`): doubles are offset by 2⁴⁹, integers have
/// the highest 15 bits set. Versions up to 2019 have an offset of 2⁴⁸. A `JSValueRef` is the value itself. Executed with
/// WebKitGTK 2.50.
///
/// [Callbacks](crate::engine::EngineThunk) call `JSObjectCallAsFunction`.
///
/// # Panics
///
/// Does not panic.
pub fn javascript_core() -> ValueModel {
    const NUMBER_TAG: u64 = 0xfffe_0000_0000_0000;
    const DOUBLE_OFFSET: u64 = 1 << 49;
    const FALSE: u64 = 6;
    const NULL: u64 = 2;
    const UNDEFINED: u64 = 10;
    let pointer = || Type::POINTER;
    let params = [pointer(), pointer(), pointer(), Type::USIZE, pointer(), pointer()];
    let roles = [Role::Context, Role::Ignored, Role::Ignored, Role::Argc, Role::Argv { first: 0 }, Role::Exception];
    let outcome = ResultPath::Returned { exception: [UNDEFINED, 0] };
    let integer = Integer::new(Test::range(NUMBER_TAG, u64::MAX), 4, [NUMBER_TAG, 0]);
    let double = Double::new(Test::range(DOUBLE_OFFSET, NUMBER_TAG - 1), [0; 2]).bias(DOUBLE_OFFSET).nan(NAN);
    // The model does not have a class of wide integers, because BigInts are cells.
    ValueModel::new(signature(params, Type::U64), roles, outcome, Singleton::word(UNDEFINED))
        .integer(integer)
        .double(double)
        .boolean(Boolean::new(Test::masked(0, 8, !1, FALSE), [FALSE, 0]))
        .null(Singleton::word(NULL))
        .call(javascript_core_call())
}

/// `JSValueRef JSObjectCallAsFunction(JSContextRef, JSObjectRef object, JSObjectRef thisObject, size_t argumentCount,
/// const JSValueRef arguments[], JSValueRef *exception)`, which returns null if script has thrown. A null `thisObject` is
/// the global object.
fn javascript_core_call() -> CallFunction {
    let pointer = || Type::POINTER;
    let params = [pointer(), pointer(), pointer(), Type::USIZE, pointer(), pointer()];
    CallFunction::new(
        signature(params, pointer()),
        [CallRole::Context, CallRole::Callee, CallRole::This, CallRole::Argc, CallRole::Argv, CallRole::Exception],
        [0; 2],
        CallOutcome::Returned { thrown: Test::equal(0, 8, 0) },
    )
}

/// The codes of SpiderMonkey's types, `JSVAL_TYPE_…` in js/public/Value.h. They differ between versions, so take those
/// of the header that the engine is built with.
///
/// Only the lowest four bits of a code are used.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct SpiderMonkeyTypes {
    /// `JSVAL_TYPE_INT32`
    pub int32: u8,
    /// `JSVAL_TYPE_BOOLEAN`
    pub boolean: u8,
    /// `JSVAL_TYPE_UNDEFINED`
    pub undefined: u8,
    /// `JSVAL_TYPE_NULL`
    pub null: u8,
}

impl SpiderMonkeyTypes {
    /// Int32 1, Boolean 2, Undefined 3, Null 4: in headers from late 2018 on, such as that of SpiderMonkey 115.
    pub const INT32_IS_1: Self = Self { int32: 1, boolean: 2, undefined: 3, null: 4 };

    /// Int32 2, Boolean 3, Null 4, Undefined 6: in the newest headers of mozilla-central, which omit 1.
    pub const INT32_IS_2: Self = Self { int32: 2, boolean: 3, undefined: 6, null: 4 };

    /// Sets `JSVAL_TYPE_INT32`.
    pub const fn int32(self, int32: u8) -> Self {
        Self { int32, ..self }
    }

    /// Sets `JSVAL_TYPE_BOOLEAN`.
    pub const fn boolean(self, boolean: u8) -> Self {
        Self { boolean, ..self }
    }

    /// Sets `JSVAL_TYPE_UNDEFINED`.
    pub const fn undefined(self, undefined: u8) -> Self {
        Self { undefined, ..self }
    }

    /// Sets `JSVAL_TYPE_NULL`.
    pub const fn null(self, null: u8) -> Self {
        Self { null, ..self }
    }
}

/// SpiderMonkey on 64-bit targets: `bool f(JSContext *, unsigned argc, JS::Value *vp)`. `vp` has the callee, `this` and
/// the arguments. The result replaces the callee.
///
/// Written after js/public/Value.h (`JS_PUNBOX64`): the highest 17 bits are a tag unless the value is a double. From
/// late 2018 to the newest headers of mozilla-central, only the types' codes have changed.
///
/// # Panics
///
/// Does not panic.
pub fn spider_monkey(types: SpiderMonkeyTypes) -> ValueModel {
    const SHIFT: u32 = 47;
    const MAX_DOUBLE: u64 = 0x1fff0;
    let tag = |code: u8| (MAX_DOUBLE | u64::from(code & 0xf)) << SHIFT;
    // JSVAL_SHIFTED_TAG_MAX_DOUBLE
    let last_double = tag(0) | 0xffff_ffff;
    let (int32, boolean) = (tag(types.int32), tag(types.boolean));
    let native = signature([Type::POINTER, Type::U32, Type::POINTER], Type::BOOL);
    let roles = [Role::Context, Role::Argc, Role::Argv { first: 2 }];
    let outcome = ResultPath::Stored { index: 0, success: 1, exception: 0 };
    ValueModel::new(native, roles, outcome, Singleton::word(tag(types.undefined)))
        .integer(Integer::new(Test::masked(0, 8, u64::MAX << SHIFT, int32), 4, [int32, 0]))
        .double(Double::new(Test::range(0, last_double), [0; 2]).nan(NAN))
        .boolean(Boolean::new(Test::masked(0, 8, !1, boolean), [boolean, 0]))
        .null(Singleton::word(tag(types.null)))
}
