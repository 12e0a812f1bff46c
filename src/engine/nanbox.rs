//! Engines whose values are 8 bytes: doubles, with everything else in the space of the NaNs.
//!
//! A `double` that C returns may be any NaN, some of which look like pointers to the engine. The models have every NaN become
//! the one that the engine uses itself.

use hotcall_jit::{Signature, Type};

use super::{Boolean, Constant, Double, Integer, Outcome, Role, Test, ValueModel};

/// The NaN that both engines use.
const NAN: u64 = 0x7ff8_0000_0000_0000;

fn signature(params: impl IntoIterator<Item = Type>, result: Type) -> Signature {
    Signature::new(params, result).expect("the signature is within all limits")
}

/// JavaScriptCore on 64-bit targets, through its C API: `JSValueRef f(JSContextRef, JSObjectRef function, JSObjectRef this,
/// size_t argc, const JSValueRef argv[], JSValueRef *exception)`.
///
/// Written after JSCJSValue.h (`USE(JSVALUE64)`): doubles are offset by 2⁴⁹, integers have the highest 15 bits set. A
/// `JSValueRef` that is no object is the value itself.
///
/// # Panics
///
/// Never.
pub fn javascript_core() -> ValueModel {
    const NUMBER_TAG: u64 = 0xfffe_0000_0000_0000;
    const DOUBLE_OFFSET: u64 = 1 << 49;
    const FALSE: u64 = 6;
    const NULL: u64 = 2;
    const UNDEFINED: u64 = 10;
    let pointer = || Type::POINTER;
    let params = [pointer(), pointer(), pointer(), Type::USIZE, pointer(), pointer()];
    ValueModel {
        native: signature(params, Type::U64),
        roles: [Role::Context, Role::Ignored, Role::Ignored, Role::Argc, Role::Argv { first: 0 }, Role::Exception]
            .into(),
        outcome: Outcome::Returned { exception: [UNDEFINED, 0] },
        size: 8,
        padded: false,
        integer: Some(Integer {
            test: Test::range(NUMBER_TAG, u64::MAX),
            offset: 0,
            len: 4,
            shift: 0,
            zero: [NUMBER_TAG, 0],
        }),
        double: Some(Double {
            test: Test::range(DOUBLE_OFFSET, NUMBER_TAG - 1),
            offset: 0,
            bias: DOUBLE_OFFSET,
            zero: [0; 2],
            nan: Some(NAN),
        }),
        // BigInts are cells.
        wide: None,
        boolean: Some(Boolean { test: Test::masked(0, 8, !1, FALSE), offset: 0, zero: [FALSE, 0] }),
        null: Some(Constant::word(NULL)),
        undefined: Constant::word(UNDEFINED),
    }
}

/// SpiderMonkey on 64-bit targets: `bool f(JSContext *, unsigned argc, JS::Value *vp)`, where `vp` has the callee, `this` and the
/// arguments, and the result goes in the callee's place.
///
/// Written after js/Value.h (`JS_PUNBOX64`): the highest 17 bits are a tag unless the value is a double.
///
/// # Panics
///
/// Never.
pub fn spider_monkey() -> ValueModel {
    const SHIFT: u32 = 47;
    const MAX_DOUBLE: u64 = 0x1fff0;
    const fn tag(class: u64) -> u64 {
        (MAX_DOUBLE | class) << SHIFT
    }
    const INT32: u64 = tag(1);
    const BOOLEAN: u64 = tag(2);
    const UNDEFINED: u64 = tag(3);
    const NULL: u64 = tag(4);
    ValueModel {
        native: signature([Type::POINTER, Type::U32, Type::POINTER], Type::BOOL),
        roles: [Role::Context, Role::Argc, Role::Argv { first: 2 }].into(),
        outcome: Outcome::Stored { index: 0, success: 1, exception: 0 },
        size: 8,
        padded: false,
        integer: Some(Integer {
            test: Test::masked(0, 8, u64::MAX << SHIFT, INT32),
            offset: 0,
            len: 4,
            shift: 0,
            zero: [INT32, 0],
        }),
        double: Some(Double { test: Test::range(0, tag(0)), offset: 0, bias: 0, zero: [0; 2], nan: Some(NAN) }),
        wide: None,
        boolean: Some(Boolean { test: Test::masked(0, 8, !1, BOOLEAN), offset: 0, zero: [BOOLEAN, 0] }),
        null: Some(Constant::word(NULL)),
        undefined: Constant::word(UNDEFINED),
    }
}
